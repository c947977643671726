/* words.c: texts of a server or a script made fit to be shown to a person. */
#include "words.h"

#include <string.h>

#include <lauxlib.h>

#include "../core/printable.h"
#include "../core/secret.h"
#include "client_value.h"
#include "util.h"
#include "where.h"

/* The address is the registry key of the set of clients: client -> true, weak. */
static const char clients_key = 0;

/* A secret that begins in what is shown may end so far behind it. */
#define LONGEST_FORM 16384

void drl_words_of_client(lua_State *L, int index) {
  index = lua_absindex(L, index);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &clients_key) == LUA_TNIL) {
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &clients_key);
    lua_remove(L, -2);
  }
  lua_pushvalue(L, index);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

/* Whether the text shows a secret of any client. */
static int is_secret(lua_State *L, const char *text, size_t len) {
  int found = 0, top = lua_gettop(L);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &clients_key) == LUA_TTABLE) {
    for (lua_pushnil(L); !found && lua_next(L, top + 1); lua_pop(L, 1)) {
      const drl_client *c = lua_touserdata(L, -2);
      found = c->pool != NULL && DR_NET(c->pool)->shows(c->pool, text, len);
    }
  }
  lua_settop(L, top);
  return found;
}

/* The bytes of the character at s when it stands as it is; 0: escaped. */
static size_t as_it_is(const char *s, size_t len, drl_words how) {
  if (how == DRL_WORDS_LINES && (*s == '\n' || *s == '\t')) return 1;
  if (how == DRL_WORDS_QUOTED && (*s == '"' || *s == '\\')) return 0;
  return dr_printable(s, len);
}

static void add_escaped(luaL_Buffer *b, const char **at, const char *end) {
  char text[DR_ESCAPE_MAX];
  const char *s = *at;
  if (*s == '"' || *s == '\\') {
    luaL_addchar(b, '\\');
    luaL_addchar(b, *s);
    *at = s + 1;
    return;
  }
  *at = s + dr_escape(s, (size_t)(end - s), text);
  luaL_addstring(b, text);
}

static void push_printable(lua_State *L, const char *text, size_t len, drl_words how, int cut) {
  const char *at = text, *end = text + len, *plain = text;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  while (at < end) {
    size_t n = as_it_is(at, (size_t)(end - at), how);
    at += n;
    if (n > 0) continue;
    luaL_addlstring(&b, plain, (size_t)(at - plain));
    add_escaped(&b, &at, end);
    plain = at;
  }
  luaL_addlstring(&b, plain, (size_t)(at - plain));
  if (cut) luaL_addstring(&b, "...");
  luaL_pushresult(&b);
}

void drl_push_words(lua_State *L, const char *text, size_t len, drl_words how) {
  const size_t most = DRL_WORDS_MAX + LONGEST_FORM;
  drl_check_stack(L, 8);
  if (is_secret(L, text, len < most ? len : most)) {
    lua_pushliteral(L, DR_WITHHELD);
    return;
  }
  size_t shown = len;
  if (len > DRL_WORDS_MAX)
    for (shown = DRL_WORDS_MAX; ((unsigned char)text[shown] & 0xC0) == 0x80 && shown > 0;) shown--;
  push_printable(L, text, shown, how, shown < len);
}

void drl_to_words(lua_State *L, drl_words how) {
  size_t len;
  const char *text = lua_tolstring(L, -1, &len);
  drl_push_words(L, text, len, how);
  lua_remove(L, -2);
}

int drl_words_function(lua_State *L) {
  static const char *const names[] = {"line", "lines", "quoted", NULL};
  size_t len;
  const char *text = drl_check_string(L, 1, &len);
  drl_push_words(L, text, len, (drl_words)luaL_checkoption(L, 2, "line", names));
  return 1;
}
