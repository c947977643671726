/* module.c: luaopen_datarobot_core: the classes, and the functions that need no network. */

#include <string.h>
#include <sys/auxv.h>

#include <lauxlib.h>
#include <lua.h>

#include "../core/clock.h"
#include "../core/json_read.h"
#include "../core/version.h"
#include "../schema/schema.h"
#include "await.h"
#include "call.h"
#include "call_value.h"
#include "client.h"
#include "discovery.h"
#include "document.h"
#include "encode.h"
#include "entity.h"
#include "errors.h"
#include "file.h"
#include "limited.h"
#include "network.h"
#include "rules.h"
#include "safe_point.h"
#include "schedule_object.h"
#include "terminal.h"
#include "times.h"
#include "util.h"
#include "where.h"
#include "words.h"
#include "workspace.h"

LUAMOD_API int luaopen_datarobot_core(lua_State *L);

static const dr_schema *check_kind(lua_State *L, int index) {
  const char *kind = drl_check_string(L, index, NULL);
  const dr_schema *schema = dr_schema_of_kind(kind);
  if (schema != NULL) return schema;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (int i = 0; dr_kinds[i] != NULL; i++) {
    luaL_addstring(&b, i == 0 ? "" : ", ");
    luaL_addstring(&b, dr_kinds[i]->name);
  }
  luaL_pushresult(&b);
  lua_pushfstring(L, "unknown kind '%s'; there are: %s", kind, lua_tostring(L, -1));
  drl_argument(L, index, lua_tostring(L, -1));
  return NULL;
}

/* Checks the table at 2 by its schema and writes it; 0 leaves the list of problems on top. The
   snapshot of the policy at `policy` (0: none) stays on the stack. */
static int encode_kind(lua_State *L, const dr_schema *schema, int policy, drl_workspace *w) {
  const dr_json *base = NULL;
  uint32_t token = 0;
  if (policy != 0) base = drl_push_document(L, policy, &token);
  return drl_encode(L, 2, schema, base, token, &w->out);
}

/* dr.validate(kind, t[, context]): checks a table that is to be sent, by all rules, without a
   request.
   @param kind string which body it is: "policy", "settings", ...; see dr.help()
   @param t table
   @param context? datarobot.Context|datarobot.RetrainingPolicy for rules across objects, which are
     silent without it; for "policy_update" the policy that would be changed
   @return true|nil valid
   @return datarobot.Note[]|datarobot.Error notes what is legal but looks mistaken; or the
     error, of kind `validation`, with every mistake in `problems` */
static int validate(lua_State *L) {
  const dr_schema *schema = check_kind(L, 1);
  dr_json j;
  drl_check_type(L, 2, LUA_TTABLE);
  lua_settop(L, 3);
  int policy = drl_check_context(L, schema, 3);
  drl_workspace *w = drl_new_workspace(L);
  if (!encode_kind(L, schema, policy, w)) return drl_fail_body(L, &w->out);
  drl_parse_own(L, w, &j);
  lua_pushboolean(L, 1);
  drl_notes(L, schema, &j, 2, lua_istable(L, 3) ? 3 : 0);
  return 2;
}

/* dr.encode(kind, t[, policy]): the JSON text that would be sent for a table, byte for byte.
   @param kind string as in `dr.validate`
   @param t table
   @param policy? datarobot.RetrainingPolicy for "policy_update": the policy that would be changed
   @return string|nil json
   @return datarobot.Error? err kind `validation` */
static int encode(lua_State *L) {
  const dr_schema *schema = check_kind(L, 1);
  drl_check_type(L, 2, LUA_TTABLE);
  lua_settop(L, 3);
  int policy = drl_check_policy(L, schema, 3);
  drl_workspace *w = drl_new_workspace(L);
  if (!encode_kind(L, schema, policy, w)) return drl_fail_body(L, &w->out);
  lua_pushlstring(L, w->out.data, w->out.len);
  return 1;
}

/* dr.normalize(kind, t[, policy]): the table that would be sent: Lua names, cron text as five
   lists, whole numbers as integers, what is filled in filled in.
   @param kind string as in `dr.validate`
   @param t table
   @param policy? datarobot.RetrainingPolicy for "policy_update": the policy that would be changed
   @return table|nil normal
   @return datarobot.Error? err kind `validation` */
static int normalize(lua_State *L) {
  const dr_schema *schema = check_kind(L, 1);
  dr_json j;
  drl_check_type(L, 2, LUA_TTABLE);
  lua_settop(L, 3);
  int policy = drl_check_policy(L, schema, 3);
  drl_workspace *w = drl_new_workspace(L);
  if (!encode_kind(L, schema, policy, w)) return drl_fail_body(L, &w->out);
  drl_parse_own(L, w, &j);
  drl_push_value(L, &j, 0, DRL_LUA_NAMES | DRL_NULLS);
  return 1;
}

/* dr.decode(text): reads JSON: names as they are, integers exact, null as `dr.null`; lists carry a
   mark, so that they go out as lists again.
   @param text string
   @return any|nil value
   @return datarobot.Error? err kind `protocol` with the place, or `limit` */
static int decode(lua_State *L) {
  size_t len;
  dr_json j;
  dr_error error;
  const char *text = drl_check_string(L, 1, &len);
  lua_settop(L, 1);
  drl_workspace *w = drl_new_workspace(L);
  dr_kind kind = dr_json_parse(text, len, &w->index, &j, &error);
  if (kind == DR_KIND_MEMORY) return drl_memory_error(L);
  if (kind != DR_KIND_NONE) return drl_fail(L, &error);
  drl_push_value(L, &j, 0, DRL_NULLS);
  return 1;
}

/* core.encode_any(value) -> JSON text, names as given */
static int encode_any(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  drl_workspace *w = drl_new_workspace(L);
  if (!drl_encode_any(L, 1, &w->out)) return drl_fail_body(L, &w->out);
  lua_pushlstring(L, w->out.data, w->out.len);
  return 1;
}

/* dr.array(t): marks a table, also an empty one, as a JSON list, for the raw layer; where there is
   a schema, the schema knows.
   @param t table
   @return table t the same table */
static int array(lua_State *L) {
  drl_check_type(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  drl_push_list_mark(L);
  lua_setmetatable(L, 1);
  return 1;
}

/* core.error(kind, message) -> error object, for the Lua half */
static int new_error(lua_State *L) {
  const char *kind = drl_check_string(L, 1, NULL), *message = drl_check_string(L, 2, NULL);
  drl_push_error(L, DR_KIND_NONE, message);
  lua_pushstring(L, kind);
  lua_setfield(L, -2, "kind");
  return 1;
}

/* core.now() -> seconds on the monotonic clock */
static int now(lua_State *L) {
  lua_pushnumber(L, (lua_Number)dr_now() / 1000);
  return 1;
}

static void plain_class(lua_State *L, const char *name) {
  static const luaL_Reg none[] = {{NULL, NULL}};
  drl_class(L, name, none, NULL);
}

/* Sets the class's method table ("deployment") and its metatable ("deployment_class"). */
static void push_entity_class(lua_State *L, int classes, dr_class_id class) {
  drl_entity_class(L, class);
  drl_add_methods(L, class);
  lua_setfield(L, classes, dr_classes[class].name);
  lua_pushfstring(L, "%s_class", dr_classes[class].name);
  luaL_getmetatable(L, dr_classes[class].type);
  lua_settable(L, classes);
}

/* Pushes the table of method tables ("client") and metatables ("error", "deployment_class") that
   the Lua half completes. */
static void push_classes(lua_State *L) {
  lua_createtable(L, 0, 8);
  int classes = lua_gettop(L);
  drl_client_class(L);
  drl_add_raw_methods(L);
  drl_add_methods(L, DR_CLASS_CLIENT);
  lua_setfield(L, classes, dr_classes[DR_CLASS_CLIENT].name);
  for (int i = DR_CLASS_CLIENT + 1; i < DR_CLASS_COUNT; i++) push_entity_class(L, classes, i);
  drl_schedule_class(L);
  lua_setfield(L, classes, "schedule");
  static const char *const names[][2] = {{DRL_RESPONSE, "response"},
                                         {DRL_ERROR, "error"},
                                         {DRL_ARRAY, "array"},
                                         {DRL_OBJECT, "object"}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    plain_class(L, names[i][0]);
    lua_setfield(L, classes, names[i][1]);
  }
}

/* Pushes the table of the classes whose objects are userdata: name, without the dot, and metatable.
 */
static void push_userdata(lua_State *L) {
  lua_newtable(L);
  for (int i = DR_CLASS_CLIENT; i < DR_CLASS_COUNT; i++) {
    luaL_getmetatable(L, dr_classes[i].type);
    lua_setfield(L, -2, dr_classes[i].name);
  }
  luaL_getmetatable(L, DRL_SCHEDULE);
  lua_setfield(L, -2, "schedule");
}

static void push_core(lua_State *L) {
  static const luaL_Reg functions[] = {{"client", drl_client_new},
                                       {"check_client_options", drl_check_client_options},
                                       {"load_network", drl_load_network},
                                       {"endpoint", drl_endpoint},
                                       {"validate", validate},
                                       {"encode", encode},
                                       {"normalize", normalize},
                                       {"decode", decode},
                                       {"encode_any", encode_any},
                                       {"array", array},
                                       {"error", new_error},
                                       {"ids", drl_entity_ids},
                                       {"jitter", drl_client_jitter},
                                       {"is_terminal", drl_is_terminal},
                                       {"terminal_width", drl_terminal_width},
                                       {"keep_broken_pipes", drl_keep_broken_pipes},
                                       {"words", drl_words_function},
                                       {"now", now},
                                       {"has_files", drl_lua_has_files},
                                       {"schemas", drl_schemas},
                                       {"nearest", drl_nearest},
                                       {"run_limited", drl_run_limited},
                                       {"metric", drl_metric},
                                       {"utc", drl_utc},
                                       {"time_text", drl_time_text},
                                       {"schedule", drl_schedule_new},
                                       {"schedule_times", drl_schedule_times},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  drl_workspace_class(L);
  drl_make_safe_point(L);
  drl_make_tasks(L);
  drl_call_class(L);
  drl_await_functions(L);
  drl_where_functions(L);
  drl_push_calls(L);
  push_classes(L);
  lua_setfield(L, -3, "classes");
  lua_setfield(L, -2, "calls");
  push_userdata(L);
  lua_setfield(L, -2, "userdata");
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  lua_pushliteral(L, DR_NAME " " DR_VERSION);
  lua_setfield(L, -2, "version");
  lua_pushboolean(L, getauxval(AT_SECURE) != 0); /* the environment is somebody else's */
  lua_setfield(L, -2, "set_uid");
}

/* The address is the registry key of the module. */
static const char core_key;

/* A state has one: the Lua half completes its classes once, also when a script loads it again. */
static void push_only_core(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &core_key) == LUA_TTABLE) return;
  lua_pop(L, 1);
  push_core(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &core_key);
}

__attribute__((visibility("default"))) int luaopen_datarobot_core(lua_State *L) {
  luaL_checkversion(L);
  push_only_core(L);
  drl_decide_files(L);
  if (drl_has_files(L))
    lua_pushcfunction(L, drl_read_file);
  else
    lua_pushnil(L);
  lua_setfield(L, -2, "read_file");
  return 1;
}
