/* query.c: the query of an address: a table's members, or what a page's `next` says. */
#include "query.h"

#include <string.h>

#include <lauxlib.h>

#include "../core/address.h"
#include "document.h"
#include "encode.h"
#include "errors.h"
#include "util.h"
#include "where.h"
#include "workspace.h"

/* One parameter of the query, or one for each element of a list. */
static void add_parameter(drl_call *c, const dr_json *j, uint32_t key, uint32_t value) {
  size_t nlen, vlen;
  int escaped;
  const char *name = dr_json_bytes(j, key, &nlen, &escaped);
  if (dr_json_type_of(j, value) == DR_JSON_ARRAY) {
    uint32_t end = dr_json_end(j, value);
    for (uint32_t t = value + 1; t < end; t = dr_json_next(j, t)) add_parameter(c, j, key, t);
    return;
  }
  const char *text = dr_json_bytes(j, value, &vlen, &escaped);
  char *out = dr_buffer_reserve(&c->request->body, nlen + vlen); /* the body is written later */
  if (out == NULL) return;
  nlen = dr_json_unescape(name, nlen, out);
  vlen = dr_json_unescape(text, vlen, out + nlen);
  dr_url_query(&c->request->url, out, nlen, out + nlen, vlen);
}

/* A list of words as one parameter, joined by commas. */
static void add_joined(drl_call *c, const dr_json *j, uint32_t key, uint32_t list) {
  size_t nlen, len;
  int escaped;
  dr_buffer *joined = &c->request->body; /* the body is written later */
  const char *name = dr_json_bytes(j, key, &nlen, &escaped);
  for (uint32_t t = list + 1; t < dr_json_end(j, list); t = dr_json_next(j, t)) {
    const char *word = dr_json_bytes(j, t, &len, &escaped);
    if (joined->len > 0) dr_buffer_addc(joined, ',');
    dr_buffer_add(joined, word, len);
  }
  if (joined->len > 0) dr_url_query(&c->request->url, name, nlen, joined->data, joined->len);
  joined->len = 0; /* a fault stays */
}

static void add_member(drl_call *c, const dr_json *j, uint32_t key) {
  size_t len;
  int escaped;
  const char *name = dr_json_bytes(j, key, &len, &escaped);
  const dr_schema *query = c->operation != NULL ? c->operation->query : NULL;
  const dr_field *field = query != NULL ? dr_schema_field(query, name, len) : NULL;
  if (field != NULL && field->joined)
    add_joined(c, j, key, key + 1);
  else
    add_parameter(c, j, key, key + 1);
}

/* Whether a value can stand in a query: a string, a number, a boolean, or a list of these. */
static int is_parameter(const dr_json *j, uint32_t value) {
  if (dr_json_type_of(j, value) != DR_JSON_ARRAY)
    return dr_json_type_of(j, value) != DR_JSON_OBJECT;
  uint32_t end = dr_json_end(j, value);
  for (uint32_t t = value + 1; t < end; t = dr_json_next(j, t)) {
    dr_json_type type = dr_json_type_of(j, t);
    if (type == DR_JSON_NULL || type >= DR_JSON_ARRAY) return 0;
  }
  return 1;
}

/* Raises for what a schema would have refused: argument `arg` has the option. */
static void check_query(lua_State *L, int arg, const dr_json *j) {
  if (dr_json_type_of(j, 0) != DR_JSON_OBJECT)
    drl_argument(L, arg, "option 'query': a table of names and values expected, got a list");
  uint32_t end = dr_json_end(j, 0);
  for (uint32_t key = 1; key < end; key = dr_json_next(j, key + 1)) {
    if (is_parameter(j, key + 1)) continue;
    drl_push_name(L, j, key, 0);
    lua_pushfstring(L,
                    "option 'query': '%s' must be a string, a number, a boolean or a list of these",
                    lua_tostring(L, -1));
    drl_argument(L, arg, lua_tostring(L, -1));
  }
}

/* Appends the query that was written into the scratch buffer as JSON. `arg` is the argument whose
   option it is; 0: it was made by a schema. */
static int add_query(lua_State *L, drl_call *c, int arg) {
  dr_json j;
  dr_error error;
  const char *text = dr_buffer_cstr(&c->scratch);
  if (text == NULL) return drl_memory_error(L);
  dr_kind kind = dr_json_parse(text, c->scratch.len, &c->index, &j, &error);
  if (kind == DR_KIND_MEMORY) return drl_memory_error(L);
  if (kind != DR_KIND_NONE) return drl_raise(L, "query: %s", error.message);
  if (arg != 0) check_query(L, arg, &j);
  uint32_t end = dr_json_end(&j, 0);
  for (uint32_t key = 1; key < end; key = dr_json_next(&j, key + 1))
    if (dr_json_type_of(&j, key + 1) != DR_JSON_NULL) add_member(c, &j, key);
  if (c->request->body.fault != DR_FAULT_NONE) drl_memory_error(L);
  return 0;
}

/* The query part of a page's `next`, put behind the address as it came. */
static int next_page(lua_State *L, int index, drl_call *c) {
  size_t len;
  dr_error error;
  const char *query = lua_tolstring(L, index, &len),
             *base = DR_NET(c->request->pool)->base(c->request->pool);
  size_t skip = strlen(base);
  dr_buffer_add(&c->scratch, c->request->url.data, c->request->url.len);
  dr_buffer_addc(&c->scratch, '?');
  dr_buffer_add(&c->scratch, query, len);
  if (c->scratch.fault != DR_FAULT_NONE) return drl_memory_error(L);
  dr_buffer_clear(&c->request->url);
  dr_kind kind =
      dr_url_raw(&c->request->url, base, c->scratch.data + skip, c->scratch.len - skip, &error);
  if (kind == DR_KIND_MEMORY) return drl_memory_error(L);
  if (kind == DR_KIND_NONE) return 0;
  return drl_failf(L, kind == DR_KIND_LIMIT ? kind : DR_KIND_PROTOCOL, "next page: %s",
                   error.message);
}

int drl_query(lua_State *L, int index, drl_call *c) {
  if (lua_isnoneornil(L, index)) return 0;
  if (lua_type(L, index) == LUA_TSTRING) return next_page(L, index, c);
  c->scratch.max = DRL_BODY_MAX;
  if (!drl_encode(L, index, c->operation->query, NULL, 0, &c->scratch))
    return drl_fail_body(L, &c->scratch);
  add_query(L, c, 0);
  return 0;
}

int drl_query_option(lua_State *L, int options, drl_call *c) {
  int type = drl_option(L, options, "query");
  if (type == LUA_TNIL) return 0;
  if (type != LUA_TTABLE) drl_argument(L, options, "option 'query': a table expected");
  c->scratch.max = DRL_BODY_MAX;
  if (!drl_encode_any(L, -1, &c->scratch)) return drl_fail_body(L, &c->scratch);
  add_query(L, c, options);
  return 0;
}
