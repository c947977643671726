/* await.h: the one place that waits for a request, yields, and turns its result into Lua values. */
#ifndef DRL_AWAIT_H
#define DRL_AWAIT_H

#include <lua.h>

/* Makes the table of tasks of this state. */
void drl_make_tasks(lua_State *L);

/* Submits the request of the call at stack index `at` and waits for it, by blocking with safe
   points, by the client's wait function, or by yielding to the `each` whose task this coroutine is.
   `return drl_await(L, at);` */
int drl_await(lua_State *L, int at);

/* Submits it and returns the call itself, for core.finish. `return drl_begin(L, at);` */
int drl_begin(lua_State *L, int at);

/* Sets these fields of the table on top:
   finish(self, call) -> the results of the call that a function of `begin` returned for `self`
   drop(call): gives it up
   done(call) -> whether `finish` need not wait
   wait(client, what): waits once, as a call does, for something to do on the client
   tasks: coroutine -> client: what waits for this client in this coroutine yields (tasks, what),
   what being the call, or the second argument of `wait`. Weak keys. */
void drl_await_functions(lua_State *L);

#endif
