/* server.c: an HTTP server on 127.0.0.1 whose answers come from Lua code in a state of its own.

   One thread of libmicrohttpd serves all connections. The Lua code ("the world") lives in a state
   that this module creates and nobody else sees; a mutex lets the owner's thread call functions of
   the world between two requests. Functions marked [world] run in that state and only inside a
   protected call, so that no Lua error crosses libmicrohttpd. */

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <microhttpd.h>

#include "delays.h"
#include "files.h"
#include "request.h"
#include "signals.h"

#define SERVER "datarobot.sandbox.server"
static const char server_mark = 0;
#define CONNECTIONS_MAX 256u /* they are the host's file descriptors */

/* Seconds for which a connection may be idle, and in which a body must be there. */
#define PATIENCE 120u
#define DELAY_MAX 3600.0 /* seconds */

/* The full userdata of one server; stopped while `world` is NULL. Index 1 of the world's stack
   holds the latest result of server_call; everything above is scratch. */
typedef struct server {
  const char *mark; /* &server_mark: a metatable alone proves nothing */
  lua_State *world; /* the server's own state, never the host's */
  struct MHD_Daemon *daemon;
  pthread_mutex_t lock; /* guards world */
  pid_t process;        /* threads do not survive a fork: only this process may join them */
  request_budget budget;
  delays delays;
  unsigned connections; /* that are open; the server's thread alone uses it */
  unsigned port;
} server;

typedef struct options {
  const char *path, *cpath, *module, *json;
} options;

typedef struct call {
  const char *name, *text;
  size_t length;
} call;

/* Registry key of the world's table of functions, by address. */
static const char functions_key = 0;

/* libmicrohttpd shows the raw request target only here, before everything else. */
static void *on_target(void *cls, const char *uri, struct MHD_Connection *connection) {
  (void)cls, (void)connection;
  return request_new(uri);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code) {
  (void)connection, (void)code;
  server *s = cls;
  if (*context != NULL) request_free(&s->budget, *context);
  *context = NULL;
}

/* [world] Pushes method, path, query and headers. */
static void push_head(lua_State *W, const request *r) {
  const char *query = strchr(r->uri, '?');
  lua_pushstring(W, r->method);
  lua_pushlstring(W, r->uri, query != NULL ? (size_t)(query - r->uri) : strlen(r->uri));
  lua_pushstring(W, query != NULL ? query + 1 : NULL);
  lua_createtable(W, r->header_count, 0);
  for (int i = 0; i < r->header_count; i++) {
    lua_pushstring(W, r->headers[i]);
    lua_rawseti(W, -2, i + 1);
  }
}

/* [world] stack: request; functions; admit. Without `admit` every body is wanted. */
static int world_admit(lua_State *W) {
  request *r = lua_touserdata(W, 1);
  lua_rawgetp(W, LUA_REGISTRYINDEX, &functions_key);
  if (lua_getfield(W, 2, "admit") == LUA_TNIL) return 0;
  push_head(W, r);
  lua_call(W, 4, 1);
  r->unwanted = !lua_toboolean(W, -1);
  return 0;
}

/* [world] Turns status, headers, body, delay at the stack indices 3 to 6 into the request's answer.
 */
static void take_answer(lua_State *W, request *r) {
  lua_Integer status = luaL_checkinteger(W, 3);
  size_t size = 0;
  const char *body = luaL_optlstring(W, 5, "", &size);
  luaL_argcheck(W, status >= 200 && status <= 599, 3, "not a final HTTP status");
  r->status = (unsigned)status;
  lua_Number delay = luaL_optnumber(W, 6, 0);
  if (delay > 0) r->delay = delay < DELAY_MAX ? delay : DELAY_MAX;
  r->response = MHD_create_response_from_buffer(size, (void *)body, MHD_RESPMEM_MUST_COPY);
  if (r->response == NULL) luaL_error(W, "not enough memory");
  if (!lua_istable(W, 4)) return;
  lua_pushnil(W);
  while (lua_next(W, 4) != 0) {
    const char *name = lua_type(W, -2) == LUA_TSTRING ? lua_tostring(W, -2) : NULL;
    const char *value = lua_tostring(W, -1);
    if (name == NULL || value == NULL ||
        MHD_add_response_header(r->response, name, value) != MHD_YES)
      luaL_error(W, "handle gave a header that cannot be sent");
    lua_pop(W, 1);
  }
}

/* [world] Pushes the time of day in seconds. */
static void push_time(lua_State *W) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  lua_pushnumber(W, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
}

/* [world] stack: request; functions; status; headers; body; delay */
static int world_handle(lua_State *W) {
  request *r = lua_touserdata(W, 1);
  lua_rawgetp(W, LUA_REGISTRYINDEX, &functions_key);
  lua_getfield(W, 2, "handle");
  push_head(W, r);
  if (r->unwanted)
    lua_pushnil(W);
  else
    lua_pushlstring(W, r->body != NULL ? r->body : "", r->length);
  push_time(W);
  lua_call(W, 6, 4);
  take_answer(W, r);
  return 0;
}

/* The text of an error object. lua_tostring may allocate, hence raise, for all but strings. */
static const char *error_text(lua_State *W, int index) {
  return lua_type(W, index) == LUA_TSTRING ? lua_tostring(W, index) : "an error without text";
}

static void ask_world(server *s, request *r, lua_CFunction question) {
  pthread_mutex_lock(&s->lock);
  lua_State *W = s->world;
  lua_pushcfunction(W, question);
  lua_pushlightuserdata(W, r);
  if (lua_pcall(W, 1, 0, 0) != LUA_OK) {
    request_refuse(r, MHD_HTTP_INTERNAL_SERVER_ERROR, error_text(W, -1));
    lua_pop(W, 1);
  }
  pthread_mutex_unlock(&s->lock);
}

/* Not libmicrohttpd's own limit, behind which 0.9.75 may never accept again. */
static enum MHD_Result on_accept(void *cls, const struct sockaddr *address, socklen_t size) {
  (void)address, (void)size;
  const server *s = cls;
  return s->connections < CONNECTIONS_MAX ? MHD_YES : MHD_NO;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code) {
  (void)connection, (void)context;
  server *s = cls;
  if (code == MHD_CONNECTION_NOTIFY_STARTED)
    s->connections++;
  else
    s->connections--;
}

/* Called with the headers, then with each piece of the body, then with size 0. MHD_NO drops the
   connection, which is what happens when memory is refused. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **context) {
  (void)url, (void)version;
  server *s = cls;
  request *r = *context;
  if (r == NULL) return MHD_NO;
  if (r->deadline == 0) {
    if (!request_begin(&s->budget, r, connection, method)) return MHD_NO;
    if (request_has_body(r)) ask_world(s, r, world_admit);
    return MHD_YES;
  }
  if (*size > 0) {
    bool taken = request_append(&s->budget, r, data, *size);
    *size = 0;
    return taken ? MHD_YES : MHD_NO;
  }
  if (r->response == NULL) ask_world(s, r, world_handle);
  if (r->response == NULL) return MHD_NO;
  double delay = r->delay;
  r->delay = 0;
  if (delay > 0 && delays_add(&s->delays, connection, delay)) return MHD_YES; /* comes here again */
  return MHD_queue_response(connection, r->status, r->response);
}

static void server_close(server *s) {
  if (s->world != NULL && s->process == getpid()) {
    delays_stop(&s->delays);
    if (s->daemon != NULL) MHD_stop_daemon(s->daemon);
    delays_free(&s->delays);
    lua_close(s->world);
    pthread_mutex_destroy(&s->lock);
  }
  s->daemon = NULL;
  s->world = NULL;
}

/* [world] Opens the libraries, requires the module and keeps the functions its `open` returns. */
static int world_open(lua_State *W) {
  const options *o = lua_touserdata(W, 1);
  luaL_openlibs(W);
  lua_getglobal(W, "package");
  lua_pushstring(W, o->path);
  lua_setfield(W, -2, "path");
  lua_pushstring(W, o->cpath);
  lua_setfield(W, -2, "cpath");
  lua_getglobal(W, "require");
  lua_pushstring(W, o->module);
  lua_call(W, 1, 1);
  lua_getfield(W, -1, "open");
  lua_pushstring(W, o->json);
  lua_call(W, 1, 1);
  luaL_checktype(W, -1, LUA_TTABLE);
  lua_rawsetp(W, LUA_REGISTRYINDEX, &functions_key);
  return 0;
}

/* A socket that listens on 127.0.0.1; < 0: errno says why. libmicrohttpd 1.0 forgets the reason. */
static int listen_on(unsigned port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  if (fd < 0) return -1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, SOMAXCONN) == 0)
    return fd;
  int failure = errno;
  close(fd);
  errno = failure;
  return -1;
}

/* Listens and starts the thread, which inherits a mask that leaves every signal to the host.
   Returns 0 or an errno. */
static int start_daemon(server *s, unsigned port) {
  int fd = listen_on(port);
  if (fd < 0) return errno;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  errno = 0;
  s->daemon = MHD_start_daemon(
      MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, on_accept, s,
      on_request, s, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
      MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
      MHD_OPTION_CONNECTION_TIMEOUT, s->budget.patience, MHD_OPTION_END);
  int failure = errno != 0 ? errno : EIO;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (s->daemon == NULL) return failure;
  s->port = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
  return 0;
}

/* The string stays on the stack. */
static const char *option(lua_State *L, const char *name) {
  lua_getfield(L, 1, name);
  if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "option '%s' must be a string", name);
  return lua_tostring(L, -1);
}

/* An integer of a range; `otherwise` when it is absent. */
static unsigned option_integer(lua_State *L, const char *name, unsigned otherwise, unsigned most) {
  lua_getfield(L, 1, name);
  lua_Integer value = luaL_optinteger(L, -1, otherwise);
  if (value < 0 || value > (lua_Integer)most)
    luaL_error(L, "option '%s' must be 0 to %d", name, (int)most);
  lua_pop(L, 1);
  return (unsigned)value;
}

/* start{ port=, package_path=, package_cpath=, module=, options_json=, patience= } -> server, or
   nil and text. `module` is a table with `open(options_json)`, which returns a table of functions:
   those that :call may name; admit(method, path, query or nil, flat list of header names and
   values) -> whether a body is wanted; and handle(the same four, body or nil when it was not wanted
   or is beyond the caps, time of day in seconds) -> status, table of headers or nil, body or nil,
   seconds after which the answer is sent or nil.
   `patience`: seconds, see PATIENCE. */
static int server_start(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (!sandbox_has_files(L)) return sandbox_no_files(L);
  lua_settop(L, 1);
  unsigned port = option_integer(L, "port", 0, 65535);
  unsigned patience = option_integer(L, "patience", PATIENCE, 3600);
  options o = {option(L, "package_path"), option(L, "package_cpath"), option(L, "module"),
               option(L, "options_json")};
  server *s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = (server){.mark = &server_mark,
                .process = getpid(),
                .lock = PTHREAD_MUTEX_INITIALIZER,
                .budget.patience = patience};
  luaL_setmetatable(L, SERVER);
  if (delays_init(&s->delays) != 0) return luaL_error(L, "no lock");
  lua_State *W = s->world = luaL_newstate();
  if (W == NULL) delays_free(&s->delays);
  if (W == NULL) return luaL_error(L, "not enough memory");
  lua_pushnil(W); /* index 1, see struct server */
  lua_pushcfunction(W, world_open);
  lua_pushlightuserdata(W, &o);
  int failure = 0;
  if (lua_pcall(W, 1, 0, 0) == LUA_OK) {
    failure = start_daemon(s, port);
    if (failure == 0) return 1;
  }
  lua_pushnil(L);
  if (failure == 0)
    lua_pushstring(L, error_text(W, -1));
  else
    lua_pushfstring(L, "cannot listen on 127.0.0.1:%d: %s", (int)port, strerror(failure));
  server_close(s);
  return 2;
}

static server *check_server(lua_State *L) {
  server *s = luaL_checkudata(L, 1, SERVER);
  if (lua_rawlen(L, 1) < sizeof *s || s->mark != &server_mark) luaL_typeerror(L, 1, SERVER);
  return s;
}

static int server_port(lua_State *L) {
  server *s = check_server(L);
  lua_pushinteger(L, (lua_Integer)s->port);
  return 1;
}

/* [world] stack: call; functions; function; text; time of day */
static int world_call(lua_State *W) {
  const call *c = lua_touserdata(W, 1);
  lua_rawgetp(W, LUA_REGISTRYINDEX, &functions_key);
  lua_getfield(W, 2, c->name);
  lua_pushlstring(W, c->text, c->length);
  push_time(W);
  lua_call(W, 2, 1);
  return 1;
}

/* server:call(name[, json_text]) -> json_text or nil; or nil and the message of the error.
   The result is pushed after the lock is free, since that may raise: the string cannot go away,
   it stays at index 1 of the world's stack until the next call. */
static int server_call(lua_State *L) {
  server *s = check_server(L);
  call c = {.name = luaL_checkstring(L, 2)};
  c.text = luaL_optlstring(L, 3, "null", &c.length);
  if (s->world == NULL) return luaL_error(L, "the server is stopped");
  pthread_mutex_lock(&s->lock);
  lua_State *W = s->world;
  lua_pushcfunction(W, world_call);
  lua_pushlightuserdata(W, &c);
  bool ok = lua_pcall(W, 1, 1, 0) == LUA_OK;
  lua_replace(W, 1);
  bool text = lua_type(W, 1) == LUA_TSTRING;
  size_t size = 0;
  const char *result = text ? lua_tolstring(W, 1, &size) : NULL;
  const char *problem = ok ? NULL : error_text(W, 1);
  pthread_mutex_unlock(&s->lock);
  if (ok && text)
    lua_pushlstring(L, result, size);
  else
    lua_pushnil(L);
  lua_pushstring(L, problem);
  return 2;
}

/* :stop(), __close, __gc; idempotent. */
static int server_stop(lua_State *L) {
  server_close(check_server(L));
  return 0;
}

static const luaL_Reg methods[] = {
    {"port", server_port}, {"call", server_call}, {"stop", server_stop}, {NULL, NULL}};

static const luaL_Reg metamethods[] = {
    {"__gc", server_stop}, {"__close", server_stop}, {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"start", server_start}, {"wait_signal", sandbox_wait_signal}, {NULL, NULL}};

__attribute__((visibility("default"))) int luaopen_datarobot_sandbox_server(lua_State *L);

int luaopen_datarobot_sandbox_server(lua_State *L) {
  luaL_checkversion(L);
  sandbox_decide_files(L);
  luaL_newmetatable(L, SERVER);
  luaL_setfuncs(L, metamethods, 0);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  luaL_newlib(L, functions);
  return 1;
}
