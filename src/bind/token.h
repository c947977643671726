/* token.h: the client's token: from its options into the core, and renewed from its source. */
#ifndef DRL_TOKEN_H
#define DRL_TOKEN_H

#include <lua.h>

#include "client_value.h"

/* Reads the options token and token_type of the table at `options` for the new client at `client`.
   The token is a string, or a function f(again) -> token | nil: keep it [, err], which is asked
   before each call, and once more (again is true) after a 401. */
void drl_token_options(lua_State *L, int options, int client);

/* Pushes the token function of the client at `index` and returns 1; returns 0 when there is none,
   with nothing pushed. */
int drl_push_token_source(lua_State *L, int index);

/* The token function has returned nil and what is on top: nil and an error object, which is that
   value or shows it. Returns 2. */
int drl_token_failure(lua_State *L);

/* Takes the string at `token` as the token of the client at `client`. Raises when it is no string,
   empty, or holds a control character. */
void drl_token_set(lua_State *L, int client, int token);

#endif
