/* deliver.h: the reply of a request that is done, as Lua results. */
#ifndef DRL_DELIVER_H
#define DRL_DELIVER_H

#include "call_value.h"

/* By the operation's reply kind: an object, a table, a page (items, next query or nil, total or
   nil), or true. An operation on the object itself (refresh, update) puts the reply into the object
   at index 1 and returns it; true when the reply had no body. Behind a success stand nil and the
   notes about the body, when there are any to keep (call_value.h). */
int drl_deliver_operation(lua_State *L, drl_call *call, int at);

/* A response table: status, headers (names in lower case), text. Good are 2xx, 404 for a DELETE
   whose earlier try may have deleted, and on the raw layer 303. */
int drl_deliver_raw(lua_State *L, drl_call *call, int at);

/* The same for a look at a job: good are 307 and 308, too, which its caller follows. */
int drl_deliver_followed(lua_State *L, drl_call *call, int at);

/* true, for a sleep. */
int drl_deliver_sleep(lua_State *L, drl_call *call, int at);

/* Sets field "path" of the table at `index` to the request's path below the endpoint, without its
   query; no field when there is none. */
void drl_set_path(lua_State *L, int index, const dr_request *r);

/* Sets a field of the table at `index` to the value of a reply header, when there is one and the
   reply does not echo the token. */
void drl_set_header(lua_State *L, int index, const dr_request *r, const char *header,
                    const char *field);

#endif
