/* host.c: a program that embeds Lua and lua-datarobot and never waits for the network: the script's
   memory and instructions are limited, and each frame does what is ready. With it linked in:
     cc -DPRELOAD host.c $(pkg-config --cflags --libs lua-datarobot lua5.4)
   Without -DPRELOAD and that library require finds core.so and net.so by package.cpath. A script:
     local client = assert(require "datarobot".client())
     client:on_wait(coroutine.yield)         -- a call under way yields the client to the host
     print(client:version().version_string)  -- takes as many frames as it needs */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#define MOST_MEMORY ((size_t)32 << 20) /* bytes of the state, the module's included */
#define MOST_INSTRUCTIONS 10000000     /* of each coroutine, in all its frames */

int luaopen_datarobot_core(lua_State *L), luaopen_datarobot_net(lua_State *L);

static void *allocate(void *ud, void *ptr, size_t osize, size_t nsize) {
  size_t *used = ud, old = ptr != NULL ? osize : 0; /* without ptr, osize is a type */
  if (nsize > old && nsize - old > MOST_MEMORY - *used) return NULL;
  void *block = nsize ? realloc(ptr, nsize) : (free(ptr), NULL);
  if (block != NULL || nsize == 0) *used = *used - old + nsize;
  return block;
}

static void too_long(lua_State *L, lua_Debug *ar) {
  (void)ar;
  luaL_error(L, "the script runs too long");
}

/* The network's part of a frame, for all coroutines of the client that `co` has yielded. */
static void step(lua_State *L, lua_State *co, int results) {
  if (results == 0 || !lua_isuserdata(co, -results)) return;
  lua_pushvalue(co, -results);
  lua_xmove(co, L, 1);
  lua_getfield(L, -1, "step");
  lua_insert(L, -2);
  lua_call(L, 1, 0);
}

/* Protected: (path of the script). */
static int run(lua_State *L) {
  luaL_openlibs(L);
#ifdef PRELOAD
  luaL_requiref(L, "datarobot.core", luaopen_datarobot_core, 0);
  luaL_requiref(L, "datarobot.net", luaopen_datarobot_net, 0);
#endif
  lua_sethook(L, too_long, LUA_MASKCOUNT, MOST_INSTRUCTIONS);
  lua_State *co = lua_newthread(L); /* with the same hook */
  int results, status = luaL_loadfile(co, lua_touserdata(L, 1));
  if (status == LUA_OK) status = lua_resume(co, L, 0, &results);
  for (; status == LUA_YIELD; status = lua_resume(co, L, 0, &results)) {
    nanosleep(&(struct timespec){.tv_nsec = 16000000}, NULL); /* the rest of a frame */
    step(L, co, results);
    lua_pop(co, results);
  }
  if (status == LUA_OK) return 0;
  lua_xmove(co, L, 1);
  return lua_error(L);
}

static int message(lua_State *L) {
  luaL_tolstring(L, 1, NULL); /* errors of the module are tables */
  return 1;
}

int main(int argc, char **argv) {
  size_t used = 0;
  lua_State *L = argc > 1 ? lua_newstate(allocate, &used) : NULL;
  if (L == NULL) return EXIT_FAILURE;
  lua_pushcfunction(L, message), lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, argv[1]);
  int failed = lua_pcall(L, 1, 0, 1);
  if (failed) fprintf(stderr, "%s\n", lua_tostring(L, -1));
  lua_close(L);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
