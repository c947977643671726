/* workspace.c: two buffers of a function that writes or reads JSON, owned by a
   to-be-closed slot. */
#include "workspace.h"

#include <lauxlib.h>

#include "util.h"
#include "where.h"

/* The address is the registry key of the first workspace. */
static const char first_key = 0;

/* A buffer that has grown beyond this is given back after each use. */
#define KEPT 4096

static void finish(dr_buffer *b, size_t most) {
  if (b->size > most)
    dr_buffer_free(b);
  else
    dr_buffer_clear(b);
}

/* The first one is known without a look at its class, which would take longer than the rest. */
static int workspace_close(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &first_key);
  drl_workspace *w = lua_touserdata(L, -1);
  if (!lua_rawequal(L, 1, -1)) w = luaL_checkudata(L, 1, DRL_WORKSPACE);
  if (w->secret) dr_buffer_wipe(&w->out);
  finish(&w->out, w->first ? KEPT : 0);
  finish(&w->index, w->first ? KEPT : 0);
  w->taken = 0;
  return 0;
}

static int workspace_gc(lua_State *L) {
  drl_workspace *w = luaL_checkudata(L, 1, DRL_WORKSPACE);
  dr_buffer_free(&w->out);
  dr_buffer_free(&w->index);
  w->taken = 1; /* for finalizers that run later while the state is closed */
  return 0;
}

static drl_workspace *push_new(lua_State *L) {
  drl_workspace *w = lua_newuserdatauv(L, sizeof *w, 0);
  dr_buffer_init(&w->out, drl_memory(L), DRL_BODY_MAX);
  dr_buffer_init(&w->index, drl_memory(L), SIZE_MAX);
  w->taken = w->first = w->secret = 0;
  luaL_setmetatable(L, DRL_WORKSPACE);
  return w;
}

void drl_workspace_class(lua_State *L) {
  static const luaL_Reg meta[] = {
      {"__close", workspace_close}, {"__gc", workspace_gc}, {NULL, NULL}};
  drl_hidden_class(L, DRL_WORKSPACE, meta);
  push_new(L)->first = 1;
  lua_rawsetp(L, LUA_REGISTRYINDEX, &first_key);
}

drl_workspace *drl_new_workspace(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &first_key);
  drl_workspace *w = lua_touserdata(L, -1);
  if (w->taken) {
    lua_pop(L, 1);
    w = push_new(L);
  }
  lua_toclose(L, lua_gettop(L));
  w->out.mem = w->index.mem = drl_memory(L); /* a host may have changed it */
  w->taken = 1;
  w->secret = 0;
  return w;
}

void drl_parse_own(lua_State *L, drl_workspace *w, dr_json *j) {
  dr_error error;
  const char *text = dr_buffer_cstr(&w->out);
  if (text == NULL) drl_memory_error(L);
  dr_kind kind = dr_json_parse(text, w->out.len, &w->index, j, &error);
  if (kind == DR_KIND_MEMORY) drl_memory_error(L);
  if (kind != DR_KIND_NONE) drl_raise(L, "own JSON: %s", error.message);
}
