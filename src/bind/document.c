/* document.c: a reply's text and index in one userdata, and its values as Lua values. */
#include "document.h"

#include <stdint.h>
#include <string.h>

#include <lauxlib.h>

#include "../core/name.h"
#include "safe_point.h"
#include "util.h"

/* Tokens between two safe points. */
#define SAFE_TOKENS 0x4000u

/* A document with space for so many tokens; its text is a copy, the NUL with it. */
static dr_json *push_document(lua_State *L, const char *text, size_t len, size_t capacity) {
  dr_json *j = lua_newuserdatauv(L, sizeof *j + capacity * sizeof(dr_token) + len + 1, 1);
  dr_token *tokens = (dr_token *)(j + 1);
  *j = (dr_json){.text = memcpy(tokens + capacity, text, len + 1), .len = len, .tokens = tokens};
  return j;
}

/* Indexes the text in place. Returns 0 when the capacity is not enough. */
static int index_in_place(dr_json *j, size_t capacity, dr_kind *kind, dr_error *err) {
  const size_t one = sizeof(dr_token); /* a buffer wants more than its cap */
  dr_buffer index = {
      .data = (char *)(uintptr_t)j->tokens, .size = capacity * one, .max = capacity * one - one};
  *kind = dr_json_parse(j->text, j->len, &index, j, err);
  return index.fault != DR_FAULT_LIMIT;
}

/* Indexes it elsewhere first, then makes a document of the right size. */
static const dr_json *push_dense(lua_State *L, const char *text, size_t len, dr_buffer *index,
                                 dr_error *err) {
  dr_json j;
  dr_kind kind = dr_json_parse(text, len, index, &j, err);
  if (kind == DR_KIND_MEMORY) drl_memory_error(L);
  if (kind != DR_KIND_NONE) return NULL;
  dr_json *copy = push_document(L, text, len, j.count);
  memcpy(copy + 1, j.tokens, j.count * sizeof(dr_token));
  copy->count = j.count;
  return copy;
}

const dr_json *drl_new_document(lua_State *L, const char *text, size_t len, dr_buffer *index,
                                dr_error *err) {
  dr_kind kind;
  size_t capacity = dr_json_expected(len) + 1;
  dr_json *j = push_document(L, text, len, capacity);
  int done = index_in_place(j, capacity, &kind, err);
  if (done && kind == DR_KIND_NONE) return j;
  lua_pop(L, 1);
  return done ? NULL : push_dense(L, text, len, index, err);
}

const dr_json *drl_to_document(lua_State *L, int index) {
  return lua_touserdata(L, index);
}

static void push_string(lua_State *L, const dr_json *j, uint32_t token) {
  size_t len;
  int escaped;
  const char *bytes = dr_json_bytes(j, token, &len, &escaped);
  if (!escaped) {
    lua_pushlstring(L, bytes, len);
    return;
  }
  luaL_Buffer b;
  char *out = luaL_buffinitsize(L, &b, len);
  luaL_pushresultsize(&b, dr_json_unescape(bytes, len, out));
}

/* Lua's own conversion: integers stay exact, the locale's point is its concern. */
static void push_number(lua_State *L, const dr_json *j, uint32_t token) {
  size_t len;
  int escaped;
  const char *bytes = dr_json_bytes(j, token, &len, &escaped);
  char digits[200]; /* the longest that Lua converts in every locale */
  if (len < sizeof digits) {
    memcpy(digits, bytes, len);
    digits[len] = '\0';
    if (strcmp(digits, "-0") == 0) {
      lua_pushnumber(L, -0.0);
      return;
    }
    if (lua_stringtonumber(L, digits) == len + 1) return;
  }
  lua_pushlstring(L, bytes, len); /* no number of Lua's: the digits as they came */
}

void drl_push_name(lua_State *L, const dr_json *j, uint32_t key, int flags) {
  push_string(L, j, key);
  if (!(flags & DRL_LUA_NAMES)) return;
  size_t len;
  const char *wire = lua_tolstring(L, -1, &len);
  luaL_Buffer b;
  char *out = luaL_buffinitsize(L, &b, 2 * len);
  luaL_pushresultsize(&b, dr_name_to_lua(wire, len, out));
  lua_remove(L, -2);
}

static void push_array(lua_State *L, const dr_json *j, uint32_t array, int flags) {
  lua_Integer i = 0;
  uint32_t end = dr_json_end(j, array);
  lua_newtable(L);
  for (uint32_t t = array + 1; t < end; t = dr_json_next(j, t)) {
    drl_push_value(L, j, t, flags | DRL_NULLS);
    lua_rawseti(L, -2, ++i);
  }
  luaL_setmetatable(L, DRL_ARRAY);
}

static void push_object(lua_State *L, const dr_json *j, uint32_t object, int flags) {
  uint32_t end = dr_json_end(j, object);
  lua_newtable(L);
  for (uint32_t key = object + 1; key < end;) {
    drl_push_name(L, j, key, flags);
    uint32_t value = dr_json_next(j, key);
    drl_push_value(L, j, value, flags); /* nil also undoes an earlier duplicate */
    lua_rawset(L, -3);
    key = dr_json_next(j, value);
  }
  luaL_setmetatable(L, DRL_OBJECT);
}

/* Of two tokens one is a value, so that all of a text passes here. */
static int is_due(uint32_t token) {
  return token > 1 && (token & (SAFE_TOKENS - 1) & ~1u) == 0;
}

void drl_push_value(lua_State *L, const dr_json *j, uint32_t token, int flags) {
  if (is_due(token)) drl_safe_point(L);
  drl_check_stack(L, 8);
  switch (dr_json_type_of(j, token)) {
  case DR_JSON_NULL:
    if (flags & DRL_NULLS)
      lua_pushlightuserdata(L, NULL);
    else
      lua_pushnil(L);
    break;
  case DR_JSON_FALSE:
    lua_pushboolean(L, 0);
    break;
  case DR_JSON_TRUE:
    lua_pushboolean(L, 1);
    break;
  case DR_JSON_NUMBER:
    push_number(L, j, token);
    break;
  case DR_JSON_STRING:
    push_string(L, j, token);
    break;
  case DR_JSON_ARRAY:
    push_array(L, j, token, flags);
    break;
  case DR_JSON_OBJECT:
    push_object(L, j, token, flags);
    break;
  }
}

static void push_field(lua_State *L, const dr_json *j, uint32_t token, const dr_field *f) {
  dr_json_type type = dr_json_type_of(j, token);
  if (type == DR_JSON_ARRAY && f->type == DR_LIST && f->item->schema != NULL) {
    lua_Integer i = 0;
    lua_newtable(L);
    for (uint32_t t = token + 1; t < dr_json_end(j, token); t = dr_json_next(j, t)) {
      push_field(L, j, t, f->item);
      lua_rawseti(L, -2, ++i);
    }
    luaL_setmetatable(L, DRL_ARRAY);
  } else if (type == DR_JSON_OBJECT && f->schema != NULL) {
    drl_push_fields(L, j, token, f->schema);
  } else {
    drl_push_value(L, j, token, DRL_NULLS);
  }
}

void drl_push_fields(lua_State *L, const dr_json *j, uint32_t object, const dr_schema *s) {
  char name[2 * DR_NAME_MAX];
  drl_check_stack(L, 8);
  lua_newtable(L);
  for (const dr_field *f = s->fields; f->wire != NULL; f++) {
    size_t len = strlen(f->wire);
    uint32_t token = dr_json_member(j, object, f->wire, len);
    if (token == 0 || (!f->nullable && dr_json_type_of(j, token) == DR_JSON_NULL)) continue;
    lua_pushlstring(L, name, dr_name_to_lua(f->wire, len, name));
    push_field(L, j, token, f);
    lua_rawset(L, -3);
  }
  luaL_setmetatable(L, DRL_OBJECT);
}

const char *drl_source_end(const dr_json *j, uint32_t token) {
  dr_json_type type = dr_json_type_of(j, token);
  if (type < DR_JSON_ARRAY) {
    size_t len;
    int escaped;
    const char *bytes = dr_json_bytes(j, token, &len, &escaped);
    return bytes + len + (type == DR_JSON_STRING);
  }
  const char *at = dr_json_at(j, token) + 1;
  uint32_t last = 0, end = dr_json_end(j, token);
  for (uint32_t t = token + 1; t < end; t = dr_json_next(j, t)) last = t;
  if (last != 0) at = drl_source_end(j, last);
  while (*at != ']' && *at != '}') at++; /* only blanks stand between */
  return at + 1;
}
