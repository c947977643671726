/* rules.c: what the rules across members see, and the run over all of them. */
#include "rules.h"

#include <lauxlib.h>
#include <string.h>

#include "../core/name.h"
#include "document.h"
#include "encode.h"
#include "entity.h"
#include "problem.h"
#include "rules_view.h"
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
  const char *const words[] = {word, NULL};
  return drl_is_any(r, token, words);
}

int drl_is_any(const drl_rules *r, uint32_t token, const char *const *words) {
  size_t len;
  int escaped;
  if (token == 0 || dr_json_type_of(r->body, token) != DR_JSON_STRING) return 0;
  const char *s = dr_json_bytes(r->body, token, &len, &escaped);
  for (; *words != NULL; words++)
    if (**words == *s && strlen(*words) == len && memcmp(s, *words, len) == 0) return 1;
  return 0;
}

void drl_tell(lua_State *L, const drl_rules *r, const char *pointer, const char *message) {
  drl_note(L, r->list, pointer, message);
}

/* Pushes a member of an object of ours, or one of that, by wire names, without the values around
   it; nil where the way ends. */
static void push_of_entity(lua_State *L, int index, const char *member, const char *inner) {
  uint32_t token;
  const dr_json *j = drl_push_document(L, index, &token);
  uint32_t found = dr_json_member(j, token, member, strlen(member));
  if (found != 0 && inner != NULL) found = dr_json_member(j, found, inner, strlen(inner));
  if (found == 0)
    lua_pushnil(L);
  else
    drl_push_value(L, j, found, DRL_LUA_NAMES);
  lua_remove(L, -2);
}

/* Pushes member `wire` of the value at `index`, nil when there is none. Tables are read raw, in
   either spelling; of objects only our own, whose fields are read without a call into Lua. */
void drl_push_member(lua_State *L, int index, const char *wire) {
  char lua[2 * DR_NAME_MAX];
  size_t len = strlen(wire);
  if (lua_istable(L, index)) {
    lua_pushlstring(L, lua, dr_name_to_lua(wire, len, lua));
    if (lua_rawget(L, index) != LUA_TNIL) return;
    lua_pop(L, 1);
    lua_pushlstring(L, wire, len);
    lua_rawget(L, index);
  } else if (drl_test_entity(L, index) != NULL) {
    push_of_entity(L, index, wire, NULL);
  } else {
    lua_pushnil(L);
  }
}

void drl_push_known(lua_State *L, const drl_rules *r, drl_part part, const char *member,
                    const char *inner) {
  int index = r->known[part];
  if (index != 0 && drl_test_entity(L, index) != NULL) {
    push_of_entity(L, index, member, inner);
  } else if (index != 0) {
    drl_push_member(L, index, member);
    if (inner == NULL) return;
    drl_push_member(L, lua_gettop(L), inner);
    lua_remove(L, -2);
  } else {
    lua_pushnil(L);
  }
}

int drl_known_to_be(lua_State *L, const drl_rules *r, drl_part part, const char *member,
                    const char *inner, int wanted) {
  if (r->known[part] == 0) return 0;
  drl_push_known(L, r, part, member, inner);
  int known = lua_isboolean(L, -1) && lua_toboolean(L, -1) == wanted;
  lua_pop(L, 1);
  return known;
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

static unsigned number_of(const char *s, size_t len) {
  unsigned n = 0;
  for (size_t i = 0; i < len && s[i] >= '0' && s[i] <= '9'; i++)
    n = n * 10 + (unsigned)(s[i] - '0');
  return n;
}

/* List i of the body's schedule as bits; 0 when it is a star or absent. */
static uint64_t values_of(const drl_rules *r, int i) {
  uint32_t list = drl_in(r, r->schedule, dr_schedule_lists[i].wire);
  uint64_t bits = 0;
  if (list == 0 || dr_json_type_of(r->body, list) != DR_JSON_ARRAY) return 0;
  for (uint32_t t = list + 1; t < dr_json_end(r->body, list); t = dr_json_next(r->body, t)) {
    size_t len;
    int escaped;
    const char *s = dr_json_bytes(r->body, t, &len, &escaped);
    if (len == 1 && *s == '*') return 0;
    int name = *s >= '0' && *s <= '9' ? -1 : dr_schedule_name(i, s, len);
    bits |= (uint64_t)1 << ((name >= 0 ? (unsigned)name : number_of(s, len)) & 63);
  }
  return bits;
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
  for (int i = 0; i < 5 && drl_given(r, r->schedule); i++) r->values[i] = values_of(r, i);
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
