/* util.c: what every Lua class of the module needs: classes, checks, option tables. */
#include "util.h"

#include <string.h>

#include "../schema/classes.h"
#include "../schema/schema.h"
#include "where.h"

dr_memory drl_memory(lua_State *L) {
  dr_memory mem;
  mem.fn = lua_getallocf(L, &mem.ud);
  return mem;
}

int drl_memory_error(lua_State *L) {
  lua_pushliteral(L, "not enough memory");
  return lua_error(L);
}

#define TEN_MORE ",a,a,a,a,a,a,a,a,a,a"

/* lua_checkstack says alike that there is no memory and no stack. A function of Lua's that wants
   more slots says which. */
void drl_check_stack(lua_State *L, int n) {
  if (lua_checkstack(L, n)) return;
  if (luaL_loadstring(L, "local a" TEN_MORE TEN_MORE TEN_MORE TEN_MORE TEN_MORE TEN_MORE TEN_MORE
                             TEN_MORE TEN_MORE TEN_MORE) != LUA_OK)
    lua_error(L);
  lua_call(L, 0, 0);
  drl_memory_error(L);
}

void drl_class(lua_State *L, const char *name, const luaL_Reg *metamethods,
               const luaL_Reg *methods) {
  luaL_newmetatable(L, name);
  luaL_setfuncs(L, metamethods, 0);
  if (methods == NULL) return;
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
}

void drl_hidden_class(lua_State *L, const char *name, const luaL_Reg *metamethods) {
  drl_class(L, name, metamethods, NULL);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}

void *drl_test(lua_State *L, int index, const drl_type *type) {
  void *object = luaL_testudata(L, index, type->name);
  if (object == NULL || lua_rawlen(L, index) < type->size) return NULL;
  return *(const drl_type *const *)object == type ? object : NULL;
}

/* The reference's name for an object of the class. */
static const char *variable_of(const char *type) {
  for (int i = DR_CLASS_CLIENT; i < DR_CLASS_COUNT; i++)
    if (strcmp(dr_classes[i].type, type) == 0) return dr_classes[i].variable;
  return strchr(type, '.') + 1;
}

int drl_bad_self(lua_State *L, const char *expected) {
  drl_push_caller(L);
  const char *name = lua_tostring(L, -1);
  if (name == NULL || lua_isuserdata(L, 1)) return drl_argument_type(L, 1, expected);
  lua_pushfstring(L, "%s expected, got %s; call it with a colon: %s:%s(...)", expected,
                  luaL_typename(L, 1), variable_of(expected), name);
  return drl_argument(L, 1, lua_tostring(L, -1));
}

void *drl_check_self(lua_State *L, const drl_type *type) {
  void *self = drl_test(L, 1, type);
  if (self == NULL) drl_bad_self(L, type->name);
  return self;
}

static int in_list(const char *const *names, const char *name) {
  for (; *names != NULL; names++)
    if (strcmp(*names, name) == 0) return 1;
  return 0;
}

static int unknown_option(lua_State *L, int index, const char *const *names) {
  size_t len;
  const char *given = luaL_tolstring(L, lua_gettop(L), &len);
  const char *near = dr_nearest(given, len, names);
  if (near != NULL)
    lua_pushfstring(L, "unknown option '%s' (did you mean '%s'?)", given, near);
  else
    lua_pushfstring(L, "unknown option '%s'", given);
  return drl_argument(L, index, lua_tostring(L, -1));
}

void drl_check_options(lua_State *L, int index, const char *const *names) {
  if (lua_isnoneornil(L, index)) return;
  drl_check_type(L, index, LUA_TTABLE);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING || !in_list(names, lua_tostring(L, -1)))
      unknown_option(L, index, names);
  }
}

int drl_option(lua_State *L, int index, const char *name) {
  if (!lua_istable(L, index)) {
    lua_pushnil(L);
    return LUA_TNIL;
  }
  lua_pushstring(L, name);
  return lua_rawget(L, index);
}

static int wrong_option(lua_State *L, int index, const char *name, const char *expected) {
  const char *got = luaL_typename(L, -1);
  if (lua_type(L, -1) == LUA_TNUMBER) got = luaL_tolstring(L, lua_gettop(L), NULL);
  lua_pushfstring(L, "option '%s': %s expected, got %s", name, expected, got);
  return drl_argument(L, index, lua_tostring(L, -1));
}

long long drl_option_ms(lua_State *L, int index, const char *name, long long otherwise) {
  int type = drl_option(L, index, name);
  if (type != LUA_TNIL) {
    lua_Number seconds = lua_tonumber(L, -1);
    if (type != LUA_TNUMBER || !(seconds > 0)) wrong_option(L, index, name, "seconds > 0");
    if (seconds > 1e9)
      otherwise = 0;
    else
      otherwise = seconds < 0.001 ? 1 : (long long)(seconds * 1000);
  }
  lua_pop(L, 1);
  return otherwise;
}

lua_Integer drl_option_integer(lua_State *L, int index, const char *name, lua_Integer min,
                               lua_Integer max, lua_Integer otherwise) {
  int type = drl_option(L, index, name);
  if (type != LUA_TNIL) {
    int exact;
    otherwise = lua_tointegerx(L, -1, &exact);
    if (type != LUA_TNUMBER || !exact || otherwise < min || otherwise > max) {
      const char *expected = lua_pushfstring(L, "an integer from %I to %I", min, max);
      lua_insert(L, -2);
      wrong_option(L, index, name, expected);
    }
  }
  lua_pop(L, 1);
  return otherwise;
}

int drl_option_boolean(lua_State *L, int index, const char *name, int otherwise) {
  int type = drl_option(L, index, name);
  if (type != LUA_TNIL) {
    if (type != LUA_TBOOLEAN) wrong_option(L, index, name, "true or false");
    otherwise = lua_toboolean(L, -1);
  }
  lua_pop(L, 1);
  return otherwise;
}

#define OPTION_MAX 65536 /* bytes; no server takes a longer line of a request */

const char *drl_option_text(lua_State *L, int index, const char *name, size_t *len) {
  int type = drl_option(L, index, name);
  if (type == LUA_TNIL) return NULL;
  if (type != LUA_TSTRING) wrong_option(L, index, name, "a string");
  const char *text = lua_tolstring(L, -1, len);
  if (*len > OPTION_MAX) {
    lua_pushfstring(L, "option '%s': it has %I bytes; at most %d are taken", name,
                    (LUAI_UACINT)*len, OPTION_MAX);
    drl_argument(L, index, lua_tostring(L, -1));
  }
  for (size_t i = 0; i < *len; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c < 0x20 || c == 0x7f) {
      lua_pushfstring(L, "option '%s': byte %d is a control character", name, (int)(i + 1));
      drl_argument(L, index, lua_tostring(L, -1));
    }
  }
  return text;
}
