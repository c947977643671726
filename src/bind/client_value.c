/* client_value.c: a client as a value: what it holds. */
#include "client_value.h"

const drl_type drl_client_type = {DRL_CLIENT, sizeof(drl_client)};

int drl_push_wait_function(lua_State *L, int index) {
  if (lua_getiuservalue(L, index, DRL_CLIENT_WAIT) != LUA_TNIL) return 1;
  lua_pop(L, 1);
  return 0;
}
