/* await.h: the one place that waits for a request, yields, and turns its result into Lua values. */
#ifndef DRL_AWAIT_H
#define DRL_AWAIT_H

#include <lua.h>

#include "../core/pool.h"
#include "../schema/operations.h"

typedef struct drl_call drl_call;

/* Pushes the results of a request that is done; may raise. `at` is the call's stack index. Returns
   the number of results. */
typedef int (*drl_deliver)(lua_State *L, drl_call *call, int at);

/* A request under way, owned by a userdata in a to-be-closed slot: an error, a closed coroutine or
   the end of the method gives all of it back. User value 1: the client. */
struct drl_call {
  dr_request *request;
  dr_buffer index;   /* of the reply, or of a query */
  dr_buffer scratch; /* while the request is being built */
  const dr_operation *operation;
  drl_deliver deliver;
};

/* Makes the class and the safe point of this state. */
void drl_await_class(lua_State *L);

/* Pushes a new call for the client at `client` and makes its slot to-be-closed; the request is in
   DR_PHASE_NEW. Raises when memory is refused. */
drl_call *drl_new_call(lua_State *L, int client, dr_pool *pool);

/* Submits the request of the call at stack index `at` and waits for it, by blocking with safe
   points or by the client's wait function. `return drl_await(L, at);` */
int drl_await(lua_State *L, int at);

#endif
