/* curl_host.c: a Lua interpreter in which libcurl's own allocations are counted and fail on
   command. Lua's, OpenSSL's and the resolver's come from elsewhere and do not fail. At the end not
   a block of libcurl's may be left.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

/* Before each block stands its size: one that only shrinks is not refused. */
#define HEAD 16

/* libcurl's callbacks take no argument of ours, and its resolver calls them from its threads. */
static atomic_long blocks;
static atomic_long seen, hit;           /* allocations and failures since curl_alloc.fail */
static atomic_long fail_at, fail_until; /* allocations that fail; 0: none */

/* A place to stop at with a debugger. */
__attribute__((noinline)) static void *refuse(void) {
  atomic_fetch_add(&hit, 1);
  return NULL;
}

static int refused(void) {
  long at = atomic_load(&fail_at), n = atomic_fetch_add(&seen, 1) + 1;
  return at > 0 && n >= at && n < atomic_load(&fail_until);
}

static void *resize(char *block, size_t size) {
  char *grown = realloc(block, size + HEAD);
  if (grown == NULL) return NULL;
  memcpy(grown, &size, sizeof size);
  if (block == NULL) atomic_fetch_add(&blocks, 1);
  return grown + HEAD;
}

static void *host_malloc(size_t size) {
  return refused() ? refuse() : resize(NULL, size);
}

static void host_free(void *ptr) {
  if (ptr == NULL) return;
  atomic_fetch_sub(&blocks, 1);
  free((char *)ptr - HEAD);
}

static void *host_realloc(void *ptr, size_t size) {
  size_t old;
  if (ptr == NULL) return host_malloc(size);
  char *block = (char *)ptr - HEAD;
  memcpy(&old, block, sizeof old);
  return size > old && refused() ? refuse() : resize(block, size);
}

static char *host_strdup(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = host_malloc(size);
  return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static void *host_calloc(size_t n, size_t size) {
  if (size > 0 && n > (SIZE_MAX - HEAD) / size) return NULL;
  void *block = host_malloc(n * size);
  return block != NULL ? memset(block, 0, n * size) : NULL;
}

/* curl_alloc.fail(n[, times]): libcurl's n-th allocation from now is refused, and the ones behind
   it until `times` (default 1) were; times = true: all behind it. */
static int curl_alloc_fail(lua_State *L) {
  lua_Integer n = luaL_checkinteger(L, 1);
  lua_Integer times = 1;
  if (lua_isboolean(L, 2))
    times = lua_toboolean(L, 2) ? LUA_MAXINTEGER - n : 1;
  else
    times = luaL_optinteger(L, 2, 1);
  luaL_argcheck(L, n > 0, 1, "must be positive");
  atomic_store(&seen, 0);
  atomic_store(&hit, 0);
  atomic_store(&fail_until, (long)(n + times));
  atomic_store(&fail_at, (long)n);
  return 0;
}

/* curl_alloc.stop() -> allocations seen since curl_alloc.fail, how many of them were refused. */
static int curl_alloc_stop(lua_State *L) {
  atomic_store(&fail_at, 0);
  lua_pushinteger(L, atomic_load(&seen));
  lua_pushinteger(L, atomic_load(&hit));
  return 2;
}

/* curl_alloc.blocks() -> blocks of libcurl in use. */
static int curl_alloc_blocks(lua_State *L) {
  lua_pushinteger(L, atomic_load(&blocks));
  return 1;
}

/* curl_alloc.version() -> major version of libcurl. */
static int curl_alloc_version(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)(curl_version_info(CURLVERSION_NOW)->version_num >> 16));
  return 1;
}

static const luaL_Reg functions[] = {{"fail", curl_alloc_fail},
                                     {"stop", curl_alloc_stop},
                                     {"blocks", curl_alloc_blocks},
                                     {"version", curl_alloc_version},
                                     {NULL, NULL}};

/* A look-up that was left behind ends later, in its own thread. */
static long settled(long expected) {
  for (int i = 0; i < 200 && atomic_load(&blocks) != expected; i++)
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  return atomic_load(&blocks) - expected;
}

static int traceback(lua_State *L) {
  const char *message = luaL_tolstring(L, 1, NULL);
  luaL_traceback(L, L, message, 1);
  return 1;
}

/* Main, protected: (argc, argv). */
static int run(lua_State *L) {
  int argc = (int)lua_tointeger(L, 1);
  char **argv = lua_touserdata(L, 2);
  luaL_openlibs(L);
  luaL_newlib(L, functions);
  lua_setglobal(L, "curl_alloc");
  lua_createtable(L, argc, 0);
  for (int i = 0; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i - 1);
  }
  lua_setglobal(L, "arg");
  if (luaL_loadfile(L, argv[1])) return lua_error(L);
  lua_call(L, 0, 0);
  return 0;
}

static int run_script(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  if (L == NULL) return EXIT_FAILURE;
  lua_pushcfunction(L, traceback);
  lua_pushcfunction(L, run);
  lua_pushinteger(L, argc);
  lua_pushlightuserdata(L, argv);
  int failed = lua_pcall(L, 2, 0, 1);
  if (failed) fprintf(stderr, "%s: %s\n", argv[0], lua_tostring(L, -1));
  atomic_store(&fail_at, 0);
  lua_close(L);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: %s SCRIPT [ARGUMENT]...\n", argv[0]);
    return 2;
  }
  if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, host_malloc, host_free, host_realloc, host_strdup,
                           host_calloc) != CURLE_OK)
    return 2;
  long global = atomic_load(&blocks);
  int status = run_script(argc, argv);
  long left = settled(global);
  if (left != 0) fprintf(stderr, "%s: %ld blocks of libcurl left\n", argv[0], left);
  return left == 0 ? status : 3;
}
