/* workspace.h: two buffers of a function that writes or reads JSON, owned by a
   to-be-closed slot. */
#ifndef DRL_WORKSPACE_H
#define DRL_WORKSPACE_H

#include <lua.h>

#include "../core/buffer.h"
#include "../core/json_read.h"

typedef struct drl_workspace {
  dr_buffer out;   /* text */
  dr_buffer index; /* tokens */
} drl_workspace;

/* Makes the class; once a state, before the first workspace. */
void drl_workspace_class(lua_State *L);

/* Pushes an empty workspace whose memory is given back when its slot is closed: when the function
   returns or raises. */
drl_workspace *drl_new_workspace(lua_State *L);

/* The view of the text in `out`, which is of our own writing; valid while the workspace is open.
   Raises "not enough memory". */
void drl_parse_own(lua_State *L, drl_workspace *w, dr_json *j);

#endif
