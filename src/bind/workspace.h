/* workspace.h: two buffers of a function that writes or reads JSON, owned by a
   to-be-closed slot. */
#ifndef DRL_WORKSPACE_H
#define DRL_WORKSPACE_H

#include <lua.h>

#include "../core/buffer.h"
#include "../core/json_read.h"

/* Most bytes of JSON that a table may make: one whose members are the same tables again and again
   would fill the memory else. */
#define DRL_BODY_MAX ((size_t)64 << 20)

typedef struct drl_workspace {
  dr_buffer out;   /* text, at most DRL_BODY_MAX bytes */
  dr_buffer index; /* tokens */
  int taken;       /* a function is using it */
  int first;       /* the state's own */
  int secret;      /* set by a function that reads a secret into `out`: wiped in the end */
} drl_workspace;

/* Makes the class and the state's first workspace; once a state. */
void drl_workspace_class(lua_State *L);

/* Pushes an empty workspace that is given back when its slot is closed: when the function returns
   or raises. Mostly it is the state's first one, whose memory is kept as long as it is small; a
   function that runs inside another one, as a finalizer may, gets one of its own. */
drl_workspace *drl_new_workspace(lua_State *L);

/* The view of the text in `out`, which is of our own writing; valid while the workspace is open.
   Raises "not enough memory". */
void drl_parse_own(lua_State *L, drl_workspace *w, dr_json *j);

#endif
