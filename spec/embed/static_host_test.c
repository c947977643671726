/* static_host_test.c: a host that preloads the static library, with two states at a time. */
#include <stdio.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

int luaopen_datarobot_core(lua_State *L);
int luaopen_datarobot_net(lua_State *L);

/* No C module can be found beside the preloaded one. */
static const char script[] =
    "package.cpath = ''\n"
    "package.path = './lua/?.lua;./lua/?/init.lua'\n"
    "local core, net = ...\n"
    "package.preload['datarobot.core'] = core\n"
    "local dr = require 'datarobot'\n"
    "assert(dr._VERSION and dr.null)\n"
    "local ok, err = dr.validate('policy', { name = false })\n"
    "assert(not ok and dr.is_error(err) and err.kind == 'validation', tostring(err))\n"
    "local options = { endpoint = 'http://127.0.0.1:9', token = 'x', retries = 0 }\n"
    "local none, why = dr.client(options)\n"
    "assert(not none and why.kind == 'config' and why.message:find 'datarobot.net', "
    "tostring(why))\n"
    "package.preload['datarobot.net'] = net\n"
    "client = assert(dr.client(options))\n"
    "local reply, err = client:version()\n"
    "assert(not reply and err.kind == 'transport', tostring(err))\n";

static lua_State *run(void) {
  lua_State *L = luaL_newstate();
  if (L == NULL) return NULL;
  luaL_openlibs(L);
  int failed = luaL_loadstring(L, script);
  if (!failed) {
    lua_pushcfunction(L, luaopen_datarobot_core);
    lua_pushcfunction(L, luaopen_datarobot_net);
    failed = lua_pcall(L, 2, 0, 0);
  }
  if (!failed) return L;
  fprintf(stderr, "%s\n", lua_tostring(L, -1));
  lua_close(L);
  return NULL;
}

int main(void) {
  lua_State *first = run();
  lua_State *second = run();
  if (first != NULL) lua_close(first);
  if (second != NULL) lua_close(second);
  return first != NULL && second != NULL ? 0 : 1;
}
