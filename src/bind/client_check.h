/* client_check.h: the client that a call begins on. */
#ifndef DRL_CLIENT_CHECK_H
#define DRL_CLIENT_CHECK_H

#include "client_value.h"

/* The open client at `index`; raises an error of kind closed when it is closed. */
drl_client *drl_check_client(lua_State *L, int index);

#endif
