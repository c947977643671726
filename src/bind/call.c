/* call.c: a REST operation and Lua arguments made into a request, and its reply into objects. */
#include "call.h"

#include <lauxlib.h>
#include <string.h>

#include "../core/url.h"
#include "../schema/operations.h"
#include "await.h"
#include "client.h"
#include "deliver.h"
#include "document.h"
#include "encode.h"
#include "entity.h"
#include "errors.h"
#include "util.h"
#include "workspace.h"

static const char *const call_options[] = {"timeout", "retry", NULL};
static const char *const raw_options[] = {"timeout", "retry", "query", NULL};

static const char *const id_names[] = {"deployment id", "retraining policy id", "run id"};

/* {=== arguments ===} */

/* The object a method is called on: pushes its client, sets the ids of its path. */
static drl_client *check_self(lua_State *L, const char **ids, unsigned *count) {
  drl_entity *e = drl_test_entity(L, 1);
  *count = 0;
  if (e == NULL) {
    drl_client *c = drl_check_client(L, 1);
    lua_pushvalue(L, 1);
    return c;
  }
  for (; *count < e->ids; (*count)++) ids[*count] = e->id[*count];
  lua_getiuservalue(L, 1, DRL_ENTITY_CLIENT);
  return drl_check_client(L, -1);
}

/* Reads what all calls share: o.timeout and o.retry. */
static void read_call_options(lua_State *L, int index, const drl_client *client, dr_request *r) {
  r->timeout = drl_option_ms(L, index, "timeout", client->timeout);
  r->once = !drl_option_boolean(L, index, "retry", 1);
}

/* {=== addresses ===} */

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

/* Appends the query that was written into the scratch buffer as a JSON object. */
static int add_query(lua_State *L, drl_call *c) {
  dr_json j;
  dr_error error;
  dr_kind kind = dr_json_parse(c->scratch.data, c->scratch.len, &c->index, &j, &error);
  if (kind == DR_KIND_MEMORY) return drl_memory_error(L);
  if (kind != DR_KIND_NONE) return luaL_error(L, "query: %s", error.message);
  uint32_t end = dr_json_end(&j, 0);
  for (uint32_t key = 1; key < end; key = dr_json_next(&j, key + 1))
    if (dr_json_type_of(&j, key + 1) != DR_JSON_NULL) add_parameter(c, &j, key, key + 1);
  if (c->request->body.fault != DR_FAULT_NONE) drl_memory_error(L);
  return 0;
}

/* The query of an operation: a table, or the query part of a page's `next`. Returns 0, or the
   number of results of a failure. */
static int operation_query(lua_State *L, int index, drl_call *c) {
  size_t len;
  dr_error error;
  if (lua_isnoneornil(L, index)) return 0;
  if (lua_type(L, index) == LUA_TSTRING) {
    dr_buffer_add(&c->scratch, c->request->url.data, c->request->url.len);
    const char *query = lua_tolstring(L, index, &len);
    dr_buffer_addc(&c->scratch, '?');
    dr_buffer_add(&c->scratch, query, len);
    if (c->scratch.fault != DR_FAULT_NONE) return drl_memory_error(L);
    const char *base = dr_pool_base(c->request->pool);
    size_t skip = strlen(base);
    dr_buffer_clear(&c->request->url);
    dr_kind kind =
        dr_url_raw(&c->request->url, base, c->scratch.data + skip, c->scratch.len - skip, &error);
    if (kind == DR_KIND_MEMORY) return drl_memory_error(L);
    return kind == DR_KIND_NONE ? 0
                                : drl_failf(L, DR_KIND_PROTOCOL, "next page: %s", error.message);
  }
  c->scratch.max = DRL_BODY_MAX;
  if (!drl_encode(L, index, c->operation->query, NULL, 0, &c->scratch))
    return drl_fail_body(L, &c->scratch);
  add_query(L, c);
  return 0;
}

/* {=== operations ===} */

/* Writes the body; an update starts from the object's snapshot. */
static int operation_body(lua_State *L, int index, drl_call *c) {
  dr_request *r = c->request;
  const dr_json *base = NULL;
  drl_entity *e = drl_test_entity(L, 1);
  if (c->operation->body == &dr_policy_update && e != NULL) base = drl_entity_json(L, 1);
  r->has_body = 1;
  r->body.max = DRL_BODY_MAX;
  if (!drl_encode(L, index, c->operation->body, base, e != NULL ? e->token : 0, &r->body))
    return drl_fail_body(L, &r->body);
  return 0;
}

/* f(self, id..., body or query, options); upvalues: the operation, whether it is only begun */
static int invoke(lua_State *L) {
  const dr_operation *op = lua_touserdata(L, lua_upvalueindex(1));
  const char *ids[DRL_MAX_IDS + 1] = {NULL};
  unsigned count, wanted = dr_operation_ids(op);
  int has_table = op->body != NULL || op->query != NULL;
  lua_settop(L, 1 + (int)wanted + has_table + 1); /* at most: self, ids, table, options */
  drl_client *client = check_self(L, ids, &count);
  int client_at = lua_gettop(L), arg = 2, bad = -1;
  for (; count < wanted; count++, arg++) {
    size_t len;
    ids[count] = luaL_checklstring(L, arg, &len);
    if (bad < 0 && !dr_id_strict(ids[count], len)) bad = (int)count;
  }
  int table = has_table ? arg++ : 0, options = arg;
  if (op->body != NULL) luaL_checktype(L, table, LUA_TTABLE);
  if (op->query != NULL && lua_type(L, table) != LUA_TSTRING && !lua_isnil(L, table))
    luaL_checktype(L, table, LUA_TTABLE);
  drl_check_options(L, options, call_options);
  if (bad >= 0)
    return drl_failf(L, DR_KIND_VALIDATION, "%s: 24 hexadecimal digits expected, got \"%s\"",
                     id_names[bad], ids[bad]);
  drl_call *c = drl_new_call(L, client_at);
  int at = lua_gettop(L), failed = 0;
  c->operation = op;
  c->deliver = drl_deliver_operation;
  c->request->method = op->method;
  c->request->retry = op->retry;
  read_call_options(L, options, client, c->request);
  dr_url_path(&c->request->url, dr_pool_base(c->request->pool), op->path, ids);
  if (c->request->url.fault != DR_FAULT_NONE) return drl_memory_error(L);
  if (op->query != NULL) failed = operation_query(L, table, c);
  if (op->body != NULL && !failed) failed = operation_body(L, table, c);
  if (failed) return failed;
  if (c->request->url.fault != DR_FAULT_NONE) return drl_memory_error(L);
  return lua_toboolean(L, lua_upvalueindex(2)) ? drl_begin(L, at) : drl_await(L, at);
}

/* {=== the raw layer ===} */

/* get(self, path, o), post(self, path, body, o); upvalues: method, retry class, takes a body, is
   only begun */
static int invoke_raw(lua_State *L) {
  size_t len;
  dr_error error;
  int with_body = lua_toboolean(L, lua_upvalueindex(3)), options = with_body ? 4 : 3;
  lua_settop(L, options);
  drl_client *client = drl_check_client(L, 1);
  const char *path = luaL_checklstring(L, 2, &len);
  drl_check_options(L, options, raw_options);
  drl_call *c = drl_new_call(L, 1);
  int at = lua_gettop(L);
  dr_request *r = c->request;
  c->deliver = drl_deliver_raw;
  r->method = lua_tostring(L, lua_upvalueindex(1));
  r->retry = (dr_retry_class)lua_tointeger(L, lua_upvalueindex(2));
  read_call_options(L, options, client, r);
  dr_kind kind = dr_url_raw(&r->url, dr_pool_base(r->pool), path, len, &error);
  if (kind != DR_KIND_NONE && kind != DR_KIND_MEMORY) return drl_fail(L, &error);
  if (drl_option(L, options, "query") != LUA_TNIL) {
    if (!lua_istable(L, -1)) luaL_argerror(L, options, "option 'query': a table expected");
    c->scratch.max = DRL_BODY_MAX;
    if (!drl_encode_any(L, -1, &c->scratch)) return drl_fail_body(L, &c->scratch);
    add_query(L, c);
  }
  if (with_body && !lua_isnil(L, 3)) {
    r->has_body = 1;
    r->body.max = DRL_BODY_MAX;
    if (!drl_encode_any(L, 3, &r->body)) return drl_fail_body(L, &r->body);
  }
  if (r->url.fault != DR_FAULT_NONE) return drl_memory_error(L);
  lua_settop(L, at);
  return lua_toboolean(L, lua_upvalueindex(4)) ? drl_begin(L, at) : drl_await(L, at);
}

/* follow(client, address, o): GET of a Location, within the endpoint only */
static int follow(lua_State *L) {
  size_t len;
  dr_error error;
  lua_settop(L, 3);
  drl_client *client = drl_check_client(L, 1);
  const char *address = luaL_checklstring(L, 2, &len);
  drl_check_options(L, 3, call_options);
  drl_call *c = drl_new_call(L, 1);
  c->deliver = drl_deliver_raw;
  c->request->method = "GET";
  c->request->retry = DR_RETRY_SAFE;
  read_call_options(L, 3, client, c->request);
  dr_kind kind =
      dr_url_within(&c->request->url, dr_pool_base(c->request->pool), address, len, &error);
  if (kind == DR_KIND_MEMORY) return drl_memory_error(L);
  if (kind != DR_KIND_NONE) return drl_fail(L, &error);
  return drl_await(L, lua_gettop(L));
}

/* client_of(self): the client of an object */
static int client_of(lua_State *L) {
  const char *ids[DRL_MAX_IDS];
  unsigned count;
  check_self(L, ids, &count);
  return 1;
}

/* client:sleep(s): waits as a call does, letting others run.
   @param s number seconds, 0 to 1e9
   @return true|nil done
   @return datarobot.Error? err kind `closed` or `cancelled` */
static int client_sleep(lua_State *L) {
  lua_settop(L, 2);
  drl_check_client(L, 1);
  lua_Number seconds = luaL_checknumber(L, 2);
  luaL_argcheck(L, seconds >= 0 && seconds <= 1e9, 2, "seconds from 0 to 1e9 expected");
  drl_call *c = drl_new_call(L, 1);
  c->deliver = drl_deliver_sleep;
  c->request->method = NULL;
  c->request->delay = (int64_t)(seconds * 1000);
  return drl_await(L, lua_gettop(L));
}

/* {=== tables of functions ===} */

typedef struct raw_method {
  const char *name, *method;
  dr_retry_class retry;
  int with_body;
} raw_method;

/* client:get(path[, o]), client:delete(path[, o]): a request to any path of the API, the way round
   every check of ours: names stay as on the wire. Token, retries and caps are those of all calls.
   @param path string below the endpoint, such as "deployments/"
   @param o? datarobot.RawOptions
   @return datarobot.Response|nil reply
   @return datarobot.Error? err of every request */
/* client:post(path, body[, o]), client:patch(path, body[, o]), client:put(path, body[, o]): a
   request with a body to any path of the API, the way round every check of ours: names stay as on
   the wire. Lists are tables from `dr.decode` or `dr.array`, or not empty.
   @param path string below the endpoint
   @param body any table, `dr.null`, string, number or boolean, sent as JSON
   @param o? datarobot.RawOptions
   @return datarobot.Response|nil reply 202 starts a job: `client:wait`
   @return datarobot.Error? err of every request; `ambiguous` when the answer was lost */
static const raw_method raw_methods[] = {
    {"get", "GET", DR_RETRY_SAFE, 0},       {"delete", "DELETE", DR_RETRY_SAFE, 0},
    {"put", "PUT", DR_RETRY_SAFE, 1},       {"post", "POST", DR_RETRY_UNSAFE, 1},
    {"patch", "PATCH", DR_RETRY_UNSAFE, 1},
};

/* The public methods that are one request; documented by their operation where no words stand
   here. */
static const struct {
  char class; /* client, deployment, policy */
  const char *name;
  dr_op op;
} methods[] = {
    {'c', "version", DR_OP_VERSION},
    {'c', "whoami", DR_OP_WHOAMI},
    {'c', "deployment", DR_OP_GET_DEPLOYMENT},
    /* deployment:refresh([o]): reads it anew; this object then holds the new state. */
    {'d', "refresh", DR_OP_GET_DEPLOYMENT},
    {'d', "get_settings", DR_OP_GET_SETTINGS},
    {'d', "get_retraining_settings", DR_OP_GET_RETRAINING_SETTINGS},
    {'d', "update_retraining_settings", DR_OP_UPDATE_RETRAINING_SETTINGS},
    {'d', "retraining_policy", DR_OP_GET_POLICY},
    /* retraining_policy:refresh([o]): reads it anew; this object then holds the new state. */
    {'p', "refresh", DR_OP_GET_POLICY},
    {'p', "delete", DR_OP_DELETE_POLICY},
};

static void push_operation(lua_State *L, int i, int begins) {
  lua_pushlightuserdata(L, (void *)(uintptr_t)&dr_operations[i]);
  lua_pushboolean(L, begins);
  lua_pushcclosure(L, invoke, 2);
}

static void push_raw_method(lua_State *L, const raw_method *m, int begins) {
  lua_pushstring(L, m->method);
  lua_pushinteger(L, m->retry);
  lua_pushboolean(L, m->with_body);
  lua_pushboolean(L, begins);
  lua_pushcclosure(L, invoke_raw, 4);
}

/* What lists read ahead with. */
static void push_begins(lua_State *L) {
  lua_newtable(L);
  for (int i = 0; i < DR_OP_COUNT; i++) {
    if (dr_operations[i].reply != DR_REPLY_PAGE) continue;
    push_operation(L, i, 1);
    lua_setfield(L, -2, dr_operations[i].name);
  }
  push_raw_method(L, &raw_methods[0], 1);
  lua_setfield(L, -2, raw_methods[0].name);
}

void drl_push_calls(lua_State *L) {
  lua_createtable(L, 0, DR_OP_COUNT + 3);
  for (int i = 0; i < DR_OP_COUNT; i++) {
    push_operation(L, i, 0);
    lua_setfield(L, -2, dr_operations[i].name);
  }
  push_begins(L);
  lua_setfield(L, -2, "begin");
  lua_pushcfunction(L, follow);
  lua_setfield(L, -2, "follow");
  lua_pushcfunction(L, client_of);
  lua_setfield(L, -2, "client_of");
}

void drl_add_methods(lua_State *L, int calls, int client, int deployment, int policy) {
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    int class = methods[i].class == 'c' ? client : methods[i].class == 'd' ? deployment : policy;
    lua_getfield(L, calls, dr_operations[methods[i].op].name);
    lua_setfield(L, class, methods[i].name);
  }
  for (size_t i = 0; i < sizeof raw_methods / sizeof *raw_methods; i++) {
    push_raw_method(L, &raw_methods[i], 0);
    lua_setfield(L, client, raw_methods[i].name);
  }
  lua_pushcfunction(L, client_sleep);
  lua_setfield(L, client, "sleep");
}
