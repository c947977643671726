/* context.c: what a caller may say that is known beside a body, checked. */
#include <string.h>

#include <lauxlib.h>

#include "../schema/schema.h"
#include "entity.h"
#include "rules.h"
#include "util.h"
#include "where.h"

static const char *const parts[] = {"deployment", "settings", "retraining_settings",
                                    "policies",   "policy",   NULL};

static int is_policy(lua_State *L, int index) {
  return drl_is_entity(L, index, DR_CLASS_POLICY);
}

/* What a value is, for a message. */
static const char *class_of(lua_State *L, int index) {
  if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING) return lua_tostring(L, -1);
  return luaL_typename(L, index);
}

/* Whether the value is a table whose members can be read raw. */
static int is_plain(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE) return 0;
  int top = lua_gettop(L);
  int hidden = luaL_getmetafield(L, index, "__index") != LUA_TNIL ||
               luaL_getmetafield(L, index, "__pairs") != LUA_TNIL;
  lua_settop(L, top);
  return !hidden;
}

static void refuse(lua_State *L, int arg, int index, const char *name, const char *expected) {
  const char *got = class_of(L, index);
  drl_argument(L, arg,
               lua_pushfstring(L, "context: '%s': %s expected, got %s", name, expected, got));
}

/* The policies in the list on top, each a table or an object. */
static void check_policies(lua_State *L, int arg) {
  static const char expected[] = "a list of policies, such as retraining_policies():collect(),";
  int list = lua_gettop(L);
  if (!is_plain(L, list)) refuse(L, arg, list, "policies", expected);
  lua_Integer n = (lua_Integer)lua_rawlen(L, list), keys = 0;
  for (lua_pushnil(L); lua_next(L, list); lua_pop(L, 1)) keys++;
  if (keys != n) refuse(L, arg, list, "policies", expected);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, list, i);
    if (!is_policy(L, -1) && !is_plain(L, lua_gettop(L)))
      refuse(L, arg, lua_gettop(L), lua_pushfstring(L, "policies[%I]", i), "a policy");
    lua_settop(L, list);
  }
}

/* Part `name` of the context; its value is on top. */
static void check_part(lua_State *L, int arg, const char *name) {
  int value = lua_gettop(L);
  if (lua_isnil(L, value)) return;
  if (strcmp(name, "policies") == 0) {
    check_policies(L, arg);
  } else if (strcmp(name, "policy") == 0) {
    if (!is_policy(L, value)) refuse(L, arg, value, name, "the policy that would be changed");
  } else if (strcmp(name, "deployment") != 0 || !drl_is_entity(L, value, DR_CLASS_DEPLOYMENT)) {
    if (!is_plain(L, value))
      refuse(L, arg, value, name,
             strcmp(name, "deployment") == 0 ? "a deployment"
                                             : "a table, such as the method gives,");
  }
}

/* A key that is none of the parts, at the top; its value is not there. */
static void unknown_part(lua_State *L, int arg) {
  size_t len;
  if (lua_type(L, -1) != LUA_TSTRING)
    drl_argument(L, arg, "context: a table such as { deployment = d } expected");
  const char *key = lua_tolstring(L, -1, &len), *near = dr_nearest(key, len, parts);
  if (near != NULL)
    lua_pushfstring(L, "context: unknown member '%s'; did you mean '%s'?", key, near);
  else
    lua_pushfstring(L,
                    "context: unknown member '%s' (deployment, settings, retraining_settings, "
                    "policies or policy)",
                    key);
  drl_argument(L, arg, lua_tostring(L, -1));
}

static int is_part(const char *key) {
  const char *const *p = parts;
  while (*p != NULL && strcmp(*p, key) != 0) p++;
  return *p != NULL;
}

static void check_keys(lua_State *L, int arg) {
  lua_pushnil(L);
  while (lua_next(L, arg)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING || !is_part(lua_tostring(L, -1))) unknown_part(L, arg);
  }
}

static void check_kind(lua_State *L, const dr_schema *schema, int arg) {
  if (schema != &dr_policy_update)
    drl_argument(L, arg, "a policy is known beside a \"policy_update\" only");
}

int drl_check_context(lua_State *L, const dr_schema *schema, int arg) {
  if (lua_isnoneornil(L, arg)) return 0;
  if (is_policy(L, arg)) return drl_check_policy(L, schema, arg);
  if (drl_is_entity(L, arg, DR_CLASS_DEPLOYMENT))
    drl_argument(L, arg, "context: a table expected; write { deployment = d }");
  if (!is_plain(L, arg))
    drl_argument(L, arg, lua_pushfstring(L, "context: a table expected, got %s", class_of(L, arg)));
  check_keys(L, arg);
  for (const char *const *p = parts; *p != NULL; p++) {
    lua_pushstring(L, *p);
    lua_rawget(L, arg);
    check_part(L, arg, *p);
    if (strcmp(*p, "policy") == 0 && !lua_isnil(L, -1)) {
      check_kind(L, schema, arg);
      return lua_gettop(L);
    }
    lua_pop(L, 1);
  }
  return 0;
}

int drl_check_policy(lua_State *L, const dr_schema *schema, int arg) {
  if (lua_isnoneornil(L, arg)) return 0;
  if (!is_policy(L, arg))
    drl_argument(
        L, arg,
        lua_pushfstring(L, "the policy that would be changed expected, got %s", class_of(L, arg)));
  check_kind(L, schema, arg);
  return arg;
}
