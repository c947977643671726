/* limited.h: running a chunk that is not trusted, within limits that it cannot get round. */
#ifndef DRL_LIMITED_H
#define DRL_LIMITED_H

#include <lua.h>

/* core.run_limited(chunk, strings, limits) -> true and the chunk's first result; or false and its
   error. `strings` is what methods of strings are looked up in meanwhile, limits are {
   instructions=, seconds=, memory= } (memory: bytes above what the state has). The chunk runs in a
   thread of its own, no finalizer runs meanwhile, and whatever passes a limit ends all of it: an
   error in a hook goes through every pcall, of which the chunk's environment should have none. */
int drl_run_limited(lua_State *L);

#endif
