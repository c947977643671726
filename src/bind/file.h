/* file.h: small files that hold settings and secrets, read whole and only if they are plain files.
 */
#ifndef DRL_FILE_H
#define DRL_FILE_H

#include <lua.h>

/* core.read_file(path, max) -> text, who may write it besides its reader and root, who may read it:
   each "" (nobody), "its owner", "its group" or "others". nil, a text, and whether there is no such
   file for us, when it cannot be opened or read, is no plain file (a pipe would hold the process),
   or has more than `max` bytes. */
int drl_read_file(lua_State *L);

#endif
