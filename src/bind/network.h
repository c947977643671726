/* network.h: the network's module, which is loaded when the first client is made. */
#ifndef DRL_NETWORK_H
#define DRL_NETWORK_H

#include <lua.h>

#include "../net/net.h"

/* Its functions; NULL, the error of kind config, while it is not loaded, or of another version. */
const dr_net *drl_network(lua_State *L, dr_error *err);

/* core.load_network(require): loads it unless it is there.
   @param require function
   @return true|nil loaded
   @return datarobot.Error? err kind `config`: it is not installed, or lacks libcurl */
int drl_load_network(lua_State *L);

#endif
