/* encode.h: validation: a Lua table checked and written by its schema, in one pass. */
#ifndef DRL_ENCODE_H
#define DRL_ENCODE_H

#include <lua.h>

#include "../core/buffer.h"
#include "../core/json_read.h"
#include "../core/schedule.h"
#include "../schema/schema.h"
#include "util.h"

/* A schedule object (schedule_object.c). */
typedef struct drl_schedule {
  const drl_type *type;
  dr_schedule set;
} drl_schedule;

/* Checks the value at `index` against `schema` and appends its JSON to `out`, members in schema
   order. `base`, when not NULL, is the snapshot an update starts from: token `base_token` is the
   object, and each nested object that the table names is completed from it.
   Returns 1, the stack as before; or 0 with a list of problems pushed:
   { {path=, pointer=, message=, got=, expected=}, … } in schema order.
   Where `out` reaches its cap the list says so, and out->fault is set (drl_fail_body).
   Reads raw only. `out` is owned by the caller: may raise "not enough memory", nothing else. */
int drl_encode(lua_State *L, int index, const dr_schema *schema, const dr_json *base,
               uint32_t base_token, dr_buffer *out);

/* The same for the value of one field, such as a schedule given as cron text. */
int drl_encode_field(lua_State *L, int index, const dr_field *f, const dr_json *base,
                     uint32_t base_token, dr_buffer *out);

/* Any Lua value as JSON, names as given, for the raw layer: tables with the list mark or keys
   1…n are arrays, other tables objects, an empty table without mark an object. Same returns. */
int drl_encode_any(lua_State *L, int index, dr_buffer *out);

/* Pushes the metatable that marks a table as a list (dr.array). */
void drl_push_list_mark(lua_State *L);

#endif
