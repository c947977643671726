/* terminal.h: what a program asks of its terminal and of its output. */
#ifndef DRL_TERMINAL_H
#define DRL_TERMINAL_H

#include <lua.h>

/* core.is_terminal(file) -> whether an open Lua file is a terminal; false for any other value */
int drl_is_terminal(lua_State *L);

/* core.terminal_width(file) -> columns; nil where the file is no terminal or its width is unknown
 */
int drl_terminal_width(lua_State *L);

/* core.keep_broken_pipes(): a write into a pipe that nobody reads fails from now on, where it ends
   the process by default. For a program of its own, the command line: a library leaves signals
   alone. */
int drl_keep_broken_pipes(lua_State *L);

#endif
