/* files.h: whether the state that loads the server has files at all; the world has a state with all
   of Lua's libraries, where any Lua file can be named as a module. The rule is that of bind/file.h.
 */
#ifndef SANDBOX_FILES_H
#define SANDBOX_FILES_H

#include <lua.h>

/* Called when the server's module is loaded: only a state with the real io library may start one.
 */
void sandbox_decide_files(lua_State *L);
int sandbox_has_files(lua_State *L);

/* Pushes nil and a text that says so; returns 2. */
int sandbox_no_files(lua_State *L);

#endif
