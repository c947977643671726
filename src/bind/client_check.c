/* client_check.c: the client that a call begins on. */
#include "client_check.h"

#include "errors.h"

drl_client *drl_check_client(lua_State *L, int index) {
  drl_client *c = drl_test(L, index, &drl_client_type);
  if (c == NULL) drl_bad_self(L, DRL_CLIENT);
  if (c->pool != NULL && !DR_NET(c->pool)->closed(c->pool)) return c;
  drl_push_error(L, DR_KIND_CLOSED, "attempt to use a closed client");
  lua_error(L);
  return NULL;
}
