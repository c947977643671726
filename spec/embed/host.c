/* host.c: the specs' host: a Lua interpreter that does to the module what programs that embed Lua
   do: caps its memory, stops scripts by a hook and by SIGINT, forks, and runs states in threads
   with small stacks. `embed_host [-E] SCRIPT [ARGUMENT]...`; the script finds it as `host`. With
   PRELOAD defined the module is linked in and preloaded in every state. */
#define _GNU_SOURCE
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

/* {=== An allocator with a cap ===} */

typedef struct memory {
  size_t used, most; /* most 0: no cap */
} memory;

static void *allocate(void *ud, void *ptr, size_t osize, size_t nsize) {
  memory *m = ud;
  size_t old = ptr != NULL ? osize : 0;
  if (nsize > old && m->most && m->used + (nsize - old) > m->most) return NULL;
  if (nsize == 0) {
    m->used -= old;
    free(ptr);
    return NULL;
  }
  void *block = realloc(ptr, nsize);
  if (block != NULL) m->used += nsize - old;
  return block;
}

/* host.cap([n]): from now on at most n bytes more than are in use; without n as many as there are.
 */
static int cap(lua_State *L) {
  void *ud;
  lua_getallocf(L, &ud);
  memory *m = ud;
  m->most = lua_isnoneornil(L, 1) ? 0 : m->used + (size_t)luaL_checkinteger(L, 1);
  return 0;
}

/* host.used() -> bytes in use */
static int used(lua_State *L) {
  void *ud;
  lua_getallocf(L, &ud);
  lua_pushinteger(L, (lua_Integer)((memory *)ud)->used);
  return 1;
}

/* {=== Hooks ===} */

static _Thread_local double time_is_up;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_count(lua_State *L, lua_Debug *ar) {
  (void)ar;
  if (now() < time_is_up) return;
  lua_sethook(L, NULL, 0, 0);
  luaL_error(L, "time is up");
}

/* host.limit(seconds, instructions): a count hook that raises when the time is up. */
static int limit(lua_State *L) {
  time_is_up = now() + luaL_checknumber(L, 1);
  lua_sethook(L, on_count, LUA_MASKCOUNT, (int)luaL_checkinteger(L, 2));
  return 0;
}

static lua_State *main_state;

static void on_stop(lua_State *L, lua_Debug *ar) {
  (void)ar;
  lua_sethook(L, NULL, 0, 0);
  luaL_error(L, "interrupted!");
}

/* As the stand-alone interpreter does it. */
static void on_signal(int number) {
  (void)number;
  lua_sethook(main_state, on_stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

/* host.catch(): SIGINT raises in the main state. */
static int catch_signal(lua_State *L) {
  struct sigaction action = {.sa_handler = on_signal};
  (void)L;
  sigaction(SIGINT, &action, NULL);
  return 0;
}

static int stop_mask;
static double stop_delay;

static void *stop_later(void *ud) {
  (void)ud;
  usleep((useconds_t)(stop_delay * 1e6));
  lua_sethook(main_state, on_stop, stop_mask, 1);
  return NULL;
}

/* host.stop_after(seconds, mask): a thread that makes the main state raise; the mask as for
   debug.sethook, "" a count of 1. */
static int stop_after(lua_State *L) {
  static const char letters[] = "crl";
  const char *mask = luaL_checkstring(L, 2);
  pthread_t id;
  stop_delay = luaL_checknumber(L, 1);
  stop_mask = mask[0] ? 1 << (strchr(letters, mask[0]) - letters) : LUA_MASKCOUNT;
  if (pthread_create(&id, NULL, stop_later, NULL)) abort();
  pthread_detach(id);
  return 0;
}

/* {=== Processes ===} */

/* host.fork() -> 0 in the child, else the child's id */
static int fork_process(lua_State *L) {
  lua_pushinteger(L, fork());
  return 1;
}

/* host.wait(id) -> exit status, or 128 + signal */
static int wait_process(lua_State *L) {
  int status = 0;
  waitpid((pid_t)luaL_checkinteger(L, 1), &status, 0);
  lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 1;
}

/* {=== Stacks ===} */

/* Pushes a coroutine whose stack is full; made once, as that takes its time. */
static lua_State *push_full(lua_State *L) {
  static const char key = 0;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TTHREAD) return lua_tothread(L, -1);
  lua_pop(L, 1);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
  for (int step = 100000; step > 0; step /= 10)
    while (lua_checkstack(co, step)) lua_settop(co, lua_gettop(co) + step);
  return co;
}

/* host.slots(n, f, ...) -> as pcall: f on a stack that can grow by n slots only. */
static int slots(lua_State *L) {
  int n = (int)luaL_checkinteger(L, 1), call = lua_gettop(L) - 1;
  lua_State *co = push_full(L);
  int full = lua_gettop(co);
  lua_insert(L, 1);
  lua_pop(co, n + call);
  lua_xmove(L, co, call);
  int status = lua_pcall(co, call - 1, 1, 0);
  lua_settop(L, 1);
  lua_pushboolean(L, status == LUA_OK);
  lua_xmove(co, L, 1);
  lua_settop(co, full);
  return 2;
}

/* {=== Threads ===} */

#define MOST_THREADS 16

typedef struct job {
  int number, count;
  const char *const *texts; /* script, path, cpath, arguments */
  char message[512];        /* empty: it went well */
} job;

static lua_State *new_state(memory *m, int no_environment);

/* Protected: (job). */
static int run_job(lua_State *L) {
  const job *j = lua_touserdata(L, 1);
  lua_getglobal(L, "package");
  lua_pushstring(L, j->texts[1]);
  lua_setfield(L, -2, "path");
  lua_pushstring(L, j->texts[2]);
  lua_setfield(L, -2, "cpath");
  if (luaL_loadstring(L, j->texts[0])) return lua_error(L);
  lua_pushinteger(L, j->number);
  for (int i = 3; i < j->count; i++) lua_pushstring(L, j->texts[i]);
  lua_call(L, j->count - 2, 0);
  return 0;
}

static void *thread_main(void *ud) {
  job *j = ud;
  memory m = {0, 0};
  lua_State *L = new_state(&m, 0);
  lua_pushcfunction(L, run_job);
  lua_pushlightuserdata(L, j);
  if (lua_pcall(L, 1, 0, 0))
    snprintf(j->message, sizeof j->message, "%s", luaL_tolstring(L, -1, NULL));
  lua_close(L);
  return NULL;
}

/* host.threads(n, kB, script, path, cpath, ...) -> true, or nil and a message: n states at the same
   time, each in a thread with a stack of so many kB; the script gets its number and the rest. */
static int threads(lua_State *L) {
  int n = (int)luaL_checkinteger(L, 1), count = lua_gettop(L) - 2;
  luaL_argcheck(L, n > 0 && n <= MOST_THREADS, 1, "too many threads");
  const char *texts[16];
  luaL_argcheck(L, count >= 3 && count <= 16, 3, "script, path, cpath, arguments");
  for (int i = 0; i < count; i++) texts[i] = luaL_checkstring(L, i + 3);
  pthread_t ids[MOST_THREADS];
  job jobs[MOST_THREADS];
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, (size_t)luaL_checkinteger(L, 2) * 1024);
  for (int i = 0; i < n; i++) {
    jobs[i] = (job){.number = i + 1, .count = count, .texts = texts};
    if (pthread_create(&ids[i], &attributes, thread_main, &jobs[i])) abort();
  }
  for (int i = 0; i < n; i++) pthread_join(ids[i], NULL);
  pthread_attr_destroy(&attributes);
  lua_pushboolean(L, 1);
  for (int i = 0; i < n; i++) {
    if (jobs[i].message[0] == '\0') continue;
    lua_pushnil(L);
    lua_pushfstring(L, "thread %d: %s", i + 1, jobs[i].message);
    return 2;
  }
  return 1;
}

/* {=== What belongs to the whole process ===} */

/* host.floating_point() -> text of the rounding mode and of the exceptions that trap */
static int floating_point(lua_State *L) {
  lua_pushfstring(L, "%d %d", fegetround(), fegetexcept());
  return 1;
}

/* host.environment() -> all variables */
static int environment(lua_State *L) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (char **variable = environ; *variable != NULL; variable++) {
    luaL_addstring(&b, *variable);
    luaL_addchar(&b, '\n');
  }
  luaL_pushresult(&b);
  return 1;
}

/* {=== The program ===} */

static const luaL_Reg functions[] = {{"cap", cap},
                                     {"used", used},
                                     {"limit", limit},
                                     {"catch", catch_signal},
                                     {"stop_after", stop_after},
                                     {"fork", fork_process},
                                     {"wait", wait_process},
                                     {"slots", slots},
                                     {"threads", threads},
                                     {"floating_point", floating_point},
                                     {"environment", environment},
                                     {NULL, NULL}};

#ifdef PRELOAD
int luaopen_datarobot_core(lua_State *L);
int luaopen_datarobot_net(lua_State *L);
#endif

static lua_State *new_state(memory *m, int no_environment) {
  lua_State *L = lua_newstate(allocate, m);
  if (L == NULL) abort();
  lua_pushboolean(L, no_environment);
  lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
  luaL_openlibs(L);
  luaL_newlib(L, functions);
  lua_setglobal(L, "host");
#ifdef PRELOAD
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_datarobot_core);
  lua_setfield(L, -2, "datarobot.core");
  lua_pushcfunction(L, luaopen_datarobot_net);
  lua_setfield(L, -2, "datarobot.net");
  lua_pop(L, 1);
#endif
  return L;
}

static int traceback(lua_State *L) {
  luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
  return 1;
}

int main(int argc, char **argv) {
  int no_environment = argc > 1 && strcmp(argv[1], "-E") == 0, script = 1 + no_environment;
  memory m = {0, 0};
  lua_State *L = main_state = new_state(&m, no_environment);
  lua_pushcfunction(L, traceback);
  int failed = luaL_loadfile(L, argv[script]);
  for (int i = script + 1; !failed && i < argc; i++) lua_pushstring(L, argv[i]);
  if (!failed) failed = lua_pcall(L, argc - script - 1, 0, 1);
  if (failed) fprintf(stderr, "%s\n", lua_tostring(L, -1));
  lua_close(L);
  if (m.used) fprintf(stderr, "%zu bytes left\n", m.used);
  return failed || m.used ? EXIT_FAILURE : EXIT_SUCCESS;
}
