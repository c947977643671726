/* module.c: luaopen_datarobot_net, the only code of src/net that knows Lua: it leaves its table of
   functions in the registry, where the core looks for it and scripts cannot reach. */
#include <lauxlib.h>
#include <lua.h>

#include "../core/version.h"
#include "net.h"

__attribute__((visibility("default"))) int luaopen_datarobot_net(lua_State *L) {
  luaL_checkversion(L);
  lua_pushlightuserdata(L, (void *)&dr_net_functions);
  lua_setfield(L, LUA_REGISTRYINDEX, DR_NET_KEY);
  lua_pushboolean(L, 1);
  return 1;
}
