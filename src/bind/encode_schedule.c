/* encode_schedule.c: a schedule given as cron text, as five lists or as a value of dr.schedule. */
#include <string.h>

#include <lauxlib.h>

#include "../core/schedule_json.h"
#include "cron_advice.h"
#include "encode.h"
#include "util.h"
#include "validate.h"

/* {=== from cron text and from an object ===} */

const drl_type drl_schedule_type = {DRL_SCHEDULE, sizeof(drl_schedule)};

/* Without its own example where there is a proposal. */
static void push_complaint(lua_State *L, const char *complaint, int proposed) {
  const char *example = proposed ? strstr(complaint, ", such as ") : NULL;
  if (example == NULL)
    lua_pushstring(L, complaint);
  else
    lua_pushlstring(L, complaint, (size_t)(example - complaint));
}

static const char cron_expected[] = "cron text of five fields, or @daily and its like";

/* Whatever else of the five fields cannot be read, behind what was complained of. */
static void other_fields(lua_State *L, drl_validation *k, const char *text, size_t len,
                         const drl_step *at, const char *complaint) {
  char got[DRL_TEXT_MAX];
  dr_error err;
  drl_text_of_string(text, len, got);
  for (int i = 0; i < 5; i++) {
    dr_error_clear(&err);
    if (!dr_schedule_field(text, len, i, &err) && strcmp(err.message, complaint) != 0)
      drl_problem(L, &k->problems, at, err.message, got, cron_expected);
  }
}

/* Cron text that cannot be read: what is wrong with it, in the reader's words or, where it is
   another dialect or form, in ours; and what to write. */
static void wrong_cron(lua_State *L, drl_validation *k, const char *text, size_t len,
                       const drl_step *at, const char *complaint) {
  char got[DRL_TEXT_MAX], advice[DRL_ADVICE_MAX];
  const char *why = drl_cron_advice(text, len, advice);
  drl_text_of_string(text, len, got);
  int nickname = why == NULL && *advice == '@' && memchr(text, ' ', len) == NULL;
  if (why != NULL)
    lua_pushfstring(L, "%s: %s", got, why);
  else if (nickname)
    lua_pushfstring(L, "%s is not a schedule; did you mean \"%s\"?", got, advice);
  else
    push_complaint(L, complaint, *advice != '\0');
  if (*advice != '\0' && !nickname) {
    lua_pushfstring(L, "; write \"%s\"", advice);
    lua_concat(L, 2);
  }
  drl_problem(L, &k->problems, at, lua_tostring(L, -1), got, cron_expected);
  lua_pop(L, 1);
  if (why == NULL && *advice == '\0') other_fields(L, k, text, len, at, complaint);
}

static void validate_cron(lua_State *L, drl_validation *k, int index, const drl_step *at) {
  dr_schedule s;
  dr_error err;
  size_t len;
  const char *text = lua_tolstring(L, index, &len);
  dr_error_clear(&err);
  if (dr_schedule_parse(text, len, &s, &err) == DR_KIND_NONE)
    dr_schedule_write(&k->writer, &s);
  else
    wrong_cron(L, k, text, len, at, err.message);
}

/* {=== from five lists ===} */

static int list_number(const dr_field *f) {
  int i = 0;
  while (strcmp(dr_schedule_lists[i].wire, f->wire) != 0) i++;
  return i;
}

/* The names of list i: "a month", its legal words for a message; NULL where it has none. */
static const struct {
  const char *one, *or_name;
} named[] = {{NULL, ""},
             {NULL, ""},
             {NULL, ""},
             {"a month", " or an English name"},
             {"a week day", ", Sunday is 0, or an English name"}};

/* What is neither a star nor a number, where names are known. */
static void wrong_name(lua_State *L, drl_validation *k, int i, int index, const drl_step *at,
                       drl_fault *fault) {
  size_t len;
  const char *s = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &len) : NULL;
  const char *near = s == NULL || fault->fix != NULL ? NULL : drl_nearest_name(i, s, len);
  fault->verdict = lua_pushfstring(L, "is not %s", named[i].one);
  if (near != NULL) fault->fix = lua_pushfstring(L, "did you mean \"%s\"?", near);
  drl_refuse(L, k, at, index, fault);
}

/* Pushes the numbers that a field of cron text stands for, such as "9-17" or "*\/5"; returns NULL
   with nothing pushed where it is none, or stands for too many. A star stays one. */
#define MOST_NUMBERS 12
static const char *push_numbers(lua_State *L, int i, const char *text, size_t len) {
  char cron[DRL_ADVICE_MAX], *to = cron;
  dr_schedule s;
  dr_error err;
  luaL_Buffer b;
  int n = 0;
  if (len == 0 || len > 60 || memchr(text, ' ', len) != NULL) return NULL;
  for (int k = 0; k < 5; k++) {
    if (k > 0) *to++ = ' ';
    memcpy(to, k == i ? text : "*", k == i ? len : 1);
    to += k == i ? len : 1;
  }
  if (dr_schedule_parse(cron, (size_t)(to - cron), &s, &err) != DR_KIND_NONE) return NULL;
  const dr_schedule_list *list = &dr_schedule_lists[i];
  if (s.star & list->star) return lua_pushliteral(L, "\"*\"");
  uint64_t bits = dr_schedule_get(&s, i);
  if (__builtin_popcountll(bits) > MOST_NUMBERS) return NULL;
  luaL_buffinit(L, &b);
  for (int v = list->min; v <= list->max; v++) {
    if (!(bits >> v & 1)) continue;
    char number[8];
    snprintf(number, sizeof number, n++ == 0 ? "%d" : ", %d", v);
    luaL_addstring(&b, number);
  }
  luaL_pushresult(&b);
  return lua_tostring(L, -1);
}

static const char for_cron[] = "ranges and steps are for cron text, such as \"*/2 9-17 * * *\"";

/* Whether it is meant as a part of cron text. */
static int is_cron_part(const char *s, size_t len) {
  return memchr(s, '/', len) != NULL || memchr(s, '-', len) != NULL;
}

static const char *string_fix(lua_State *L, const dr_field *f, int i, const char *s, size_t len) {
  int whole;
  lua_Number n = lua_stringtonumber(L, s) == len + 1 ? lua_tonumberx(L, -1, &whole) : -1;
  if (n >= f->item->min && n <= f->item->max && n == (int)n) return "remove the quotes";
  const char *numbers = push_numbers(L, i, s, len);
  if (numbers != NULL) return lua_pushfstring(L, "write %s", numbers);
  if (len == 1 && *s == '?') return "write \"*\"";
  return is_cron_part(s, len) ? for_cron : NULL;
}

/* An element that is neither a star nor a number within the range: a name, or a mistake. */
static void validate_name(lua_State *L, drl_validation *k, const dr_field *f, int index,
                          const drl_step *at) {
  char expected[DRL_TEXT_MAX];
  size_t len = 0;
  int top = lua_gettop(L), i = list_number(f), type = lua_type(L, index);
  const char *s = type == LUA_TSTRING ? lua_tolstring(L, index, &len) : NULL;
  lua_Number n = type == LUA_TNUMBER ? lua_tonumber(L, index) : 0;
  if (s != NULL && dr_schedule_name(i, s, len) >= 0) {
    dr_write_string(&k->writer, s, len);
    return;
  }
  snprintf(expected, sizeof expected, "%d to %d%s", (int)f->item->min, (int)f->item->max,
           named[i].or_name);
  drl_fault fault = {.allowed = expected, .expected = expected};
  if (type == LUA_TNUMBER) {
    fault.verdict = n < f->item->min   ? "is too small"
                    : n > f->item->max ? "is too large"
                                       : "is not a whole number";
    if (f->item->named && f->item->min == 0 && n == 7) fault.fix = "write 0 for Sunday";
    drl_refuse(L, k, at, index, &fault);
  } else {
    fault.fix = s != NULL ? string_fix(L, f, i, s, len) : drl_value_fix(L, f->item, index, at);
    if (named[i].one != NULL)
      wrong_name(L, k, i, index, at, &fault);
    else
      drl_mistyped(L, k, f->item, at, index, fault.fix);
  }
  lua_settop(L, top);
}

/* One element; returns whether it is a star. */
static int validate_element(lua_State *L, drl_validation *k, const dr_field *f, int index, int type,
                            const drl_step *at) {
  int whole;
  size_t len;
  if (type == LUA_TSTRING) {
    const char *s = lua_tolstring(L, index, &len);
    if (len == 1 && *s == '*') {
      dr_write_string(&k->writer, s, len);
      return 1;
    }
  } else if (type == LUA_TNUMBER) {
    lua_Integer n = lua_tointegerx(L, index, &whole);
    if (whole && n >= (lua_Integer)f->item->min && n <= (lua_Integer)f->item->max) {
      dr_write_integer(&k->writer, n);
      return 0;
    }
  }
  validate_name(L, k, f, index, at);
  return 0;
}

/* The number of the first element that stands earlier in the list, too; 0 when there is none. */
static lua_Integer find_repeated(lua_State *L, int index, lua_Integer n) {
  for (lua_Integer i = 2; i <= n; i++) {
    for (lua_Integer j = 1; j < i; j++) {
      lua_rawgeti(L, index, i);
      lua_rawgeti(L, index, j);
      int same = lua_rawequal(L, -1, -2);
      lua_pop(L, 2);
      if (same) return i;
    }
  }
  return 0;
}

/* What is wrong with the list as such. */
static void check_list(lua_State *L, drl_validation *k, int index, lua_Integer n, int stars,
                       const drl_step *at) {
  char got[DRL_TEXT_MAX];
  lua_Integer repeated = find_repeated(L, index, n);
  if (repeated != 0) {
    lua_rawgeti(L, index, repeated);
    drl_text_of_value(L, lua_gettop(L), got);
    drl_say(L, k, at, lua_pushfstring(L, "%s is in the list more than once; keep one", got));
    lua_pop(L, 2);
  }
  if (stars > 0) drl_say(L, k, at, "a star stands alone in its list; {\"*\"} means all");
}

static void validate_elements(lua_State *L, drl_validation *k, const dr_field *f, int index,
                              lua_Integer n, const drl_step *at) {
  drl_step step = {.up = at};
  int stars = 0, element = lua_gettop(L) + 1;
  dr_write_open(&k->writer, '[');
  for (step.index = 1; step.index <= n; step.index++) {
    int type = lua_rawgeti(L, index, step.index);
    stars += validate_element(L, k, f, element, type, &step);
    lua_pop(L, 1);
  }
  dr_write_close(&k->writer, ']');
  if (n > 1) check_list(L, k, index, n, stars, at);
}

/* A single value where a list is needed. */
static void bare_value(lua_State *L, drl_validation *k, const dr_field *f, int index,
                       const drl_step *at) {
  size_t len;
  char got[DRL_TEXT_MAX];
  int type = lua_type(L, index), top = lua_gettop(L), i = list_number(f);
  const char *s = type == LUA_TSTRING ? lua_tolstring(L, index, &len) : NULL, *fix = NULL;
  const char *numbers = s != NULL ? push_numbers(L, i, s, len) : NULL;
  lua_Number n = type == LUA_TNUMBER ? lua_tonumber(L, index) : -1;
  if (s != NULL && dr_schedule_name(i, s, len) >= 0) numbers = drl_text_of_string(s, len, got);
  if (n >= f->item->min && n <= f->item->max && n == (int)n)
    numbers = drl_text_of_value(L, index, got);
  if (numbers != NULL) fix = lua_pushfstring(L, "write {%s}", numbers);
  if (fix == NULL && s != NULL && is_cron_part(s, len)) fix = for_cron;
  if (fix == NULL && s == NULL && type != LUA_TNUMBER) fix = "{\"*\"} means all";
  drl_mistyped(L, k, f, at, index, fix);
  lua_settop(L, top);
}

static const char *validate_list(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                 const drl_step *at, uint32_t base) {
  (void)base;
  if (lua_type(L, index) != LUA_TTABLE) {
    bare_value(L, k, f, index, at);
    return drl_seen_value;
  }
  if (!drl_readable(L, k, index, at)) return drl_seen_value;
  lua_Integer n = drl_list_length(L, k, index, at, "write the values alone");
  if (n == 0)
    drl_say(L, k, at, "an empty list never fires; {\"*\"} means all");
  else if (n > f->max_length)
    drl_wrong_length(L, k, f, index, n, at);
  else if (n > 0)
    validate_elements(L, k, f, index, n, at);
  return drl_seen_value;
}

/* Something else: a list that holds cron text, or its five fields. */
static void no_schedule(lua_State *L, drl_validation *k, const dr_field *f, int index,
                        const drl_step *at) {
  int top = lua_gettop(L);
  dr_schedule s;
  dr_error err;
  size_t len;
  const char *fix = NULL;
  lua_Integer n = lua_type(L, index) == LUA_TTABLE ? (lua_Integer)lua_rawlen(L, index) : 0;
  luaL_Buffer b;
  if (n == 1 || n == 5) {
    lua_checkstack(L, LUA_MINSTACK);
    luaL_buffinit(L, &b);
    for (lua_Integer i = 1; i <= n; i++) {
      if (i > 1) luaL_addchar(&b, ' ');
      lua_rawgeti(L, index, i);
      if (!lua_isstring(L, -1)) lua_pushliteral(L, "?"), lua_remove(L, -2);
      luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    const char *text = lua_tolstring(L, -1, &len);
    if (len < DRL_ADVICE_MAX && dr_schedule_parse(text, len, &s, &err) == DR_KIND_NONE)
      fix = lua_pushfstring(L, "write \"%s\"", text);
  }
  drl_mistyped(L, k, f, at, index, fix);
  lua_settop(L, top);
}

const char *drl_validate_schedule(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                  const drl_step *at) {
  int type = lua_type(L, index);
  const drl_schedule *object = drl_test(L, index, &drl_schedule_type);
  if (type == LUA_TSTRING)
    validate_cron(L, k, index, at);
  else if (type == LUA_TTABLE && lua_rawlen(L, index) == 0)
    drl_validate_object(L, k, f->schema, index, at, DRL_NO_BASE, validate_list,
                        "{\"*\"} means all");
  else if (object != NULL)
    dr_schedule_write(&k->writer, &object->set);
  else
    no_schedule(L, k, f, index, at);
  return drl_seen_value;
}
