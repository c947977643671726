/* client.c: the client object: configuration, token, pool; everything that is not one REST call. */
#include "client.h"

#include <string.h>
#include <sys/utsname.h>

#include <lauxlib.h>

#include "../core/version.h"
#include "client_check.h"
#include "errors.h"
#include "file.h"
#include "network.h"
#include "token.h"
#include "util.h"
#include "where.h"
#include "words.h"
#include "workspace.h"

/* config_path and settle_pause are the Lua half's. */
static const char *const option_names[] = {
    "endpoint",        "token",       "token_type", "timeout",
    "connect_timeout", "retries",     "ssl_verify", "ca_file",
    "max_connections", "max_body",    "proxy",      "allow_http",
    "read_only",       "config_path", "log",        "user_agent_suffix",
    "settle_pause",    NULL};

/* {=== making one ===} */

/* The header line of the contract's form. */
static const char *user_agent(lua_State *L, int index) {
  struct utsname system = {.sysname = "unknown"};
  size_t len;
  const char *suffix = drl_option_text(L, index, "user_agent_suffix", &len);
  (void)uname(&system);
  return lua_pushfstring(L, "User-Agent: " DR_NAME "/" DR_VERSION " (%s %s)%s%s", system.sysname,
                         system.machine, suffix == NULL ? "" : " ", suffix == NULL ? "" : suffix);
}

static void read_options(lua_State *L, int index, dr_pool_options *o) {
  size_t len;
  o->user_agent = user_agent(L, index);
  o->ca_file = drl_option_text(L, index, "ca_file", &len);
  o->proxy = drl_option_text(L, index, "proxy", &len);
  o->ssl_verify = drl_option_boolean(L, index, "ssl_verify", 1);
  o->connect_timeout = drl_option_ms(L, index, "connect_timeout", 10000);
  o->max_retries = (unsigned)drl_option_integer(L, index, "retries", 0, 100, 3);
  o->max_connections = (unsigned)drl_option_integer(L, index, "max_connections", 1, 1024, 32);
  o->max_body = (size_t)drl_option_integer(L, index, "max_body", 1, DR_JSON_MAX_TEXT, 64 << 20);
}

int drl_check_client_options(lua_State *L) {
  drl_check_options(L, 1, option_names);
  return 0;
}

static int failed_text(lua_State *L, const dr_error *error) {
  lua_pushnil(L);
  lua_pushstring(L, error->message);
  return 2;
}

int drl_endpoint(lua_State *L) {
  dr_error error;
  size_t len;
  const char *text = drl_check_string(L, 1, &len);
  int allow_http = lua_toboolean(L, 2);
  lua_settop(L, 1);
  drl_workspace *w = drl_new_workspace(L);
  const dr_net *net = drl_network(L, &error);
  if (net == NULL) return failed_text(L, &error);
  dr_kind kind = net->url_base(text, len, allow_http, &w->out, &error);
  if (kind == DR_KIND_MEMORY) return drl_memory_error(L);
  if (kind == DR_KIND_NONE) {
    lua_pushlstring(L, w->out.data, w->out.len);
    return 1;
  }
  return failed_text(L, &error);
}

/* The texts of where the configuration came from, above the client on the stack. */
static void keep_sources(lua_State *L, int client, int source, int token_from) {
  luaL_optstring(L, source, NULL);
  luaL_optstring(L, token_from, NULL);
  lua_pushvalue(L, source);
  lua_setiuservalue(L, client, DRL_CLIENT_SOURCE);
  lua_pushvalue(L, token_from);
  lua_setiuservalue(L, client, DRL_CLIENT_TOKEN_FROM);
}

int drl_client_new(lua_State *L) {
  dr_pool_options o = {0};
  dr_error error;
  size_t len = 0;
  drl_check_type(L, 1, LUA_TTABLE);
  drl_check_options(L, 1, option_names);
  lua_settop(L, 3);
  drl_client *c = lua_newuserdatauv(L, sizeof *c, DRL_CLIENT_VALUES);
  *c = (drl_client){.type = &drl_client_type};
  dr_buffer_init(&c->scratch, drl_memory(L), SIZE_MAX);
  luaL_setmetatable(L, DRL_CLIENT);
  c->read_only = drl_option_boolean(L, 1, "read_only", 0);
  c->timeout = drl_option_ms(L, 1, "timeout", 60000);
  const char *endpoint = drl_option_text(L, 1, "endpoint", &len);
  int allow_http = drl_option_boolean(L, 1, "allow_http", 0);
  if (endpoint == NULL) return drl_argument(L, 1, "option 'endpoint': a string expected");
  const dr_net *net = drl_network(L, &error);
  if (net == NULL) return drl_fail(L, &error);
  dr_kind kind = net->url_base(endpoint, len, allow_http, &c->scratch, &error);
  if (kind == DR_KIND_MEMORY) return drl_memory_error(L);
  if (kind != DR_KIND_NONE) return drl_fail(L, &error);
  o.base = dr_buffer_cstr(&c->scratch);
  if (o.base == NULL) return drl_memory_error(L);
  read_options(L, 1, &o);
  if (o.ca_file != NULL && !drl_has_files(L)) return drl_no_files(L, "ca_file");
  if (o.proxy != NULL) kind = net->url_proxy(o.proxy, &error);
  if (kind == DR_KIND_MEMORY) return drl_memory_error(L);
  if (kind != DR_KIND_NONE) return drl_fail(L, &error);
  c->pool = net->pool_new(drl_memory(L), &o);
  if (c->pool == NULL) return drl_memory_error(L);
  drl_token_options(L, 1, 4);
  drl_words_of_client(L, 4);
  c->has_log = drl_option(L, 1, "log") != LUA_TNIL;
  if (c->has_log && !lua_isfunction(L, -1))
    return drl_argument(L, 1, "option 'log': a function expected");
  lua_setiuservalue(L, 4, DRL_CLIENT_LOG);
  keep_sources(L, 4, 2, 3);
  lua_pushvalue(L, 4);
  return 1;
}

/* {=== methods ===} */

int drl_client_jitter(lua_State *L) {
  dr_pool *pool = drl_check_client(L, 1)->pool;
  lua_pushnumber(L, DR_NET(pool)->jitter(pool));
  return 1;
}

/* client:close(): ends the calls under way with kind `closed` and frees the connections. May be
   called again; a variable declared with <close> does it by itself. */
static int client_close(lua_State *L) {
  drl_client *c = drl_check_self(L, &drl_client_type);
  if (c->pool != NULL) DR_NET(c->pool)->close(c->pool);
  return 0;
}

static int client_gc(lua_State *L) {
  drl_client *c = drl_check_self(L, &drl_client_type);
  dr_pool *pool = c->pool;
  c->pool = NULL;
  dr_buffer_wipe(&c->scratch);
  if (pool != NULL) {
    DR_NET(pool)->close(pool);
    DR_NET(pool)->release(pool); /* requests under way hold it, too */
  }
  return 0;
}

static int client_tostring(lua_State *L) {
  drl_client *c = drl_check_self(L, &drl_client_type);
  if (c->pool == NULL || DR_NET(c->pool)->closed(c->pool)) {
    lua_pushliteral(L, DRL_CLIENT " (closed)");
    return 1;
  }
  lua_getiuservalue(L, 1, DRL_CLIENT_SOURCE);
  const char *source = lua_tostring(L, -1);
  if (source == NULL) source = "endpoint and token from options";
  lua_pushfstring(L, DRL_CLIENT " (%s, %s%s)", DR_NET(c->pool)->base(c->pool), source,
                  c->read_only ? ", read only" : "");
  drl_to_words(L, DRL_WORDS_LINE);
  return 1;
}

/* client:pollfd(): the descriptor that is readable when `step` has work, for host loops.
   @return integer|nil descriptor
   @return datarobot.Error? err kind `transport` when none can be made */
static int client_pollfd(lua_State *L) {
  dr_pool *pool = drl_check_client(L, 1)->pool;
  int fd = DR_NET(pool)->fd(pool);
  if (fd < 0) return drl_failf(L, DR_KIND_TRANSPORT, "no descriptor could be made");
  lua_pushinteger(L, fd);
  return 1;
}

/* client:events(): what a host loop watches the descriptor for.
   @return string events "r" */
static int client_events(lua_State *L) {
  drl_check_client(L, 1);
  lua_pushliteral(L, "r");
  return 1;
}

/* client:timeout(): how long a host loop may wait until `step` is due in any case.
   @return number|nil seconds nil: for ever */
static int client_timeout(lua_State *L) {
  dr_pool *pool = drl_check_client(L, 1)->pool;
  int64_t ms = DR_NET(pool)->timeout(pool);
  if (ms < 0)
    lua_pushnil(L);
  else
    lua_pushnumber(L, (lua_Number)ms / 1000);
  return 1;
}

/* client:step(): does what can be done at once, without waiting.
   @return integer pending requests under way */
static int client_step(lua_State *L) {
  dr_pool *pool = drl_check_client(L, 1)->pool;
  DR_NET(pool)->step(pool);
  lua_pushinteger(L, DR_NET(pool)->pending(pool));
  return 1;
}

/* client:on_wait(fn): sets the function that is called, and may yield, while a call in a coroutine
   waits; cqueues.poll is one.
   @param fn? fun(client: datarobot.Client) nil: calls block again */
static int client_on_wait(lua_State *L) {
  drl_check_client(L, 1);
  if (!lua_isnoneornil(L, 2)) drl_check_type(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_setiuservalue(L, 1, DRL_CLIENT_WAIT);
  return 0;
}

void drl_client_class(lua_State *L) {
  static const luaL_Reg meta[] = {{"__gc", client_gc},
                                  {"__close", client_close},
                                  {"__tostring", client_tostring},
                                  {NULL, NULL}};
  static const luaL_Reg methods[] = {{"close", client_close},
                                     {"pollfd", client_pollfd},
                                     {"events", client_events},
                                     {"timeout", client_timeout},
                                     {"step", client_step},
                                     {"on_wait", client_on_wait},
                                     {NULL, NULL}};
  drl_class(L, DRL_CLIENT, meta, methods);
  lua_getfield(L, -1, "__index");
  lua_remove(L, -2);
}
