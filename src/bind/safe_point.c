/* safe_point.c: where the host's hook and Ctrl-C act while our code works or waits. */
#include "safe_point.h"

#include <lauxlib.h>

#include "util.h"

/* A count hook of at most so many instructions looks at a clock: a safe point runs them all. A
   greater count is a budget of what the script does, which waiting leaves alone. */
#define CLOCK_COUNT 1000

/* The address is the registry key of the function that is the safe point. */
static const char safe_point_key = 0;

void drl_make_safe_point(lua_State *L) {
  if (luaL_loadstring(L, "for _ = 1, ... do end") != LUA_OK) lua_error(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &safe_point_key);
}

/* Lets the host's hook and Ctrl-C act while no C library has a frame on the stack: a call and a
   line of less than ten instructions, or as many as a count hook with a clock waits for. */
void drl_safe_point(lua_State *L) {
  int n = 0;
  if (lua_gethook(L) == NULL) return;
  drl_check_stack(L, 4);
  if (lua_gethookmask(L) & LUA_MASKCOUNT) n = lua_gethookcount(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &safe_point_key);
  lua_pushinteger(L, n <= CLOCK_COUNT ? n : 0);
  lua_call(L, 1, 0);
}
