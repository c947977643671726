/* encode_schedule.c: a schedule given as cron text, as five lists or as a value of dr.schedule. */
#include <lauxlib.h>
#include <string.h>

#include "../core/schedule.h"
#include "util.h"
#include "walk.h"

/* {=== from cron text and from an object ===} */

static void write_list(dr_writer *w, const dr_schedule *s, int i) {
  const dr_schedule_list *list = &dr_schedule_lists[i];
  uint64_t bits = dr_schedule_get(s, i);
  dr_write_key(w, list->wire, strlen(list->wire));
  dr_write_open(w, '[');
  if (s->star & list->star) {
    dr_write_string(w, "*", 1);
  } else {
    for (int v = list->min; v <= list->max; v++)
      if (bits >> v & 1) dr_write_integer(w, v);
  }
  dr_write_close(w, ']');
}

static void write_schedule(dr_writer *w, const dr_schedule *s) {
  dr_write_open(w, '{');
  for (int i = 0; i < 5; i++) write_list(w, s, i);
  dr_write_close(w, '}');
}

void drl_write_daily(dr_writer *w) {
  static const dr_schedule daily = {
      .minute = 1, .hour = 1, .star = DR_STAR_DAY_OF_MONTH | DR_STAR_MONTH | DR_STAR_DAY_OF_WEEK};
  write_schedule(w, &daily);
}

static void walk_cron(lua_State *L, drl_walk *k, int index, const drl_step *at) {
  dr_schedule s;
  dr_error err;
  size_t len;
  char got[DRL_TEXT_MAX];
  int top = lua_gettop(L);
  const char *text = lua_tolstring(L, index, &len);
  dr_error_clear(&err);
  if (dr_schedule_parse(text, len, &s, &err) == DR_KIND_NONE) {
    write_schedule(&k->writer, &s);
    return;
  }
  const char *near =
      memchr(text, ' ', len) == NULL ? dr_nearest(text, len, dr_schedule_words) : NULL;
  const char *message = err.message;
  drl_text_of_string(text, len, got);
  if (near != NULL)
    message = lua_pushfstring(L, "%s is not a schedule; did you mean \"%s\"?", got, near);
  drl_problem(L, &k->problems, at, message, got,
              "cron text of five fields, or @daily and its like");
  lua_settop(L, top);
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

/* A string that is neither a star nor, in quotes, a number. */
static void wrong_name(lua_State *L, drl_walk *k, int i, int index, const drl_step *at,
                       drl_fault *fault) {
  size_t len;
  const char *s = lua_tolstring(L, index, &len);
  const char *near = dr_nearest(s, len, dr_schedule_names(i));
  fault->verdict = lua_pushfstring(L, "is not %s", named[i].one);
  if (near != NULL) fault->fix = lua_pushfstring(L, "did you mean \"%s\"?", near);
  drl_refuse(L, k, at, index, fault);
}

/* An element that is neither a star nor a number within the range: a name, or a mistake. */
static void walk_name(lua_State *L, drl_walk *k, const dr_field *f, int index, const drl_step *at) {
  char expected[DRL_TEXT_MAX];
  size_t len;
  int whole, top = lua_gettop(L), i = list_number(f), type = lua_type(L, index);
  lua_Number n = lua_tonumberx(L, index, &whole);
  snprintf(expected, sizeof expected, "%d to %d%s", (int)f->item->min, (int)f->item->max,
           named[i].or_name);
  drl_fault fault = {.allowed = expected, .expected = expected};
  if (type == LUA_TSTRING && !whole && named[i].one != NULL) {
    const char *s = lua_tolstring(L, index, &len);
    if (dr_schedule_name(i, s, len) >= 0)
      dr_write_string(&k->writer, s, len);
    else
      wrong_name(L, k, i, index, at, &fault);
  } else if (type == LUA_TNUMBER) {
    fault.verdict = n < f->item->min   ? "is too small"
                    : n > f->item->max ? "is too large"
                                       : "is not a whole number";
    drl_refuse(L, k, at, index, &fault);
  } else {
    const char *text = type == LUA_TSTRING ? lua_tostring(L, index) : "";
    drl_mistyped(L, k, f->item, at, index,
                 whole                          ? "remove the quotes"
                 : strpbrk(text, "-/,") != NULL ? "ranges and steps are for cron text"
                                                : NULL);
  }
  lua_settop(L, top);
}

/* One element; returns whether it is a star. */
static int walk_element(lua_State *L, drl_walk *k, const dr_field *f, int index, int type,
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
  walk_name(L, k, f, index, at);
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
static void check_list(lua_State *L, drl_walk *k, int index, lua_Integer n, int stars,
                       const drl_step *at) {
  char got[DRL_TEXT_MAX];
  lua_Integer repeated = find_repeated(L, index, n);
  if (repeated != 0) {
    lua_rawgeti(L, index, repeated);
    drl_text_of_value(L, lua_gettop(L), got);
    drl_say(L, k, at, lua_pushfstring(L, "%s is in the list more than once", got));
    lua_pop(L, 2);
  }
  if (stars > 0) drl_say(L, k, at, "a star stands alone in its list; {\"*\"} means all");
}

static void walk_elements(lua_State *L, drl_walk *k, const dr_field *f, int index, lua_Integer n,
                          const drl_step *at) {
  drl_step step = {.up = at};
  int stars = 0, element = lua_gettop(L) + 1;
  dr_write_open(&k->writer, '[');
  for (step.index = 1; step.index <= n; step.index++) {
    int type = lua_rawgeti(L, index, step.index);
    stars += walk_element(L, k, f, element, type, &step);
    lua_pop(L, 1);
  }
  dr_write_close(&k->writer, ']');
  if (n > 1) check_list(L, k, index, n, stars, at);
}

const char *drl_braces(lua_State *L, int index) {
  char got[DRL_TEXT_MAX];
  return lua_pushfstring(L, "write {%s}", drl_text_of_value(L, index, got));
}

/* A single value where a list is needed. */
static void bare_value(lua_State *L, drl_walk *k, const dr_field *f, int index,
                       const drl_step *at) {
  int type = lua_type(L, index), top = lua_gettop(L);
  int braces = type == LUA_TSTRING || type == LUA_TNUMBER;
  drl_mistyped(L, k, f, at, index, braces ? drl_braces(L, index) : NULL);
  lua_settop(L, top);
}

static const char *walk_list(lua_State *L, drl_walk *k, const dr_field *f, int index,
                             const drl_step *at, uint32_t base) {
  (void)base;
  if (lua_type(L, index) != LUA_TTABLE) {
    bare_value(L, k, f, index, at);
    return drl_seen_value;
  }
  if (!drl_readable(L, k, index, at)) return drl_seen_value;
  lua_Integer n = drl_list_length(L, k, index, at);
  if (n == 0)
    drl_say(L, k, at, "an empty list never fires; {\"*\"} means all");
  else if (n > f->max_length)
    drl_wrong_length(L, k, f, index, n, at);
  else if (n > 0)
    walk_elements(L, k, f, index, n, at);
  return drl_seen_value;
}

const char *drl_walk_schedule(lua_State *L, drl_walk *k, const dr_field *f, int index,
                              const drl_step *at) {
  int type = lua_type(L, index);
  const dr_schedule *object = type == LUA_TUSERDATA ? luaL_testudata(L, index, DRL_SCHEDULE) : NULL;
  if (type == LUA_TSTRING)
    walk_cron(L, k, index, at);
  else if (type == LUA_TTABLE && lua_rawlen(L, index) == 0)
    drl_walk_object(L, k, f->schema, index, at, DRL_NO_BASE, walk_list, "{\"*\"} means all");
  else if (object != NULL)
    write_schedule(&k->writer, object);
  else
    drl_mistyped(L, k, f, at, index, NULL);
  return drl_seen_value;
}
