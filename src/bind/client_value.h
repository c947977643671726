/* client_value.h: a client as a value: what it holds. */
#ifndef DRL_CLIENT_VALUE_H
#define DRL_CLIENT_VALUE_H

#include <lua.h>

#include "../net/net.h"
#include "util.h"

/* pool NULL: closed, or not yet open. */
typedef struct drl_client {
  const drl_type *type;
  dr_pool *pool;
  int64_t timeout;   /* ms of one call, 0: none */
  dr_buffer scratch; /* while the client is being made, or its token set */
  int has_source;    /* of the token: a function */
  int has_log;
  int read_only; /* what would write is refused before it is sent */
} drl_client;

/* User values: where endpoint and token were found, and the token alone (texts); functions, each or
   nil: to wait, for log events, for the token; the first word of the Authorization header (or nil).
 */
enum {
  DRL_CLIENT_SOURCE = 1,
  DRL_CLIENT_WAIT,
  DRL_CLIENT_LOG,
  DRL_CLIENT_TOKEN,
  DRL_CLIENT_WORD,
  DRL_CLIENT_TOKEN_FROM,
  DRL_CLIENT_VALUES = DRL_CLIENT_TOKEN_FROM,
};

/* Pushes the wait function of the client at `index` and returns 1; returns 0 when there is none,
   with nothing pushed. */
int drl_push_wait_function(lua_State *L, int index);

#endif
