/* encode_any.c: a Lua value as JSON without a schema, names as given. */
#include <lauxlib.h>

#include "encode.h"
#include "util.h"
#include "validate.h"

#define MAX_DEPTH 100

static void validate_list(lua_State *L, drl_validation *k, int index, lua_Integer n,
                          const drl_step *at) {
  drl_step step = {.up = at};
  dr_write_open(&k->writer, '[');
  for (step.index = 1; step.index <= n && drl_goes_on(k); step.index++) {
    lua_rawgeti(L, index, step.index);
    drl_validate_any(L, k, lua_gettop(L), &step);
    lua_pop(L, 1);
  }
  dr_write_close(&k->writer, ']');
}

static void validate_members(lua_State *L, drl_validation *k, int index, const drl_step *at) {
  dr_write_open(&k->writer, '{');
  drl_push_sorted_keys(L, index, 0);
  int keys = lua_gettop(L);
  lua_Integer n = (lua_Integer)lua_rawlen(L, keys);
  for (lua_Integer i = 1; i <= n && drl_goes_on(k); i++) {
    drl_step step = {.up = at, .given = 1};
    lua_rawgeti(L, keys, i);
    step.name = lua_tolstring(L, -1, &step.len);
    drl_validate_key(L, k, &step);
    lua_pushvalue(L, -1);
    lua_rawget(L, index);
    drl_validate_any(L, k, lua_gettop(L), &step);
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
  dr_write_close(&k->writer, '}');
}

/* Whether the table may be entered: not itself below itself, not too deep, readable. */
static int may_enter(lua_State *L, drl_validation *k, int index, const drl_step *at) {
  const void *table = lua_topointer(L, index);
  int depth = 0;
  for (const drl_step *s = at->up; s != NULL; s = s->up, depth++) {
    if (s->table != table) continue;
    drl_say(L, k, at, "the table contains itself, which JSON cannot say; leave it out");
    return 0;
  }
  if (depth > MAX_DEPTH) {
    drl_say(L, k, at,
            "nested too deeply; leave it out, since at most 100 tables stand within each other");
    return 0;
  }
  drl_check_stack(L, 20);
  return drl_readable(L, k, index, at);
}

static void validate_table(lua_State *L, drl_validation *k, int index, const drl_step *at) {
  drl_step here = *at;
  drl_shape shape;
  here.table = lua_topointer(L, index);
  if (!may_enter(L, k, index, at)) return;
  drl_shape_of(L, index, &shape);
  if (shape.other == 0 && shape.indexed == 0 && (shape.named > 0 || !drl_is_marked(L, index))) {
    k->looked += 2 * shape.named;
    validate_members(L, k, index, &here);
  } else if (shape.named > 0 && !drl_is_marked(L, index)) {
    drl_say(L, k, at,
            "names and indices in one table, which JSON cannot say; keep the names or the indices");
  } else {
    lua_Integer n = drl_list_length(L, k, index, at, NULL);
    if (n >= 0) validate_list(L, k, index, n, &here);
  }
}

void drl_validate_free(lua_State *L, drl_validation *k, int index, const drl_step *at) {
  drl_shape shape;
  drl_shape_of(L, index, &shape);
  if (shape.indexed + shape.other == 0 && !drl_is_marked(L, index))
    validate_table(L, k, index, at);
  else
    drl_not_named(L, k, NULL, index, at, shape.named == 0 && shape.other == 0);
}

void drl_validate_any(lua_State *L, drl_validation *k, int index, const drl_step *at) {
  switch (lua_type(L, index)) {
  case LUA_TBOOLEAN:
    dr_write_boolean(&k->writer, lua_toboolean(L, index));
    return;
  case LUA_TNUMBER:
    drl_validate_number(L, k, index, at);
    return;
  case LUA_TSTRING:
    drl_validate_string(L, k, index, at);
    return;
  case LUA_TTABLE:
    validate_table(L, k, index, at);
    return;
  default:
    if (drl_is_null(L, index))
      dr_write_null(&k->writer);
    else
      drl_refuse(L, k, at, index,
                 &(drl_fault){.verdict = "is not a value that JSON has; leave it out",
                              .expected = "a string, number, boolean, table or dr.null"});
  }
}
