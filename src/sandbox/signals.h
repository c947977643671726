/* signals.h: waiting for a signal to end, for programs. */

#ifndef DATAROBOT_SANDBOX_SIGNALS_H
#define DATAROBOT_SANDBOX_SIGNALS_H

#include <lua.h>

/* wait_signal([ready]) -> "SIGINT" or "SIGTERM". Blocks both in the calling thread, calls ready(),
   waits for one of them, and puts the signal mask back. For programs whose other threads block the
   two, as the server's thread does; plain lua5.4 is one. */
int sandbox_wait_signal(lua_State *L);

#endif
