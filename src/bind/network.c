/* network.c: the network's module, which is loaded when the first client is made: what needs no
   network never loads libcurl. */
#include "network.h"

#include <string.h>

#include <lauxlib.h>

#include "../core/version.h"
#include "errors.h"
#include "util.h"
#include "where.h"

const dr_net *drl_network(lua_State *L, dr_error *err) {
  lua_getfield(L, LUA_REGISTRYINDEX, DR_NET_KEY);
  const dr_net *net = lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (net != NULL && strcmp(net->version, DR_VERSION) == 0) return net;
  if (net == NULL)
    dr_error_set(err, DR_KIND_CONFIG, "the module " DR_NET_KEY " is not loaded");
  else
    dr_error_set(err, DR_KIND_CONFIG,
                 "the module " DR_NET_KEY " is of version %s, the rest of " DR_VERSION
                 "; install both anew",
                 net->version);
  return NULL;
}

int drl_load_network(lua_State *L) {
  dr_error error;
  drl_check_type(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  if (lua_getfield(L, LUA_REGISTRYINDEX, DR_NET_KEY) == LUA_TNIL) {
    lua_pushvalue(L, 1);
    lua_pushliteral(L, DR_NET_KEY);
    int status = lua_pcall(L, 1, 0, 0);
    if (status == LUA_ERRMEM) return lua_error(L);
    if (status != LUA_OK)
      return drl_failf(L, DR_KIND_CONFIG, "the module " DR_NET_KEY " cannot be loaded: %s",
                       luaL_tolstring(L, lua_gettop(L), NULL));
  }
  if (drl_network(L, &error) == NULL) return drl_fail(L, &error);
  lua_pushboolean(L, 1);
  return 1;
}
