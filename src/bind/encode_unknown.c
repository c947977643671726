/* encode_unknown.c: members that the schema does not have, and where they may have been meant. */
#include <stdio.h>
#include <string.h>

#include "../core/name.h"
#include "../core/schedule.h"
#include "validate.h"

static int is_wire_spelling(const char *s, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (s[i] >= 'A' && s[i] <= 'Z') return memchr(s, '_', len) == NULL;
  return 0;
}

static int is_read_only(const dr_schema *s, const char *name, size_t len) {
  for (const char *const *w = s->read_only; w != NULL && *w != NULL; w++)
    if ((strlen(*w) == len && memcmp(*w, name, len) == 0) ||
        dr_name_matches(*w, strlen(*w), name, len))
      return 1;
  return 0;
}

void drl_not_named(lua_State *L, drl_validation *k, const dr_schema *s, int index,
                   const drl_step *at, int list) {
  const dr_field object = {.type = s == NULL ? DR_FREE : DR_OBJECT, .schema = s};
  int top = lua_gettop(L);
  if (list)
    drl_mistyped(L, k, &object, at, index, drl_value_fix(L, &object, index, at));
  else
    drl_say(L, k, at,
            "keys that are not names do not belong here; leave them out, or write "
            "name = value");
  lua_settop(L, top);
}

/* {=== an option of the call, a group given twice ===} */

/* Whether two names are the same but for '_' and case. */
static int is_same(const char *a, size_t len, const char *b) {
  for (;; a++, len--, b++) {
    while (len > 0 && *a == '_') a++, len--;
    while (*b == '_') b++;
    if (len == 0 || *b == '\0') return len == 0 && *b == '\0';
    if ((*a | 0x20) != (*b | 0x20)) return 0;
  }
}

/* What a body is called where it is given once more within itself. */
static const char *const bodies[][2] = {
    {"policy", "retraining_policy"},     {"policy_update", "retraining_policy"},
    {"policy_update", "policy"},         {"settings", "deployment_settings"},
    {"retraining_settings", "settings"}, {"challenger_update", "challenger"},
    {"challenger", "challenger_model"},  {"run_update", "run"},
    {"deployment_update", "deployment"}, {"replay_settings", "settings"},
    {"health_settings", "settings"},
};

static int names_body(const dr_schema *s, const drl_step *at) {
  if (is_same(at->name, at->len, s->name)) return 1;
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
    if (strcmp(bodies[i][0], s->name) == 0 && is_same(at->name, at->len, bodies[i][1])) return 1;
  return 0;
}

/* Pushes what to do about a member that is not where it was meant to be; pushes nothing else. */
static const char *push_misplaced(lua_State *L, const dr_schema *s, const drl_step *at, int index) {
  static const char *const options[] = {"timeout", "retry", "wait"};
  int root = at->up->up == NULL;
  for (size_t i = 0; root && i < sizeof options / sizeof *options; i++)
    if (is_same(at->name, at->len, options[i]))
      return lua_pushfstring(L,
                             dr_schema_field(s, "offset", strlen("offset")) != NULL
                                 ? "an option of the call; a list has none; leave it out"
                                 : "an option of the call, not a member; give it in a table "
                                   "behind this one: { %s = ... }",
                             options[i]);
  if (!lua_istable(L, index)) return NULL;
  const drl_step *up = at->up;
  if (root ? !names_body(s, at)
           : up->name == NULL || up->given || !is_same(at->name, at->len, up->name))
    return NULL;
  return lua_pushliteral(L, "the group is given twice; give its members one level higher");
}

/* The field that others call so, by its Lua name. */
static const char *alias_of(const dr_schema *s, const drl_step *at, char *name) {
  for (const dr_field *f = s->fields; f->wire != NULL; f++)
    for (const char *a = f->alias; a != NULL && *a != '\0'; a += strspn(a, " ")) {
      char word[DR_NAME_MAX];
      size_t n = strcspn(a, " ");
      snprintf(word, sizeof word, "%.*s", (int)n, a);
      a += n;
      if (!is_same(at->name, at->len, word)) continue;
      name[dr_name_to_lua(f->wire, strlen(f->wire), name)] = '\0';
      return name;
    }
  return NULL;
}

/* {=== a member of another object ===} */

typedef struct search {
  const char *name;
  size_t len;
  const dr_schema *except; /* where it is not */
  int found;
  const char *group; /* wire name of the first object that has it; "" for the body itself */
} search;

/* Looks into the body, and into the objects in it. */
static void look(search *s, const dr_schema *schema, const char *group) {
  if (schema != s->except && dr_schema_field(schema, s->name, s->len) != NULL && ++s->found == 1)
    s->group = group;
  for (const dr_field *f = schema->fields; f->wire != NULL && *group == '\0'; f++)
    if (f->type == DR_OBJECT) look(s, f->schema, f->wire);
}

/* Pushes which method takes the member of a whole body, or which table further in; pushes nothing
   when none does. */
static const char *push_method(lua_State *L, const drl_validation *k, const drl_step *at) {
  static const struct {
    const dr_schema *schema;
    const char *method;
  } others[] = {{&dr_retraining_settings_update, "update_retraining_settings"},
                {&dr_settings_update, "update_settings"},
                {&dr_policy_create, "create_retraining_policy"}};
  if (k->body == NULL) return NULL;
  int settings = k->body == &dr_retraining_settings_update || k->body == &dr_settings_update;
  const dr_field *trigger = dr_schema_field(k->body, "trigger", strlen("trigger"));
  for (int i = 0; trigger != NULL && i < 5; i++)
    if (dr_name_matches(dr_schedule_lists[i].wire, strlen(dr_schedule_lists[i].wire), at->name,
                        at->len))
      return lua_pushliteral(L, "no such member here; it belongs in trigger.schedule");
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if ((settings || trigger != NULL) && others[i].schema != k->body &&
        !(others[i].schema == &dr_policy_create && trigger != NULL) &&
        dr_schema_field(others[i].schema, at->name, at->len) != NULL)
      return lua_pushfstring(L, "no such member here; it belongs in deployment:%s",
                             others[i].method);
  return NULL;
}

/* Pushes where the member belongs; pushes nothing when no other object has it. */
static const char *push_place(lua_State *L, const drl_validation *k, const dr_schema *schema,
                              const drl_step *at) {
  char lua[2 * DR_NAME_MAX];
  search s = {.name = at->name, .len = at->len, .except = schema};
  if (k->body != NULL) look(&s, k->body, "");
  if (s.found == 0) return at->up->up == NULL ? push_method(L, k, at) : NULL;
  if (*s.group == '\0') return lua_pushliteral(L, "no such member here; it belongs to the body");
  lua[dr_name_to_lua(s.group, strlen(s.group), lua)] = '\0';
  return lua_pushfstring(L, "no such member here; it belongs in %s%s", lua,
                         s.found > 1 ? " or another group" : "");
}

/* {=== a slip, or nothing that is known ===} */

/* The members that there are, when they fit the line; else "". */
static const char *members(const dr_schema *s, char *out, size_t size) {
  size_t len = 0;
  for (const dr_field *f = s->fields; f->wire != NULL; f++) {
    char lua[2 * DR_NAME_MAX];
    lua[dr_name_to_lua(f->wire, strlen(f->wire), lua)] = '\0';
    const char *comma = len == 0 ? "" : f[1].wire != NULL ? ", " : " or ";
    int n = snprintf(out + len, size - len, "%s%s", comma, lua);
    if (n < 0 || (size_t)n >= size - len) return "";
    len += (size_t)n;
  }
  return out;
}

/* Pushes where the members are listed: dr.help knows the body, and the objects in it. */
static const char *push_listed(lua_State *L, const drl_validation *k, const drl_step *at) {
  char lua[2 * DR_NAME_MAX];
  const drl_step *up = at->up;
  if (k->body == NULL || (up->up != NULL && (up->up->up != NULL || up->name == NULL)))
    return lua_pushliteral(L, "");
  size_t len = up->up == NULL ? 0 : dr_name_to_lua(up->name, up->len, lua);
  lua[len] = '\0';
  return lua_pushfstring(L, " (dr.help \"%s%s%s\" lists them)", k->body->name, len > 0 ? "." : "",
                         lua);
}

typedef const char *(*seeker)(const dr_schema *s, const char *given, size_t len, char *out);

/* What looks like the member, in the spelling that was given. */
static const char *like(seeker seek, const dr_schema *s, const drl_step *at, char *name) {
  const char *near = seek(s, at->name, at->len, name);
  if (near == NULL || !is_wire_spelling(at->name, at->len)) return near;
  return dr_schema_field(s, near, strlen(near))->wire;
}

static void push_unknown(lua_State *L, const drl_validation *k, const dr_schema *s,
                         const drl_step *at) {
  static const char message[] = "no such member";
  char name[DR_NAME_MAX], list[DRL_LINE];
  const char *near = like(dr_nearest_field, s, at, name);
  size_t width = drl_path_width(at) + sizeof message + 4;
  if (near == NULL) near = alias_of(s, at, name);
  if (near == NULL && push_place(L, k, s, at) != NULL) return;
  if (near == NULL) near = like(dr_partial_field, s, at, name);
  if (near != NULL)
    lua_pushfstring(L, "%s; did you mean %s?", message, near);
  else if (width < sizeof list && *members(s, list, sizeof list - width) != '\0')
    lua_pushfstring(L, "%s (%s)", message, list);
  else
    lua_pushfstring(L, "%s%s", message, push_listed(L, k, at));
}

void drl_unknown_member(lua_State *L, drl_validation *k, const dr_schema *s, const drl_step *at,
                        int index) {
  char name[DR_NAME_MAX];
  int top = lua_gettop(L);
  if (push_misplaced(L, s, at, index) != NULL) {
    /* said */
  } else if (is_read_only(s, at->name, at->len)) {
    const char *near = like(dr_nearest_field, s, at, name);
    int policy = (s == &dr_policy_create || s == &dr_policy_update) && at->len == 2;
    lua_pushfstring(L, "only replies have it; %s%s", near != NULL ? "send " : "leave it out",
                    near != NULL ? near
                    : policy     ? ", as policy:definition does"
                                 : "");
  } else {
    push_unknown(L, k, s, at);
  }
  drl_say(L, k, at, lua_tostring(L, -1));
  lua_settop(L, top);
}
