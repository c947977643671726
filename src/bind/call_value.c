/* call_value.c: a call under way as a value, and the slot that lets it go. */
#include "call_value.h"

#include <stdint.h>

#include <lauxlib.h>

#include "client_check.h"
#include "where.h"

static const drl_type call_type = {DRL_CALL, sizeof(drl_call)};

void drl_release_call(drl_call *c) {
  dr_request *r = c->request;
  c->request = NULL;
  if (r != NULL) DR_NET(r->pool)->request_release(r);
  dr_buffer_free(&c->index);
  dr_buffer_free(&c->scratch);
}

drl_call *drl_check_call(lua_State *L, int index) {
  drl_call *c = drl_test(L, index, &call_type);
  if (c == NULL) drl_argument_type(L, index, DRL_CALL);
  return c;
}

/* What a slot holds, our code may be at work on. */
static int call_gc(lua_State *L) {
  drl_call *c = drl_check_call(L, 1);
  if (c->holder == DRL_HELD_BY_LUA) drl_release_call(c);
  return 0;
}

static const drl_type slot_type = {DRL_SLOT, sizeof(drl_slot)};

/* A function that returns the call has let it go. Also __gc: for coroutines that never go on, and
   where memory was refused to the call of __close. */
static int slot_close(lua_State *L) {
  drl_slot *s = drl_test(L, 1, &slot_type);
  drl_call *c = s != NULL ? s->call : NULL;
  if (c == NULL) return 0;
  s->call = NULL;
  if (c->holder != DRL_HELD_BY_LUA) drl_release_call(c);
  return 0;
}

drl_slot *drl_open_slot(lua_State *L) {
  drl_slot *s = lua_newuserdatauv(L, sizeof *s, 1);
  *s = (drl_slot){&slot_type, NULL};
  lua_pushvalue(L, -2);
  lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, DRL_SLOT);
  lua_insert(L, -2);
  lua_toclose(L, -2);
  return s;
}

void drl_call_class(lua_State *L) {
  static const luaL_Reg of_call[] = {{"__gc", call_gc}, {NULL, NULL}};
  static const luaL_Reg of_slot[] = {{"__close", slot_close}, {"__gc", slot_close}, {NULL, NULL}};
  drl_hidden_class(L, DRL_CALL, of_call);
  drl_hidden_class(L, DRL_SLOT, of_slot);
}

drl_call *drl_new_call(lua_State *L, int client) {
  dr_memory mem = drl_memory(L);
  client = lua_absindex(L, client);
  drl_call *c = lua_newuserdatauv(L, sizeof *c, DRL_CALL_NOTES);
  *c = (drl_call){.type = &call_type};
  dr_buffer_init(&c->index, mem, SIZE_MAX);
  dr_buffer_init(&c->scratch, mem, SIZE_MAX);
  luaL_setmetatable(L, DRL_CALL);
  lua_pushvalue(L, client);
  lua_setiuservalue(L, -2, DRL_CALL_CLIENT);
  drl_open_slot(L)->call = c;
  dr_pool *pool = drl_check_client(L, client)->pool; /* a finalizer may have closed it */
  c->request = DR_NET(pool)->request_new(pool);
  if (c->request == NULL) drl_memory_error(L);
  return c;
}
