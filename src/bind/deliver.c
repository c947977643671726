/* deliver.c: the reply of a request that is done, as Lua results. */
#include "deliver.h"

#include <string.h>

#include <lauxlib.h>

#include "../core/foreign.h"
#include "../core/header.h"
#include "../core/secret.h"
#include "client_value.h"
#include "document.h"
#include "entity.h"
#include "errors.h"
#include "util.h"
#include "words.h"

/* {=== failures ===} */

void drl_set_path(lua_State *L, int index, const dr_request *r) {
  size_t base = strlen(DR_NET(r->pool)->base(r->pool)) + 1;
  if (r->url.len <= base) return;
  if (r->hidden) {
    lua_pushliteral(L, DR_WITHHELD);
    lua_setfield(L, index, "path");
    return;
  }
  const char *path = r->url.data + base;
  const char *query = memchr(path, '?', r->url.len - base);
  lua_pushlstring(L, path, query == NULL ? r->url.len - base : (size_t)(query - path));
  lua_setfield(L, index, "path");
}

void drl_set_header(lua_State *L, int index, const dr_request *r, const char *header,
                    const char *field) {
  size_t len;
  const char *value = dr_header(&r->headers, header, &len);
  if (value == NULL || r->echoed) return;
  drl_push_words(L, value, len, DRL_WORDS_LINE);
  lua_setfield(L, index, field);
}

/* Whether the same call may succeed later without doing anything twice. An unsafe request that may
   have been acted on is ambiguous, not timeout or transport. */
static int retryable(dr_kind kind, dr_retry_class retry) {
  if (kind == DR_KIND_SERVER) return retry == DR_RETRY_SAFE;
  return kind == DR_KIND_RATE_LIMITED || kind == DR_KIND_TIMEOUT || kind == DR_KIND_TRANSPORT;
}

/* What a failed request is known by; the error object is on top. */
static void set_facts(lua_State *L, const drl_call *c, dr_kind kind) {
  const dr_request *r = c->request;
  int index = lua_gettop(L);
  lua_pushstring(L, r->method);
  lua_setfield(L, index, "method");
  drl_set_path(L, index, r);
  if (r->status != 0) {
    lua_pushinteger(L, r->status);
    lua_setfield(L, index, "status");
  }
  lua_pushinteger(L, r->attempts);
  lua_setfield(L, index, "attempts");
  lua_pushboolean(L, retryable(kind, r->retry));
  lua_setfield(L, index, "retryable");
  if (r->retry_after >= 0) {
    lua_pushnumber(L, (lua_Number)r->retry_after / 1000);
    lua_setfield(L, index, "retry_after");
  }
  drl_set_header(L, index, r, "x-request-id", "request_id");
}

static int fail(lua_State *L, const drl_call *c, const dr_error *e) {
  lua_pushnil(L);
  drl_push_error(L, e->kind, e->message);
  set_facts(L, c, e->kind);
  return 2;
}

/* No reply came whole. Our own allocator's refusal is Lua's error, as everywhere. */
static int deliver_failure(lua_State *L, const drl_call *c) {
  const dr_request *r = c->request;
  if (r->reply.fault == DR_FAULT_MEMORY || r->headers.fault == DR_FAULT_MEMORY || r->no_memory)
    return drl_memory_error(L);
  return fail(L, c, &r->error);
}

static const dr_json *push_reply(lua_State *L, drl_call *c, dr_error *error) {
  dr_buffer *reply = &c->request->reply;
  const char *text = dr_buffer_cstr(reply);
  if (text == NULL) drl_memory_error(L);
  return drl_new_document(L, text, reply->len, &c->index, error);
}

/* Where the refused token came from, and where it went: for the error on top. */
static void set_source(lua_State *L, const drl_call *c, int at) {
  lua_getiuservalue(L, at, 1);
  lua_getiuservalue(L, -1, DRL_CLIENT_TOKEN_FROM);
  const char *from = lua_tostring(L, -1);
  lua_pushfstring(L, "%s at %s", from == NULL ? "options" : from,
                  DR_NET(c->request->pool)->base(c->request->pool));
  lua_setfield(L, -4, "source");
  lua_pop(L, 2);
}

/* As drl_push_error does it. */
static void set_message(lua_State *L, int index, const dr_error *e) {
  drl_push_error(L, e->kind, e->message);
  lua_getfield(L, -1, "message");
  lua_setfield(L, index, "message");
  lua_pop(L, 1);
}

/* The headers of which words may be shown. */
static const dr_buffer *shown_headers(const dr_request *r) {
  return r->echoed ? NULL : &r->headers;
}

/* A reply that came whole and is no success. */
static int deliver_status(lua_State *L, drl_call *c, int at) {
  const dr_request *r = c->request;
  dr_kind kind = dr_kind_of_status(r->status);
  dr_error error;
  if (dr_redirect_told(&error, r->status, shown_headers(r))) return fail(L, c, &error);
  lua_pushnil(L);
  drl_push_error(L, kind, "no further word from the server");
  set_facts(L, c, kind);
  if (kind == DR_KIND_AUTH) set_source(L, c, at);
  if (kind == DR_KIND_AUTH || r->echoed) { /* old servers echo the token in the body of a 401 */
    lua_pushstring(L, kind == DR_KIND_AUTH
                          ? "the server does not accept the token"
                          : "the server's words are withheld: they hold the token");
    lua_setfield(L, -2, "message");
    return 2;
  }
  int index = lua_gettop(L);
  const dr_json *j = r->reply.len <= DR_WORDS_MAX ? push_reply(L, c, &error) : NULL;
  dr_foreign f = dr_foreign_of(r->status, shown_headers(r), &r->reply);
  if (r->reply.len > 0 && j == NULL && (dr_foreign_is(&f) || r->reply.len <= DR_WORDS_MAX)) {
    dr_foreign_told(&error, kind, &f);
    set_message(L, index, &error);
  } else {
    drl_error_from_body(L, index, j, r->reply.data, r->reply.len);
  }
  lua_settop(L, index);
  if (kind == DR_KIND_VALIDATION) drl_name_caller(L);
  return 2;
}

/* The reply of a success that cannot be read: what an unsafe request did is not known. */
static int unreadable(lua_State *L, const drl_call *c, const dr_error *e) {
  const dr_request *r = c->request;
  dr_error error;
  if (r->retry == DR_RETRY_SAFE || r->status < 200 || r->status >= 300) return fail(L, c, e);
  dr_error_set(&error, DR_KIND_AMBIGUOUS, "the server may have acted on the request: %s",
               e->message);
  return fail(L, c, &error);
}

/* The body is not what the contract says. */
static int unexpected(lua_State *L, const drl_call *c, const char *what) {
  dr_error error;
  dr_error_set(&error, DR_KIND_PROTOCOL, "unexpected reply: %s", what);
  return unreadable(L, c, &error);
}

/* The body is no JSON: mostly a page of a proxy or a login, or the endpoint is another server. */
static int no_json(lua_State *L, const drl_call *c, const char *why) {
  const dr_request *r = c->request;
  dr_foreign f = dr_foreign_of(r->status, shown_headers(r), &r->reply);
  dr_error error;
  if (r->reply.len == 0)
    dr_error_set(&error, DR_KIND_PROTOCOL, "unexpected reply: it is empty");
  else if (dr_foreign_is(&f))
    dr_foreign_told(&error, DR_KIND_PROTOCOL, &f);
  else
    dr_error_set(&error, DR_KIND_PROTOCOL, "unexpected reply: no JSON: %s", why);
  return unreadable(L, c, &error);
}

/* {=== successes ===} */

/* A call on the object itself puts the new snapshot into it. */
static int is_itself(lua_State *L, const drl_call *c) {
  const dr_operation *op = c->operation;
  return op->reply == DR_REPLY_OBJECT && op->of == op->on && drl_is_entity(L, 1, op->on);
}

/* Of the document at `at` + 1. */
static int deliver_entity(lua_State *L, drl_call *c, int at) {
  const drl_entity *self = drl_test_entity(L, 1);
  lua_getiuservalue(L, at, DRL_CALL_CLIENT);
  if (!is_itself(L, c)) {
    if (drl_new_entity(L, c->operation->of, at + 1, 0, at + 2, self)) return 1;
    return unexpected(L, c, "an object with an id was expected");
  }
  if (!drl_entity_set(L, 1, at + 1)) return unexpected(L, c, "this object's id was expected");
  lua_pushvalue(L, 1);
  return 1;
}

/* Pushes the query part of a page's `next`, so that no address of a reply is ever followed; nil at
   the end of the list. Returns 0 when `next` has none. */
static int push_next(lua_State *L, const dr_json *j) {
  uint32_t next = dr_json_member(j, 0, "next", 4);
  lua_pushnil(L);
  if (next == 0 || dr_json_type_of(j, next) == DR_JSON_NULL) return 1;
  if (dr_json_type_of(j, next) != DR_JSON_STRING) return 0;
  drl_push_value(L, j, next, 0);
  size_t len;
  const char *address = lua_tolstring(L, -1, &len), *query = memchr(address, '?', len);
  if (query == NULL) return 0;
  lua_pushlstring(L, query + 1, len - (size_t)(query + 1 - address));
  lua_replace(L, -3);
  lua_pop(L, 1);
  return 1;
}

/* Pushes the table of an object; 0 with nothing pushed for any other value. */
static int push_object(lua_State *L, const dr_json *j, uint32_t token) {
  if (dr_json_type_of(j, token) != DR_JSON_OBJECT) return 0;
  drl_push_value(L, j, token, DRL_LUA_NAMES);
  return 1;
}

/* Of the document at `at` + 1. */
static int deliver_page(lua_State *L, drl_call *c, int at, const dr_json *j) {
  const drl_entity *self = drl_test_entity(L, 1);
  uint32_t data = dr_json_member(j, 0, "data", 4);
  if (data == 0 || dr_json_type_of(j, data) != DR_JSON_ARRAY)
    return unexpected(L, c, "a page with a list 'data' was expected");
  lua_getiuservalue(L, at, DRL_CALL_CLIENT);
  lua_newtable(L); /* stack: document; client; items */
  lua_Integer i = 0;
  uint32_t end = dr_json_end(j, data);
  for (uint32_t t = data + 1; t < end; t = dr_json_next(j, t)) {
    if (c->operation->of != DR_CLASS_NONE) {
      if (!drl_new_entity(L, c->operation->of, at + 1, t, at + 2, self))
        return unexpected(L, c, "a list of objects with ids was expected");
    } else if (!push_object(L, j, t)) {
      return unexpected(L, c, "a list of objects was expected");
    }
    lua_rawseti(L, at + 3, ++i);
  }
  if (!push_next(L, j)) return unexpected(L, c, "'next' is not an address with a query");
  uint32_t total = dr_json_member(j, 0, "totalCount", 10);
  if (total != 0)
    drl_push_value(L, j, total, 0);
  else
    lua_pushnil(L);
  return 3;
}

/* What a repeated DELETE does not find, its earlier try has deleted. */
static int good(const drl_call *c) {
  long status = c->request->status;
  if (status >= 200 && status < 300) return 1;
  if (status == 404 && strcmp(c->request->method, "DELETE") == 0 &&
      DR_NET(c->request->pool)->request_repeated(c->request))
    return 1;
  if (status == 307 || status == 308) return c->deliver == drl_deliver_followed;
  return c->operation == NULL && status == 303;
}

/* The results without the notes. */
static int deliver_results(lua_State *L, drl_call *c, int at) {
  dr_error error;
  if (c->request->error.kind != DR_KIND_NONE) return deliver_failure(L, c);
  if (!good(c)) return deliver_status(L, c, at);
  if (c->operation->reply == DR_REPLY_RESPONSE) return drl_deliver_raw(L, c, at);
  if (c->operation->reply == DR_REPLY_NONE ||
      (c->request->reply.len == 0 && c->operation->body != NULL && is_itself(L, c))) {
    lua_pushboolean(L, 1);
    return 1;
  }
  const dr_json *j = push_reply(L, c, &error);
  if (j == NULL) {
    if (error.kind == DR_KIND_LIMIT) return unreadable(L, c, &error);
    return no_json(L, c, error.message);
  }
  switch (c->operation->reply) {
  case DR_REPLY_PAGE:
    return deliver_page(L, c, at, j);
  case DR_REPLY_TABLE:
    return push_object(L, j, 0) ? 1 : unexpected(L, c, "an object was expected");
  default:
    return deliver_entity(L, c, at);
  }
}

int drl_deliver_operation(lua_State *L, drl_call *c, int at) {
  int n = deliver_results(L, c, at);
  if (n != 1) return n;
  lua_pushnil(L);
  if (lua_getiuservalue(L, at, DRL_CALL_NOTES) != LUA_TNIL) return 3;
  lua_pop(L, 2);
  return 1;
}

/* Pushes a header's name in lower case. */
static void push_lower(lua_State *L, const char *at, const char *end) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (; at < end; at++) luaL_addchar(&b, *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at);
  luaL_pushresult(&b);
}

static void push_trimmed(lua_State *L, const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\t')) at++;
  while (end > at && (unsigned char)end[-1] <= ' ') end--;
  lua_pushlstring(L, at, (size_t)(end - at));
}

/* Adds the name and the value on top to the headers at `headers`, and to its list in the table
   above them when the name is there already; pops both. */
static void add_header(lua_State *L, int headers) {
  int name = lua_gettop(L) - 1, lists = headers + 1;
  lua_pushvalue(L, name);
  if (lua_rawget(L, headers) == LUA_TNIL) {
    lua_settop(L, name + 1);
    lua_rawset(L, headers);
    return;
  }
  lua_pushvalue(L, name);
  if (lua_rawget(L, lists) == LUA_TNIL) {
    lua_createtable(L, 2, 0);
    lua_pushvalue(L, name + 2);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, name);
    lua_pushvalue(L, -2);
    lua_rawset(L, lists);
  }
  lua_pushvalue(L, name + 1);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_settop(L, name - 1);
}

/* Pushes the texts of the list on top, joined by commas. */
static void push_joined(lua_State *L) {
  int list = lua_gettop(L);
  lua_Integer n = (lua_Integer)lua_rawlen(L, list);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (lua_Integer i = 1; i <= n; i++) {
    if (i > 1) luaL_addstring(&b, ", ");
    lua_rawgeti(L, list, i);
    luaL_addvalue(&b);
  }
  luaL_pushresult(&b);
}

/* name: value lines as a table; a repeated header's values are joined by a comma, all at once, so
   that it takes no longer than to read them. */
static void push_headers(lua_State *L, const dr_request *r) {
  const char *at = r->headers.data, *end = at + r->headers.len;
  lua_newtable(L);
  lua_newtable(L); /* the values of repeated ones */
  int headers = lua_gettop(L) - 1;
  for (const char *next; at < end; at = next) {
    const char *eol = memchr(at, '\n', (size_t)(end - at));
    next = eol == NULL ? end : eol + 1;
    const char *colon = memchr(at, ':', (size_t)(next - at));
    if (colon == NULL) continue;
    push_lower(L, at, colon);
    push_trimmed(L, colon + 1, next);
    add_header(L, headers);
  }
  for (lua_pushnil(L); lua_next(L, headers + 1); lua_settop(L, headers + 2)) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    push_joined(L);
    lua_remove(L, -2);
    lua_rawset(L, headers);
  }
  lua_settop(L, headers);
}

int drl_deliver_raw(lua_State *L, drl_call *c, int at) {
  const dr_request *r = c->request;
  if (r->error.kind != DR_KIND_NONE) return deliver_failure(L, c);
  if (!good(c)) return deliver_status(L, c, at);
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, r->status);
  lua_setfield(L, -2, "status");
  push_headers(L, r);
  lua_setfield(L, -2, "headers");
  lua_pushlstring(L, r->reply.len > 0 ? r->reply.data : "", r->reply.len);
  lua_setfield(L, -2, "text");
  luaL_setmetatable(L, DRL_RESPONSE);
  return 1;
}

int drl_deliver_followed(lua_State *L, drl_call *c, int at) {
  return drl_deliver_raw(L, c, at);
}

int drl_deliver_sleep(lua_State *L, drl_call *c, int at) {
  (void)at;
  if (c->request->error.kind != DR_KIND_NONE) return deliver_failure(L, c);
  lua_pushboolean(L, 1);
  return 1;
}
