/* workspace.c: two buffers of a function that writes or reads JSON, owned by a
   to-be-closed slot. */
#include "workspace.h"

#include <lauxlib.h>

#include "util.h"

static int workspace_close(lua_State *L) {
  drl_workspace *w = luaL_checkudata(L, 1, DRL_WORKSPACE);
  dr_buffer_free(&w->out);
  dr_buffer_free(&w->index);
  return 0;
}

void drl_workspace_class(lua_State *L) {
  static const luaL_Reg meta[] = {
      {"__close", workspace_close}, {"__gc", workspace_close}, {NULL, NULL}};
  drl_class(L, DRL_WORKSPACE, meta, NULL);
  lua_pop(L, 1);
}

drl_workspace *drl_new_workspace(lua_State *L) {
  drl_workspace *w = lua_newuserdatauv(L, sizeof *w, 0);
  dr_buffer_init(&w->out, drl_memory(L), SIZE_MAX);
  dr_buffer_init(&w->index, drl_memory(L), SIZE_MAX);
  luaL_setmetatable(L, DRL_WORKSPACE);
  lua_toclose(L, lua_gettop(L));
  return w;
}

void drl_parse_own(lua_State *L, drl_workspace *w, dr_json *j) {
  dr_error error;
  dr_kind kind = dr_json_parse(w->out.data, w->out.len, &w->index, j, &error);
  if (kind == DR_KIND_MEMORY) drl_memory_error(L);
  if (kind != DR_KIND_NONE) luaL_error(L, "own JSON: %s", error.message);
}
