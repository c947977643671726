/* schedule_object.h: the Lua class of schedules (dr.schedule): five sets that never change. */
#ifndef DRL_SCHEDULE_OBJECT_H
#define DRL_SCHEDULE_OBJECT_H

#include <lua.h>

/* Makes the class and pushes its table of methods, which the Lua half completes. */
void drl_schedule_class(lua_State *L);

/* core.schedule(x) -> schedule | nil, err: x is cron text, five lists or a schedule. */
int drl_schedule_new(lua_State *L);

/* core.schedule_times(schedule [, {count=, after=}]) -> list of seconds since 1970: the next times
   strictly after `after` (seconds since 1970 or ISO 8601 text, default now), at most `count`
   (default 10); it ends early where the next time is more than 8 years away. */
int drl_schedule_times(lua_State *L);

#endif
