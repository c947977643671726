/* discovery.c: the schema tables and REST operations as plain Lua data, for help and reference. */
#include "discovery.h"

#include <string.h>

#include <lauxlib.h>

#include "../core/json_read.h"
#include "../core/name.h"
#include "../schema/operations.h"
#include "problem.h"
#include "util.h"
#include "where.h"

/* {=== members of the table on top ===} */

static void set_text(lua_State *L, const char *name, const char *text) {
  if (text == NULL) return;
  lua_pushstring(L, text);
  lua_setfield(L, -2, name);
}

static void set_flag(lua_State *L, const char *name, int flag) {
  if (!flag) return;
  lua_pushboolean(L, 1);
  lua_setfield(L, -2, name);
}

static void set_length(lua_State *L, const char *name, uint32_t length) {
  if (length == 0) return;
  lua_pushinteger(L, length);
  lua_setfield(L, -2, name);
}

static void set_words(lua_State *L, const char *name, const char *const *words) {
  if (words == NULL) return;
  lua_newtable(L);
  for (lua_Integer i = 0; words[i] != NULL; i++) {
    lua_pushstring(L, words[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, name);
}

/* A limit is an integer where it is whole; one beyond an integer's range is no limit. */
static void set_limit(lua_State *L, const char *name, double limit) {
  lua_Integer whole;
  if (lua_numbertointeger(limit, &whole))
    lua_pushinteger(L, whole);
  else if (limit < 9e18 && limit > -9e18)
    lua_pushnumber(L, limit);
  else
    return;
  lua_setfield(L, -2, name);
}

/* {=== fields ===} */

static const char *const type_names[] = {
    [DR_STRING] = "string",     [DR_BOOLEAN] = "boolean", [DR_INTEGER] = "integer",
    [DR_NUMBER] = "number",     [DR_ENUM] = "enum",       [DR_ID] = "id",
    [DR_DURATION] = "duration", [DR_OBJECT] = "object",   [DR_LIST] = "list",
    [DR_SCHEDULE] = "schedule", [DR_FREE] = "free",       [DR_TIME] = "time"};

static const char *const fill_names[] = {[DR_FILL_NONE] = NULL,
                                         [DR_FILL_FALSE] = "false",
                                         [DR_FILL_NULL] = "null",
                                         [DR_FILL_DAILY] = "daily"};

static void set_fields(lua_State *L, const dr_field *fields);

static void push_field(lua_State *L, const dr_field *f) {
  char expected[DRL_TEXT_MAX];
  drl_check_stack(L, 8);
  lua_createtable(L, 0, 8);
  set_text(L, "expected", drl_text_of_field(f, expected));
  set_text(L, "type", type_names[f->type]);
  set_text(L, "doc", f->doc);
  set_text(L, "fill", fill_names[f->fill]);
  set_text(L, "otherwise", f->otherwise);
  set_flag(L, "required", f->required);
  set_flag(L, "nullable", f->nullable);
  set_length(L, "min_length", f->min_length);
  set_length(L, "max_length", f->max_length);
  if (f->ranged) {
    set_limit(L, "min", f->min);
    set_limit(L, "max", f->max);
  }
  if (f->among != NULL) {
    lua_newtable(L);
    for (lua_Integer i = 0; f->among[i] != 0; i++) {
      lua_pushinteger(L, f->among[i]);
      lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "among");
  }
  if (f->words != NULL) {
    set_text(L, "enum", f->words->name);
    set_words(L, "words", f->words->words);
  }
  if (f->item != NULL) {
    push_field(L, f->item);
    lua_setfield(L, -2, "item");
  } else if (f->schema != NULL) {
    set_text(L, "schema", f->schema->name);
    set_fields(L, f->schema->fields);
  }
}

static void set_names(lua_State *L, const char *wire) {
  char name[DR_NAME_MAX];
  set_text(L, "wire", wire);
  lua_pushlstring(L, name, dr_name_to_lua(wire, strlen(wire), name));
  lua_setfield(L, -2, "name");
}

static void set_fields(lua_State *L, const dr_field *fields) {
  lua_newtable(L);
  for (lua_Integer i = 0; fields[i].wire != NULL; i++) {
    push_field(L, &fields[i]);
    set_names(L, fields[i].wire);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "fields");
}

static void push_schema(lua_State *L, const dr_schema *s) {
  lua_createtable(L, 0, 6);
  set_text(L, "name", s->name);
  set_text(L, "doc", s->doc);
  set_flag(L, "open", s->open);
  set_flag(L, "not_empty", s->not_empty);
  set_words(L, "read_only", s->read_only);
  set_fields(L, s->fields);
}

/* {=== lists ===} */

static void push_kinds(lua_State *L) {
  lua_newtable(L);
  for (lua_Integer i = 0; dr_kinds[i] != NULL; i++) {
    push_schema(L, dr_kinds[i]);
    lua_rawseti(L, -2, i + 1);
  }
}

static void push_queries(lua_State *L) {
  lua_Integer n = 0;
  lua_newtable(L);
  for (int i = 0; i < DR_OP_COUNT; i++) {
    int first = dr_operations[i].query != NULL;
    for (int j = 0; j < i && first; j++) first = dr_operations[j].query != dr_operations[i].query;
    if (!first) continue;
    push_schema(L, dr_operations[i].query);
    lua_rawseti(L, -2, ++n);
  }
}

static void push_enums(lua_State *L) {
  lua_newtable(L);
  for (lua_Integer i = 0; dr_enums[i] != NULL; i++) {
    lua_createtable(L, 0, 2);
    set_text(L, "name", dr_enums[i]->name);
    set_words(L, "words", dr_enums[i]->words);
    lua_rawseti(L, -2, i + 1);
  }
}

/* A page is a list of objects or of tables. */
static const char *item_of(const dr_operation *op) {
  return op->of == DR_CLASS_NONE ? "table" : dr_classes[op->of].name;
}

static const char *reply_of(const dr_operation *op) {
  static const char *const names[] = {
      [DR_REPLY_TABLE] = "table", [DR_REPLY_PAGE] = "list", [DR_REPLY_RESPONSE] = "response"};
  return op->reply == DR_REPLY_OBJECT ? item_of(op) : names[op->reply];
}

static void push_operation(lua_State *L, const dr_operation *op) {
  lua_createtable(L, 0, 10);
  set_text(L, "name", op->name);
  set_text(L, "method", op->method);
  set_text(L, "path", op->path);
  set_text(L, "on", dr_classes[op->on].name);
  set_text(L, "body", op->body != NULL ? op->body->name : NULL);
  set_text(L, "query", op->query != NULL ? op->query->name : NULL);
  set_text(L, "reply", reply_of(op));
  set_text(L, "item", op->reply == DR_REPLY_PAGE ? item_of(op) : NULL);
  set_text(L, "retry", op->retry == DR_RETRY_SAFE ? "safe" : "unsafe");
  set_flag(L, "writes", dr_operation_writes(op));
  set_text(L, "doc", op->doc);
}

static void push_operations(lua_State *L) {
  lua_newtable(L);
  for (int i = 0; i < DR_OP_COUNT; i++) {
    push_operation(L, &dr_operations[i]);
    lua_rawseti(L, -2, i + 1);
  }
}

static void push_classes(lua_State *L) {
  lua_newtable(L);
  for (int i = DR_CLASS_CLIENT; i < DR_CLASS_COUNT; i++) {
    lua_createtable(L, 0, 4);
    set_text(L, "name", dr_classes[i].name);
    set_text(L, "title", dr_classes[i].title);
    set_text(L, "variable", dr_classes[i].variable);
    lua_pushinteger(L, dr_class_ids((dr_class_id)i));
    lua_setfield(L, -2, "ids");
    lua_rawseti(L, -2, i);
  }
}

static void push_methods(lua_State *L) {
  lua_newtable(L);
  for (lua_Integer i = 0; dr_methods[i].name != NULL; i++) {
    lua_createtable(L, 0, 4);
    set_text(L, "class", dr_classes[dr_methods[i].class].name);
    set_text(L, "name", dr_methods[i].name);
    set_text(L, "operation", dr_operations[dr_methods[i].op].name);
    set_text(L, "doc", dr_methods[i].doc);
    lua_rawseti(L, -2, i + 1);
  }
}

int drl_schemas(lua_State *L) {
  lua_createtable(L, 0, 6);
  push_kinds(L);
  lua_setfield(L, -2, "kinds");
  push_queries(L);
  lua_setfield(L, -2, "queries");
  push_enums(L);
  lua_setfield(L, -2, "enums");
  push_operations(L);
  lua_setfield(L, -2, "operations");
  push_classes(L);
  lua_setfield(L, -2, "classes");
  push_methods(L);
  lua_setfield(L, -2, "methods");
  return 1;
}

int drl_metric(lua_State *L) {
  size_t len;
  const char *name = drl_check_string(L, 1, &len);
  int direction = dr_metric_direction(name, len);
  if (direction == 0) return 0;
  lua_pushinteger(L, direction);
  return 1;
}

int drl_nearest(lua_State *L) {
  size_t len;
  const char *given = drl_check_string(L, 1, &len);
  drl_check_type(L, 2, LUA_TTABLE);
  size_t n = (size_t)lua_rawlen(L, 2);
  const char **words = lua_newuserdatauv(L, (n + 1) * sizeof *words, 0);
  for (size_t i = 0; i < n; i++) {
    if (lua_rawgeti(L, 2, (lua_Integer)i + 1) != LUA_TSTRING)
      return drl_argument(L, 2, "a list of strings expected");
    words[i] = lua_tostring(L, -1); /* the list keeps it */
    lua_pop(L, 1);
  }
  words[n] = NULL;
  lua_pushstring(L, dr_nearest(given, len, words)); /* nil when none is near */
  return 1;
}
