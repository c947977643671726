/* client.h: the client object: configuration, token, pool; everything that is not one REST call. */
#ifndef DRL_CLIENT_H
#define DRL_CLIENT_H

#include <lua.h>

#include "../core/pool.h"
#include "util.h"

/* pool NULL: closed, or not yet open. */
typedef struct drl_client {
  const drl_type *type;
  dr_pool *pool;
  int64_t timeout;   /* ms of one call, 0: none */
  dr_buffer scratch; /* while the client is being made, or its token set */
  int has_source;    /* of the token: a function */
  int has_log;
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

/* Makes the class; pushes its method table. */
void drl_client_class(lua_State *L);

/* core.client(options[, source[, token_from]]): see config.lua for the meaning of the options; the
   texts say where endpoint and token were found. Returns the client, or nil and an error of kind
   config. */
int drl_client_new(lua_State *L);

/* core.check_client_options(options): raises for an option that nobody knows */
int drl_check_client_options(lua_State *L);

/* core.endpoint(text, allow_http) -> the endpoint in its usual form, or nil and what is wrong */
int drl_endpoint(lua_State *L);

/* core.jitter(client) -> a random number in [0, 1) that is no part of the state of math.random */
int drl_client_jitter(lua_State *L);

/* The open client at `index`; raises an error of kind closed when it is closed. */
drl_client *drl_check_client(lua_State *L, int index);

/* Pushes the wait function of the client at `index` and returns 1; returns 0 when there is none,
   with nothing pushed. */
int drl_push_wait_function(lua_State *L, int index);

#endif
