/* problem.c: the list of problems or notes: where, what was given, what is allowed. */
#include "problem.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../core/json_read.h"
#include "../core/json_write.h"
#include "../core/name.h"
#include "util.h"

#define SHOWN_CHARACTERS 60

/* {=== paths ===} */

static int is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int is_keyword(const char *s, size_t len) {
  static const char *const words[] = {"and",   "break", "do",       "else", "elseif", "end",
                                      "false", "for",   "function", "goto", "if",     "in",
                                      "local", "nil",   "not",      "or",   "repeat", "return",
                                      "then",  "true",  "until",    "while"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i]) == len && memcmp(words[i], s, len) == 0) return 1;
  return 0;
}

static int is_lua_name(const char *s, size_t len) {
  if (len == 0 || !is_letter(*s) || is_keyword(s, len)) return 0;
  for (size_t i = 1; i < len; i++)
    if (!is_letter(s[i]) && !(s[i] >= '0' && s[i] <= '9')) return 0;
  return 1;
}

static void add_path_name(luaL_Buffer *b, const drl_step *s) {
  char name[2 * DR_NAME_MAX], quoted[DRL_TEXT_MAX];
  const char *text = s->name;
  size_t len = s->len;
  if (!s->given && len <= DR_NAME_MAX) {
    len = dr_name_to_lua(text, len, name);
    text = name;
  }
  if (is_lua_name(text, len)) {
    if (s->up->up != NULL) luaL_addchar(b, '.');
    luaL_addlstring(b, text, len);
    return;
  }
  luaL_addchar(b, '[');
  luaL_addstring(b, drl_text_of_string(text, len, quoted));
  luaL_addchar(b, ']');
}

static void add_integer(luaL_Buffer *b, const char *format, lua_Integer i) {
  char text[32];
  snprintf(text, sizeof text, format, (long long)i);
  luaL_addstring(b, text);
}

static void add_path(luaL_Buffer *b, const drl_step *s) {
  if (s->up == NULL) return;
  add_path(b, s->up);
  if (s->name != NULL)
    add_path_name(b, s);
  else
    add_integer(b, "[%lld]", s->index);
}

static void add_pointer(luaL_Buffer *b, const drl_step *s) {
  if (s->up == NULL) return;
  add_pointer(b, s->up);
  if (s->name == NULL) {
    add_integer(b, "/%lld", s->index - 1);
    return;
  }
  luaL_addchar(b, '/');
  for (size_t i = 0; i < s->len; i++) {
    if (s->name[i] == '~')
      luaL_addstring(b, "~0");
    else if (s->name[i] == '/')
      luaL_addstring(b, "~1");
    else
      luaL_addchar(b, s->name[i]);
  }
}

static void push_place(lua_State *L, const drl_step *at,
                       void (*add)(luaL_Buffer *, const drl_step *)) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  add(&b, at);
  luaL_pushresult(&b);
}

/* {=== entries ===} */

static void set_text(lua_State *L, const char *name, const char *text) {
  if (text == NULL) return;
  lua_pushstring(L, text);
  lua_setfield(L, -2, name);
}

static void push_entry(lua_State *L, const drl_step *at, const char *message) {
  lua_createtable(L, 0, 5);
  push_place(L, at, add_path);
  lua_setfield(L, -2, "path");
  push_place(L, at, add_pointer);
  lua_setfield(L, -2, "pointer");
  set_text(L, "message", message);
}

void drl_problem(lua_State *L, drl_problems *p, const drl_step *at, const char *message,
                 const char *got, const char *expected) {
  if (++p->count > DRL_MAX_PROBLEMS) return;
  if (p->count == 1) {
    lua_newtable(L);
    lua_replace(L, p->slot);
  }
  push_entry(L, at, message);
  set_text(L, "got", got);
  set_text(L, "expected", expected);
  lua_rawseti(L, p->slot, p->count);
}

void drl_problems_end(lua_State *L, drl_problems *p) {
  static const drl_step root = {0};
  if (p->count <= DRL_MAX_PROBLEMS) return;
  int more = p->count - DRL_MAX_PROBLEMS;
  push_entry(L, &root, lua_pushfstring(L, "%d more problems are not listed", more));
  lua_rawseti(L, p->slot, DRL_MAX_PROBLEMS + 1);
  lua_pop(L, 1);
}

/* Turns the names of a pointer into steps, deepest last, and makes the entry there. */
static void note_at(lua_State *L, const drl_step *up, const char *pointer, const char *message) {
  if (*pointer == '\0') {
    push_entry(L, up, message);
    return;
  }
  drl_step step = {.up = up, .name = pointer + 1, .len = strcspn(pointer + 1, "/")};
  const char *rest = step.name + step.len;
  if (*step.name >= '0' && *step.name <= '9') {
    for (const char *d = step.name; d < rest; d++) step.index = step.index * 10 + (*d - '0');
    step.index++;
    step.name = NULL;
  }
  note_at(L, &step, rest, message);
}

void drl_note(lua_State *L, int list, const char *pointer, const char *message) {
  static const drl_step root = {0};
  note_at(L, &root, pointer, message);
  lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
}

/* {=== texts ===} */

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

/* Bytes of the character at `s`; 1 for a byte that begins none. */
static size_t character(const char *s, size_t len) {
  unsigned char c = (unsigned char)*s;
  size_t n = c < 0xC2 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
  return n <= len && dr_utf8_valid(s, n) == n ? n : 1;
}

const char *drl_text_of_string(const char *s, size_t len, char *out) {
  text t = {out, 0};
  size_t shown = 0;
  add(&t, "\"");
  while (len > 0 && shown++ < SHOWN_CHARACTERS) {
    size_t n = character(s, len);
    unsigned char c = (unsigned char)*s;
    if (n == 1 && (c < 0x20 || c >= 0x7f))
      add(&t, "\\x%02X", c);
    else
      add(&t, "%s%.*s", c == '"' || c == '\\' ? "\\" : "", (int)n, s);
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
  char room[DRL_TEXT_MAX];
  dr_buffer b;
  dr_writer w;
  if (d != d || d - d != 0) {
    add(t, d != d ? "nan" : d < 0 ? "-inf" : "inf");
    return;
  }
  dr_buffer_init(&b, (dr_memory){within, room}, DRL_TEXT_MAX);
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
  if (n > 0)
    add(t, "a list of %llu", (unsigned long long)n);
  else
    add(t, "a table");
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

static void add_words(text *t, const char *const *words, int more) {
  for (int i = 0; words[i] != NULL; i++)
    add(t, "%s\"%s\"", i == 0 ? "" : words[i + 1] != NULL || more ? ", " : " or ", words[i]);
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

static void add_range(text *t, const dr_field *f) {
  if (!f->ranged) return;
  add(t, f->max < (double)INT64_MAX ? " from " : " of at least ");
  add_number(t, f->min);
  if (f->max >= (double)INT64_MAX) return;
  add(t, " to ");
  add_number(t, f->max);
}

const char *drl_text_of_field(const dr_field *f, char *out) {
  text t = {out, 0};
  switch (f->type) {
  case DR_STRING:
    add(&t, "a string");
    add_lengths(&t, f, "character");
    break;
  case DR_BOOLEAN:
    add(&t, "true or false");
    break;
  case DR_INTEGER:
    add(&t, "a whole number");
    add_range(&t, f);
    break;
  case DR_NUMBER:
    add(&t, "a number");
    add_range(&t, f);
    break;
  case DR_ENUM:
    add_words(&t, f->words->words, f->nullable);
    break;
  case DR_ID:
    add(&t, "an id of 24 hexadecimal digits");
    break;
  case DR_DURATION:
    add(&t, "an ISO 8601 duration (\"P7D\", \"PT12H\")");
    break;
  case DR_LIST:
    add(&t, "a list");
    add_lengths(&t, f, f->item->ranged ? "number" : "element");
    add_range(&t, f->item);
    break;
  case DR_SCHEDULE:
    add(&t, "cron text, a table of five lists or a dr.schedule");
    break;
  case DR_OBJECT:
  case DR_FREE:
    add(&t, "a table with named members");
    break;
  }
  if (f->nullable) add(&t, " or dr.null");
  return out;
}
