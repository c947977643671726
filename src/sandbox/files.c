/* files.c: whether the state that loads the server has files at all. */
#include "files.h"

#include <lauxlib.h>

/* Registry key, shared with bind/file.c: what is loaded first decides for both. */
#define FILES_KEY "datarobot.files"

static int has_real_io(lua_State *L) {
  int top = lua_gettop(L), real = 0;
  if (luaL_getmetatable(L, LUA_FILEHANDLE) == LUA_TTABLE &&
      lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE) == LUA_TTABLE) {
    lua_pushliteral(L, "io");
    if (lua_rawget(L, -2) == LUA_TTABLE) {
      lua_pushliteral(L, "open");
      lua_rawget(L, -2);
      real = lua_iscfunction(L, -1);
    }
  }
  lua_settop(L, top);
  return real;
}

void sandbox_decide_files(lua_State *L) {
  int decided = lua_getfield(L, LUA_REGISTRYINDEX, FILES_KEY);
  int allowed = decided != LUA_TBOOLEAN || lua_toboolean(L, -1);
  lua_pop(L, 1);
  lua_pushboolean(L, allowed && has_real_io(L));
  lua_setfield(L, LUA_REGISTRYINDEX, FILES_KEY);
}

int sandbox_has_files(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, FILES_KEY);
  int allowed = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return allowed;
}

int sandbox_no_files(lua_State *L) {
  lua_pushnil(L);
  lua_pushliteral(L, "the sandbox reads files, and this host gives no access to files");
  return 2;
}
