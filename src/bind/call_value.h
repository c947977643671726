/* call_value.h: a call under way as a value, and the slot that lets it go. */
#ifndef DRL_CALL_VALUE_H
#define DRL_CALL_VALUE_H

#include <lua.h>

#include "../net/net.h"
#include "../schema/operations.h"
#include "util.h"

typedef struct drl_call drl_call;

/* Pushes the results of a request that is done; may raise. `at` is the call's stack index. Returns
   the number of results. */
typedef int (*drl_deliver)(lua_State *L, drl_call *call, int at);

/* Whose a call is. */
typedef enum drl_holder {
  DRL_HELD_BY_SLOT, /* a to-be-closed slot: the end of the function gives all of it back */
  DRL_LEAVING_SLOT, /* the slot's until the function that begins it returns it */
  DRL_HELD_BY_LUA,  /* begun and not yet finished: the collector, or core.drop */
} drl_holder;

/* Whether the client's token function is to be asked. */
typedef enum drl_ask {
  DRL_ASK_NOT,
  DRL_ASK_BEFORE, /* before the request is sent */
  DRL_ASK_AGAIN   /* after a 401 */
} drl_ask;

/* A request under way, owned by a userdata that a to-be-closed slot below it lets go: an error, a
   closed coroutine or the end of the method gives all of it back. Tasks hand it around, so scripts
   get hold of it: it has no __close that a variable of theirs could call, and its __gc does nothing
   to what a slot holds. User values: the client; the notes about the body that it sends, or nil. */
enum { DRL_CALL_CLIENT = 1, DRL_CALL_NOTES };

struct drl_call {
  const drl_type *type;
  dr_request *request;
  dr_buffer index;   /* of the reply, or of a query */
  dr_buffer scratch; /* while the request is being built */
  const dr_operation *operation;
  drl_deliver deliver;
  drl_holder holder;
  drl_ask ask;
  int asked_again;
  int noted;        /* there are notes that the log function was not given */
  int64_t started;  /* monotonic ms */
  int64_t waited;   /* ms blocked since the last safe point */
  unsigned logged;  /* events that the log function was given (log.c) */
  unsigned replied; /* the attempt whose reply was logged */
};

/* Makes the classes of calls and of slots. */
void drl_call_class(lua_State *L);

/* Pushes a to-be-closed slot and above it a new call for the client at `client`; the request is in
   DR_PHASE_NEW and holds the client's pool from now on, whatever finalizers do. Raises when memory
   is refused or the client is closed. */
drl_call *drl_new_call(lua_State *L, int client);

/* The call at `index`; raises where something else is. */
drl_call *drl_check_call(lua_State *L, int index);

/* Gives back what the call owns, which is over afterwards. */
void drl_release_call(drl_call *c);

/* What stands in a to-be-closed slot, below its call. No script ever has one. */
typedef struct drl_slot {
  const drl_type *type;
  drl_call *call; /* the user value; NULL: not yet the slot's */
} drl_slot;

/* Puts a to-be-closed slot below the call on top, which is not yet the slot's. */
drl_slot *drl_open_slot(lua_State *L);

#endif
