/* rules_view.c: what a rule sees: the body that goes out and what is known beside it. */
#include "rules_view.h"

#include <string.h>

#include "../core/name.h"
#include "document.h"
#include "entity.h"
#include "problem.h"

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
