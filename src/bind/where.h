/* where.h: where in the script something went wrong, and how a wrong call is raised there. */
#ifndef DRL_WHERE_H
#define DRL_WHERE_H

#include <stddef.h>

#include <lua.h>

/* Pushes the place of the nearest Lua frame that is not ours, such as "script.lua:12"; nil where
   there is none, as in a host that calls a method from C. */
void drl_push_where(lua_State *L);

/* Pushes the name of the public function that the script called; nil when it is none of ours that
   has a name. */
void drl_push_caller(lua_State *L);

/* Raises a text at the script's line. */
int drl_raise(lua_State *L, const char *format, ...);

/* As luaL_argerror and luaL_typeerror, but at the script's line and with the name and the
   argument's number of the public function that it called. */
int drl_argument(lua_State *L, int arg, const char *text);
int drl_argument_type(lua_State *L, int arg, const char *expected);

/* As luaL_checktype and luaL_checklstring. */
void drl_check_type(lua_State *L, int arg, int type);
const char *drl_check_string(lua_State *L, int arg, size_t *len);

/* Adds own, name, raise, where and places to the table on top of the stack. */
void drl_where_functions(lua_State *L);

#endif
