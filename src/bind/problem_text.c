/* problem_text.c: what was given and what is allowed, in a few words. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "../core/json_write.h"
#include "../core/printable.h"
#include "problem.h"
#include "util.h"

#define SHOWN_CHARACTERS 40

/* {=== what was given ===} */

/* A text that grows to the right within DRL_TEXT_MAX bytes and is cut there. */
typedef struct text {
  char *out;
  size_t len;
} text;

static void add(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(text *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(t->out + t->len, DRL_TEXT_MAX - t->len, format, args);
  va_end(args);
  if (n > 0) t->len += (size_t)n;
  if (t->len > DRL_TEXT_MAX - 1) t->len = DRL_TEXT_MAX - 1;
}

const char *drl_text_of_string(const char *s, size_t len, char *out) {
  text t = {out, 0};
  size_t shown = 0;
  add(&t, "\"");
  while (len > 0 && shown++ < SHOWN_CHARACTERS) {
    char escape[DR_ESCAPE_MAX];
    size_t n = dr_printable(s, len);
    if (n > 0)
      add(&t, "%s%.*s", *s == '"' || *s == '\\' ? "\\" : "", (int)n, s);
    else if ((n = dr_escape(s, len, escape)) > 0)
      add(&t, "%s", escape);
    s += n;
    len -= n;
  }
  add(&t, len > 0 ? "…\"" : "\"");
  return out;
}

/* The allocator of a writer whose bytes stay on the C stack. */
static void *within(void *ud, void *ptr, size_t osize, size_t nsize) {
  (void)ptr;
  (void)osize;
  return nsize > 0 && nsize <= DRL_TEXT_MAX ? ud : NULL;
}

static void add_number(text *t, double d) {
  char scratch[DRL_TEXT_MAX];
  dr_buffer b;
  dr_writer w;
  if (d != d || d - d != 0) {
    add(t, d != d ? "nan" : d < 0 ? "-inf" : "inf");
    return;
  }
  dr_buffer_init(&b, (dr_memory){within, scratch}, DRL_TEXT_MAX);
  dr_writer_init(&w, &b);
  dr_write_number(&w, d);
  add(t, "%.*s", (int)b.len, b.data == NULL ? "" : b.data);
}

/* A userdata by the name of its class. */
static void add_object(lua_State *L, int index, text *t) {
  int type = luaL_getmetafield(L, index, "__name");
  add(t, "a %.100s", type == LUA_TSTRING ? lua_tostring(L, -1) : "userdata");
  if (type != LUA_TNIL) lua_pop(L, 1);
}

static void add_table(lua_State *L, int index, text *t) {
  lua_Unsigned n = lua_rawlen(L, index);
  lua_pushnil(L);
  int empty = !lua_next(L, index), marked = 0;
  if (!empty) lua_pop(L, 2);
  if (lua_getmetatable(L, index)) {
    luaL_getmetatable(L, DRL_ARRAY);
    marked = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
  }
  if (n > 0)
    add(t, "a list of %llu", (unsigned long long)n);
  else
    add(t, !empty ? "a table" : marked ? "an empty list" : "an empty table");
}

const char *drl_text_of_value(lua_State *L, int index, char *out) {
  text t = {out, 0};
  switch (lua_type(L, index)) {
  case LUA_TNIL:
    add(&t, "nothing");
    break;
  case LUA_TBOOLEAN:
    add(&t, lua_toboolean(L, index) ? "true" : "false");
    break;
  case LUA_TSTRING: {
    size_t len;
    const char *s = lua_tolstring(L, index, &len);
    return drl_text_of_string(s, len, out);
  }
  case LUA_TNUMBER:
    if (lua_isinteger(L, index))
      add(&t, "%lld", (long long)lua_tointeger(L, index));
    else
      add_number(&t, lua_tonumber(L, index));
    break;
  case LUA_TTABLE:
    add_table(L, index, &t);
    break;
  case LUA_TUSERDATA:
    add_object(L, index, &t);
    break;
  case LUA_TLIGHTUSERDATA:
    if (lua_touserdata(L, index) == NULL) {
      add(&t, "null");
      break;
    } /* fall through */
  default:
    add(&t, "a %s", lua_typename(L, lua_type(L, index)));
    break;
  }
  return out;
}

/* {=== what is allowed ===} */

static void add_words(text *t, const dr_field *f, const char *quote) {
  const char *const *words = f->words->words;
  for (int i = 0; words[i] != NULL; i++) {
    const char *comma = i == 0 ? "" : words[i + 1] != NULL || f->nullable ? ", " : " or ";
    add(t, "%s%s%s%s", comma, quote, words[i], quote);
  }
}

static void add_lengths(text *t, const dr_field *f, const char *unit) {
  if (f->min_length > 0 && f->min_length == f->max_length)
    add(t, " of exactly %u %s", (unsigned)f->min_length, unit);
  else if (f->min_length > 0 && f->max_length > 0)
    add(t, " of %u to %u %ss", (unsigned)f->min_length, (unsigned)f->max_length, unit);
  else if (f->max_length > 0)
    add(t, " of at most %u %s%s", (unsigned)f->max_length, unit, f->max_length > 1 ? "s" : "");
  else if (f->min_length > 0)
    add(t, " of at least %u %s%s", (unsigned)f->min_length, unit, f->min_length > 1 ? "s" : "");
}

static void add_numbers(text *t, const dr_field *f) {
  for (const int *n = f->among; n != NULL && *n != 0; n++)
    add(t, "%s%d", n == f->among ? " " : n[1] != 0 ? ", " : " or ", *n);
}

static void add_range(text *t, const dr_field *f) {
  if (!f->ranged) return;
  add(t, f->max < (double)INT64_MAX ? " from " : " of at least ");
  add_number(t, f->min);
  if (f->max >= (double)INT64_MAX) return;
  add(t, " to ");
  add_number(t, f->max);
}

const char *drl_noun(const dr_field *f) {
  static const char *const nouns[] = {[DR_STRING] = "a string",
                                      [DR_BOOLEAN] = "a boolean",
                                      [DR_INTEGER] = "a whole number",
                                      [DR_NUMBER] = "a number",
                                      [DR_ID] = "an id",
                                      [DR_DURATION] = "a duration",
                                      [DR_TIME] = "a time",
                                      [DR_OBJECT] = "a table with named members",
                                      [DR_LIST] = "a list",
                                      [DR_SCHEDULE] = "a schedule",
                                      [DR_FREE] = "a table with named members"};
  return f->type == DR_ENUM ? f->words->one : nouns[f->type];
}

/* What a noun alone does not say, without dr.null. */
static void add_limits(text *t, const dr_field *f) {
  switch (f->type) {
  case DR_STRING:
    add_lengths(t, f, "character");
    break;
  case DR_INTEGER:
  case DR_NUMBER:
    add_numbers(t, f);
    add_range(t, f);
    break;
  case DR_ID:
    add(t, " of 24 hexadecimal digits");
    break;
  case DR_LIST:
    if (f->item->named)
      add(t, " of names or numbers");
    else
      add_lengths(t, f, f->item->ranged ? "number" : "element");
    add_range(t, f->item);
    break;
  default:
    break;
  }
}

/* What a field allows; brief: for a bracket behind a sentence that has said what it is. */
static void add_allowed(text *t, const dr_field *f, int brief) {
  int listed = f->type == DR_SCHEDULE || (brief && (f->type == DR_DURATION || f->type == DR_TIME));
  switch (f->type) {
  case DR_BOOLEAN:
    add(t, f->nullable ? "true, false" : "true or false");
    break;
  case DR_ENUM:
    add_words(t, f, brief ? "" : "\"");
    break;
  case DR_DURATION:
    add(t, brief ? "ISO 8601, such as \"P7D\" or \"PT12H\""
                 : "an ISO 8601 duration (\"P7D\", \"PT12H\")");
    break;
  case DR_TIME:
    add(t, brief ? "RFC 3339, such as \"2026-01-31T09:00:00Z\""
                 : "an RFC 3339 time (\"2026-01-31T09:00:00Z\")");
    break;
  case DR_SCHEDULE:
    add(t, brief ? "cron text such as \"@daily\", five lists or a dr.schedule"
                 : "cron text, a table of five lists or a dr.schedule");
    break;
  default:
    if (!brief) add(t, "%s", drl_noun(f));
    add_limits(t, f);
    break;
  }
  if (f->nullable) add(t, listed ? ", or dr.null" : " or dr.null");
}

const char *drl_text_of_field(const dr_field *f, char *out) {
  text t = {out, 0};
  *out = '\0';
  add_allowed(&t, f, 0);
  return out;
}

const char *drl_text_of_limits(const dr_field *f, char *out) {
  static const char *const skipped[] = {" of ", " from ", " "};
  text t = {out, 0};
  *out = '\0';
  add_allowed(&t, f, 1);
  for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++) {
    size_t n = strlen(skipped[i]);
    if (strncmp(out, skipped[i], n) != 0) continue;
    memmove(out, out + n, t.len - n + 1);
    break;
  }
  return out;
}
