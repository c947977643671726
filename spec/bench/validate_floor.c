/* validate_floor.c: what the benchmark of validation compares with: a policy written as JSON by an
   encoder written for one body, types checked and nothing else; and the bare index over a reply.
   require "validate_floor". */
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "../../src/core/json_read.h"
#include "../../src/core/json_write.h"
#include "../../src/core/utf8.h"

/* {=== the encoder: each member by its name, in the order of the wire ===} */

static void add(luaL_Buffer *b, const char *s) {
  luaL_addlstring(b, s, strlen(s));
}

/* JSON is UTF-8. */
static void add_string(luaL_Buffer *b, const char *s, size_t len) {
  if (dr_utf8_valid(s, len) < len) luaL_error(b->L, "text in UTF-8 expected");
  luaL_addchar(b, '"');
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)s[i];
    char escape[8];
    if (c >= ' ' && c != '"' && c != '\\' && c != 0x7f) {
      luaL_addchar(b, (char)c);
      continue;
    }
    snprintf(escape, sizeof escape, c == '"' || c == '\\' ? "\\%c" : "\\u%04x", c);
    add(b, escape);
  }
  luaL_addchar(b, '"');
}

/* A value that was taken off the stack, since the buffer may put its box there. */
typedef struct scalar {
  int type;
  int truth;
  size_t len;
  const char *s;
  char number[32];
} scalar;

static void read_scalar(lua_State *L, const char *name, scalar *v) {
  v->type = lua_type(L, -1);
  switch (v->type) {
  case LUA_TNIL:
    break;
  case LUA_TBOOLEAN:
    v->truth = lua_toboolean(L, -1);
    break;
  case LUA_TSTRING:
    v->s = lua_tolstring(L, -1, &v->len);
    break;
  case LUA_TNUMBER:
    if (lua_isinteger(L, -1))
      snprintf(v->number, sizeof v->number, "%lld", (long long)lua_tointeger(L, -1));
    else
      snprintf(v->number, sizeof v->number, "%.17g", lua_tonumber(L, -1));
    break;
  case LUA_TLIGHTUSERDATA:
    break;
  default:
    luaL_error(L, "%s: a scalar expected", name);
  }
  lua_pop(L, 1); /* the table keeps the string */
}

static int add_member(luaL_Buffer *b, const char *wire, const scalar *v, int more) {
  if (v->type == LUA_TNIL) return more;
  if (more) luaL_addchar(b, ',');
  luaL_addchar(b, '"');
  add(b, wire);
  add(b, "\":");
  if (v->type == LUA_TSTRING)
    add_string(b, v->s, v->len);
  else
    add(b, v->type == LUA_TBOOLEAN  ? v->truth ? "true" : "false"
           : v->type == LUA_TNUMBER ? v->number
                                    : "null");
  return 1;
}

typedef struct member {
  const char *lua, *wire;
} member;

static int add_members(lua_State *L, luaL_Buffer *b, int table, const member *m, int more) {
  luaL_checktype(L, table, LUA_TTABLE);
  for (; m->lua != NULL; m++) {
    scalar v;
    lua_pushstring(L, m->lua);
    lua_rawget(L, table);
    read_scalar(L, m->lua, &v);
    more = add_member(b, m->wire, &v, more);
  }
  return more;
}

static const member schedule[] = {{"minute", "minute"},           {"hour", "hour"},
                                  {"day_of_month", "dayOfMonth"}, {"month", "month"},
                                  {"day_of_week", "dayOfWeek"},   {NULL, NULL}};

static void add_list(lua_State *L, luaL_Buffer *b, int list) {
  luaL_checktype(L, list, LUA_TTABLE);
  lua_Integer n = (lua_Integer)lua_rawlen(L, list);
  luaL_addchar(b, '[');
  for (lua_Integer i = 1; i <= n; i++) {
    scalar v;
    lua_rawgeti(L, list, i);
    read_scalar(L, "schedule", &v);
    if (i > 1) luaL_addchar(b, ',');
    if (v.type == LUA_TSTRING)
      add_string(b, v.s, v.len);
    else
      add(b, v.number);
  }
  luaL_addchar(b, ']');
}

static const member top[] = {{"name", "name"},
                             {"description", "description"},
                             {"action", "action"},
                             {"model_selection_strategy", "modelSelectionStrategy"},
                             {"feature_list_strategy", "featureListStrategy"},
                             {"project_options_strategy", "projectOptionsStrategy"},
                             {NULL, NULL}};
static const member autopilot[] = {
    {"mode", "mode"},
    {"blend_best_models", "blendBestModels"},
    {"run_leakage_removed_feature_list", "runLeakageRemovedFeatureList"},
    {"scoring_code_only", "scoringCodeOnly"},
    {"shap_only_mode", "shapOnlyMode"},
    {NULL, NULL}};
static const member project[] = {{"cv_method", "cvMethod"},
                                 {"validation_type", "validationType"},
                                 {"metric", "metric"},
                                 {"holdout_pct", "holdoutPct"},
                                 {"validation_pct", "validationPct"},
                                 {"reps", "reps"},
                                 {NULL, NULL}};
static const member trigger_type[] = {{"type", "type"}, {NULL, NULL}};
static const member trigger[] = {{"min_interval_between_runs", "minIntervalBetweenRuns"},
                                 {"status_declines_to_warning", "statusDeclinesToWarning"},
                                 {"status_declines_to_failing", "statusDeclinesToFailing"},
                                 {"status_still_in_decline", "statusStillInDecline"},
                                 {NULL, NULL}};

/* encode(policy) -> JSON text. All tables lie below the buffer on the stack. */
static int encode(lua_State *L) {
  luaL_Buffer b;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_getfield(L, 1, "autopilot_options");
  lua_getfield(L, 1, "project_options");
  lua_getfield(L, 1, "trigger");
  luaL_checktype(L, 4, LUA_TTABLE);
  lua_getfield(L, 4, "schedule");
  luaL_checktype(L, 5, LUA_TTABLE);
  for (int i = 0; i < 5; i++) lua_getfield(L, 5, schedule[i].lua);
  luaL_buffinitsize(L, &b, 1024);
  luaL_addchar(&b, '{');
  add_members(L, &b, 1, top, 0);
  add(&b, ",\"autopilotOptions\":{");
  add_members(L, &b, 2, autopilot, 0);
  add(&b, "},\"projectOptions\":{");
  add_members(L, &b, 3, project, 0);
  add(&b, "},\"trigger\":{");
  add_members(L, &b, 4, trigger_type, 0);
  add(&b, ",\"schedule\":{");
  for (int i = 0; i < 5; i++) {
    add(&b, i == 0 ? "\"" : ",\"");
    add(&b, schedule[i].wire);
    add(&b, "\":");
    add_list(L, &b, 6 + i);
  }
  luaL_addchar(&b, '}');
  add_members(L, &b, 4, trigger, 1);
  add(&b, "}}");
  luaL_pushresult(&b);
  return 1;
}

/* {=== the index ===} */

/* index(text) -> number of values */
static int index_of(lua_State *L) {
  size_t len;
  dr_buffer index;
  dr_json j;
  dr_error error;
  dr_memory mem;
  const char *text = luaL_checklstring(L, 1, &len);
  mem.fn = lua_getallocf(L, &mem.ud);
  dr_buffer_init(&index, mem, SIZE_MAX);
  dr_kind kind = dr_json_parse(text, len, &index, &j, &error);
  lua_Integer n = kind == DR_KIND_NONE ? (lua_Integer)j.count : -1;
  dr_buffer_free(&index);
  if (n < 0) return luaL_error(L, "%s", error.message);
  lua_pushinteger(L, n);
  return 1;
}

LUAMOD_API int luaopen_validate_floor(lua_State *L);

__attribute__((visibility("default"))) int luaopen_validate_floor(lua_State *L) {
  static const luaL_Reg functions[] = {{"encode", encode}, {"index", index_of}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
