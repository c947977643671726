/* encode_table.c: raw views of a Lua table: whether it can be read, which keys it has, whether it
   is a list. */
#include <lauxlib.h>
#include <string.h>

#include "encode.h"
#include "util.h"
#include "../core/name.h"
#include "walk.h"

/* The address is the registry key of the name maps. */
static const char maps_key = 0;

/* Enough is known about a table with so many problems. */
#define MAX_COUNTED 10000

int drl_goes_on(const drl_walk *k) {
  return k->writer.out->fault == DR_FAULT_NONE && k->problems.count < MAX_COUNTED;
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

int drl_readable(lua_State *L, drl_walk *k, int index, const drl_step *at) {
  if (!lua_getmetatable(L, index)) return 1;
  const char *hides = has(L, "__index") ? "__index" : has(L, "__pairs") ? "__pairs" : NULL;
  lua_pop(L, 1);
  if (hides == NULL) return 1;
  drl_say(L, k, at,
          lua_pushfstring(
              L, "a table with %s cannot be read as it stands: copy it into a plain one", hides));
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

/* Adds a name to the table on top; returns where its bytes are. */
static const char *add_name(lua_State *L, const char *name, size_t len, lua_Integer number) {
  const char *text = lua_pushlstring(L, name, len);
  lua_pushinteger(L, number);
  lua_rawset(L, -3);
  return text;
}

const drl_names *drl_push_names(lua_State *L, const drl_walk *k, const dr_schema *s) {
  char lua[2 * DR_NAME_MAX];
  if (lua_rawgetp(L, k->maps, s) != LUA_TNIL) return lua_touserdata(L, -1);
  lua_pop(L, 1);
  drl_names *made = lua_newuserdatauv(L, sizeof *made, 1);
  lua_newtable(L);
  for (int i = 0; s->fields[i].wire != NULL; i++) {
    const char *wire = s->fields[i].wire;
    size_t len = strlen(wire);
    made->text[2 * i] = add_name(L, lua, dr_name_to_lua(wire, len, lua), i + 1);
    made->text[2 * i + 1] = add_name(L, wire, len, i + 1);
  }
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

int drl_field_of_key(lua_State *L, const drl_names *names, int slot, int fields) {
  const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
  if (key == NULL) return -1;
  for (int i = 0; i < 2 * fields; i++)
    if (names->text[i] == key) return i / 2;
  lua_getiuservalue(L, slot, 1);
  lua_pushvalue(L, -3);
  lua_rawget(L, -2);
  int field = (int)lua_tointeger(L, -1) - 1;
  lua_pop(L, 2);
  return field;
}

/* {=== lists ===} */

static void push_hole(lua_State *L, int index, const drl_shape *shape) {
  lua_Integer i = 1;
  while (lua_rawgeti(L, index, i) != LUA_TNIL) {
    lua_pop(L, 1);
    i++;
  }
  lua_pop(L, 1);
  lua_pushfstring(L, "a list without holes expected: element %I is missing, %I is there", i,
                  shape->largest);
}

/* Says why a table is no list. */
static void no_list(lua_State *L, drl_walk *k, int index, const drl_step *at) {
  drl_shape shape;
  drl_shape_of(L, index, &shape);
  if (shape.named > 0 && shape.indexed == 0)
    lua_pushliteral(L, "a list expected, got a table with named members");
  else if (shape.named > 0 || shape.other > 0)
    lua_pushliteral(L, "a list expected, got a table with other keys than 1, 2, 3, …");
  else if (shape.least < 1)
    lua_pushfstring(L, "index %I is not allowed: lists begin at 1", shape.least);
  else
    push_hole(L, index, &shape);
  drl_say(L, k, at, lua_tostring(L, -1));
  lua_pop(L, 1);
}

lua_Integer drl_list_length(lua_State *L, drl_walk *k, int index, const drl_step *at) {
  lua_Integer length = (lua_Integer)lua_rawlen(L, index), n = 0;
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
  no_list(L, k, index, at);
  return -1;
}

/* {=== sorted keys ===} */

/* Whether element i of the list on top comes before element j. */
static int before(lua_State *L, lua_Integer i, lua_Integer j) {
  size_t a, b;
  lua_rawgeti(L, -1, i);
  lua_rawgeti(L, -2, j);
  const char *s = lua_tolstring(L, -2, &a), *t = lua_tolstring(L, -1, &b);
  int order = memcmp(s, t, a < b ? a : b);
  lua_pop(L, 2);
  return order < 0 || (order == 0 && a < b);
}

static void swap(lua_State *L, lua_Integer i, lua_Integer j) {
  lua_rawgeti(L, -1, i);
  lua_rawgeti(L, -2, j);
  lua_rawseti(L, -3, i);
  lua_rawseti(L, -2, j);
}

/* Lets element i of the heap of n sink to its place. */
static void sink(lua_State *L, lua_Integer i, lua_Integer n) {
  for (lua_Integer child; (child = 2 * i) <= n; i = child) {
    if (child < n && before(L, child, child + 1)) child++;
    if (!before(L, i, child)) return;
    swap(L, i, child);
  }
}

/* Heap sort in the list itself: no memory, no comparison by locale. */
static void sort(lua_State *L, lua_Integer n) {
  for (lua_Integer i = n / 2; i > 0; i--) sink(L, i, n);
  for (; n > 1; n--) {
    swap(L, 1, n);
    sink(L, 1, n - 1);
  }
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
  sort(L, n);
}
