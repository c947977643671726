/* file.c: small files that hold settings and secrets, read whole and only if they are plain files.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#include "errors.h"
#include "util.h"
#include "where.h"
#include "workspace.h"

/* Registry key: true or false, see drl_decide_files. A text, since the sandbox's module shares it:
   a script may load that one later, and put something else in the place of `io` before. */
#define FILES_KEY "datarobot.files"

/* {=== who may ask ===} */

/* The library that Lua brings: its `open` is C, and its class of handles cannot be made by a
   script. */
static int has_real_io(lua_State *L) {
  int top = lua_gettop(L), real = 0;
  if (luaL_getmetatable(L, LUA_FILEHANDLE) == LUA_TTABLE &&
      lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE) == LUA_TTABLE) {
    lua_pushliteral(L, "io");
    if (lua_rawget(L, -2) == LUA_TTABLE) {
      lua_pushliteral(L, "open");
      lua_rawget(L, -2);
      real = lua_iscfunction(L, -1);
    }
  }
  lua_settop(L, top);
  return real;
}

void drl_decide_files(lua_State *L) {
  int decided = lua_getfield(L, LUA_REGISTRYINDEX, FILES_KEY);
  int allowed = decided != LUA_TBOOLEAN || lua_toboolean(L, -1);
  lua_pop(L, 1);
  lua_pushboolean(L, allowed && has_real_io(L));
  lua_setfield(L, LUA_REGISTRYINDEX, FILES_KEY);
}

int drl_has_files(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, FILES_KEY);
  int allowed = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return allowed;
}

int drl_no_files(lua_State *L, const char *what) {
  return drl_failf(L, DR_KIND_CONFIG, "%s: this host gives no access to files", what);
}

int drl_lua_has_files(lua_State *L) {
  lua_pushboolean(L, drl_has_files(L));
  return 1;
}

/* {=== reading ===} */

/* Reads `size` bytes, and one more to see that there are no others. Returns 0, or errno; EFBIG when
   there are. */
static int read_all(int fd, dr_buffer *out, size_t size) {
  char *at = dr_buffer_reserve(out, size + 1);
  while (at != NULL && out->len <= size) {
    ssize_t n = read(fd, at + out->len, size + 1 - out->len);
    if (n == 0) return 0;
    if (n < 0 && errno != EINTR) return errno;
    if (n > 0) out->len += (size_t)n;
  }
  return at == NULL ? ENOMEM : EFBIG;
}

/* Fills `out` and `facts`. Returns NULL, or what is wrong. No Lua call while the descriptor is
   open. */
static const char *read_plain(const char *path, size_t max, dr_buffer *out, struct stat *facts,
                              int *absent) {
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), code = 0;
  const char *wrong = NULL;
  *absent = fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES);
  if (fd < 0) return strerror(errno);
  if (fstat(fd, facts) != 0)
    wrong = strerror(errno);
  else if (!S_ISREG(facts->st_mode))
    wrong = S_ISDIR(facts->st_mode) ? "it is a folder, not a plain file" : "not a plain file";
  else if (facts->st_size > (off_t)max)
    wrong = "too large";
  else
    code = read_all(fd, out, (size_t)facts->st_size);
  close(fd);
  if (code == EFBIG) return "it changed while it was read";
  return code == 0 || code == ENOMEM ? wrong : strerror(code);
}

/* Who can do what the bits allow to group and others. The owner of a file can always change its
   mode; root may read what belongs to anybody. */
static const char *who(const struct stat *facts, mode_t group, mode_t others) {
  uid_t user = geteuid();
  if (facts->st_mode & others) return "others";
  if (facts->st_uid != user && facts->st_uid != 0 && user != 0) return "its owner";
  return facts->st_mode & group ? "its group" : "";
}

int drl_read_file(lua_State *L) {
  size_t len;
  struct stat facts;
  int absent;
  const char *path = drl_check_string(L, 1, &len);
  lua_Integer max = luaL_checkinteger(L, 2);
  if (strlen(path) != len) drl_argument(L, 1, "the path holds a zero byte");
  lua_settop(L, 2);
  drl_workspace *w = drl_new_workspace(L);
  w->secret = 1;
  const char *wrong = read_plain(path, (size_t)max, &w->out, &facts, &absent);
  if (w->out.fault != DR_FAULT_NONE) return drl_memory_error(L);
  if (wrong != NULL) {
    lua_pushnil(L);
    lua_pushstring(L, wrong);
    lua_pushboolean(L, absent);
    return 3;
  }
  lua_pushlstring(L, w->out.data, w->out.len);
  lua_pushstring(L, who(&facts, S_IWGRP, S_IWOTH));
  lua_pushstring(L, who(&facts, S_IRGRP, S_IROTH));
  lua_pushinteger(L, (lua_Integer)facts.st_uid);
  lua_pushinteger(L, (lua_Integer)geteuid());
  return 5;
}
