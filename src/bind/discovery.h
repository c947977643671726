/* discovery.h: the schema tables and REST operations as plain Lua data, for help and reference. */
#ifndef DRL_DISCOVERY_H
#define DRL_DISCOVERY_H

#include <lua.h>

/* core.schemas() -> { kinds, queries, enums, operations }: lists in the order of the tables. It is
   built anew at each call, so that no state pays for what it does not ask.
   A kind or query: name, doc, open, not_empty, read_only (wire names), fields.
   A field: name (Lua), wire, type, doc, required, nullable, enum, words, min, max, min_length,
   max_length, schema (name of the nested one), fields, item, fill ("false", "null", "daily"),
   expected (what is allowed, as messages say it).
   An enum: name, words. An operation: name, method, path, body, query, reply, item, retry, source,
   doc. What does not apply is absent. */
int drl_schemas(lua_State *L);

/* core.nearest(given, words) -> the word of the list that looks most like `given`, or nil. */
int drl_nearest(lua_State *L);

/* core.metric(name) -> 1 where greater values are better, -1 where smaller ones are; nil for what
   is no metric. */
int drl_metric(lua_State *L);

#endif
