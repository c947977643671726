/* encode_value.c: strings, numbers, words, ids and durations, and the sentences about wrong ones.
 */
#include <lauxlib.h>
#include <stdint.h>
#include <string.h>

#include "../core/timestamp.h"
#include "../core/url.h"
#include "util.h"
#include "../core/name.h"
#include "walk.h"

/* {=== sentences ===} */

void drl_say(lua_State *L, drl_walk *k, const drl_step *at, const char *message) {
  drl_problem(L, &k->problems, at, message, NULL, NULL);
}

static const char *colon(const char *hint) {
  return hint == NULL ? "" : ": ";
}

static const char *or_nothing(const char *hint) {
  return hint == NULL ? "" : hint;
}

void drl_reject(lua_State *L, drl_walk *k, const drl_step *at, int index, const char *expected,
                const char *hint) {
  char got[DRL_TEXT_MAX];
  drl_text_of_value(L, index, got);
  const char *message = lua_pushfstring(L, "%s is not allowed, %s expected%s%s", got, expected,
                                        colon(hint), or_nothing(hint));
  drl_problem(L, &k->problems, at, message, got, expected);
  lua_pop(L, 1);
}

void drl_mistyped(lua_State *L, drl_walk *k, const drl_step *at, int index, const char *expected,
                  const char *hint) {
  char got[DRL_TEXT_MAX];
  drl_text_of_value(L, index, got);
  int type = lua_type(L, index);
  const char *what = type == LUA_TSTRING ? "the string " : type == LUA_TNUMBER ? "the number " : "";
  const char *message = lua_pushfstring(L, "%s expected, got %s%s%s%s", expected, what, got,
                                        colon(hint), or_nothing(hint));
  drl_problem(L, &k->problems, at, message, got, expected);
  lua_pop(L, 1);
}

/* What would turn the given value into the wanted one, or NULL. */
static const char *hint_for(lua_State *L, const dr_field *f, int index) {
  int type = lua_type(L, index);
  if (f->type == DR_INTEGER || f->type == DR_NUMBER) {
    int number = type == LUA_TSTRING && lua_stringtonumber(L, lua_tostring(L, index)) != 0;
    lua_pop(L, number);
    return number ? "remove the quotes" : NULL;
  }
  if (f->type == DR_BOOLEAN) {
    const char *s = type == LUA_TSTRING ? lua_tostring(L, index) : "";
    return strcmp(s, "true") == 0 || strcmp(s, "false") == 0 ? "remove the quotes" : NULL;
  }
  if (f->type == DR_ID && (type == LUA_TTABLE || type == LUA_TUSERDATA)) return "pass its id";
  if (f->type == DR_STRING || f->type == DR_ID)
    return type == LUA_TNUMBER ? "put it in quotes" : NULL;
  return NULL;
}

static const char *wrong_type(lua_State *L, drl_walk *k, const dr_field *f, int index,
                              const drl_step *at) {
  char expected[DRL_TEXT_MAX];
  drl_mistyped(L, k, at, index, drl_text_of_field(f, expected), hint_for(L, f, index));
  return drl_seen_value;
}

static const char *wrong_value(lua_State *L, drl_walk *k, const dr_field *f, int index,
                               const drl_step *at) {
  char expected[DRL_TEXT_MAX];
  drl_reject(L, k, at, index, drl_text_of_field(f, expected), NULL);
  return drl_seen_value;
}

static int is_wire_spelling(const char *s, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (s[i] >= 'A' && s[i] <= 'Z') return memchr(s, '_', len) == NULL;
  return 0;
}

static int is_read_only(const dr_schema *s, const char *name, size_t len) {
  for (const char *const *w = s->read_only; w != NULL && *w != NULL; w++)
    if ((strlen(*w) == len && memcmp(*w, name, len) == 0) ||
        dr_name_matches(*w, strlen(*w), name, len))
      return 1;
  return 0;
}

void drl_unknown_member(lua_State *L, drl_walk *k, const dr_schema *s, const drl_step *at) {
  char name[DR_NAME_MAX];
  const char *what =
      is_read_only(s, at->name, at->len) ? "read-only, only replies have it" : "unknown member";
  const char *near = dr_nearest_field(s, at->name, at->len, name);
  if (near != NULL && is_wire_spelling(at->name, at->len))
    near = dr_schema_field(s, near, strlen(near))->wire;
  if (near != NULL)
    lua_pushfstring(L, "%s: did you mean %s?", what, near);
  else
    lua_pushstring(L, what);
  drl_say(L, k, at, lua_tostring(L, -1));
  lua_pop(L, 1);
}

/* {=== strings ===} */

/* Returns the string when it is UTF-8, else reports it and returns NULL. */
static const char *text_of(lua_State *L, drl_walk *k, int index, size_t *len, const drl_step *at) {
  const char *s = lua_tolstring(L, index, len);
  size_t valid = dr_utf8_valid(s, *len);
  if (valid == *len) return s;
  drl_say(L, k, at,
          lua_pushfstring(L, "text in UTF-8 expected: byte %I is no part of it",
                          (lua_Integer)valid + 1));
  lua_pop(L, 1);
  return NULL;
}

void drl_walk_string(lua_State *L, drl_walk *k, int index, const drl_step *at) {
  size_t len;
  const char *s = text_of(L, k, index, &len, at);
  if (s != NULL) dr_write_string(&k->writer, s, len);
}

void drl_walk_key(lua_State *L, drl_walk *k, const drl_step *at) {
  if (dr_utf8_valid(at->name, at->len) == at->len)
    dr_write_key(&k->writer, at->name, at->len);
  else
    drl_say(L, k, at, "a name in UTF-8 expected");
}

static size_t characters(const char *s, size_t len) {
  size_t n = 0;
  for (size_t i = 0; i < len; i++) n += ((unsigned char)s[i] & 0xC0) != 0x80;
  return n;
}

static const char *walk_text(lua_State *L, drl_walk *k, const dr_field *f, int index,
                             const drl_step *at) {
  size_t len;
  const char *s = text_of(L, k, index, &len, at);
  if (s == NULL) return drl_seen_value;
  size_t n = characters(s, len);
  if (n < f->min_length || (f->max_length > 0 && n > f->max_length)) {
    char expected[DRL_TEXT_MAX];
    lua_pushfstring(L, "it has %I characters", (lua_Integer)n);
    drl_reject(L, k, at, index, drl_text_of_field(f, expected), lua_tostring(L, -1));
    lua_pop(L, 1);
    return drl_seen_value;
  }
  dr_write_string(&k->writer, s, len);
  return drl_seen_value;
}

/* {=== words, ids, durations ===} */

static int is_public(const dr_enum *e) {
  for (const dr_enum *const *p = dr_enums; *p != NULL; p++)
    if (*p == e) return 1;
  return 0;
}

/* Long lists of words stay out of the sentence; `expected` of the problem has them all. */
static const char *wrong_word(lua_State *L, drl_walk *k, const dr_field *f, int index,
                              const drl_step *at) {
  char got[DRL_TEXT_MAX], expected[DRL_TEXT_MAX];
  size_t len;
  const char *given = lua_tolstring(L, index, &len);
  const char *hint = drl_word_hint(f->words, given, len);
  const char *near = hint == NULL ? dr_nearest(given, len, f->words->words) : NULL;
  drl_text_of_string(given, len, got);
  drl_text_of_field(f, expected);
  int top = lua_gettop(L), many = strlen(expected) > 160 && is_public(f->words);
  const char *allowed =
      many ? lua_pushfstring(L, "a word of dr.enums.%s", f->words->name) : expected;
  if (near != NULL) hint = lua_pushfstring(L, "did you mean \"%s\"?", near);
  const char *message = lua_pushfstring(L, "%s is not allowed, %s expected%s%s", got, allowed,
                                        colon(hint), or_nothing(hint));
  drl_problem(L, &k->problems, at, message, got, expected);
  lua_settop(L, top);
  return drl_seen_value;
}

static const char *walk_word(lua_State *L, drl_walk *k, const dr_field *f, int index,
                             const drl_step *at) {
  size_t len;
  const char *s = lua_tolstring(L, index, &len);
  for (const char *const *w = f->words->words; *w != NULL; w++) {
    if (strlen(*w) != len || memcmp(*w, s, len) != 0) continue;
    dr_write_string(&k->writer, s, len);
    return *w;
  }
  return wrong_word(L, k, f, index, at);
}

static const char *walk_pattern(lua_State *L, drl_walk *k, const dr_field *f, int index,
                                const drl_step *at) {
  size_t len;
  const char *s = lua_tolstring(L, index, &len);
  int valid = f->type == DR_ID ? dr_id_strict(s, len) : dr_duration_valid(s, len);
  if (!valid) return wrong_value(L, k, f, index, at);
  dr_write_string(&k->writer, s, len);
  return drl_seen_value;
}

/* {=== numbers ===} */

void drl_walk_number(lua_State *L, drl_walk *k, int index, const drl_step *at) {
  if (lua_isinteger(L, index)) {
    dr_write_integer(&k->writer, lua_tointeger(L, index));
    return;
  }
  lua_Number d = lua_tonumber(L, index);
  if (d - d == 0)
    dr_write_number(&k->writer, d);
  else
    drl_reject(L, k, at, index, "a finite number", "JSON has no other");
}

static const char *walk_number(lua_State *L, drl_walk *k, const dr_field *f, int index,
                               const drl_step *at) {
  int whole;
  lua_Integer i = lua_tointegerx(L, index, &whole);
  lua_Number d = lua_tonumber(L, index);
  if (f->type == DR_INTEGER && !whole) return wrong_value(L, k, f, index, at);
  if (d - d != 0 || (f->ranged && (d < f->min || d > f->max)))
    return wrong_value(L, k, f, index, at);
  if (whole)
    dr_write_integer(&k->writer, i);
  else
    dr_write_number(&k->writer, d);
  return drl_seen_value;
}

const char *drl_walk_scalar(lua_State *L, drl_walk *k, const dr_field *f, int index, int type,
                            const drl_step *at) {
  if (f->type == DR_BOOLEAN && type == LUA_TBOOLEAN) {
    dr_write_boolean(&k->writer, lua_toboolean(L, index));
    return drl_seen_value;
  }
  if ((f->type == DR_INTEGER || f->type == DR_NUMBER) && type == LUA_TNUMBER)
    return walk_number(L, k, f, index, at);
  if (type == LUA_TSTRING) {
    if (f->type == DR_STRING) return walk_text(L, k, f, index, at);
    if (f->type == DR_ENUM) return walk_word(L, k, f, index, at);
    if (f->type == DR_ID || f->type == DR_DURATION) return walk_pattern(L, k, f, index, at);
  }
  return wrong_type(L, k, f, index, at);
}
