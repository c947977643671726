/* rules.c: what the rules across members see, and the run over all of them. */
#include "rules.h"

#include <lauxlib.h>
#include <string.h>

#include "encode.h"
#include "entity.h"
#include "problem.h"
#include "rules_view.h"
#include "../core/name.h"
#include "encode.h"
#include "entity.h"
#include "util.h"

/* {=== the body, and what is known beside it ===} */

/* The member of an object of the body; 0 when it, or the object, is absent. */
uint32_t drl_in(const drl_rules *r, uint32_t object, const char *name) {
  return object == 0 ? 0 : dr_json_member(r->body, object, name, strlen(name));
}

uint32_t drl_top(const drl_rules *r, const char *name) {
  return dr_json_member(r->body, 0, name, strlen(name));
}

int drl_given(const drl_rules *r, uint32_t token) {
  return token != 0 && dr_json_type_of(r->body, token) != DR_JSON_NULL;
}

int drl_is_true(const drl_rules *r, uint32_t token) {
  return token != 0 && dr_json_type_of(r->body, token) == DR_JSON_TRUE;
}

int drl_is(const drl_rules *r, uint32_t token, const char *word) {
  size_t len;
  int escaped;
  if (token == 0 || dr_json_type_of(r->body, token) != DR_JSON_STRING) return 0;
  const char *s = dr_json_bytes(r->body, token, &len, &escaped);
  return len == strlen(word) && memcmp(s, word, len) == 0;
}

int drl_is_any(const drl_rules *r, uint32_t token, const char *const *words) {
  for (; *words != NULL; words++)
    if (drl_is(r, token, *words)) return 1;
  return 0;
}

void drl_tell(lua_State *L, const drl_rules *r, const char *pointer, const char *message) {
  drl_note(L, r->list, pointer, message);
}

/* Pushes member `wire` of the value at `index`, nil when there is none. Tables are read raw, in
   either spelling; of objects only our own, whose fields are read without a call into Lua. */
void drl_push_member(lua_State *L, int index, const char *wire) {
  char lua[2 * DR_NAME_MAX];
  size_t len = strlen(wire);
  lua_pushlstring(L, lua, dr_name_to_lua(wire, len, lua));
  if (lua_istable(L, index)) {
    if (lua_rawget(L, index) != LUA_TNIL) return;
    lua_pop(L, 1);
    lua_pushlstring(L, wire, len);
    lua_rawget(L, index);
    return;
  }
  if (drl_test_entity(L, index) != NULL) {
    lua_gettable(L, index);
  } else {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
}

/* Pushes a value of the context by its way there; nil where the way ends. */
void drl_push_known(lua_State *L, const drl_rules *r, const char *what, const char *member,
                    const char *inner) {
  const char *const way[] = {what, member, inner};
  lua_pushnil(L);
  if (r->context == 0) return;
  lua_pushvalue(L, r->context);
  lua_replace(L, -2);
  for (size_t i = 0; i < 3 && way[i] != NULL; i++) {
    drl_push_member(L, lua_gettop(L), way[i]);
    lua_replace(L, -2);
  }
}

/* Whether the context says so: the value is the boolean `wanted`. */
int drl_known_to_be(lua_State *L, const drl_rules *r, const char *what, const char *member,
                    const char *inner, int wanted) {
  drl_push_known(L, r, what, member, inner);
  int known = lua_isboolean(L, -1) && lua_toboolean(L, -1) == wanted;
  lua_pop(L, 1);
  return known;
}

/* Whether a part of the context is there at all. */
int drl_has_known(lua_State *L, const drl_rules *r, const char *what) {
  drl_push_known(L, r, what, NULL, NULL);
  int type = lua_type(L, -1);
  lua_pop(L, 1);
  return type == LUA_TTABLE || type == LUA_TUSERDATA;
}

/* {=== the run ===} */

static void run(lua_State *L, const drl_rules *r, const drl_rule *rules) {
  for (; *rules != NULL; rules++) (*rules)(L, r);
}

/* The schedule of the table at `table` as it was given, when that was more than lists. */
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
    dr_schedule_parse(text, len, s, &err);
  }
  lua_settop(L, top);
}

void drl_notes(lua_State *L, const dr_schema *schema, const dr_json *body, int table, int context) {
  drl_rules r = {.body = body, .create = schema == &dr_policy_create};
  drl_check_stack(L, 20);
  r.context = context == 0 ? 0 : lua_absindex(L, context);
  table = lua_absindex(L, table);
  lua_newtable(L);
  luaL_setmetatable(L, DRL_ARRAY);
  r.list = lua_gettop(L);
  if (schema != &dr_policy_create && schema != &dr_policy_update) return;
  r.trigger = drl_top(&r, "trigger");
  r.type = drl_in(&r, r.trigger, "type");
  r.schedule = drl_in(&r, r.trigger, "schedule");
  r.autopilot = drl_top(&r, "autopilotOptions");
  r.project = drl_top(&r, "projectOptions");
  r.series = drl_top(&r, "timeSeriesOptions");
  r.strategy = drl_top(&r, "modelSelectionStrategy");
  read_schedule(L, table, &r.given);
  run(L, &r, drl_model_rules);
  run(L, &r, drl_trigger_rules);
}
