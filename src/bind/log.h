/* log.h: what happens to a call, as events for the client's log function. */
#ifndef DRL_LOG_H
#define DRL_LOG_H

#include <lua.h>

#include "call_value.h"

/* Pushes the log function of the client at `client` and the next event of the call, and returns 1;
   returns 0 with nothing pushed when there is no function or no news. `at` is the call's stack
   index. Events hold the address's path and no more of the request: no query, header or body. Never
   called in RUN. */
int drl_push_event(lua_State *L, drl_call *call, int client, int at);

#endif
