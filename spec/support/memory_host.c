/* memory_host.c: the specs' own Lua interpreter, whose allocator counts and fails on command.
   Built with the sanitizers it is also what the suite runs in, under the name lua5.4: nothing has
   to be preloaded, so the other programs that a spec starts are left alone. It keeps Lua's
   incremental collector where lua5.4 turns on the generational one, so that the suite meets both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

/* Before each block stands its size, so that a block given back with another size is seen. */
#define HEAD 16

/* What `alloc` in Lua steers; one for the process, handed to the allocator as its ud. */
typedef struct memory {
  size_t balance; /* bytes in use */
  size_t blocks;
  size_t wrong;                    /* blocks given back with a size they did not have */
  lua_Integer fail_at, fail_until; /* allocations that fail, counted from alloc.fail; 0: none */
  lua_Integer seen, hit;           /* allocations and failures since alloc.fail */
} memory;

static int refused(memory *m) {
  m->seen++;
  if (m->fail_at == 0 || m->seen < m->fail_at || m->seen >= m->fail_until) return 0;
  m->hit++;
  return 1;
}

static size_t size_of(const char *block) {
  size_t size;
  memcpy(&size, block, sizeof size);
  return size;
}

/* A lua_Alloc: only what makes a block or lets it grow can fail. */
static void *allocate(void *ud, void *ptr, size_t osize, size_t nsize) {
  memory *m = ud;
  char *block = ptr != NULL ? (char *)ptr - HEAD : NULL;
  size_t old = block != NULL ? size_of(block) : 0;
  if (block != NULL && old != osize) m->wrong++;
  if (nsize == 0) {
    m->balance -= old;
    m->blocks -= block != NULL;
    free(block);
    return NULL;
  }
  if (nsize > old && refused(m)) return NULL;
  char *grown = realloc(block, nsize + HEAD);
  if (grown == NULL) return nsize <= old ? ptr : NULL;
  memcpy(grown, &nsize, sizeof nsize);
  m->balance += nsize - old;
  m->blocks += block == NULL;
  return grown + HEAD;
}

static memory *memory_of(lua_State *L) {
  void *ud;
  lua_getallocf(L, &ud);
  return ud;
}

/* alloc.fail(n[, times]): the n-th allocation from now is refused, and the ones behind it until
   `times` (default 1) were; times = true: all behind it. */
static int alloc_fail(lua_State *L) {
  memory *m = memory_of(L);
  lua_Integer n = luaL_checkinteger(L, 1);
  lua_Integer times = 1;
  if (lua_isboolean(L, 2))
    times = lua_toboolean(L, 2) ? LUA_MAXINTEGER - n : 1;
  else
    times = luaL_optinteger(L, 2, 1);
  luaL_argcheck(L, n > 0, 1, "must be positive");
  m->seen = m->hit = 0;
  m->fail_at = n;
  m->fail_until = n + times;
  return 0;
}

/* alloc.stop() -> allocations seen since alloc.fail, how many of them were refused. */
static int alloc_stop(lua_State *L) {
  memory *m = memory_of(L);
  lua_Integer seen = m->seen, hit = m->hit;
  m->fail_at = 0;
  lua_pushinteger(L, seen);
  lua_pushinteger(L, hit);
  return 2;
}

/* alloc.balance() -> bytes in use, blocks in use. */
static int alloc_balance(lua_State *L) {
  memory *m = memory_of(L);
  lua_pushinteger(L, (lua_Integer)m->balance);
  lua_pushinteger(L, (lua_Integer)m->blocks);
  return 2;
}

static const luaL_Reg alloc_functions[] = {
    {"fail", alloc_fail}, {"stop", alloc_stop}, {"balance", alloc_balance}, {NULL, NULL}};

/* Closes the state and looks at what is left. Returns the process's status. */
static int finish(lua_State *L, int status) {
  memory *m = memory_of(L);
  m->fail_at = 0;
  lua_close(L);
  if (m->balance == 0 && m->blocks == 0 && m->wrong == 0) return status;
  fprintf(stderr, "memory_host: %zu bytes left in %zu blocks, %zu blocks freed with a wrong size\n",
          m->balance, m->blocks, m->wrong);
  return 3;
}

/* os.exit, always closing the state, so that the balance is looked at here too. */
static int os_exit(lua_State *L) {
  int status = lua_isboolean(L, 1) ? (lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE)
                                   : (int)luaL_optinteger(L, 1, EXIT_SUCCESS);
  exit(finish(L, status));
}

static void push_arguments(lua_State *L, int argc, char **argv, int script) {
  lua_newtable(L);
  for (int i = 0; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i - script);
  }
  lua_setglobal(L, "arg");
}

/* Main, protected: (argc, argv). */
static int run(lua_State *L) {
  int argc = (int)lua_tointeger(L, 1);
  char **argv = lua_touserdata(L, 2);
  int chunk = argc > 2 && strcmp(argv[1], "-e") == 0;
  luaL_openlibs(L);
  luaL_newlib(L, alloc_functions);
  lua_setglobal(L, "alloc");
  lua_getglobal(L, "os");
  lua_pushcfunction(L, os_exit);
  lua_setfield(L, -2, "exit");
  push_arguments(L, argc, argv, 1 + chunk);
  if (chunk ? luaL_loadstring(L, argv[2]) : luaL_loadfile(L, argv[1])) return lua_error(L);
  int n = argc - 2 - chunk;
  luaL_checkstack(L, n, "too many arguments");
  for (int i = 0; i < n; i++) lua_pushstring(L, argv[2 + chunk + i]);
  lua_call(L, n, 0);
  return 0;
}

static int traceback(lua_State *L) {
  const char *message = luaL_tolstring(L, 1, NULL);
  luaL_traceback(L, L, message, 1);
  return 1;
}

int main(int argc, char **argv) {
  memory m = {0};
  if (argc < 2) {
    fprintf(stderr, "usage: %s SCRIPT [ARGUMENT]... | -e CHUNK [ARGUMENT]...\n", argv[0]);
    return 2;
  }
  lua_State *L = lua_newstate(allocate, &m);
  if (L == NULL) return 3;
  lua_pushcfunction(L, traceback);
  lua_pushcfunction(L, run);
  lua_pushinteger(L, argc);
  lua_pushlightuserdata(L, argv);
  int failed = lua_pcall(L, 2, 0, 1);
  if (failed) fprintf(stderr, "%s: %s\n", argv[0], lua_tostring(L, -1));
  return finish(L, failed ? EXIT_FAILURE : EXIT_SUCCESS);
}
