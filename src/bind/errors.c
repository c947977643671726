/* errors.c: the error value, and the ways a function returns it. */
#include "errors.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "../core/name.h"
#include "document.h"
#include "problem.h"
#include "util.h"
#include "where.h"
#include "words.h"

void drl_push_error(lua_State *L, dr_kind kind, const char *message) {
  lua_createtable(L, 0, 8);
  lua_pushstring(L, dr_kind_name(kind));
  lua_setfield(L, -2, "kind");
  drl_push_words(L, message, strlen(message), DRL_WORDS_LINES);
  lua_setfield(L, -2, "message");
  drl_push_where(L);
  lua_setfield(L, -2, "where");
  luaL_setmetatable(L, DRL_ERROR);
}

void drl_name_caller(lua_State *L) {
  int e = lua_gettop(L);
  drl_push_caller(L);
  if (lua_type(L, -1) == LUA_TSTRING && lua_getfield(L, e, "message") == LUA_TSTRING) {
    lua_pushfstring(L, "%s: %s", lua_tostring(L, -2), lua_tostring(L, -1));
    lua_setfield(L, e, "message");
  }
  lua_settop(L, e);
}

static int fail(lua_State *L, dr_kind kind, const char *message) {
  lua_pushnil(L);
  drl_push_error(L, kind, message);
  if (kind == DR_KIND_VALIDATION) drl_name_caller(L);
  return 2;
}

int drl_fail(lua_State *L, const dr_error *e) {
  return fail(L, e->kind, e->message);
}

int drl_failf(lua_State *L, dr_kind kind, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const char *message = lua_pushvfstring(L, format, args);
  va_end(args);
  return fail(L, kind, message);
}

/* Pushes the first problem of the list, and how many others there are. */
static void push_first(lua_State *L, int problems) {
  lua_Integer others = (lua_Integer)lua_rawlen(L, problems) - 1;
  lua_rawgeti(L, problems, 1);
  lua_getfield(L, -1, "path");
  lua_getfield(L, -2, "message");
  const char *path = lua_tostring(L, -2), *message = lua_tostring(L, -1);
  lua_pushfstring(L, "%s%s%s", path, *path == '\0' ? "" : ": ", message);
  if (others > 0 && others < DRL_MAX_PROBLEMS)
    lua_pushfstring(L, "; and %I other problem%s", others, others == 1 ? "" : "s");
  else
    lua_pushstring(L, others > 0 ? "; and more other problems than are listed" : "");
  lua_concat(L, 2);
  lua_replace(L, -4);
  lua_pop(L, 2);
}

static int fail_problems(lua_State *L) {
  int problems = lua_gettop(L);
  push_first(L, problems);
  fail(L, DR_KIND_VALIDATION, lua_tostring(L, -1));
  lua_pushvalue(L, problems);
  luaL_setmetatable(L, DRL_ARRAY); /* prints readably */
  lua_setfield(L, -2, "problems");
  return 2;
}

int drl_fail_body(lua_State *L, const dr_buffer *out) {
  if (out->fault == DR_FAULT_COUNT)
    return drl_failf(L, DR_KIND_LIMIT, "the table holds more than %d tables or %d values",
                     (int)DR_JSON_MAX_CONTAINERS / 2, (int)DR_JSON_MAX_VALUES / 2);
  if (out->fault != DR_FAULT_LIMIT) return fail_problems(L);
  return drl_failf(L, DR_KIND_LIMIT, "the table makes more than %I MiB of JSON",
                   (lua_Integer)(out->max >> 20));
}

/* {=== the server's field errors ===} */

/* What a server names is cut: a path, and the number of problems. */
#define MOST_PATH 1000
#define MOST_PROBLEMS 100
#define MOST_VISITED 10000 /* values that are looked at for them */

static int all_digits(const char *s, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (s[i] < '0' || s[i] > '9') return 0;
  return len > 0 && len < 10;
}

/* Pushes a name as JSON Pointer writes it. */
static void push_escaped(lua_State *L, const char *name, size_t len) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  drl_add_pointer_name(&b, name, len);
  luaL_pushresult(&b);
}

/* Pushes a name as Lua reads it. */
static void push_lua_name(lua_State *L, const char *name, size_t len) {
  luaL_Buffer b;
  char *out = luaL_buffinitsize(L, &b, 2 * len);
  luaL_pushresultsize(&b, dr_name_to_lua(name, len, out));
}

/* Appends one name to the path and the pointer on top of the stack (path below pointer). */
static void add_segment(lua_State *L, const char *name, size_t len) {
  int pointer = lua_gettop(L), path = pointer - 1;
  if (lua_rawlen(L, path) + len > MOST_PATH) return;
  drl_check_stack(L, 8);
  lua_pushliteral(L, "/");
  push_escaped(L, name, len);
  lua_concat(L, 3);
  lua_pushvalue(L, path);
  if (all_digits(name, len)) {
    lua_pushfstring(L, "[%d]", atoi(name) + 1);
  } else {
    lua_pushstring(L, lua_rawlen(L, path) == 0 ? "" : ".");
    push_lua_name(L, name, len);
    lua_concat(L, 2);
  }
  lua_concat(L, 2);
  lua_replace(L, path);
}

static void add_segments(lua_State *L, const char *name, size_t len) {
  for (;;) {
    const char *dot = memchr(name, '.', len);
    size_t n = dot == NULL ? len : (size_t)(dot - name);
    if (n > 0) add_segment(L, name, n);
    if (dot == NULL) return;
    name += n + 1;
    len -= n + 1;
  }
}

/* One problem; path and pointer are on top of the stack. */
static void add_problem(lua_State *L, int list, const dr_json *j, uint32_t token) {
  size_t len;
  int escaped;
  lua_createtable(L, 0, 3);
  lua_pushvalue(L, -3);
  drl_to_words(L, DRL_WORDS_LINE);
  lua_setfield(L, -2, "path");
  lua_pushvalue(L, -2);
  drl_to_words(L, DRL_WORDS_LINE);
  lua_setfield(L, -2, "pointer");
  if (dr_json_type_of(j, token) == DR_JSON_STRING) {
    drl_push_value(L, j, token, 0);
  } else {
    const char *bytes = dr_json_bytes(j, token, &len, &escaped);
    lua_pushlstring(L, bytes, len);
  }
  drl_to_words(L, DRL_WORDS_LINE);
  lua_setfield(L, -2, "message");
  lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
}

/* One problem for each text below `token`; keys may be dotted, nested or indices. Path and pointer
   so far are on top of the stack; `list` is the problem list; `left`: how many more values are
   looked at. */
static void add_problems(lua_State *L, int list, const dr_json *j, uint32_t token, int *left) {
  dr_json_type type = dr_json_type_of(j, token);
  drl_check_stack(L, 8);
  if (type != DR_JSON_OBJECT && type != DR_JSON_ARRAY) {
    add_problem(L, list, j, token);
    return;
  }
  uint32_t end = dr_json_end(j, token);
  lua_Integer i = 0;
  for (uint32_t t = token + 1; t < end && lua_rawlen(L, list) < MOST_PROBLEMS && --*left > 0;
       t = dr_json_next(j, t), i++) {
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    if (type == DR_JSON_OBJECT) {
      drl_push_name(L, j, t, 0);
      t = dr_json_next(j, t);
    } else if (dr_json_type_of(j, t) == DR_JSON_STRING) {
      lua_pushliteral(L, ""); /* a list of texts about one field */
    } else {
      lua_pushfstring(L, "%I", i);
    }
    lua_insert(L, -3);
    size_t len;
    const char *name = lua_tolstring(L, -3, &len);
    add_segments(L, name, len);
    add_problems(L, list, j, t, left);
    lua_pop(L, 3);
  }
}

static void set_problems(lua_State *L, int index, const dr_json *j, uint32_t token) {
  lua_newtable(L);
  int list = lua_gettop(L);
  lua_pushliteral(L, "");
  lua_pushliteral(L, "");
  int left = MOST_VISITED;
  add_problems(L, list, j, token, &left);
  lua_settop(L, list);
  lua_setfield(L, index, "problems");
}

/* {=== the body ===} */

static uint32_t member(const dr_json *j, const char *name) {
  return dr_json_member(j, 0, name, strlen(name));
}

/* The beginning of a body that is no JSON, cut at a character's edge, control bytes as blanks. */
static void excerpt(lua_State *L, int index, const char *text, size_t len) {
  luaL_Buffer b;
  if (len == 0) return;
  if (len > 200)
    for (len = 200; len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80; len--) continue;
  luaL_buffinit(L, &b);
  for (size_t i = 0; i < len; i++)
    luaL_addchar(&b, (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i]);
  luaL_pushresult(&b);
  drl_to_words(L, DRL_WORDS_LINE);
  lua_setfield(L, index, "message");
}

/* A word of the server's; empty ones say nothing. */
static int set_word(lua_State *L, int index, const char *field, const dr_json *j, uint32_t token) {
  size_t len;
  int escaped;
  if (token == 0 || dr_json_type_of(j, token) != DR_JSON_STRING) return 0;
  dr_json_bytes(j, token, &len, &escaped);
  if (len == 0) return 0;
  drl_push_value(L, j, token, 0);
  drl_to_words(L, DRL_WORDS_LINE);
  lua_setfield(L, index, field);
  return 1;
}

static int is_container(const dr_json *j, uint32_t token) {
  return token != 0 && dr_json_type_of(j, token) >= DR_JSON_ARRAY;
}

void drl_error_from_body(lua_State *L, int index, const dr_json *j, const char *text, size_t len) {
  if (j == NULL) {
    excerpt(L, index, text, len);
    return;
  }
  uint32_t message = member(j, "message"), errors = member(j, "errors");
  int has_message = set_word(L, index, "message", j, message);
  set_word(L, index, "code", j, member(j, "errorName"));
  if (!is_container(j, errors)) errors = is_container(j, message) ? message : 0;
  if (errors != 0)
    set_problems(L, index, j, errors);
  else if (!has_message)
    excerpt(L, index, text, len);
}
