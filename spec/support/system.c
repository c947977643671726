/* system.c: a Lua module of what the specs need of the system: fork, signals, what is global. */
#define _GNU_SOURCE
#include <fenv.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

int luaopen_system(lua_State *L);

/* fork() -> process id, 0 in the child */
static int sys_fork(lua_State *L) {
  pid_t pid = fork();
  if (pid < 0) return luaL_error(L, "fork failed");
  lua_pushinteger(L, pid);
  return 1;
}

/* wait(pid) -> exit status, 128 + signal when a signal ended it */
static int sys_wait(lua_State *L) {
  int status = 0;
  if (waitpid((pid_t)luaL_checkinteger(L, 1), &status, 0) < 0) return luaL_error(L, "wait failed");
  lua_pushinteger(L, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  return 1;
}

/* leave(status): ends the process without closing the state */
static int sys_leave(lua_State *L) {
  _exit((int)luaL_checkinteger(L, 1));
}

/* globals() -> text about the state of the process that a library should leave alone */
static int sys_globals(lua_State *L) {
  sigset_t mask;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  sigprocmask(SIG_BLOCK, NULL, &mask);
  for (int i = 1; i < 32; i++) {
    struct sigaction action;
    char line[64];
    memset(&action, 0, sizeof action);
    sigaction(i, NULL, &action);
    snprintf(line, sizeof line, "signal %d blocked %d handler %d\n", i, sigismember(&mask, i),
             action.sa_handler == SIG_DFL   ? 0
             : action.sa_handler == SIG_IGN ? 1
                                            : 2);
    luaL_addstring(&b, line);
  }
  mode_t creation = umask(0);
  umask(creation);
  luaL_pushresult(&b);
  lua_pushfstring(L, "%srounding %d exceptions enabled %d umask %d\n", lua_tostring(L, -1),
                  fegetround(), fegetexcept(), (int)creation);
  return 1;
}

/* limit_files(n): at most so many descriptors from now on; the limit before */
static int sys_limit_files(lua_State *L) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  lua_pushinteger(L, (lua_Integer)limit.rlim_cur);
  limit.rlim_cur = (rlim_t)luaL_checkinteger(L, 1);
  setrlimit(RLIMIT_NOFILE, &limit);
  return 1;
}

int luaopen_system(lua_State *L) {
  static const luaL_Reg functions[] = {{"fork", sys_fork},
                                       {"wait", sys_wait},
                                       {"leave", sys_leave},
                                       {"globals", sys_globals},
                                       {"limit_files", sys_limit_files},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
