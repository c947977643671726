/* encode_value.c: strings, numbers, words, ids, durations and times. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include <lauxlib.h>

#include "../core/id.h"
#include "../core/timestamp.h"
#include "../core/utf8.h"
#include "util.h"
#include "validate.h"

const char drl_seen_null[] = "";
const char drl_seen_empty[] = "";
const char drl_seen_value[] = "";

static const char *wrong_type(lua_State *L, drl_validation *k, const dr_field *f, int index,
                              const drl_step *at) {
  int top = lua_gettop(L);
  drl_mistyped(L, k, f, at, index, drl_value_fix(L, f, index, at));
  lua_settop(L, top);
  return drl_seen_value;
}

/* {=== strings ===} */

/* Returns the string when it is UTF-8, else reports it and returns NULL. */
static const char *text_of(lua_State *L, drl_validation *k, int index, size_t *len,
                           const drl_step *at) {
  const char *s = lua_tolstring(L, index, len);
  size_t valid = dr_utf8_valid(s, *len);
  if (valid == *len) return s;
  drl_say(
      L, k, at,
      lua_pushfstring(L, "the text is not UTF-8 at byte %I; convert it", (lua_Integer)valid + 1));
  lua_pop(L, 1);
  return NULL;
}

void drl_validate_string(lua_State *L, drl_validation *k, int index, const drl_step *at) {
  size_t len;
  const char *s = text_of(L, k, index, &len, at);
  if (s != NULL) dr_write_string(&k->writer, s, len);
}

void drl_validate_key(lua_State *L, drl_validation *k, const drl_step *at) {
  if (dr_utf8_valid(at->name, at->len) == at->len)
    dr_write_key(&k->writer, at->name, at->len);
  else
    drl_say(L, k, at, "the name is not UTF-8; convert it");
}

static size_t characters(const char *s, size_t len) {
  size_t n = 0;
  for (size_t i = 0; i < len; i++) n += ((unsigned char)s[i] & 0xC0) != 0x80;
  return n;
}

static const char *validate_text(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                 const drl_step *at) {
  size_t len;
  const char *s = text_of(L, k, index, &len, at);
  if (s == NULL) return drl_seen_value;
  size_t n = characters(s, len);
  if (n < f->min_length || (f->max_length > 0 && n > f->max_length))
    drl_wrong_length(L, k, f, index, (lua_Integer)n, at);
  else
    dr_write_string(&k->writer, s, len);
  return drl_seen_value;
}

/* {=== words, ids, durations, times ===} */

static int is_public(const dr_enum *e) {
  for (const dr_enum *const *p = dr_enums; *p != NULL; p++)
    if (*p == e) return 1;
  return 0;
}

/* Whether all legal words fit in the line. */
static int has_room(lua_State *L, const drl_step *at, int index, const drl_fault *fault) {
  char got[DRL_TEXT_MAX];
  size_t width = drl_path_width(at) + strlen(drl_text_of_value(L, index, got)) +
                 strlen(fault->verdict) + strlen(fault->allowed) + 4;
  return width <= DRL_LINE - 5;
}

/* Where they do not fit, a public enumeration is named instead. */
static const char *wrong_word(lua_State *L, drl_validation *k, const dr_field *f, int index,
                              const drl_step *at) {
  char expected[DRL_TEXT_MAX], allowed[DRL_TEXT_MAX];
  size_t len;
  int top = lua_gettop(L);
  const char *given = lua_tolstring(L, index, &len);
  drl_fault fault = {.fix = drl_word_fix(f->words, given, len)};
  const char *near = fault.fix == NULL ? dr_nearest(given, len, f->words->words) : NULL;
  if (near != NULL) fault.fix = lua_pushfstring(L, "did you mean \"%s\"?", near);
  fault.verdict = lua_pushfstring(L, "is not %s", f->words->one);
  fault.allowed = drl_text_of_limits(f, allowed);
  if (is_public(f->words) &&
      (strlen(allowed) > DRL_LINE - 20 || (fault.fix == NULL && !has_room(L, at, index, &fault))))
    fault.allowed = lua_pushfstring(L, "dr.enums.%s lists them", f->words->name);
  fault.expected = drl_text_of_field(f, expected);
  drl_refuse(L, k, at, index, &fault);
  lua_settop(L, top);
  return drl_seen_value;
}

static const char *validate_word(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                 const drl_step *at) {
  size_t len;
  const char *s = lua_tolstring(L, index, &len);
  for (const char *const *w = f->words->words; *w != NULL; w++) {
    if (**w != *s || strlen(*w) != len || memcmp(*w, s, len) != 0) continue;
    dr_write_string(&k->writer, s, len);
    return *w;
  }
  return wrong_word(L, k, f, index, at);
}

static const char *validate_pattern(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                    const drl_step *at) {
  size_t len;
  const char *s = lua_tolstring(L, index, &len);
  int valid = f->type == DR_ID     ? dr_id_strict(s, len)
              : f->type == DR_TIME ? dr_time_strict(s, len)
                                   : dr_duration_valid(s, len);
  if (!valid) {
    int top = lua_gettop(L);
    const char *verdict = lua_pushfstring(L, "is not %s", drl_noun(f));
    drl_refuse_field(L, k, f, at, index, verdict, drl_value_fix(L, f, index, at));
    lua_settop(L, top);
    return drl_seen_value;
  }
  dr_write_string(&k->writer, s, len);
  return drl_seen_value;
}

/* {=== numbers ===} */

void drl_validate_number(lua_State *L, drl_validation *k, int index, const drl_step *at) {
  if (lua_isinteger(L, index)) {
    dr_write_integer(&k->writer, lua_tointeger(L, index));
    return;
  }
  lua_Number d = lua_tonumber(L, index);
  if (d - d == 0)
    dr_write_number(&k->writer, d);
  else
    drl_refuse(L, k, at, index,
               &(drl_fault){.verdict = "is not a number that JSON has",
                            .fix = "write dr.null where there is none",
                            .expected = "a number"});
}

/* What is wrong with a number, or NULL. A whole one that is no integer of Lua's lies beyond 64
 * bits.
 */
static const char *wrong_number(const dr_field *f, lua_Number d, int whole) {
  static const char beyond[] = "does not fit into 64 bits";
  if (d - d != 0) return "is not a finite number";
  if (f->type == DR_INTEGER && d != floor(d)) return "is not a whole number";
  if (f->ranged && d < f->min) return "is too small";
  if (f->ranged && d > f->max) return f->max < 9e18 ? "is too large" : beyond;
  if (f->type == DR_INTEGER && !whole) return beyond;
  return dr_field_has(f, d) ? NULL : "is not one of the numbers that may be given";
}

static const char *validate_number(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                   const drl_step *at) {
  int whole;
  lua_Integer i = lua_tointegerx(L, index, &whole);
  lua_Number d = lua_tonumber(L, index);
  const char *verdict = wrong_number(f, d, whole);
  if (verdict != NULL) {
    int top = lua_gettop(L);
    drl_refuse_field(L, k, f, at, index, verdict, drl_value_fix(L, f, index, at));
    lua_settop(L, top);
  } else if (whole)
    dr_write_integer(&k->writer, i);
  else
    dr_write_number(&k->writer, d);
  return drl_seen_value;
}

const char *drl_validate_scalar(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                int type, const drl_step *at) {
  if (f->type == DR_BOOLEAN && type == LUA_TBOOLEAN) {
    dr_write_boolean(&k->writer, lua_toboolean(L, index));
    return drl_seen_value;
  }
  if ((f->type == DR_INTEGER || f->type == DR_NUMBER) && type == LUA_TNUMBER)
    return validate_number(L, k, f, index, at);
  if (type == LUA_TSTRING) {
    if (f->type == DR_STRING) return validate_text(L, k, f, index, at);
    if (f->type == DR_ENUM) return validate_word(L, k, f, index, at);
    if (f->type == DR_ID || f->type == DR_DURATION || f->type == DR_TIME)
      return validate_pattern(L, k, f, index, at);
  }
  return wrong_type(L, k, f, index, at);
}
