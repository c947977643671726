/* safe_point.h: where the host's hook and Ctrl-C act while our code works or waits. */
#ifndef DRL_SAFE_POINT_H
#define DRL_SAFE_POINT_H

#include <lua.h>

/* Makes the function of this state that is called there. */
void drl_make_safe_point(lua_State *L);

/* Lets the host's hook and Ctrl-C act, which may raise: for what takes long without a call into
   Lua. */
void drl_safe_point(lua_State *L);

#endif
