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

#define SERVER "datarobot.sandbox.server"
#define BODY_MAX ((size_t)16 * 1024 * 1024)

/* The full userdata of one server; stopped while `world` is NULL. Index 1 of the world's stack
   holds the latest result of server_call; everything above is scratch. */
typedef struct server {
  lua_State *world; /* the server's own state, never the host's */
  struct MHD_Daemon *daemon;
  pthread_mutex_t lock; /* guards world */
  pid_t process;        /* threads do not survive a fork: only this process may join them */
  unsigned port;
} server;

typedef struct request {
  char *uri; /* as on the wire */
  const char *method;
  const char **headers; /* names and values in turn, in the connection's memory */
  int header_count;     /* of names and values together */
  char *body;
  size_t length, capacity;
  bool begun, too_large;
  unsigned status; /* the answer */
  struct MHD_Response *response;
} request;

typedef struct options {
  const char *path, *cpath, *module, *json;
} options;

typedef struct call {
  const char *name, *text;
  size_t length;
} call;

/* Registry key of the world's table of functions, by address. */
static const char functions_key = 0;

static void request_free(request *r) {
  if (r->response != NULL) MHD_destroy_response(r->response);
  free(r->headers);
  free(r->body);
  free(r->uri);
  free(r);
}

/* libmicrohttpd shows the raw request target only here, before everything else. */
static void *on_target(void *cls, const char *uri, struct MHD_Connection *connection) {
  (void)cls, (void)connection;
  request *r = calloc(1, sizeof *r);
  if (r == NULL) return NULL;
  r->uri = strdup(uri);
  if (r->uri != NULL) return r;
  free(r);
  return NULL;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code) {
  (void)cls, (void)connection, (void)code;
  if (*context != NULL) request_free(*context);
  *context = NULL;
}

/* Appends a piece of the body; what is beyond the cap is read and dropped. False: no memory. */
static bool body_append(request *r, const char *data, size_t size) {
  r->too_large = r->too_large || size > BODY_MAX - r->length;
  if (r->too_large) return true;
  if (r->length + size > r->capacity) {
    size_t capacity = 2 * (r->length + size);
    char *grown = realloc(r->body, capacity);
    if (grown == NULL) return false;
    r->body = grown;
    r->capacity = capacity;
  }
  memcpy(r->body + r->length, data, size);
  r->length += size;
  return true;
}

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                 const char *value) {
  (void)kind;
  request *r = cls;
  r->headers[r->header_count++] = name;
  r->headers[r->header_count++] = value != NULL ? value : "";
  return MHD_YES;
}

/* Gathers the headers without Lua, since a Lua error must not jump out of libmicrohttpd. */
static bool gather_headers(request *r, struct MHD_Connection *connection) {
  int count = MHD_get_connection_values(connection, MHD_HEADER_KIND, NULL, NULL);
  if (count <= 0) return true;
  r->headers = calloc(2 * (size_t)count, sizeof *r->headers);
  if (r->headers == NULL) return false;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, r);
  return true;
}

/* An answer that does not come from the world. Only plain ASCII of the message is kept, so the
   text needs no JSON escapes. */
static void refuse(request *r, unsigned status, const char *message) {
  static const char head[] = "{\"message\":\"", tail[] = "\"}";
  char text[512];
  size_t n = sizeof head - 1;
  memcpy(text, head, n);
  for (; *message != '\0' && n < sizeof text - sizeof tail; message++) {
    bool plain = *message >= ' ' && *message < 0x7f && *message != '"' && *message != '\\';
    text[n++] = plain ? *message : ' ';
  }
  memcpy(text + n, tail, sizeof tail - 1);
  n += sizeof tail - 1;
  if (r->response != NULL) MHD_destroy_response(r->response);
  r->status = status;
  r->response = MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_COPY);
  if (r->response != NULL)
    MHD_add_response_header(r->response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
}

/* [world] Pushes the six arguments of handle. */
static void push_request(lua_State *W, const request *r) {
  const char *query = strchr(r->uri, '?');
  struct timespec now;
  lua_pushstring(W, r->method);
  lua_pushlstring(W, r->uri, query != NULL ? (size_t)(query - r->uri) : strlen(r->uri));
  lua_pushstring(W, query != NULL ? query + 1 : NULL);
  lua_createtable(W, r->header_count, 0);
  for (int i = 0; i < r->header_count; i++) {
    lua_pushstring(W, r->headers[i]);
    lua_rawseti(W, -2, i + 1);
  }
  lua_pushlstring(W, r->body != NULL ? r->body : "", r->length);
  clock_gettime(CLOCK_REALTIME, &now);
  lua_pushnumber(W, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
}

/* [world] Turns status, headers, body at the stack indices 3 to 5 into the request's answer. */
static void take_answer(lua_State *W, request *r) {
  lua_Integer status = luaL_checkinteger(W, 3);
  size_t size = 0;
  const char *body = luaL_optlstring(W, 5, "", &size);
  luaL_argcheck(W, status >= 200 && status <= 599, 3, "not a final HTTP status");
  r->status = (unsigned)status;
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

/* [world] stack: request; functions; status; headers; body */
static int world_handle(lua_State *W) {
  request *r = lua_touserdata(W, 1);
  lua_rawgetp(W, LUA_REGISTRYINDEX, &functions_key);
  lua_getfield(W, 2, "handle");
  push_request(W, r);
  lua_call(W, 6, 3);
  take_answer(W, r);
  return 0;
}

/* The text of an error object. lua_tostring may allocate, hence raise, for all but strings. */
static const char *error_text(lua_State *W, int index) {
  return lua_type(W, index) == LUA_TSTRING ? lua_tostring(W, index) : "an error without text";
}

static void ask_world(server *s, request *r) {
  pthread_mutex_lock(&s->lock);
  lua_State *W = s->world;
  lua_pushcfunction(W, world_handle);
  lua_pushlightuserdata(W, r);
  if (lua_pcall(W, 1, 0, 0) != LUA_OK) {
    refuse(r, MHD_HTTP_INTERNAL_SERVER_ERROR, error_text(W, -1));
    lua_pop(W, 1);
  }
  pthread_mutex_unlock(&s->lock);
}

/* Called with the headers, then with each piece of the body, then with size 0. MHD_NO drops the
   connection, which is what happens when memory is refused. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **context) {
  (void)url, (void)version;
  request *r = *context;
  if (r == NULL) return MHD_NO;
  if (!r->begun) {
    r->begun = true;
    return MHD_YES;
  }
  if (*size > 0) {
    bool kept = body_append(r, data, *size);
    *size = 0;
    return kept ? MHD_YES : MHD_NO;
  }
  r->method = method;
  if (!gather_headers(r, connection)) return MHD_NO;
  if (r->too_large)
    refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "The body is too large.");
  else
    ask_world(cls, r);
  if (r->response == NULL) return MHD_NO;
  return MHD_queue_response(connection, r->status, r->response);
}

static void server_close(server *s) {
  if (s->world != NULL && s->process == getpid()) {
    if (s->daemon != NULL) MHD_stop_daemon(s->daemon);
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

/* Binds and starts the thread, which inherits a mask that leaves every signal to the host.
   Returns 0 or an errno. */
static int start_daemon(server *s, unsigned port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  errno = 0;
  s->daemon = MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
                               on_request, s, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
                               MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
                               MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_END);
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

/* start{ port=, package_path=, package_cpath=, module=, options_json= } -> server, or nil and text.
   `module` is a table with `open(options_json)`, which returns a table of functions: those that
   :call may name, and handle(method, path, query or nil, flat list of header names and values,
   body, time of day in seconds) -> status, table of headers or nil, body or nil. */
static int server_start(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_getfield(L, 1, "port");
  lua_Integer port = luaL_optinteger(L, 2, 0);
  if (port < 0 || port > 65535) return luaL_error(L, "option 'port' must be 0 to 65535");
  options o = {option(L, "package_path"), option(L, "package_cpath"), option(L, "module"),
               option(L, "options_json")};
  server *s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = (server){.process = getpid(), .lock = PTHREAD_MUTEX_INITIALIZER};
  luaL_setmetatable(L, SERVER);
  lua_State *W = s->world = luaL_newstate();
  if (W == NULL) return luaL_error(L, "not enough memory");
  lua_pushnil(W); /* index 1, see struct server */
  lua_pushcfunction(W, world_open);
  lua_pushlightuserdata(W, &o);
  int failure = 0;
  if (lua_pcall(W, 1, 0, 0) == LUA_OK) {
    failure = start_daemon(s, (unsigned)port);
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

static int server_port(lua_State *L) {
  server *s = luaL_checkudata(L, 1, SERVER);
  lua_pushinteger(L, (lua_Integer)s->port);
  return 1;
}

/* [world] stack: call; functions; function; text */
static int world_call(lua_State *W) {
  const call *c = lua_touserdata(W, 1);
  lua_rawgetp(W, LUA_REGISTRYINDEX, &functions_key);
  lua_getfield(W, 2, c->name);
  lua_pushlstring(W, c->text, c->length);
  lua_call(W, 1, 1);
  return 1;
}

/* server:call(name[, json_text]) -> json_text or nil; or nil and the message of the error.
   The result is pushed after the lock is free, since that may raise: the string cannot go away,
   it stays at index 1 of the world's stack until the next call. */
static int server_call(lua_State *L) {
  server *s = luaL_checkudata(L, 1, SERVER);
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
  server_close(luaL_checkudata(L, 1, SERVER));
  return 0;
}

/* wait_signal([ready]) -> "SIGINT" or "SIGTERM". Blocks both in the calling thread, calls ready(),
   waits for one of them, and puts the signal mask back. For programs whose other threads block the
   two, as the server's thread does; plain lua5.4 is one. */
static int wait_signal(lua_State *L) {
  sigset_t wanted, before;
  int number = 0;
  lua_settop(L, 1);
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &wanted, &before);
  int status = lua_isnil(L, 1) ? LUA_OK : lua_pcall(L, 0, 0, 0);
  if (status == LUA_OK) sigwait(&wanted, &number);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (status != LUA_OK) return lua_error(L);
  lua_pushstring(L, number == SIGINT ? "SIGINT" : "SIGTERM");
  return 1;
}

static const luaL_Reg methods[] = {
    {"port", server_port}, {"call", server_call}, {"stop", server_stop}, {NULL, NULL}};

static const luaL_Reg metamethods[] = {
    {"__gc", server_stop}, {"__close", server_stop}, {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"start", server_start}, {"wait_signal", wait_signal}, {NULL, NULL}};

__attribute__((visibility("default"))) int luaopen_datarobot_sandbox_server(lua_State *L);

int luaopen_datarobot_sandbox_server(lua_State *L) {
  luaL_checkversion(L);
  luaL_newmetatable(L, SERVER);
  luaL_setfuncs(L, metamethods, 0);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  luaL_newlib(L, functions);
  return 1;
}
