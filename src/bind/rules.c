/* rules.c: the run over all rules across members. */
#include "rules.h"

#include <string.h>

#include <lauxlib.h>

#include "../core/schedule_json.h"
#include "encode.h"
#include "rules_view.h"
#include "util.h"

static void run(lua_State *L, const drl_rules *r, const drl_rule *rules) {
  for (; *rules != NULL; rules++) (*rules)(L, r);
}

/* The schedule of the table at `table` as it was given, when that may have had steps. */
static void read_schedule(lua_State *L, int table, dr_schedule *s) {
  dr_error err;
  size_t len;
  int top = lua_gettop(L);
  memset(s, 0, sizeof *s);
  drl_push_member(L, table, "trigger");
  drl_push_member(L, top + 1, "schedule");
  const drl_schedule *object = drl_test(L, -1, &drl_schedule_type);
  if (object != NULL) *s = object->set;
  if (lua_type(L, -1) == LUA_TSTRING) {
    const char *text = lua_tolstring(L, -1, &len);
    if (memchr(text, '/', len) != NULL) dr_schedule_parse(text, len, s, &err);
  }
  lua_settop(L, top);
}

/* The lists of the body's schedule as bits; 0 for a star. */
static void read_lists(drl_rules *r) {
  dr_schedule s = {0};
  dr_schedule_read(r->body, r->schedule, &s);
  for (int i = 0; i < 5; i++)
    r->values[i] = s.star & dr_schedule_lists[i].star ? 0 : dr_schedule_get(&s, i);
}

/* Pushes the parts of the context, which may be a deployment alone. */
static void read_context(lua_State *L, drl_rules *r, int context) {
  static const char *const names[DRL_PARTS] = {"deployment", "settings", "retraining_settings",
                                               "policies"};
  if (!lua_istable(L, context)) {
    r->known[DRL_DEPLOYMENT] = context;
    return;
  }
  for (int i = 0; i < DRL_PARTS; i++) {
    lua_pushstring(L, names[i]);
    int type = lua_rawget(L, context);
    if (type == LUA_TTABLE || type == LUA_TUSERDATA) r->known[i] = lua_gettop(L);
  }
}

static void read_body(lua_State *L, drl_rules *r, int table) {
  r->trigger = drl_top(r, "trigger");
  r->type = drl_in(r, r->trigger, "type");
  r->schedule = drl_in(r, r->trigger, "schedule");
  r->autopilot = drl_top(r, "autopilotOptions");
  r->project = drl_top(r, "projectOptions");
  r->series = drl_top(r, "timeSeriesOptions");
  r->strategy = drl_top(r, "modelSelectionStrategy");
  if (drl_given(r, r->schedule)) read_lists(r);
  read_schedule(L, table, &r->given);
}

void drl_notes(lua_State *L, const dr_schema *schema, const dr_json *body, int table, int context) {
  drl_rules r = {.body = body, .create = schema == &dr_policy_create};
  drl_check_stack(L, 20);
  if (context != 0) context = lua_absindex(L, context);
  table = lua_absindex(L, table);
  lua_newtable(L);
  luaL_setmetatable(L, DRL_ARRAY);
  r.list = lua_gettop(L);
  if (schema != &dr_policy_create && schema != &dr_policy_update) return;
  if (context != 0) read_context(L, &r, context);
  read_body(L, &r, table);
  run(L, &r, drl_model_rules);
  run(L, &r, drl_trigger_rules);
  lua_settop(L, r.list);
}
