/* await.c: the one place that waits for a request, yields, and turns its result into Lua values. */
#include "await.h"

#include <lauxlib.h>
#include <stdint.h>

#include "client.h"
#include "util.h"

/* Longest wait between two safe points, in milliseconds. */
#define SLICE 100

/* Most instructions that a safe point spends for a count hook. */
#define SAFE_POINT_MAX 1000000

/* Registry key of the Lua function that is the safe point. */
static const char safe_point_key = 0;

static int call_close(lua_State *L) {
  drl_call *c = luaL_checkudata(L, 1, DRL_CALL);
  dr_request *r = c->request;
  c->request = NULL;
  dr_request_release(r);
  dr_buffer_free(&c->index);
  dr_buffer_free(&c->scratch);
  return 0;
}

void drl_await_class(lua_State *L) {
  static const luaL_Reg meta[] = {{"__close", call_close}, {"__gc", call_close}, {NULL, NULL}};
  drl_class(L, DRL_CALL, meta, NULL);
  lua_pop(L, 1);
  if (luaL_loadstring(L, "for _ = 1, ... do end") != LUA_OK) lua_error(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &safe_point_key);
}

drl_call *drl_new_call(lua_State *L, int client, dr_pool *pool) {
  dr_memory mem = drl_memory(L);
  client = lua_absindex(L, client);
  drl_call *c = lua_newuserdatauv(L, sizeof *c, 1);
  c->request = NULL;
  c->operation = NULL;
  c->deliver = NULL;
  dr_buffer_init(&c->index, mem, SIZE_MAX);
  dr_buffer_init(&c->scratch, mem, SIZE_MAX);
  luaL_setmetatable(L, DRL_CALL);
  lua_pushvalue(L, client);
  lua_setiuservalue(L, -2, 1);
  lua_toclose(L, lua_gettop(L));
  c->request = dr_request_new(pool);
  if (c->request == NULL) drl_memory_error(L);
  return c;
}

/* Lets the host's hook and Ctrl-C act while no C library has a frame on the stack: a call for call
   hooks, and as many instructions as a count hook waits for. */
static void safe_point(lua_State *L) {
  lua_Integer n = 1;
  if (lua_gethook(L) == NULL) return;
  if (lua_gethookmask(L) & LUA_MASKCOUNT) n = lua_gethookcount(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &safe_point_key);
  lua_pushinteger(L, n < SAFE_POINT_MAX ? n : SAFE_POINT_MAX);
  lua_call(L, 1, 0);
}

static int await_k(lua_State *L, int status, lua_KContext context) {
  int at = (int)context;
  (void)status;
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  for (;;) {
    drl_call *c = lua_touserdata(L, at);
    dr_pool *pool = c->request->pool;
    lua_settop(L, at);
    dr_pool_step(pool);
    if (c->request->phase == DR_PHASE_DONE) return c->deliver(L, c, at);
    lua_getiuservalue(L, at, 1);
    if (lua_isyieldable(L) && drl_push_wait_function(L, at + 1)) {
      lua_insert(L, at + 1); /* function, client */
      lua_callk(L, 1, 0, context, await_k);
    } else {
      lua_settop(L, at);
      dr_pool_wait(pool, SLICE);
      if (c->request->phase != DR_PHASE_DONE) safe_point(L);
    }
  }
}

int drl_await(lua_State *L, int at) {
  drl_call *c = lua_touserdata(L, at);
  dr_pool_submit(c->request->pool, c->request);
  return await_k(L, LUA_OK, at);
}
