/* times.h: times of replies and queries, for the Lua half. */
#ifndef DRL_TIMES_H
#define DRL_TIMES_H

#include <lua.h>

/* core.utc() -> seconds since the epoch, a whole number
   core.utc(text) -> the same of a time as replies have it, or nil when it is none */
int drl_utc(lua_State *L);

/* core.time_text(seconds) -> "2026-01-31T09:00:00Z", or nil beyond the years 0 to 9999 */
int drl_time_text(lua_State *L);

#endif
