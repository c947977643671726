/* reply_error.c: fuzz target: what a server says about a body, as an error object, with memory that
   ends. The first byte of the input is how many allocations succeed in the second run; the rest is
   the reply. */
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "../../src/bind/errors.h"
#include "../../src/bind/util.h"
#include "../../src/bind/where.h"
#include "fuzz.h"
#include "json_read.h"
#include "json_write.h"

#define MOST_PROBLEMS 100
#define MOST_QUOTED 1000 /* a line of 200 bytes, each of which may become an escape, and words */
#define MOST_PATH 2200   /* humps and escapes may double what is cut at 1000 */

typedef struct reply {
  const char *text;
  size_t len;
  const dr_json *j; /* NULL: no JSON */
} reply;

/* Member `name` of the table on top is a string. */
static size_t check_text(lua_State *L, const char *name) {
  CHECK(lua_getfield(L, -1, name) == LUA_TSTRING);
  size_t len = (size_t)lua_rawlen(L, -1);
  lua_pop(L, 1);
  return len;
}

static void check_problem(lua_State *L) {
  CHECK(check_text(L, "path") <= MOST_PATH && check_text(L, "pointer") <= MOST_PATH);
  check_text(L, "message");
  lua_getfield(L, -1, "pointer");
  const char *pointer = lua_tostring(L, -1);
  CHECK(*pointer == '\0' || *pointer == '/');
  lua_pop(L, 1);
}

static void check_error(lua_State *L, const reply *r) {
  check_text(L, "kind");
  size_t len = check_text(L, "message");
  CHECK(r->j != NULL || len <= MOST_QUOTED);
  int type = lua_getfield(L, -1, "problems");
  CHECK(type == LUA_TNIL || type == LUA_TTABLE);
  lua_Integer n = type == LUA_TTABLE ? (lua_Integer)lua_rawlen(L, -1) : 0;
  CHECK(n <= MOST_PROBLEMS);
  for (lua_Integer i = 1; i <= n; i++) {
    CHECK(lua_rawgeti(L, -1, i) == LUA_TTABLE);
    check_problem(L);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  type = lua_getfield(L, -1, "code");
  CHECK(type == LUA_TNIL || type == LUA_TSTRING);
  lua_pop(L, 1);
}

static int run(lua_State *L) {
  const reply *r = lua_touserdata(L, 1);
  drl_push_error(L, DR_KIND_VALIDATION, "nothing");
  drl_error_from_body(L, lua_gettop(L), r->j, r->text, r->len);
  CHECK(lua_gettop(L) == 2);
  check_error(L, r);
  return 0;
}

static int protected_run(lua_State *L, reply *r) {
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, r);
  int status = lua_pcall(L, 1, 0, 0);
  CHECK(status == LUA_OK || status == LUA_ERRMEM ||
        (status == LUA_ERRRUN && strcmp(lua_tostring(L, -1), "not enough memory") == 0));
  lua_settop(L, 0);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  long left = -1;
  dr_buffer index;
  dr_json j;
  dr_error err;
  if (size == 0) return 0;
  char *text = fuzz_text(data + 1, size - 1);
  lua_State *L = lua_newstate(fuzz_alloc, &left);
  CHECK(L != NULL);
  reply r = {text, size - 1, NULL};
  luaL_newmetatable(L, DRL_ERROR);
  drl_where_functions(L);
  lua_settop(L, 0);
  dr_buffer_init(&index, fuzz_memory(&left), SIZE_MAX);
  if (dr_json_parse(r.text, r.len, &index, &j, &err) == DR_KIND_NONE) r.j = &j;
  CHECK(protected_run(L, &r) == LUA_OK);
  left = data[0];
  protected_run(L, &r);
  left = -1;
  lua_close(L);
  dr_buffer_free(&index);
  free(text);
  return 0;
}
