/* files_test.c: core.read_file where the system is not kind: reads that are interrupted, short or
   fail, files that change while they are read, owners. fstat, read and geteuid are stood in for,
   and call the system. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

int luaopen_datarobot_core(lua_State *L);

static int failures;

static void expect(int line, const char *expected, const char *got) {
  if (strcmp(expected, got) == 0) return;
  failures++;
  fprintf(stderr, "line %d: '%s' expected, got '%s'\n", line, expected, got);
}

/* === The system === */

static struct {
  const char *path;     /* what is watched */
  int fstat_error;      /* errno; 0: none */
  int read_error;       /* of the first read */
  size_t most;          /* bytes of a read; 0: as many as are asked for */
  const char *appended; /* by somebody else, before the first read */
  uid_t owner, user;    /* 0: the real ones */
} acts;

/* The standard forbids to cast what dlsym returns. */
static void next(const char *name, void *function) {
  void *address = dlsym(RTLD_NEXT, name);
  memcpy(function, &address, sizeof address);
}

int fstat(int fd, struct stat *facts) {
  int (*real)(int, struct stat *);
  next("fstat", &real);
  if (acts.fstat_error != 0) {
    errno = acts.fstat_error;
    return -1;
  }
  int result = real(fd, facts);
  if (acts.owner != 0) facts->st_uid = acts.owner;
  return result;
}

static void append(const char *text) {
  FILE *file = fopen(acts.path, "a");
  fputs(text, file);
  fclose(file);
}

ssize_t read(int fd, void *to, size_t n) {
  ssize_t (*real)(int, void *, size_t);
  next("read", &real);
  if (acts.read_error != 0) {
    errno = acts.read_error;
    acts.read_error = 0;
    return -1;
  }
  if (acts.appended != NULL) append(acts.appended);
  acts.appended = NULL;
  return real(fd, to, acts.most != 0 && acts.most < n ? acts.most : n);
}

uid_t geteuid(void) {
  uid_t (*real)(void);
  next("geteuid", &real);
  return acts.user != 0 ? acts.user : real();
}

/* === Reading === */

static char path[60];

static void make(const char *text, mode_t mode) {
  FILE *file = fopen(path, "w");
  fputs(text, file);
  fclose(file);
  chmod(path, mode);
  memset(&acts, 0, sizeof acts);
  acts.path = path;
}

/* "text|who may write|who may read", or what is wrong and whether there is no such file. */
static const char *read_file(lua_State *L, const char *name, int most) {
  static const char script[] =
      "local text, a, b = read_file(...) "
      "return text and text .. '|' .. a .. '|' .. b or a .. '|' .. tostring(b)";
  lua_settop(L, 0);
  if (luaL_loadstring(L, script) != LUA_OK) return "the script is wrong";
  lua_pushstring(L, name);
  lua_pushinteger(L, most);
  if (lua_pcall(L, 2, 1, 0) != LUA_OK) return "raised";
  return lua_tostring(L, -1);
}

#define READ(expected, most) expect(__LINE__, expected, read_file(L, path, most))

static void contents(lua_State *L) {
  make("hello", 0600);
  READ("hello||", 5);
  READ("too large|false", 4);
  acts.most = 2;
  READ("hello||", 5);
  acts.read_error = EINTR;
  READ("hello||", 5);
  acts.read_error = EIO;
  expect(__LINE__, strerror(EIO), strtok((char *)(size_t)read_file(L, path, 5), "|"));
  acts.fstat_error = EOVERFLOW;
  expect(__LINE__, strerror(EOVERFLOW), strtok((char *)(size_t)read_file(L, path, 5), "|"));
  acts.fstat_error = 0, acts.appended = "!";
  READ("it changed while it was read|false", 100);
  READ("hello!||", 100);
  expect(__LINE__, "it is a folder, not a plain file|false", read_file(L, "/tmp", 100));
  expect(__LINE__, "not a plain file|false", read_file(L, "/dev/null", 100));
  remove(path);
  expect(__LINE__, "true", strchr(read_file(L, path, 100), '|') + 1);
  expect(__LINE__, "true", strchr(read_file(L, "/dev/null/x", 100), '|') + 1);
}

/* The bits; who is named is the widest that is not the reader or root. */
static void owners(lua_State *L) {
  make("x", 0600);
  READ("x||", 9);
  chmod(path, 0640);
  READ("x||its group", 9);
  chmod(path, 0666);
  READ("x|others|others", 9);
  chmod(path, 0600);
  acts.user = 1000, acts.owner = 1000;
  READ("x||", 9);
  acts.owner = 1001;
  READ("x|its owner|its owner", 9);
  chmod(path, 0660);
  READ("x|its owner|its owner", 9);
  acts.owner = 1000;
  READ("x|its group|its group", 9);
  remove(path);
}

int main(void) {
  lua_State *L = luaL_newstate();
  snprintf(path, sizeof path, "/tmp/files_test.%ld", (long)getpid());
  luaL_openlibs(L);
  luaL_requiref(L, "datarobot.core", luaopen_datarobot_core, 0);
  lua_getfield(L, -1, "read_file");
  lua_setglobal(L, "read_file");
  contents(L);
  owners(L);
  lua_close(L);
  return failures > 0;
}
