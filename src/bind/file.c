/* file.c: small files that hold settings and secrets, read whole and only if they are plain files.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"
#include "workspace.h"

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
    wrong = "not a plain file";
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
  const char *path = luaL_checklstring(L, 1, &len);
  lua_Integer max = luaL_checkinteger(L, 2);
  luaL_argcheck(L, strlen(path) == len, 1, "the path holds a zero byte");
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
  return 3;
}
