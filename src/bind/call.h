/* call.h: a REST operation and Lua arguments made into a request, and its reply into objects. */
#ifndef DRL_CALL_H
#define DRL_CALL_H

#include <lua.h>

#include "../schema/classes.h"

/* Pushes a table of functions, one for each REST operation by its name: f(self, id..., body or
   query, options). `self` is an object of the operation's class or of its parent's; others are
   refused. Those of the table "begin" in it, the lists and "get", return a call for core.finish
   (await.h) at once.
 */
void drl_push_calls(lua_State *L);

/* Adds the methods of the class that are one operation to the method table on top. They refuse an
   object of another class. */
void drl_add_methods(lua_State *L, dr_class_id class);

/* Adds the client's methods that know no operation: the raw layer and `sleep`. */
void drl_add_raw_methods(lua_State *L);

#endif
