/* limited.c: running a chunk that is not trusted, within limits that it cannot get round. */
#include "limited.h"

#include <lauxlib.h>

#include "../core/clock.h"
#include "util.h"
#include "where.h"

/* What a run may use. The allocator that it stands in for is the state's own. */
typedef struct limits {
  lua_Alloc alloc;
  void *data;
  lua_Integer instructions;
  int64_t deadline;
  size_t used, memory;
  int refused; /* memory, by the limit */
} limits;

/* {=== memory ===} */

static void *allocate(void *data, void *block, size_t old, size_t size) {
  limits *l = data;
  size_t had = block != NULL ? old : 0;
  if (size > had && l->used + (size - had) > l->memory) {
    l->refused = 1;
    return NULL;
  }
  void *given = l->alloc(l->data, block, old, size);
  if (given == NULL && size != 0) return NULL;
  size_t more = size > had ? size - had : 0, less = had > size ? had - size : 0;
  l->used = l->used + more > less ? l->used + more - less : 0;
  return given;
}

/* {=== instructions and time ===} */

/* The address is the registry key of the limits of the run under way, of which there is one. */
static const char limits_key;

static void look(lua_State *L, lua_Debug *unused) {
  (void)unused;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &limits_key);
  limits *l = lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (l == NULL) return;
  l->instructions--;
  if (l->instructions >= 0 && dr_now() <= l->deadline) return;
  lua_pushliteral(L, "it takes too long");
  lua_error(L); /* again at the next instruction, if something catches it */
}

/* {=== the methods of strings ===} */

/* The metatable of strings is at `meta`, or nil. Sets what their methods are looked up in to the
   value on top, which it pops. Nothing is allocated, since the member is there. */
static void set_methods(lua_State *L, int meta) {
  if (lua_istable(L, meta))
    lua_rawset(L, meta);
  else
    lua_pop(L, 2);
}

/* Pushes the metatable of strings, "__index" and what is there; nil in place of the first where
   strings have no methods. */
static void push_methods(lua_State *L) {
  lua_pushliteral(L, "");
  if (!lua_getmetatable(L, -1)) lua_pushnil(L);
  lua_remove(L, -2);
  lua_pushliteral(L, "__index");
  lua_pushnil(L);
  if (!lua_istable(L, -3)) return;
  lua_pushvalue(L, -2);
  lua_rawget(L, -4);
  lua_replace(L, -2);
  if (!lua_isnil(L, -1)) return;
  lua_pushnil(L);
  lua_replace(L, -4);
}

static lua_Integer limit(lua_State *L, const char *name) {
  drl_check_type(L, 3, LUA_TTABLE);
  lua_getfield(L, 3, name);
  lua_Integer n = luaL_checkinteger(L, -1);
  lua_pop(L, 1);
  return n;
}

/* Runs the thread. Nothing in here raises in L: what is changed of the state is given back. */
static int run(lua_State *L, lua_State *thread, limits *l, int *results) {
  int collects = lua_gc(L, LUA_GCISRUNNING);
  lua_pushvalue(L, 5);
  lua_pushvalue(L, 2);
  set_methods(L, 4);
  if (collects) lua_gc(L, LUA_GCSTOP);
  l->alloc = lua_getallocf(L, &l->data);
  lua_setallocf(L, allocate, l);
  int status = lua_resume(thread, L, 0, results);
  lua_setallocf(L, l->alloc, l->data);
  if (collects) lua_gc(L, LUA_GCRESTART);
  lua_sethook(thread, NULL, 0, 0);
  lua_pushvalue(L, 5);
  lua_pushvalue(L, 6);
  set_methods(L, 4);
  return status;
}

int drl_run_limited(lua_State *L) {
  limits l = {.used = 0};
  int results;
  drl_check_type(L, 1, LUA_TFUNCTION);
  drl_check_type(L, 2, LUA_TTABLE);
  lua_settop(L, 3);
  l.instructions = limit(L, "instructions");
  l.deadline = dr_now() + limit(L, "seconds") * 1000;
  l.memory = (size_t)limit(L, "memory");
  drl_check_stack(L, 16);
  push_methods(L); /* 4 the metatable, 5 the name, 6 what is there */
  lua_pushlightuserdata(L, &l);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &limits_key);
  lua_State *thread = lua_newthread(L); /* 7 */
  lua_pushvalue(L, 1);
  lua_xmove(L, thread, 1);
  lua_sethook(thread, look, LUA_MASKCOUNT, 1);
  int status = run(L, thread, &l, &results);
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &limits_key);
  if (status == LUA_ERRMEM && !l.refused) return drl_memory_error(L);
  lua_pushboolean(L, status == LUA_OK);
  if (status == LUA_OK && results == 0) lua_pushnil(thread);
  if (status == LUA_OK && results > 1) lua_pop(thread, results - 1);
  lua_xmove(thread, L, 1);
  return 2;
}
