/* encode_table.c: raw views of a Lua table: whether it can be read, which keys it has, whether it
   is a list. */
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <lauxlib.h>

#include "../core/name.h"
#include "encode.h"
#include "safe_point.h"
#include "util.h"
#include "validate.h"

/* The address is the registry key of the name maps. */
static const char maps_key = 0;

/* Enough is known about a table with so many problems. */
#define MAX_COUNTED 10000

/* The caps of validation lie below those of the reader, which reads what it wrote. */
int drl_is_counted_out(const drl_validation *k) {
  return k->looked > DRL_MAX_LOOKED || k->tables > DRL_MAX_TABLES;
}

int drl_goes_on(const drl_validation *k) {
  return k->writer.out->fault == DR_FAULT_NONE && k->problems.count < MAX_COUNTED &&
         !drl_is_counted_out(k);
}

int drl_is_null(lua_State *L, int index) {
  return lua_type(L, index) == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == NULL;
}

void drl_push_list_mark(lua_State *L) {
  luaL_newmetatable(L, DRL_ARRAY);
}

int drl_is_marked(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return 0;
  drl_push_list_mark(L);
  int same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same;
}

/* Whether the metatable on top has this entry. */
static int has(lua_State *L, const char *name) {
  lua_pushstring(L, name);
  int type = lua_rawget(L, -2);
  lua_pop(L, 1);
  return type != LUA_TNIL;
}

/* What of the metatable on top hides the table's own members, or NULL. */
static const char *hiding(lua_State *L) {
  return has(L, "__index") ? "__index" : has(L, "__pairs") ? "__pairs" : NULL;
}

int drl_is_blank(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE) return 0;
  lua_pushnil(L);
  if (lua_next(L, index)) {
    lua_pop(L, 2);
    return 0;
  }
  if (!lua_getmetatable(L, index)) return 1;
  int hidden = hiding(L) != NULL;
  lua_pop(L, 1);
  return !hidden && !drl_is_marked(L, index);
}

int drl_readable(lua_State *L, drl_validation *k, int index, const drl_step *at) {
  const char *hides = NULL;
  if (++k->tables % DRL_SAFE_TABLES == 0) drl_safe_point(L);
  if (!lua_getmetatable(L, index)) return 1;
  const void *mark = lua_topointer(L, -1);
  if (mark != k->harmless) hides = hiding(L);
  lua_pop(L, 1);
  if (hides == NULL) k->harmless = mark;
  if (hides == NULL) return 1;
  drl_say(L, k, at,
          lua_pushfstring(
              L, "a table with %s cannot be read as it stands; copy it into a plain one", hides));
  lua_pop(L, 1);
  return 0;
}

void drl_shape_of(lua_State *L, int index, drl_shape *shape) {
  memset(shape, 0, sizeof *shape);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING) {
      shape->named++;
    } else if (lua_isinteger(L, -1)) {
      lua_Integer i = lua_tointeger(L, -1);
      if (shape->indexed == 0 || i < shape->least) shape->least = i;
      if (shape->indexed == 0 || i > shape->largest) shape->largest = i;
      shape->indexed++;
    } else {
      shape->other++;
    }
  }
}

/* {=== names ===} */

/* Adds a name to the table on top; returns the string's own address. */
static const void *add_name(lua_State *L, const char *name, size_t len, lua_Integer number) {
  lua_pushlstring(L, name, len);
  const void *string = lua_topointer(L, -1);
  lua_pushinteger(L, number);
  lua_rawset(L, -3);
  return string;
}

drl_names *drl_push_names(lua_State *L, const drl_validation *k, const dr_schema *s) {
  char lua[2 * DR_NAME_MAX];
  if (lua_rawgetp(L, k->maps, s) != LUA_TNIL) return lua_touserdata(L, -1);
  lua_pop(L, 1);
  drl_names *made = lua_newuserdatauv(L, sizeof *made, 2);
  memset(made, 0, sizeof *made);
  lua_newtable(L);
  lua_newtable(L);
  for (int i = 0; s->fields[i].wire != NULL; i++, made->fields++) {
    const char *wire = s->fields[i].wire;
    size_t len = strlen(wire);
    made->key[i] = lua_pushfstring(L, "\"%s\":", wire);
    made->key_len[i] = len + 3;
    lua_rawseti(L, -2, i + 1);
    lua_insert(L, -2);
    made->lua[i] = add_name(L, lua, dr_name_to_lua(wire, len, lua), i + 1);
    made->wire[i] = add_name(L, wire, len, i + 1);
    lua_insert(L, -2);
  }
  lua_setiuservalue(L, -3, 2);
  lua_setiuservalue(L, -2, 1);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, k->maps, s);
  return made;
}

void drl_push_maps(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &maps_key) != LUA_TNIL) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &maps_key);
}

/* Of a key that is none of the names by its address. */
static int look_up(lua_State *L, int slot) {
  if (lua_type(L, -2) != LUA_TSTRING) return -1;
  lua_getiuservalue(L, slot, 1);
  lua_pushvalue(L, -3);
  lua_rawget(L, -2);
  int field = (int)lua_tointeger(L, -1) - 1;
  lua_pop(L, 2);
  return field;
}

int drl_field_of_key(lua_State *L, drl_names *names, int slot, unsigned n) {
  const void *key = lua_topointer(L, -2);
  unsigned char *last = &names->order[n % sizeof names->order];
  if (names->lua[*last] == key || names->wire[*last] == key) return key != NULL ? *last : -1;
  for (int i = 0; i < names->fields; i++) {
    if (names->lua[i] != key && names->wire[i] != key) continue;
    *last = (unsigned char)i;
    return i;
  }
  return look_up(L, slot);
}

/* {=== lists ===} */

static void push_hole(lua_State *L, int index, const drl_shape *shape) {
  lua_Integer i = 1;
  while (lua_rawgeti(L, index, i) != LUA_TNIL) {
    lua_pop(L, 1);
    i++;
  }
  lua_pop(L, 1);
  lua_pushfstring(L, "element %I is missing, but %I is there; a list has no holes", i,
                  shape->largest);
}

/* Whether a table is a set as Lua writes it: { age = true }. */
static int is_set(lua_State *L, int index) {
  int all = 1;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    all &= lua_isboolean(L, -1) && lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
  return all;
}

/* Says why a table is no list. */
static void no_list(lua_State *L, drl_validation *k, int index, const drl_step *at,
                    const char *fix) {
  drl_shape shape;
  drl_shape_of(L, index, &shape);
  if (is_set(L, index) && shape.other == 0)
    lua_pushliteral(L, "a table of true values is not a list; write its keys alone");
  else if (shape.named > 0 && shape.indexed == 0)
    lua_pushfstring(L, "a table with named members is not a list%s%s", fix == NULL ? "" : "; ",
                    fix == NULL ? "" : fix);
  else if (shape.named > 0 || shape.other > 0)
    lua_pushliteral(L, "not a list; its keys must be 1, 2, 3 and so on, without others");
  else if (shape.least < 1)
    lua_pushfstring(L, "index %I is not allowed; lists begin at 1", shape.least);
  else
    push_hole(L, index, &shape);
  drl_say(L, k, at, lua_tostring(L, -1));
  lua_pop(L, 1);
}

lua_Integer drl_list_length(lua_State *L, drl_validation *k, int index, const drl_step *at,
                            const char *fix) {
  lua_Integer length = (lua_Integer)lua_rawlen(L, index), n = 0;
  k->looked += length;
  lua_pushnil(L);
  for (; lua_next(L, index); n++) {
    lua_pop(L, 1);
    lua_Integer i = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    if (i >= 1 && i <= length) continue;
    n = -1;
    break;
  }
  if (n == length) return n;
  if (n < 0) lua_pop(L, 1);
  no_list(L, k, index, at, fix);
  return -1;
}

/* {=== sorted keys ===} */

/* A key with what decides most comparisons: its first eight bytes as a number. */
typedef struct key {
  uint64_t head;
  const char *text;
  size_t len;
  lua_Integer index; /* in the unsorted list, which keeps the string */
} key;

static key key_of(const char *s, size_t len, lua_Integer index) {
  key k = {.text = s, .len = len, .index = index};
  for (size_t i = 0; i < sizeof k.head; i++)
    k.head = k.head << 8 | (i < len ? (unsigned char)s[i] : 0);
  return k;
}

static int before(const key *a, const key *b) {
  if (a->head != b->head) return a->head < b->head;
  int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
  return order < 0 || (order == 0 && a->len < b->len);
}

/* Merges a run of n keys with the run of m keys behind it. */
static void merge(const key *from, size_t n, size_t m, key *to) {
  const key *second = from + n, *middle = second, *end = second + m;
  while (from < middle && second < end) *to++ = before(second, from) ? *second++ : *from++;
  while (from < middle) *to++ = *from++;
  while (second < end) *to++ = *second++;
}

/* Merge sort between two arrays, by bytes and not by the locale; returns the one that is sorted. */
static const key *sort(key *keys, key *other, size_t n) {
  for (size_t run = 1; run < n; run *= 2) {
    for (size_t i = 0; i < n; i += 2 * run) {
      size_t first = run < n - i ? run : n - i, rest = n - i - first;
      merge(keys + i, first, run < rest ? run : rest, other + i);
    }
    key *sorted = other;
    other = keys;
    keys = sorted;
  }
  return keys;
}

static int is_key_of(lua_State *L, int table) {
  lua_pushvalue(L, -1);
  int type = lua_rawget(L, table);
  lua_pop(L, 1);
  return type != LUA_TNIL;
}

void drl_push_sorted_keys(lua_State *L, int index, int except) {
  lua_Integer n = 0;
  lua_newtable(L);
  int list = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING || (except != 0 && is_key_of(L, except))) continue;
    lua_pushvalue(L, -1);
    lua_rawseti(L, list, ++n);
  }
  if (n < 2) return;
  key *keys = lua_newuserdatauv(L, 2 * (size_t)n * sizeof *keys, 0);
  for (lua_Integer i = 1; i <= n; i++) {
    size_t len;
    lua_rawgeti(L, list, i);
    const char *s = lua_tolstring(L, -1, &len);
    keys[i - 1] = key_of(s, len, i);
    lua_pop(L, 1);
  }
  const key *sorted = sort(keys, keys + n, (size_t)n);
  lua_createtable(L, n < INT_MAX ? (int)n : 0, 0);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, list, sorted[i - 1].index);
    lua_rawseti(L, -2, i);
  }
  lua_replace(L, list);
  lua_settop(L, list);
}
