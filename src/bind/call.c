/* call.c: a REST operation and Lua arguments made into a request, and its reply into objects. */
#include "call.h"

#include <string.h>

#include <lauxlib.h>

#include "../core/address.h"
#include "../core/id.h"
#include "../core/secret.h"
#include "../schema/operations.h"
#include "await.h"
#include "client_check.h"
#include "deliver.h"
#include "document.h"
#include "encode.h"
#include "entity.h"
#include "errors.h"
#include "query.h"
#include "rules.h"
#include "util.h"
#include "where.h"
#include "workspace.h"

static const char *const call_options[] = {"timeout", "retry", NULL};
static const char *const raw_options[] = {"timeout", "retry", "query", NULL};

/* {=== arguments ===} */

/* Pushes the client of the object at 1, which may be the client itself. */
static drl_client *push_client(lua_State *L) {
  if (drl_test_entity(L, 1) == NULL) {
    drl_client *c = drl_check_client(L, 1);
    lua_pushvalue(L, 1);
    return c;
  }
  lua_getiuservalue(L, 1, DRL_ENTITY_CLIENT);
  return drl_check_client(L, -1);
}

/* The object at 1 that an operation is called on: one of the class `own` or, when that is
   DR_CLASS_NONE, of the operation's class or its parent. Sets `ids` to its ids, returns their
   number. */
static unsigned check_self(lua_State *L, const dr_operation *op, dr_class_id own,
                           const char **ids) {
  const drl_entity *e = drl_test_entity(L, 1);
  dr_class_id class = e != NULL ? e->class : DR_CLASS_CLIENT; /* push_client checks it */
  if (own != DR_CLASS_NONE && class != own) drl_bad_self(L, dr_classes[own].type);
  if (class != op->on && class != dr_classes[op->on].parent)
    drl_bad_self(L, dr_classes[op->on].type);
  unsigned count = dr_class_ids(class);
  for (unsigned i = 0; i < count; i++) ids[i] = e->id[i];
  return count;
}

/* Reads what all calls share: o.timeout and o.retry. */
static void read_call_options(lua_State *L, int index, const drl_client *client, dr_request *r) {
  r->timeout = drl_option_ms(L, index, "timeout", client->timeout);
  r->once = !drl_option_boolean(L, index, "retry", 1);
}

/* The address of the request cannot be made. */
static int fail_address(lua_State *L, const dr_request *r) {
  if (r->url.fault != DR_FAULT_LIMIT) return drl_memory_error(L);
  return drl_failf(L, DR_KIND_LIMIT, "path and query make an address longer than %d KiB",
                   DR_URL_MAX / 1024);
}

/* What a read-only client answers to all that would write. */
static int fail_read_only(lua_State *L) {
  return drl_failf(L, DR_KIND_READ_ONLY,
                   "the client was made with read_only = true: nothing was sent");
}

/* {=== operations ===} */

/* Writes the body; an update starts from the object's snapshot, which stays on the stack. */
static int operation_body(lua_State *L, int index, drl_call *c) {
  dr_request *r = c->request;
  const dr_json *base = NULL;
  uint32_t token = 0;
  if (c->operation->completed && drl_is_entity(L, 1, c->operation->on))
    base = drl_push_document(L, 1, &token);
  r->has_body = 1;
  r->body.max = DRL_BODY_MAX;
  if (!drl_encode(L, index, c->operation->body, base, token, &r->body))
    return drl_fail_body(L, &r->body);
  return 0;
}

/* Keeps what the rules note about the body that was written of the table at `table`; a new policy
   is looked at beside its deployment, where self is that. `at` is the call's stack index. */
static void note_body(lua_State *L, int table, drl_call *c, int at) {
  dr_json j;
  dr_error error;
  const dr_schema *schema = c->operation->body;
  const char *text = dr_buffer_cstr(&c->request->body);
  if (schema != &dr_policy_create && schema != &dr_policy_update) return;
  dr_kind kind = text == NULL ? DR_KIND_MEMORY
                              : dr_json_parse(text, c->request->body.len, &c->index, &j, &error);
  if (kind == DR_KIND_MEMORY) drl_memory_error(L);
  if (kind != DR_KIND_NONE) drl_raise(L, "own JSON: %s", error.message);
  drl_notes(L, schema, &j, table, drl_is_entity(L, 1, DR_CLASS_DEPLOYMENT) ? 1 : 0);
  c->noted = lua_rawlen(L, -1) > 0;
  lua_setiuservalue(L, at, DRL_CALL_NOTES);
}

/* Raises unless a body is a table, and for members of it that stand among the options. */
static void check_body(lua_State *L, const dr_schema *schema, int table, int options) {
  int policy = schema == &dr_policy_create || schema == &dr_policy_update;
  if (policy && drl_is_entity(L, table, DR_CLASS_POLICY))
    drl_argument(L, table, "table expected, got a policy; pass policy:definition()");
  drl_check_type(L, table, LUA_TTABLE);
  if (!lua_istable(L, options)) return;
  lua_pushnil(L);
  while (lua_next(L, options)) {
    size_t len;
    lua_pop(L, 1);
    const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (name == NULL || dr_schema_field(schema, name, len) == NULL) continue;
    drl_argument(
        L, options,
        lua_pushfstring(L, "'%s' is a member of the body; give it in the table before", name));
  }
}

/* f(self, id..., body or query, options); upvalues: the operation, whether it is only begun, the
   class of self */
static int invoke(lua_State *L) {
  const dr_operation *op = lua_touserdata(L, lua_upvalueindex(1));
  const char *ids[DR_CLASS_MAX_IDS + 1] = {NULL};
  unsigned wanted = dr_class_ids(op->on);
  int has_table = op->body != NULL || op->query != NULL;
  lua_settop(L, 1 + (int)wanted + has_table + 1); /* at most: self, ids, table, options */
  dr_class_id own = (dr_class_id)lua_tointeger(L, lua_upvalueindex(3));
  unsigned count = check_self(L, op, own, ids);
  drl_client *client = push_client(L);
  int client_at = lua_gettop(L), arg = 2, bad = -1;
  for (; count < wanted; count++, arg++) {
    size_t len;
    ids[count] = drl_check_string(L, arg, &len);
    if (bad < 0 && !dr_id_strict(ids[count], len)) bad = (int)count;
  }
  int table = has_table ? arg++ : 0, options = arg;
  if (op->body != NULL) check_body(L, op->body, table, options);
  if (op->query != NULL && lua_type(L, table) != LUA_TSTRING && !lua_isnil(L, table))
    drl_check_type(L, table, LUA_TTABLE);
  drl_check_options(L, options, call_options);
  if (client->read_only && dr_operation_writes(op)) return fail_read_only(L);
  if (bad >= 0)
    return drl_failf(L, DR_KIND_VALIDATION, "%s: 24 hexadecimal digits expected, got \"%s\"",
                     dr_class_id_label(op->on, (unsigned)bad), ids[bad]);
  drl_call *c = drl_new_call(L, client_at);
  int at = lua_gettop(L), failed = 0;
  c->operation = op;
  c->deliver = drl_deliver_operation;
  c->request->method = op->method;
  c->request->retry = op->retry;
  read_call_options(L, options, client, c->request);
  dr_url_path(&c->request->url, DR_NET(c->request->pool)->base(c->request->pool), op->path, ids);
  if (c->request->url.fault != DR_FAULT_NONE) return fail_address(L, c->request);
  if (op->query != NULL) failed = drl_query(L, table, c);
  if (op->body != NULL && !failed) failed = operation_body(L, table, c);
  if (failed) return failed;
  if (c->request->url.fault != DR_FAULT_NONE) return fail_address(L, c->request);
  if (op->body != NULL) note_body(L, table, c, at);
  lua_settop(L, at);
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
  const char *path = drl_check_string(L, 2, &len);
  drl_check_options(L, options, raw_options);
  if (client->read_only && strcmp(lua_tostring(L, lua_upvalueindex(1)), "GET") != 0)
    return fail_read_only(L);
  drl_call *c = drl_new_call(L, 1);
  int at = lua_gettop(L), failed;
  dr_request *r = c->request;
  c->deliver = drl_deliver_raw;
  r->method = lua_tostring(L, lua_upvalueindex(1));
  r->retry = (dr_retry_class)lua_tointeger(L, lua_upvalueindex(2));
  read_call_options(L, options, client, r);
  dr_kind kind = dr_url_raw(&r->url, DR_NET(r->pool)->base(r->pool), path, len, &error);
  if (kind != DR_KIND_NONE) return r->url.fault ? fail_address(L, r) : drl_fail(L, &error);
  failed = drl_query_option(L, options, c);
  if (failed) return failed;
  if (with_body && !lua_isnil(L, 3)) {
    r->has_body = 1;
    r->body.max = DRL_BODY_MAX;
    if (!drl_encode_any(L, 3, &r->body)) return drl_fail_body(L, &r->body);
  }
  if (r->url.fault != DR_FAULT_NONE) return fail_address(L, r);
  lua_settop(L, at);
  return lua_toboolean(L, lua_upvalueindex(4)) ? drl_begin(L, at) : drl_await(L, at);
}

/* follow(client, address, o): GET of a Location, within the endpoint only */
static int follow(lua_State *L) {
  size_t len;
  dr_error error;
  lua_settop(L, 3);
  drl_client *client = drl_check_client(L, 1);
  const char *address = drl_check_string(L, 2, &len);
  drl_check_options(L, 3, call_options);
  drl_call *c = drl_new_call(L, 1);
  c->deliver = drl_deliver_followed;
  c->request->method = "GET";
  c->request->retry = DR_RETRY_SAFE;
  read_call_options(L, 3, client, c->request);
  const dr_net *net = DR_NET(c->request->pool);
  dr_kind kind =
      net->url_within(&c->request->url, net->base(c->request->pool), address, len, &error);
  if (kind == DR_KIND_MEMORY) return drl_memory_error(L);
  if (kind != DR_KIND_NONE && net->shows(c->request->pool, address, len))
    return drl_failf(L, kind, "address in a reply: " DR_WITHHELD);
  if (kind != DR_KIND_NONE) return drl_fail(L, &error);
  return drl_await(L, lua_gettop(L));
}

/* client_of(self): the client of an object */
static int client_of(lua_State *L) {
  push_client(L);
  return 1;
}

/* may_write(self): true; or nil, err where the client is read-only. Methods that read before they
   write ask it first. */
static int may_write(lua_State *L) {
  if (push_client(L)->read_only) return fail_read_only(L);
  lua_pushboolean(L, 1);
  return 1;
}

/* client:sleep(s): waits as a call does, letting others run.
   @param s number seconds, 0 to 1e9
   @return true|nil done
   @return datarobot.Error? err kind `closed` */
static int client_sleep(lua_State *L) {
  lua_settop(L, 2);
  drl_check_client(L, 1);
  int number;
  lua_Number seconds = lua_tonumberx(L, 2, &number);
  if (!number) drl_argument_type(L, 2, "number");
  if (!(seconds >= 0 && seconds <= 1e9)) drl_argument(L, 2, "seconds from 0 to 1e9 expected");
  drl_call *c = drl_new_call(L, 1);
  c->deliver = drl_deliver_sleep;
  c->request->method = NULL;
  c->request->delay = (int64_t)(seconds * 1000 + 0.999);
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

/* `class`: of the object it is a method of, or DR_CLASS_NONE. */
static void push_operation(lua_State *L, int i, int begins, dr_class_id class) {
  lua_pushlightuserdata(L, (void *)(uintptr_t)&dr_operations[i]);
  lua_pushboolean(L, begins);
  lua_pushinteger(L, class);
  lua_pushcclosure(L, invoke, 3);
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
    push_operation(L, i, 1, DR_CLASS_NONE);
    lua_setfield(L, -2, dr_operations[i].name);
  }
  push_raw_method(L, &raw_methods[0], 1);
  lua_setfield(L, -2, raw_methods[0].name);
}

void drl_push_calls(lua_State *L) {
  lua_createtable(L, 0, DR_OP_COUNT + 4);
  for (int i = 0; i < DR_OP_COUNT; i++) {
    push_operation(L, i, 0, DR_CLASS_NONE);
    lua_setfield(L, -2, dr_operations[i].name);
  }
  push_begins(L);
  lua_setfield(L, -2, "begin");
  lua_pushcfunction(L, follow);
  lua_setfield(L, -2, "follow");
  lua_pushcfunction(L, client_of);
  lua_setfield(L, -2, "client_of");
  lua_pushcfunction(L, may_write);
  lua_setfield(L, -2, "may_write");
}

void drl_add_methods(lua_State *L, dr_class_id class) {
  for (const dr_method *m = dr_methods; m->name != NULL; m++) {
    if (m->class != class) continue;
    push_operation(L, m->op, 0, class);
    lua_setfield(L, -2, m->name);
  }
}

void drl_add_raw_methods(lua_State *L) {
  for (size_t i = 0; i < sizeof raw_methods / sizeof *raw_methods; i++) {
    push_raw_method(L, &raw_methods[i], 0);
    lua_setfield(L, -2, raw_methods[i].name);
  }
  lua_pushcfunction(L, client_sleep);
  lua_setfield(L, -2, "sleep");
}
