/* file.h: small files that hold settings and secrets, read whole and only if they are plain files.
 */
#ifndef DRL_FILE_H
#define DRL_FILE_H

#include <lua.h>

/* Whether scripts of this state may reach files through the module. Decided when the module is
   loaded: only where the state has the real io library then; a later load can take the right away,
   and never give it back. Every function that reads or writes a file for a script asks. */
void drl_decide_files(lua_State *L);
int drl_has_files(lua_State *L);

/* Returns nil and an error of kind config that says so; 2. */
int drl_no_files(lua_State *L, const char *what);

/* core.has_files() -> boolean, for the Lua half */
int drl_lua_has_files(lua_State *L);

/* core.read_file(path, max) -> text, who may write it besides its reader and root, who may read it:
   each "" (nobody), "its owner", "its group" or "others"; the ids of its owner and of the reader.
   nil, a text, and whether there is no such file for us, when it cannot be opened or read, is no
   plain file (a pipe would hold the process), or has more than `max` bytes. The core has it only
   where drl_has_files. */
int drl_read_file(lua_State *L);

#endif
