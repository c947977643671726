/* plugin.c: a part of a program that is loaded by dlopen and brings liblua with it. */
#include <lauxlib.h>
#include <lualib.h>

const char *run_script(const char *path, const char *cpath);

/* Requires the module; returns NULL, or why that failed. */
__attribute__((visibility("default"))) const char *run_script(const char *path, const char *cpath) {
  static char message[1024];
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  lua_pushstring(L, path);
  lua_pushstring(L, cpath);
  int failed = luaL_loadstring(L, "package.path, package.cpath = ... require 'datarobot'");
  lua_insert(L, 1);
  failed = failed || lua_pcall(L, 2, 0, 0);
  message[0] = '\0';
  for (size_t i = 0; failed && i + 1 < sizeof message && lua_tostring(L, -1)[i]; i++) {
    message[i] = lua_tostring(L, -1)[i];
    message[i + 1] = '\0';
  }
  lua_close(L);
  return failed ? message : NULL;
}
