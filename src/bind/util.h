/* util.h: what every Lua class of the module needs: classes, checks, option tables. */
#ifndef DRL_UTIL_H
#define DRL_UTIL_H

#include <stddef.h>

#include <lauxlib.h>
#include <lua.h>

#include "../core/memory.h"

/* Class names, shown by Lua's own messages; those of entities are in schema/classes.c. */
#define DRL_CLIENT "datarobot.client"
#define DRL_SCHEDULE "datarobot.schedule"
#define DRL_RESPONSE "datarobot.response"
#define DRL_ERROR "datarobot.error"
#define DRL_ARRAY "datarobot.array"         /* a list of a reply, or one marked by dr.array */
#define DRL_OBJECT "datarobot.object"       /* an object of a reply as a plain table */
#define DRL_CALL "datarobot.call"           /* a request under way; never seen by a user */
#define DRL_SLOT "datarobot.slot"           /* lets go of a call; never seen by a user */
#define DRL_WORKSPACE "datarobot.workspace" /* buffers of one function */

/* What a userdata of ours is known by, beside its metatable, which a script can put on a table and
   the debug library on anything: the first member of its struct points here. */
typedef struct drl_type {
  const char *name; /* of its class */
  size_t size;      /* of its struct, at least */
} drl_type;

extern const drl_type drl_client_type, drl_schedule_type;

/* The state's own allocator. */
dr_memory drl_memory(lua_State *L);

/* Raises Lua's "not enough memory" for an allocation of ours that failed. */
int drl_memory_error(lua_State *L);

/* Room for n more slots of the stack, at most 90. Raises as Lua does, which knows whether it lacks
   stack ("stack overflow") or memory. */
void drl_check_stack(lua_State *L, int n);

/* Makes the class `name` with these metamethods and leaves its metatable on the stack; when
   `methods` is not NULL, __index is a table of them. Made once a state. */
void drl_class(lua_State *L, const char *name, const luaL_Reg *metamethods,
               const luaL_Reg *methods);

/* The same for what no script is to finalize: getmetatable gives false. Leaves nothing. */
void drl_hidden_class(lua_State *L, const char *name, const luaL_Reg *metamethods);

/* The object of this type at `index`, or NULL. */
void *drl_test(lua_State *L, int index, const drl_type *type);

/* The object of a method, at index 1; raises unless it is of the type. */
void *drl_check_self(lua_State *L, const drl_type *type);

/* Raises for a method whose object, at index 1, is not what is expected (a class name, or words).
   One that was called on no object, as with a dot, gets an error that asks for a colon. */
int drl_bad_self(lua_State *L, const char *expected);

/* Raises unless the value at `index` is nil, absent, or a table whose keys are all in the
   NULL-terminated list; a slip is answered with the nearest name. */
void drl_check_options(lua_State *L, int index, const char *const *names);

/* Pushes option `name` of the table at `index`, read raw; pushes nil when there is no table.
   Returns its type. */
int drl_option(lua_State *L, int index, const char *name);

/* A duration in seconds, as milliseconds. `otherwise` (ms) when the option is absent. Raises unless
   it is a number > 0 (math.huge: no limit, returned as 0). */
long long drl_option_ms(lua_State *L, int index, const char *name, long long otherwise);

/* An integer within [min, max]. */
lua_Integer drl_option_integer(lua_State *L, int index, const char *name, lua_Integer min,
                               lua_Integer max, lua_Integer otherwise);

/* A boolean. */
int drl_option_boolean(lua_State *L, int index, const char *name, int otherwise);

/* A string without bytes < 0x20 or 0x7f (it may reach a header or an address); pushes it and
   returns it, or pushes nil and returns NULL when absent. */
const char *drl_option_text(lua_State *L, int index, const char *name, size_t *len);

#endif
