/* token.c: the client's token: from its options into the core, and renewed from its source. */
#include "token.h"

#include <string.h>

#include <lauxlib.h>

#include "errors.h"
#include "util.h"
#include "where.h"

/* The value of the Authorization header, in one block so that wiping it leaves no copy. */
static void authorize(lua_State *L, drl_client *c, const char *word, const char *token,
                      size_t len) {
  dr_buffer_clear(&c->scratch);
  dr_buffer_reserve(&c->scratch, strlen(word) + len + 2);
  dr_buffer_adds(&c->scratch, word);
  dr_buffer_addc(&c->scratch, ' ');
  dr_buffer_add(&c->scratch, token, len);
  dr_fault fault = c->scratch.fault;
  if (fault == DR_FAULT_NONE)
    fault = DR_NET(c->pool)->authorize(c->pool, c->scratch.data, c->scratch.len, strlen(word) + 1);
  dr_buffer_wipe(&c->scratch);
  if (fault != DR_FAULT_NONE) drl_memory_error(L);
}

void drl_token_options(lua_State *L, int options, int client) {
  size_t len, wlen;
  drl_client *c = lua_touserdata(L, client);
  const char *word = drl_option_text(L, options, "token_type", &wlen);
  lua_setiuservalue(L, client, DRL_CLIENT_WORD);
  if (drl_option(L, options, "token") == LUA_TFUNCTION) {
    c->has_source = 1;
    lua_setiuservalue(L, client, DRL_CLIENT_TOKEN);
    return;
  }
  const char *token = drl_option_text(L, options, "token", &len);
  if (token == NULL || len == 0) drl_argument(L, options, "option 'token': a string expected");
  authorize(L, c, word != NULL ? word : "Bearer", token, len);
  lua_pop(L, 2);
}

int drl_push_token_source(lua_State *L, int index) {
  const drl_client *c = lua_touserdata(L, index);
  if (!c->has_source) return 0;
  lua_getiuservalue(L, index, DRL_CLIENT_TOKEN);
  return 1;
}

int drl_token_failure(lua_State *L) {
  int got = lua_gettop(L), is_error = 0;
  if (lua_istable(L, got) && lua_getmetatable(L, got)) {
    luaL_getmetatable(L, DRL_ERROR);
    is_error = lua_rawequal(L, -1, -2);
    lua_settop(L, got);
  }
  if (is_error) return 2;
  const char *said = lua_type(L, got) == LUA_TSTRING
                         ? lua_tostring(L, got)
                         : lua_pushfstring(L, "nil and a %s", luaL_typename(L, got));
  return drl_failf(L, DR_KIND_CONFIG, "the token function returned no string: %s", said);
}

void drl_token_set(lua_State *L, int client, int token) {
  size_t len;
  drl_client *c = lua_touserdata(L, client);
  if (lua_type(L, token) != LUA_TSTRING)
    drl_raise(L, "the token function returned a %s instead of a string", luaL_typename(L, token));
  const char *text = lua_tolstring(L, token, &len);
  if (len == 0) drl_raise(L, "the token function returned an empty string");
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
      drl_raise(L, "the token: byte %d is a control character", (int)(i + 1));
  if (c->pool == NULL || DR_NET(c->pool)->closed(c->pool)) return;
  lua_getiuservalue(L, client, DRL_CLIENT_WORD);
  const char *word = lua_tostring(L, -1);
  authorize(L, c, word != NULL ? word : "Bearer", text, len);
  lua_pop(L, 1);
}
