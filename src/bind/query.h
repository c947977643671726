/* query.h: the query of an address: a table's members, or what a page's `next` says. */
#ifndef DRL_QUERY_H
#define DRL_QUERY_H

#include "call_value.h"

/* Appends the query of an operation to the address of a call: a table, checked by the operation's
   schema, or the query part of a page's `next`; nothing for nil. Returns 0, or the number of
   results of a failure. Raises "not enough memory". */
int drl_query(lua_State *L, int index, drl_call *c);

/* The same for option `query` of the table at `options`: any names, as they are; values are
   strings, numbers, booleans or lists of these, one parameter for each element; dr.null is left
   out. Raises a bad argument for anything else. */
int drl_query_option(lua_State *L, int options, drl_call *c);

#endif
