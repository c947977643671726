/* encode_object.c: one table checked and written by its schema, members in schema order. */
#include <string.h>

#include <lauxlib.h>

#include "../core/name.h"
#include "../core/schedule_json.h"
#include "document.h"
#include "util.h"
#include "validate.h"

/* {=== one object ===} */

/* A table being validated. Its members' values lie on the stack, field i at first + i, so that the
   table is looked through once, in any order, and written in the schema's. */
typedef struct object {
  const dr_schema *schema;
  const drl_step *at;
  uint32_t base;
  drl_names *names;
  int index, first, fields;
  unsigned keys;                /* looked at */
  unsigned given, twice;        /* bit i: field i was given; in both spellings */
  lua_Integer unknown, unnamed; /* other keys: strings, and the rest */
  const char *seen[DR_MAX_FIELDS];
} object;

/* Puts the value on top where its key, below it, belongs; leaves the key. */
static void place(lua_State *L, object *o) {
  int field = drl_field_of_key(L, o->names, o->first - 1, o->keys++);
  if (field >= 0) {
    if (o->given >> field & 1) o->twice |= 1u << field;
    o->given |= 1u << field;
    lua_copy(L, -1, o->first + field);
  } else if (lua_type(L, -2) == LUA_TSTRING) {
    o->unknown++;
  } else {
    o->unnamed++;
  }
  lua_pop(L, 1);
}

static void gather(lua_State *L, const drl_validation *k, object *o) {
  o->names = drl_push_names(L, k, o->schema);
  o->first = lua_gettop(L) + 1;
  o->fields = o->names->fields;
  lua_settop(L, o->first - 1 + o->fields);
  lua_pushnil(L);
  while (lua_next(L, o->index)) place(L, o);
  for (int i = 0; i < o->fields; i++) {
    const dr_field *f = &o->schema->fields[i];
    if (f->type == DR_OBJECT && f->schema->typed && drl_is_blank(L, o->first + i))
      o->given &= ~(1u << i);
  }
}

/* {=== members that are not in the table ===} */

static const char *seen_of_base(const dr_json *base, uint32_t token, const dr_field *f) {
  if (f->type != DR_ENUM) return drl_seen_value;
  size_t len;
  int escaped;
  const char *s = dr_json_bytes(base, token, &len, &escaped);
  for (const char *const *w = f->words->words; *w != NULL; w++)
    if (strlen(*w) == len && memcmp(*w, s, len) == 0) return *w;
  return drl_seen_value;
}

/* The snapshot's member, 0 when there is none. The body itself is never completed, only the nested
   objects that it names. */
static uint32_t base_member(const drl_validation *k, const object *o, const dr_field *f) {
  if (o->base == DRL_NO_BASE || o->at->up == NULL) return 0;
  return dr_json_member(k->base, o->base, f->wire, strlen(f->wire));
}

/* Wire names need no escapes. */
static void write_name(drl_validation *k, const object *o, int i) {
  dr_write_raw(&k->writer, o->names->key[i], o->names->key_len[i]);
  k->writer.comma = 0;
}

static const char *from_base(drl_validation *k, const dr_field *f, uint32_t token) {
  const dr_json *base = k->base;
  const char *from = dr_json_at(base, token);
  dr_write_raw(&k->writer, from, (size_t)(drl_source_end(base, token) - from));
  return seen_of_base(base, token, f);
}

/* The schema's fill column. The first field of a schema that has one says whether and with what:
   a trigger without a type is not completed. */
static dr_fill fill_of(const object *o, const dr_field *f) {
  const char *type = o->seen[0];
  if (type == NULL) return DR_FILL_NONE;
  if (f->fill == DR_FILL_DAILY && !dr_trigger_is_health(type, strlen(type))) return DR_FILL_NONE;
  return (dr_fill)f->fill;
}

/* A member that is not in the table: from the snapshot, else by the fill column, else NULL. */
static const char *completed(drl_validation *k, const object *o, int i) {
  const dr_field *f = &o->schema->fields[i];
  uint32_t token = base_member(k, o, f);
  dr_fill fill = fill_of(o, f);
  if (token != 0 && dr_json_type_of(k->base, token) != DR_JSON_NULL) {
    write_name(k, o, i);
    return from_base(k, f, token);
  }
  if (token != 0 && f->nullable && fill != DR_FILL_DAILY) fill = DR_FILL_NULL;
  if (o->schema->typed && i == 0) fill = DR_FILL_NONE; /* that it was null is not said again */
  if (fill == DR_FILL_NONE) return NULL;
  write_name(k, o, i);
  switch (fill) {
  case DR_FILL_FALSE:
    dr_write_boolean(&k->writer, 0);
    return drl_seen_value;
  case DR_FILL_DAILY:
    dr_schedule_write_daily(&k->writer);
    return drl_seen_value;
  default:
    dr_write_null(&k->writer);
    return drl_seen_null;
  }
}

/* A type that is left out beside other members: none, or whichever the policy has that a change is
   for, which nobody knows without that. */
static void no_type(lua_State *L, drl_validation *k, const object *o, const drl_step *at) {
  char expected[DRL_TEXT_MAX];
  unsigned said = o->given;
  if (k->base == NULL && k->body != &dr_policy_create) return;
  for (int i = 0; i < o->fields; i++) /* a flag that is false says nothing */
    if (lua_type(L, o->first + i) == LUA_TBOOLEAN && !lua_toboolean(L, o->first + i))
      said &= ~(1u << i);
  const char *message = lua_pushfstring(L, "missing; %s, or dr.null to start it manually only",
                                        drl_type_fix(o->schema, said));
  drl_problem(L, &k->problems, at, message, NULL, drl_text_of_field(o->schema->fields, expected));
  lua_pop(L, 1);
}

static const char *absent(lua_State *L, drl_validation *k, const object *o, int i,
                          const drl_step *at, const char *fix) {
  const dr_field *f = &o->schema->fields[i];
  char expected[DRL_TEXT_MAX], allowed[DRL_TEXT_MAX];
  const char *seen = completed(k, o, i);
  if (seen == NULL && o->schema->typed && i == 0 && o->given != 0) no_type(L, k, o, at);
  if (seen != NULL || !f->required) return seen;
  drl_text_of_field(f, expected);
  const char *message =
      lua_pushfstring(L, "missing%s%s (%s)", fix == NULL ? "" : "; ", fix == NULL ? "" : fix,
                      f->type == DR_ENUM ? drl_text_of_limits(f, allowed) : expected);
  drl_problem(L, &k->problems, at, message, NULL, expected);
  lua_pop(L, 1);
  return NULL;
}

/* Reported at the Lua name. */
static void given_twice(lua_State *L, drl_validation *k, const object *o, const dr_field *f) {
  char lua[2 * DR_NAME_MAX];
  drl_step step = {.up = o->at, .name = lua, .given = 1};
  step.len = dr_name_to_lua(f->wire, strlen(f->wire), lua);
  drl_say(L, k, &step,
          lua_pushfstring(L, "given twice, here and as %s; keep one of them", f->wire));
  lua_pop(L, 1);
}

static void validate_member(lua_State *L, drl_validation *k, object *o, int i, drl_value value,
                            const char *missing) {
  const dr_field *f = &o->schema->fields[i];
  drl_step step = {.up = o->at, .name = f->wire, .len = o->names->key_len[i] - 3};
  if (!(o->given >> i & 1)) {
    o->seen[i] = absent(L, k, o, i, &step, missing);
    return;
  }
  if (o->twice >> i & 1) given_twice(L, k, o, f);
  uint32_t base = 0;
  if (o->base != DRL_NO_BASE) base = dr_json_member(k->base, o->base, f->wire, step.len);
  write_name(k, o, i);
  o->seen[i] = value(L, k, f, o->first + i, &step, base == 0 ? DRL_NO_BASE : base);
}

/* {=== members that do not belong there ===} */

/* In a schema that is open they are passed on. */
static void unknown_members(lua_State *L, drl_validation *k, const object *o) {
  lua_getiuservalue(L, o->first - 1, 1);
  drl_push_sorted_keys(L, o->index, lua_gettop(L));
  int keys = lua_gettop(L);
  lua_Integer n = (lua_Integer)lua_rawlen(L, keys);
  for (lua_Integer i = 1; i <= n && drl_goes_on(k); i++) {
    drl_step step = {.up = o->at, .given = 1};
    lua_rawgeti(L, keys, i);
    step.name = lua_tolstring(L, -1, &step.len);
    if (o->schema->open) {
      drl_validate_key(L, k, &step);
      lua_pushvalue(L, -1);
      lua_rawget(L, o->index);
      drl_validate_any(L, k, lua_gettop(L), &step);
    } else {
      lua_pushvalue(L, -1);
      lua_rawget(L, o->index);
      drl_unknown_member(L, k, o->schema, &step, lua_gettop(L));
    }
    lua_settop(L, keys);
  }
}

/* Whether the keys of the table are those of an object at all. */
static int named(lua_State *L, drl_validation *k, const object *o) {
  int list = o->given == 0 && o->unknown == 0 && (o->unnamed > 0 || drl_is_marked(L, o->index));
  if (list || o->unnamed > 0)
    drl_not_named(L, k, o->schema, o->index, o->at, list);
  else if (o->schema->not_empty && o->given == 0 && o->unknown == 0)
    drl_say(L, k, o->at, "nothing to change; give at least one member");
  return !list;
}

void drl_validate_object(lua_State *L, drl_validation *k, const dr_schema *s, int index,
                         const drl_step *at, uint32_t base, drl_value value, const char *missing) {
  object o = {.schema = s, .at = at, .base = base, .index = index};
  int top = lua_gettop(L);
  drl_check_stack(L, DR_MAX_FIELDS + 24);
  if (!drl_readable(L, k, index, at)) return;
  gather(L, k, &o);
  k->looked += 2 * (lua_Integer)o.keys;
  if (named(L, k, &o)) {
    dr_write_open(&k->writer, '{');
    for (int i = 0; i < o.fields; i++) validate_member(L, k, &o, i, value, missing);
    if (o.unknown > 0) unknown_members(L, k, &o);
    dr_write_close(&k->writer, '}');
    if (s->crossed) drl_check_members(L, k, s, o.seen, at);
  }
  lua_settop(L, top);
}
