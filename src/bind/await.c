/* await.c: the one place that waits for a request, yields, and turns its result into Lua values. */
#include "await.h"

#include <lauxlib.h>

#include "../core/clock.h"
#include "call_value.h"
#include "client_check.h"
#include "errors.h"
#include "log.h"
#include "safe_point.h"
#include "token.h"
#include "util.h"
#include "where.h"

/* What is waited between two safe points, in milliseconds. */
#define SLICE 100

/* The address is the registry key of the table of tasks. */
static const char tasks_key = 0;

void drl_make_tasks(lua_State *L) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &tasks_key);
}

/* The call at `at` after the user's code has run: a finalizer that resumes coroutines at the end of
   the state finds the request gone. */
static drl_call *check_alive(lua_State *L, int at) {
  drl_call *c = lua_touserdata(L, at);
  if (c->request != NULL) return c;
  drl_push_error(L, DR_KIND_CLOSED, "the call has been finalized");
  lua_error(L);
  return NULL;
}

/* {=== Waiting once ===} */

/* Blocks until there is something to do, with a safe point for each slice that was really waited:
   `waited` is what was waited since the last one. */
static void block(lua_State *L, dr_pool *pool, int64_t *waited) {
  int64_t before = dr_now();
  DR_NET(pool)->wait(pool, (int)(SLICE - *waited));
  *waited += dr_now() - before;
  if (*waited < SLICE) return;
  *waited = 0;
  drl_safe_point(L);
}

/* Blocks until any request of the client has ended. A hook may close it, or call its finalizer. */
static void block_for_any(lua_State *L, const drl_client *c) {
  int64_t waited = 0;
  unsigned ended = DR_NET(c->pool)->ended(c->pool);
  do block(L, c->pool, &waited);
  while (c->pool != NULL && DR_NET(c->pool)->ended(c->pool) == ended &&
         DR_NET(c->pool)->pending(c->pool) > 0);
}

/* Whether this coroutine is a task that waits for the client at `client`; then pushes the tasks. */
static int push_tasks(lua_State *L, int client) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &tasks_key);
  lua_pushthread(L);
  lua_rawget(L, -2);
  int found = lua_rawequal(L, -1, client);
  lua_pop(L, found ? 1 : 2);
  return found;
}

/* Lets time pass, at most until there is something to do: others run meanwhile where they can. What
   may yield goes on in k; `r` is what a host's loop is to hear of, and no longer watched for then;
   NULL: any request of the client. `waited` is r's. Returns whether others waited: then a step of
   ours is due. */
static int wait_once(lua_State *L, dr_request *r, int64_t *waited, int client, int what,
                     lua_KFunction k, lua_KContext context) {
  if (lua_isyieldable(L) && push_tasks(L, client)) {
    lua_pushvalue(L, what);
    lua_yieldk(L, 2, context, k);
  } else if (lua_isyieldable(L) && drl_push_wait_function(L, client)) {
    DR_NET(r->pool)->request_watch(r, 1);
    lua_pushvalue(L, client);
    lua_callk(L, 1, 0, context, k);
    return 1;
  } else if (r != NULL) {
    block(L, r->pool, waited);
  } else {
    block_for_any(L, lua_touserdata(L, client));
  }
  return 0;
}

static int wait_k(lua_State *L, int status, lua_KContext context) {
  (void)status;
  const drl_client *client = lua_touserdata(L, 1);
  const drl_call *c = context != 0 ? lua_touserdata(L, (int)context) : NULL;
  if (c != NULL && c->request != NULL) DR_NET(c->request->pool)->request_watch(c->request, 0);
  if (client->pool != NULL) DR_NET(client->pool)->step(client->pool);
  return 0;
}

/* wait(client, what): under a host's loop by a request that ends with any other */
static int wait(lua_State *L) {
  lua_settop(L, 2);
  const drl_client *client = drl_check_client(L, 1);
  unsigned ended = DR_NET(client->pool)->ended(client->pool);
  dr_request *r = NULL;
  int64_t *waited = NULL;
  lua_KContext context = 0;
  if (lua_isyieldable(L) && drl_push_wait_function(L, 1)) {
    lua_settop(L, 2);
    drl_call *c = drl_new_call(L, 1);
    r = c->request;
    waited = &c->waited; /* a finalizer may have taken the wait function away */
    r->delay = -1;
    DR_NET(r->pool)->submit(r->pool, r);
    context = lua_gettop(L);
    if (DR_NET(r->pool)->ended(r->pool) != ended) return 0; /* a finalizer has let it end */
  }
  return wait_once(L, r, waited, 1, 2, wait_k, context) ? wait_k(L, LUA_OK, context) : 0;
}

/* {=== The life of a call ===} */

static int await_k(lua_State *L, int status, lua_KContext context);

/* The token function has answered: its results are on top. */
static int token_k(lua_State *L, int status, lua_KContext context) {
  int at = (int)context, client = at + 1;
  drl_call *c = check_alive(L, at);
  (void)status;
  if (lua_isnil(L, -2) && !lua_isnil(L, -1)) return drl_token_failure(L);
  if (!lua_isnil(L, -2)) drl_token_set(L, client, lua_absindex(L, -2));
  if (c->ask == DRL_ASK_AGAIN && !DR_NET(c->request->pool)->request_again(c->request))
    c->ask = DRL_ASK_NOT;
  if (c->ask != DRL_ASK_NOT) DR_NET(c->request->pool)->submit(c->request->pool, c->request);
  c->ask = DRL_ASK_NOT;
  if (c->holder == DRL_HELD_BY_SLOT) return await_k(L, LUA_OK, context);
  c->holder = DRL_HELD_BY_LUA;
  lua_pushvalue(L, at);
  return 1;
}

static int ask_token(lua_State *L, int at) {
  const drl_call *c = lua_touserdata(L, at);
  lua_settop(L, at);
  lua_getiuservalue(L, at, DRL_CALL_CLIENT);
  if (c->request->method != NULL && drl_push_token_source(L, at + 1)) {
    lua_pushboolean(L, c->ask == DRL_ASK_AGAIN);
    lua_callk(L, 1, 2, at, token_k);
  } else {
    lua_settop(L, at + 3); /* nil: keep it */
  }
  return token_k(L, LUA_OK, at);
}

/* An answer 401 may mean that the token was replaced since. */
static int is_refused(drl_call *c) {
  const dr_request *r = c->request;
  if (c->asked_again || r->error.kind != DR_KIND_NONE || r->status != 401) return 0;
  c->asked_again = 1;
  c->ask = DRL_ASK_AGAIN;
  return 1;
}

/* After a submission or a wait of our own no step is due: it has just been made. */
static int await_k(lua_State *L, int status, lua_KContext context) {
  int at = (int)context, client = at + 1;
  int due = status == LUA_YIELD;
  drl_check_stack(L, LUA_MINSTACK);
  for (;;) {
    drl_call *c = check_alive(L, at);
    DR_NET(c->request->pool)->request_watch(c->request, 0);
    lua_settop(L, at);
    lua_getiuservalue(L, at, DRL_CALL_CLIENT);
    if (due && c->request->phase != DR_PHASE_DONE) DR_NET(c->request->pool)->step(c->request->pool);
    due = 0;
    if (drl_push_event(L, c, client, at)) {
      lua_callk(L, 1, 0, context, await_k);
    } else if (c->request->phase != DR_PHASE_DONE) {
      due = wait_once(L, c->request, &c->waited, client, at, await_k, context);
    } else if (is_refused(c)) {
      return ask_token(L, at);
    } else {
      lua_settop(L, at);
      return c->deliver(L, c, at);
    }
  }
}

static int start(lua_State *L, int at, drl_holder holder) {
  drl_call *c = lua_touserdata(L, at);
  c->holder = holder;
  c->started = dr_now();
  c->ask = DRL_ASK_BEFORE;
  return ask_token(L, at);
}

int drl_await(lua_State *L, int at) {
  return start(L, at, DRL_HELD_BY_SLOT);
}

int drl_begin(lua_State *L, int at) {
  return start(L, at, DRL_LEAVING_SLOT);
}

static drl_call *check_begun(lua_State *L, int index) {
  drl_call *c = drl_check_call(L, index);
  if (c->request == NULL || c->holder != DRL_HELD_BY_LUA)
    drl_argument(L, index, "not a begun call");
  return c;
}

/* finish(self, call) */
static int finish(lua_State *L) {
  lua_settop(L, 2);
  check_begun(L, 2);
  drl_slot *s = drl_open_slot(L);
  int at = lua_gettop(L);
  s->call = check_begun(L, at); /* a finalizer may have finished or dropped it meanwhile */
  s->call->holder = DRL_HELD_BY_SLOT;
  return await_k(L, LUA_OK, at);
}

/* drop(call) */
static int drop(lua_State *L) {
  drl_release_call(check_begun(L, 1));
  return 0;
}

/* done(call) */
static int done(lua_State *L) {
  const drl_call *c = drl_check_call(L, 1);
  lua_pushboolean(L, c->request == NULL || c->request->phase == DR_PHASE_DONE);
  return 1;
}

void drl_await_functions(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"finish", finish}, {"drop", drop}, {"done", done}, {"wait", wait}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &tasks_key);
  lua_setfield(L, -2, "tasks");
}
