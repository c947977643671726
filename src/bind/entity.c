/* entity.c: objects over one reply: fields, pairs, tostring, to_table; a snapshot that never
   sends. */
#include "entity.h"

#include <string.h>

#include <lauxlib.h>

#include "../core/name.h"
#include "document.h"
#include "util.h"
#include "where.h"

/* Its address is a key that no script can make, in the metatables of entities; and it stands in the
   entities, since a script can put their metatable on a table, and the debug library on anything.
 */
static const char entity_mark;

static int is_marked(lua_State *L, int index) {
  const drl_entity *e = lua_touserdata(L, index);
  return lua_type(L, index) == LUA_TUSERDATA && lua_rawlen(L, index) >= sizeof *e &&
         e->mark == &entity_mark;
}

drl_entity *drl_test_entity(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return NULL;
  int known = lua_rawgetp(L, -1, &entity_mark) != LUA_TNIL;
  lua_pop(L, 2);
  return known && is_marked(L, index) ? lua_touserdata(L, index) : NULL;
}

int drl_is_entity(lua_State *L, int index, dr_class_id class) {
  const drl_entity *e = drl_test_entity(L, index);
  return e != NULL && e->class == class;
}

/* upvalue 1 of every function of a class: the class */
static const dr_class *own_class(lua_State *L) {
  return &dr_classes[lua_tointeger(L, lua_upvalueindex(1))];
}

static void check_entity(lua_State *L) {
  const dr_class *class = own_class(L);
  if (!drl_is_entity(L, 1, (dr_class_id)(class - dr_classes))) drl_bad_self(L, class->type);
}

const dr_json *drl_push_document(lua_State *L, int index, uint32_t *token) {
  const drl_entity *e = lua_touserdata(L, index);
  lua_getiuservalue(L, index, DRL_ENTITY_DOCUMENT);
  *token = e->token;
  return drl_to_document(L, -1);
}

/* The usable "id" of the object at `token`, not NUL-terminated, or NULL. */
static const char *id_of(const dr_json *j, uint32_t token, size_t *len) {
  uint32_t id = dr_json_member(j, token, "id", 2);
  int escaped;
  if (id == 0 || dr_json_type_of(j, id) != DR_JSON_STRING) return NULL;
  const char *bytes = dr_json_bytes(j, id, len, &escaped);
  return escaped || !dr_id_loose(bytes, *len) ? NULL : bytes;
}

int drl_new_entity(lua_State *L, dr_class_id class, int document, uint32_t token, int client,
                   const drl_entity *self) {
  const dr_json *j = drl_to_document(L, document);
  unsigned parents = dr_class_ids(class) - 1;
  size_t len = 0;
  const char *bytes = id_of(j, token, &len);
  if (bytes == NULL || parents > (self == NULL ? 0 : dr_class_ids(self->class))) return 0;
  drl_entity *e = lua_newuserdatauv(L, sizeof *e + (parents + 1) * sizeof *e->id, 2);
  e->mark = &entity_mark;
  e->class = class;
  e->token = token;
  if (parents > 0) memcpy(e->id, self->id, parents * sizeof *e->id);
  memcpy(e->id[parents], bytes, len);
  e->id[parents][len] = '\0';
  lua_pushvalue(L, document);
  lua_setiuservalue(L, -2, DRL_ENTITY_DOCUMENT);
  lua_pushvalue(L, client);
  lua_setiuservalue(L, -2, DRL_ENTITY_CLIENT);
  luaL_setmetatable(L, dr_classes[class].type);
  return 1;
}

int drl_entity_set(lua_State *L, int index, int document) {
  drl_entity *e = lua_touserdata(L, index);
  const char *own = e->id[dr_class_ids(e->class) - 1];
  size_t len = 0;
  const char *bytes = id_of(drl_to_document(L, document), 0, &len);
  if (bytes == NULL || len != strlen(own) || memcmp(bytes, own, len) != 0) return 0;
  lua_pushvalue(L, document);
  lua_setiuservalue(L, index, DRL_ENTITY_DOCUMENT);
  e->token = 0;
  return 1;
}

int drl_entity_ids(lua_State *L) {
  const drl_entity *e = drl_test_entity(L, 1);
  if (e == NULL) return drl_argument(L, 1, "an object of the server expected");
  unsigned n = dr_class_ids(e->class);
  for (unsigned i = 0; i < n; i++) lua_pushstring(L, e->id[i]);
  return (int)n;
}

/* {=== fields ===} */

/* A nested value is made once, so that it is equal to itself. The document keeps it, so that a
   value of one snapshot is never taken for one of another. */
static void push_nested(lua_State *L, int document, uint32_t value) {
  const dr_json *j = drl_to_document(L, document);
  if (lua_getiuservalue(L, document, 1) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, document, 1);
  }
  if (lua_rawgeti(L, -1, value) == LUA_TNIL) {
    lua_pop(L, 1);
    drl_push_value(L, j, value, DRL_LUA_NAMES);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, value);
  }
  lua_remove(L, -2);
}

static void push_field(lua_State *L, int document, uint32_t value) {
  const dr_json *j = drl_to_document(L, document);
  if (dr_json_type_of(j, value) >= DR_JSON_ARRAY)
    push_nested(L, document, value);
  else
    drl_push_value(L, j, value, DRL_LUA_NAMES);
}

/* Whether the key has this Lua name; keys with escapes are rare and compared as Lua strings. */
static int key_matches(lua_State *L, const dr_json *j, uint32_t key, const char *name, size_t len) {
  size_t wlen;
  int escaped;
  const char *wire = dr_json_bytes(j, key, &wlen, &escaped);
  if (!escaped) return dr_name_matches(wire, wlen, name, len);
  drl_push_name(L, j, key, DRL_LUA_NAMES);
  size_t n;
  const char *s = lua_tolstring(L, -1, &n);
  int same = n == len && memcmp(s, name, n) == 0;
  lua_pop(L, 1);
  return same;
}

/* The value of the last member whose key has this Lua name; 0: none. Names and keys begin alike, so
   that most keys need no closer look. */
static uint32_t find(lua_State *L, const dr_json *j, uint32_t object, const char *name,
                     size_t len) {
  uint32_t found = 0, end = dr_json_end(j, object);
  for (uint32_t key = object + 1; key < end; key = dr_json_next(j, key + 1)) {
    char first = dr_json_at(j, key)[1];
    int alike = (first | 0x20) == (name[0] | 0x20) || first == '\\' || len == 0;
    if (alike && key_matches(L, j, key, name, len)) found = key + 1;
  }
  return found;
}

/* Argument 1 is to have the metatable in the upvalue: quicker than by its name. */
static void check_own(lua_State *L, int upvalue) {
  if (!lua_getmetatable(L, 1) || !lua_rawequal(L, -1, lua_upvalueindex(upvalue)) ||
      !is_marked(L, 1))
    check_entity(L);
  lua_settop(L, 2);
}

/* The id that was checked, whatever else of the reply goes by this name. */
static int push_id(lua_State *L) {
  const drl_entity *e = lua_touserdata(L, 1);
  lua_pushstring(L, e->id[dr_class_ids(e->class) - 1]);
  return 1;
}

/* upvalues: the class, the methods, the metatable */
static int entity_index(lua_State *L) {
  check_own(L, 3);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL) return 1;
  if (lua_type(L, 2) != LUA_TSTRING) return 1;
  size_t len;
  const char *name = lua_tolstring(L, 2, &len);
  if (strcmp(name, "id") == 0) return push_id(L);
  uint32_t token;
  const dr_json *j = drl_push_document(L, 1, &token);
  uint32_t found = find(L, j, token, name, len);
  if (found != 0)
    push_field(L, lua_gettop(L), found);
  else
    lua_pushnil(L);
  return 1;
}

/* Pushes what changes the field of this name. */
static const char *push_setter(lua_State *L, const dr_class *class, const char *name, size_t len) {
  const drl_entity *e = lua_touserdata(L, 1);
  for (const dr_setter *s = dr_setters; s->body != NULL; s++) {
    if (s->class != e->class || dr_schema_field(s->body, name, len) == NULL) continue;
    if (s->text != NULL) return lua_pushstring(L, s->text);
    return lua_pushfstring(L, "use %s:%s { %s = ... }", class->variable, s->method, name);
  }
  return lua_pushstring(L, class->assign);
}

static int entity_newindex(lua_State *L) {
  size_t len;
  check_entity(L);
  const dr_class *class = own_class(L);
  const char *name = luaL_tolstring(L, 2, &len);
  const char *advice = push_setter(L, class, name, len);
  return drl_raise(L, "attempt to assign to '%s' of a %s, which is a snapshot of a reply: %s", name,
                   class->name, advice);
}

static int pairs_next(lua_State *L) {
  lua_settop(L, 2);
  if (lua_next(L, 1)) return 2;
  lua_pushnil(L);
  return 1;
}

static int entity_pairs(lua_State *L) {
  uint32_t token;
  check_entity(L);
  lua_settop(L, 1);
  const dr_json *j = drl_push_document(L, 1, &token);
  uint32_t end = dr_json_end(j, token);
  lua_pushcfunction(L, pairs_next);
  lua_newtable(L);
  for (uint32_t key = token + 1; key < end; key = dr_json_next(j, key + 1)) {
    drl_push_name(L, j, key, DRL_LUA_NAMES);
    push_field(L, 2, key + 1);
    lua_rawset(L, -3);
  }
  return 2;
}

/* {=== methods ===} */

/* object:to_table([o]): all fields as a plain table of its own, which the object does not share.
   @param o? {nulls: boolean} nulls: fields that are null are `dr.null`; else they are absent
   @return table t */
static int entity_to_table(lua_State *L) {
  static const char *const options[] = {"nulls", NULL};
  uint32_t token;
  check_entity(L);
  drl_check_options(L, 2, options);
  int nulls = drl_option_boolean(L, 2, "nulls", 0);
  const dr_json *j = drl_push_document(L, 1, &token);
  drl_push_value(L, j, token, DRL_LUA_NAMES | (nulls ? DRL_NULLS : 0));
  return 1;
}

/* object:to_json(): the server's own bytes.
   @return string json */
static int entity_to_json(lua_State *L) {
  uint32_t token;
  check_entity(L);
  const dr_json *j = drl_push_document(L, 1, &token);
  const char *text = dr_json_at(j, token);
  lua_pushlstring(L, text, (size_t)(drl_source_end(j, token) - text));
  return 1;
}

/* retraining_policy:definition(): the part of the policy that can be sent again, as a table of its
   own: what `create_retraining_policy` takes as it is, here or on another deployment. Members that
   only replies have are left out; the linked Use Case is its id.
   @return datarobot.body.policy t */
static int entity_definition(lua_State *L) {
  uint32_t token;
  check_entity(L);
  const dr_json *j = drl_push_document(L, 1, &token);
  drl_push_fields(L, j, token, &dr_policy_create);
  uint32_t use_case = dr_json_member(j, token, "useCase", strlen("useCase"));
  uint32_t id = use_case == 0 ? 0 : dr_json_member(j, use_case, "id", strlen("id"));
  if (id != 0 && dr_json_type_of(j, id) == DR_JSON_STRING) {
    drl_push_value(L, j, id, 0);
    lua_setfield(L, -2, "use_case_id");
  }
  return 1;
}

/* Sets functions of the class in the table on top. */
static void set_functions(lua_State *L, const luaL_Reg *functions, dr_class_id class) {
  lua_pushinteger(L, class);
  luaL_setfuncs(L, functions, 1);
}

void drl_entity_class(lua_State *L, dr_class_id class) {
  static const luaL_Reg none[] = {{NULL, NULL}};
  static const luaL_Reg meta[] = {
      {"__newindex", entity_newindex}, {"__pairs", entity_pairs}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"to_table", entity_to_table}, {"to_json", entity_to_json}, {NULL, NULL}};
  static const luaL_Reg definition[] = {{"definition", entity_definition}, {NULL, NULL}};
  drl_class(L, dr_classes[class].type, none, NULL);
  set_functions(L, meta, class);
  lua_pushboolean(L, 1);
  lua_rawsetp(L, -2, &entity_mark);
  lua_newtable(L);
  set_functions(L, methods, class);
  if (class == DR_CLASS_POLICY) set_functions(L, definition, class);
  lua_pushinteger(L, class);
  lua_pushvalue(L, -2);
  lua_pushvalue(L, -4);
  lua_pushcclosure(L, entity_index, 3);
  lua_setfield(L, -3, "__index");
  lua_remove(L, -2);
}
