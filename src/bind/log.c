/* log.c: what happens to a call, as events for the client's log function. */
#include "log.h"

#include "../core/clock.h"
#include "client_value.h"
#include "deliver.h"

static void set_integer(lua_State *L, const char *name, lua_Integer value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

static void set_text(lua_State *L, const char *name, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}

static void set_seconds(lua_State *L, const char *name, int64_t ms) {
  lua_pushnumber(L, (lua_Number)ms / 1000);
  lua_setfield(L, -2, name);
}

/* Pushes the log function and an event with what all events of a call have. */
static void begin(lua_State *L, const drl_call *c, int client, const char *what, unsigned attempt) {
  lua_getiuservalue(L, client, DRL_CLIENT_LOG);
  lua_createtable(L, 0, 8);
  set_text(L, "event", what);
  set_text(L, "method", c->request->method);
  drl_set_path(L, lua_gettop(L), c->request);
  set_integer(L, "attempt", attempt);
}

static void set_outcome(lua_State *L, dr_kind kind, long status) {
  if (status != 0) set_integer(L, "status", status);
  if (kind == DR_KIND_NONE && status >= 300) kind = dr_kind_of_status(status);
  if (kind != DR_KIND_NONE) set_text(L, "kind", dr_kind_name(kind));
}

static void push_retry(lua_State *L, const drl_call *c, int client, unsigned attempt) {
  const dr_trace *t = &c->request->trace[(attempt - 1) % DR_TRACE];
  begin(L, c, client, "retry", attempt);
  set_outcome(L, t->kind, t->status);
  set_seconds(L, "delay", t->delay);
}

static void push_reply(lua_State *L, const drl_call *c, int client) {
  const dr_request *r = c->request;
  int index;
  begin(L, c, client, "reply", r->attempts);
  index = lua_gettop(L);
  set_outcome(L, r->error.kind, r->status);
  set_seconds(L, "seconds", dr_now() - c->started);
  drl_set_header(L, index, r, "x-request-id", "request_id");
  drl_set_header(L, index, r, "deprecation", "deprecation");
}

/* The sending of attempt k, from 0, is event 2k, the retry that it ended with event 2k + 1. What
   nobody looked at for many attempts is forgotten. */
static int push_progress(lua_State *L, drl_call *c, int client) {
  const dr_request *r = c->request;
  while (c->logged / 2 < r->attempts) {
    unsigned attempt = c->logged / 2 + 1, ended = c->logged % 2;
    if (ended && attempt == r->attempts && r->phase != DR_PHASE_WAITING) return 0;
    c->logged++;
    if (!ended)
      begin(L, c, client, "request", attempt);
    else if (r->attempts - attempt < DR_TRACE)
      push_retry(L, c, client, attempt);
    else
      continue;
    return 1;
  }
  return 0;
}

/* What is logged before the first sending. */
static void push_notes(lua_State *L, drl_call *c, int client, int at) {
  c->noted = 0;
  lua_getiuservalue(L, client, DRL_CLIENT_LOG);
  lua_createtable(L, 0, 4);
  set_text(L, "event", "notes");
  set_text(L, "method", c->request->method);
  drl_set_path(L, lua_gettop(L), c->request);
  lua_getiuservalue(L, at, DRL_CALL_NOTES);
  lua_setfield(L, -2, "notes");
}

int drl_push_event(lua_State *L, drl_call *c, int client, int at) {
  const dr_request *r = c->request;
  const drl_client *owner = lua_touserdata(L, client);
  if (!owner->has_log || r->method == NULL) return 0;
  if (c->noted) {
    push_notes(L, c, client, at);
    return 1;
  }
  if (push_progress(L, c, client)) return 1;
  if (r->phase != DR_PHASE_DONE || c->replied == r->attempts) return 0;
  c->replied = r->attempts;
  if (c->logged % 2) c->logged++;
  push_reply(L, c, client);
  return 1;
}
