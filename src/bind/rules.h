/* rules.h: rules across members: notes about a body that is legal and probably not meant so. */
#ifndef DRL_RULES_H
#define DRL_RULES_H

#include <lua.h>

#include "../core/json_read.h"
#include "../schema/schema.h"

/* Pushes the list of notes about `body`, the JSON that drl_encode has written of the table at
   `table` for the body of this schema: { {path=, pointer=, message=}, … }, empty when there is
   nothing to say; it prints readably.
   `context` is the index of a table { deployment=, settings=, retraining_settings=, policies= },
   of a deployment, or 0. Each is a table (read raw, in either spelling) or an object of this
   module, each may be absent: a rule without its context is silent. No Lua function is called;
   raises only "not enough memory". */
void drl_notes(lua_State *L, const dr_schema *schema, const dr_json *body, int table, int context);

/* Raises unless argument `arg` is a context for a body of this schema: nothing, a table of what is
   known, or the policy that a policy_update would change. Returns the stack index of that policy,
   pushed where it is a member of the table; 0 when there is none. */
int drl_check_context(lua_State *L, const dr_schema *schema, int arg);

/* The same where only that policy is of use. */
int drl_check_policy(lua_State *L, const dr_schema *schema, int arg);

#endif
