/* problem.c: the list of problems or notes: where, what was given, what is allowed. */
#include "problem.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "../core/name.h"
#include "words.h"

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

void drl_add_pointer_name(luaL_Buffer *b, const char *name, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (name[i] == '~' || name[i] == '/')
      luaL_addstring(b, name[i] == '~' ? "~0" : "~1");
    else
      luaL_addchar(b, name[i]);
  }
}

static void add_pointer(luaL_Buffer *b, const drl_step *s) {
  if (s->up == NULL) return;
  add_pointer(b, s->up);
  if (s->name == NULL) {
    add_integer(b, "/%lld", s->index - 1);
    return;
  }
  luaL_addchar(b, '/');
  drl_add_pointer_name(b, s->name, s->len);
}

static void push_place(lua_State *L, const drl_step *at,
                       void (*add)(luaL_Buffer *, const drl_step *)) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  add(&b, at);
  luaL_pushresult(&b);
  drl_to_words(L, DRL_WORDS_LINE);
}

size_t drl_path_width(const drl_step *at) {
  size_t width = 0;
  for (; at->up != NULL; at = at->up) width += at->name != NULL ? at->len + 2 : 3;
  return width;
}

/* {=== entries ===} */

static void set_text(lua_State *L, const char *name, const char *text) {
  if (text == NULL) return;
  drl_push_words(L, text, strlen(text), DRL_WORDS_LINE);
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
