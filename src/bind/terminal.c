/* terminal.c: terminals by their descriptors, and SIGPIPE. */
#define _DEFAULT_SOURCE

#include "terminal.h"

#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <lauxlib.h>

/* The descriptor of an open Lua file, -1 for any other value. */
static int descriptor(lua_State *L, int index) {
  const luaL_Stream *file = luaL_testudata(L, index, LUA_FILEHANDLE);
  int known = file != NULL && lua_rawlen(L, index) >= sizeof *file;
  return known && file->closef != NULL ? fileno(file->f) : -1;
}

int drl_is_terminal(lua_State *L) {
  int fd = descriptor(L, 1);
  lua_pushboolean(L, fd >= 0 && isatty(fd));
  return 1;
}

int drl_terminal_width(lua_State *L) {
  struct winsize size;
  int fd = descriptor(L, 1);
  if (fd < 0 || ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 0;
  lua_pushinteger(L, size.ws_col);
  return 1;
}

int drl_keep_broken_pipes(lua_State *L) {
  (void)L;
  signal(SIGPIPE, SIG_IGN);
  return 0;
}
