/* call.h: a REST operation and Lua arguments made into a request, and its reply into objects. */
#ifndef DRL_CALL_H
#define DRL_CALL_H

#include <lua.h>

/* Pushes a table of functions, one for each REST operation by its name: f(self, id..., body or
   query, options). `self` is the client, or an object whose ids begin the operation's path; others
   are refused. Those of the table "begin" in it, the lists and "get", return a call for core.finish
   (await.h) at once.
 */
void drl_push_calls(lua_State *L);

/* Adds the methods that are one request (data in call.c) to the method tables at these indices.
   They refuse an object of another class. */
void drl_add_methods(lua_State *L, int client, int deployment, int policy);

#endif
