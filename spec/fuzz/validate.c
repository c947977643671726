/* validate.c: fuzz target: tables of every shape through the validation of every kind, with memory
   that ends. The input is a small program that builds a Lua table: key, value, key, value, … */
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "../../src/bind/encode.h"
#include "../../src/bind/rules.h"
#include "../../src/bind/util.h"
#include "../../src/bind/where.h"
#include "../../src/core/name.h"
#include "../../src/schema/schema.h"
#include "fuzz.h"
#include "json_read.h"

#define MAX_DEPTH 120
#define MAX_POOL 400
#define MAX_BODY 100000

/* What is left of the input, and the strings that it may name. */
typedef struct input {
  const uint8_t *at, *end;
  const char *pool[MAX_POOL];
  unsigned pooled;
  long *left;     /* allocations that still succeed */
  long allowance; /* of a validation with memory that ends */
} input;

static const char reply[] =
    "{\"name\":\"a\",\"trigger\":{\"type\":\"new_word\",\"schedule\":null,"
    "\"statusStillInDecline\":null,\"extra\":1},\"autopilotOptions\":{\"mode\":\"auto\","
    "\"blendBestModels\":null},\"projectOptions\":null,\"timeSeriesOptions\":{\"periodicities\":"
    "[ {\"timeSteps\":1 , \"timeUnit\":\"DAY\"} ],\"differencingMethod\":\"seasonal\"}}";

/* {=== the pool ===} */

static void add(input *in, const char *s) {
  for (unsigned i = 0; i < in->pooled; i++)
    if (strcmp(in->pool[i], s) == 0) return;
  if (in->pooled < MAX_POOL) in->pool[in->pooled++] = s;
}

static void add_schema(input *in, const dr_schema *s) {
  for (const dr_field *f = s->fields; f->wire != NULL; f++) {
    add(in, f->wire);
    if (f->schema != NULL) add_schema(in, f->schema);
  }
}

static void fill_pool(input *in) {
  static const char *const odd[] = {"*",
                                    "",
                                    "true",
                                    "3",
                                    "@daily",
                                    "0 9 * * MON",
                                    "P7D",
                                    "PT",
                                    "end",
                                    "a b",
                                    "mon",
                                    "JANUARY",
                                    "\xff",
                                    "caf\xc3\xa9",
                                    "None",
                                    "nan",
                                    "id",
                                    "latestRun",
                                    "675c98d9f2e4b4189bff25f5",
                                    "~/\"\\\n"};
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) add(in, odd[i]);
  for (const dr_schema *const *s = dr_kinds; *s != NULL; s++) add_schema(in, *s);
  for (const dr_enum *const *e = dr_enums; *e != NULL; e++)
    for (const char *const *w = (*e)->words; *w != NULL; w++) add(in, *w);
}

/* {=== the table ===} */

static unsigned byte(input *in) {
  return in->at < in->end ? *in->at++ : 0;
}

static uint64_t word(input *in) {
  uint64_t n = 0;
  for (int i = 0; i < 8; i++) n = n << 8 | byte(in);
  return n;
}

/* A name of the pool, in its Lua spelling when the number is odd. */
static void push_pooled(lua_State *L, input *in) {
  unsigned n = byte(in) << 8;
  n |= byte(in);
  const char *s = in->pool[(n >> 1) % in->pooled];
  char lua[2 * DR_NAME_MAX];
  if (n & 1 && strlen(s) < DR_NAME_MAX)
    lua_pushlstring(L, lua, dr_name_to_lua(s, strlen(s), lua));
  else
    lua_pushstring(L, s);
}

static void push_bytes(lua_State *L, input *in) {
  size_t len = byte(in), rest = (size_t)(in->end - in->at);
  if (len > rest) len = rest;
  lua_pushlstring(L, (const char *)in->at, len);
  in->at += len;
}

static double real(input *in) {
  uint64_t bits = word(in);
  double d;
  memcpy(&d, &bits, sizeof d);
  return d;
}

static void push_scalar(lua_State *L, input *in, unsigned code) {
  switch (code) {
  case 0:
    lua_pushlightuserdata(L, NULL);
    break;
  case 1:
    lua_pushboolean(L, (int)byte(in) & 1);
    break;
  case 2:
    lua_pushinteger(L, (int8_t)byte(in));
    break;
  case 3:
    lua_pushinteger(L, (lua_Integer)word(in));
    break;
  case 4:
    lua_pushnumber(L, real(in));
    break;
  case 5:
    push_bytes(L, in);
    break;
  case 6:
    lua_pushlightuserdata(L, in);
    break;
  case 7:
    (void)lua_newuserdatauv(L, 1, 0);
    break;
  default:
    push_pooled(L, in);
    break;
  }
}

/* Gives the table on top a metatable: the list mark, or one with this or that entry. */
static void set_metatable(lua_State *L, input *in) {
  static const char *const entries[] = {"__index", "__pairs", "__name", "__len", "__gc"};
  unsigned which = byte(in) % 6;
  if (which == 5) {
    drl_push_list_mark(L);
  } else {
    lua_newtable(L);
    lua_pushliteral(L, "fuzz");
    lua_setfield(L, -2, entries[which]);
  }
  lua_setmetatable(L, -2);
}

/* Fills the table at `table`; its ancestors are the slots below it. */
static void fill(lua_State *L, input *in, int table, int first) {
  lua_Integer next = 1;
  while (in->at < in->end) {
    unsigned key = byte(in) % 8, code;
    if (key == 0) return;
    if (key == 1) {
      set_metatable(L, in);
      continue;
    }
    if (key <= 3)
      lua_pushinteger(L, key == 2 ? next++ : (int8_t)byte(in));
    else if (key == 4)
      push_scalar(L, in, 3 + byte(in) % 3);
    else
      push_pooled(L, in);
    code = byte(in) % 16;
    if (code < 11) {
      push_scalar(L, in, code);
    } else if (code == 11) {
      lua_pushvalue(L, first + (int)(byte(in) % (unsigned)(table - first + 1)));
    } else {
      lua_newtable(L);
    }
    int child = code > 11 && table - first < MAX_DEPTH && lua_checkstack(L, 8);
    lua_Number n = lua_tonumber(L, -2);
    if (lua_type(L, -2) == LUA_TNUMBER && n != n) {
      lua_pop(L, 2);
      continue;
    }
    if (child) {
      lua_pushvalue(L, -1);
      lua_insert(L, -3);
      lua_rawset(L, table);
      fill(L, in, table + 1, first);
      lua_settop(L, table);
    } else {
      lua_rawset(L, table);
    }
  }
}

/* {=== one validation ===} */

static void check_text(lua_State *L, const char *name, int needed) {
  int type = lua_getfield(L, -1, name);
  CHECK(type == LUA_TSTRING || (!needed && type == LUA_TNIL));
  lua_pop(L, 1);
}

static void check_list(lua_State *L, int notes) {
  lua_Unsigned n = lua_rawlen(L, -1);
  CHECK(lua_istable(L, -1) && n <= 101 && (notes || n > 0));
  for (lua_Unsigned i = 1; i <= n; i++) {
    CHECK(lua_rawgeti(L, -1, (lua_Integer)i) == LUA_TTABLE);
    check_text(L, "path", 1);
    check_text(L, "pointer", 1);
    check_text(L, "message", 1);
    check_text(L, "got", 0);
    check_text(L, "expected", 0);
    lua_pop(L, 1);
  }
}

typedef struct validation {
  const dr_schema *schema; /* NULL: any value */
  const dr_json *base;
  dr_buffer out;
  int good;
} validation;

/* The table is at 1. Leaves a list of problems when it is not good. */
static int run(lua_State *L) {
  validation *w = lua_touserdata(L, 2);
  lua_settop(L, 1);
  w->good = w->schema == NULL ? drl_encode_any(L, 1, &w->out)
                              : drl_encode(L, 1, w->schema, w->base, 0, &w->out);
  CHECK(lua_gettop(L) == 1 + !w->good);
  if (!w->good) check_list(L, 0);
  return 0;
}

/* Returns Lua's status. */
static int protected_run(lua_State *L, validation *w) {
  lua_pushcfunction(L, run);
  lua_pushvalue(L, 1);
  lua_pushlightuserdata(L, w);
  int status = lua_pcall(L, 2, 0, 0);
  CHECK(status == LUA_OK || status == LUA_ERRMEM ||
        (status == LUA_ERRRUN && strcmp(lua_tostring(L, -1), "not enough memory") == 0));
  lua_settop(L, 1);
  return status;
}

static void check_bytes(lua_State *L, validation *w, dr_memory mem) {
  dr_buffer index;
  dr_json j;
  dr_error err;
  dr_buffer_init(&index, mem, SIZE_MAX);
  CHECK(dr_json_parse(dr_buffer_cstr(&w->out), w->out.len, &index, &j, &err) == DR_KIND_NONE);
  if (w->schema != NULL) {
    CHECK(dr_json_type_of(&j, 0) == DR_JSON_OBJECT);
    drl_notes(L, w->schema, &j, 1, lua_istable(L, 1) ? 1 : 0);
    check_list(L, 1);
    lua_settop(L, 1);
  }
  dr_buffer_free(&index);
}

/* Once without limits, again for the same bytes, once with memory that ends. */
static void validate_kind(lua_State *L, input *in, const dr_schema *schema, const dr_json *base) {
  validation w = {.schema = schema, .base = base}, again = w;
  dr_memory mem = fuzz_memory(in->left);
  dr_buffer_init(&w.out, mem, MAX_BODY);
  dr_buffer_init(&again.out, mem, MAX_BODY);
  CHECK(protected_run(L, &w) == LUA_OK && protected_run(L, &again) == LUA_OK);
  CHECK(w.good == again.good);
  if (w.good) {
    CHECK(w.out.len == again.out.len && memcmp(w.out.data, again.out.data, w.out.len) == 0);
    check_bytes(L, &w, mem);
  }
  dr_buffer_free(&again.out);
  dr_buffer_init(&again.out, mem, MAX_BODY);
  *in->left = in->allowance;
  int status = protected_run(L, &again);
  *in->left = -1;
  CHECK(status != LUA_OK || again.good == w.good);
  dr_buffer_free(&w.out);
  dr_buffer_free(&again.out);
}

/* Runs in a protected call of its own, so that building may end for want of memory, too. */
static int build(lua_State *L) {
  input *in = lua_touserdata(L, 1);
  lua_settop(L, 0);
  lua_newtable(L);
  fill(L, in, 1, 1);
  lua_settop(L, 1);
  return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  long left = -1;
  input in = {.at = data, .end = data + size, .left = &left};
  dr_buffer index;
  dr_json base;
  dr_error err;
  lua_State *L = lua_newstate(fuzz_alloc, &left);
  if (L == NULL) return 0;
  lua_newtable(L);
  drl_where_functions(L);
  lua_settop(L, 0);
  fill_pool(&in);
  in.allowance = (long)byte(&in);
  dr_buffer_init(&index, fuzz_memory(&left), SIZE_MAX);
  CHECK(dr_json_parse(reply, sizeof reply - 1, &index, &base, &err) == DR_KIND_NONE);
  lua_pushcfunction(L, build);
  lua_pushlightuserdata(L, &in);
  if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
    for (const dr_schema *const *s = dr_kinds; *s != NULL; s++)
      validate_kind(L, &in, *s, *s == &dr_policy_update ? &base : NULL);
    validate_kind(L, &in, NULL, NULL);
  }
  lua_close(L);
  dr_buffer_free(&index);
  return 0;
}
