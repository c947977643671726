/* client.h: the client object: configuration, token, pool; everything that is not one REST call. */
#ifndef DRL_CLIENT_H
#define DRL_CLIENT_H

#include <lua.h>

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

#endif
