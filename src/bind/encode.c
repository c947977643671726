/* encode.c: validation: a Lua table checked and written by its schema, in one pass. */
#include "encode.h"

#include <string.h>

#include <lauxlib.h>

#include "document.h"
#include "util.h"
#include "validate.h"

/* {=== values ===} */

static const char *null(lua_State *L, drl_validation *k, const dr_field *f, int index,
                        const drl_step *at) {
  int change = k->body != NULL && k->body->not_empty;
  const char *fix =
      change && at->name != NULL ? "it cannot be cleared; leave it out to keep it" : "leave it out";
  if (f->nullable) {
    dr_write_null(&k->writer);
    return drl_seen_null;
  }
  if (change && f->type == DR_OBJECT && f->schema->typed)
    fix = "write { type = dr.null } to start it manually only";
  drl_refuse_field(L, k, f, at, index, "is not allowed", f->required ? NULL : fix);
  return drl_seen_null;
}

static const char *validate_list(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                 const drl_step *at);

static const char *no_table(lua_State *L, drl_validation *k, const dr_field *f, int index,
                            const drl_step *at) {
  int top = lua_gettop(L);
  drl_mistyped(L, k, f, at, index, drl_value_fix(L, f, index, at));
  lua_settop(L, top);
  return drl_seen_value;
}

static const char *validate_value(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                  const drl_step *at, uint32_t base) {
  int type = lua_type(L, index);
  if (type == LUA_TLIGHTUSERDATA && drl_is_null(L, index)) return null(L, k, f, index, at);
  if (f->type < DR_OBJECT) return drl_validate_scalar(L, k, f, index, type, at);
  if (f->type == DR_SCHEDULE) return drl_validate_schedule(L, k, f, index, at);
  if (type != LUA_TTABLE) return no_table(L, k, f, index, at);
  if (f->type == DR_LIST) return validate_list(L, k, f, index, at);
  if (f->type == DR_FREE)
    drl_validate_free(L, k, index, at);
  else
    drl_validate_object(L, k, f->schema, index, at, base, validate_value, NULL);
  return drl_seen_value;
}

static const char *validate_list(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                 const drl_step *at) {
  if (!drl_readable(L, k, index, at)) return drl_seen_value;
  lua_Integer n = drl_list_length(L, k, index, at,
                                  f->item->type == DR_OBJECT ? "write { { ... } }, a list of such"
                                                             : "write the values alone");
  if (n < 0) return drl_seen_value;
  if (n < f->min_length || (f->max_length > 0 && n > f->max_length))
    drl_wrong_length(L, k, f, index, n, at);
  dr_write_open(&k->writer, '[');
  drl_step step = {.up = at};
  for (step.index = 1; step.index <= n && drl_goes_on(k); step.index++) {
    lua_rawgeti(L, index, step.index);
    validate_value(L, k, f->item, lua_gettop(L), &step, DRL_NO_BASE);
    lua_pop(L, 1);
  }
  dr_write_close(&k->writer, ']');
  return n == 0 ? drl_seen_empty : drl_seen_value;
}

/* {=== the whole body ===} */

static const drl_step root = {0};

/* Reserves the slots of a validation, and space for the first report. */
static void begin(lua_State *L, drl_validation *k, dr_buffer *out) {
  drl_check_stack(L, 24);
  memset(k, 0, sizeof *k);
  dr_writer_init(&k->writer, out);
  lua_pushnil(L);
  k->problems.slot = lua_gettop(L);
  drl_push_maps(L);
  k->maps = lua_gettop(L);
}

/* Leaves the stack as it was, or with the list of problems. */
static int end(lua_State *L, drl_validation *k, size_t start) {
  dr_buffer *out = k->writer.out;
  if (out->fault == DR_FAULT_MEMORY) return drl_memory_error(L);
  if (out->fault == DR_FAULT_NONE && drl_is_counted_out(k)) out->fault = DR_FAULT_COUNT;
  if (out->fault == DR_FAULT_COUNT) drl_say(L, k, &root, "too many values");
  if (out->fault == DR_FAULT_LIMIT)
    drl_say(L, k, &root, lua_pushfstring(L, "more than %I bytes of JSON", (lua_Integer)out->max));
  drl_problems_end(L, &k->problems);
  int good = k->problems.count == 0;
  lua_settop(L, k->problems.slot - good);
  if (!good && out->fault == DR_FAULT_NONE) out->len = start;
  return good;
}

int drl_encode_field(lua_State *L, int index, const dr_field *f, const dr_json *base,
                     uint32_t base_token, dr_buffer *out) {
  drl_validation k;
  size_t start = out->len;
  index = lua_absindex(L, index);
  begin(L, &k, out);
  k.base = base;
  k.body = f->type == DR_OBJECT ? f->schema : NULL;
  validate_value(L, &k, f, index, &root, base == NULL ? DRL_NO_BASE : base_token);
  return end(L, &k, start);
}

int drl_encode(lua_State *L, int index, const dr_schema *schema, const dr_json *base,
               uint32_t base_token, dr_buffer *out) {
  const dr_field body = {.wire = "", .type = DR_OBJECT, .schema = schema, .required = 1};
  return drl_encode_field(L, index, &body, base, base_token, out);
}

int drl_encode_any(lua_State *L, int index, dr_buffer *out) {
  drl_validation k;
  size_t start = out->len;
  index = lua_absindex(L, index);
  begin(L, &k, out);
  drl_validate_any(L, &k, index, &root);
  return end(L, &k, start);
}
