/* signals.c: waiting for a signal to end, for programs. */

#include "signals.h"

#include <pthread.h>
#include <signal.h>

int sandbox_wait_signal(lua_State *L) {
  sigset_t wanted, before;
  int number = 0;
  lua_settop(L, 1);
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &wanted, &before);
  int status = lua_isnil(L, 1) ? LUA_OK : lua_pcall(L, 0, 0, 0);
  if (status == LUA_OK) sigwait(&wanted, &number);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (status != LUA_OK) return lua_error(L);
  lua_pushstring(L, number == SIGINT ? "SIGINT" : "SIGTERM");
  return 1;
}
