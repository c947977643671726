/* errors.h: the error value, and the ways a function returns it. */
#ifndef DRL_ERRORS_H
#define DRL_ERRORS_H

#include <lua.h>

#include "../core/buffer.h"
#include "../core/error.h"
#include "../core/json_read.h"

/* Pushes an error object with kind, message and where; further fields are set by the caller. */
void drl_push_error(lua_State *L, dr_kind kind, const char *message);

/* Puts the name of the public function that the script called before the message of the error
   object on top. */
void drl_name_caller(lua_State *L);

/* Push nil and an error object, which of kind validation names the public function; return 2. */
int drl_fail(lua_State *L, const dr_error *e);
int drl_failf(lua_State *L, dr_kind kind, const char *format, ...);

/* A validation into `out` has failed, its list of problems is on top: nil and an error of kind
   validation, or of kind limit where `out` reached its cap. */
int drl_fail_body(lua_State *L, const dr_buffer *out);

/* Fills the error object at `index` from the body of a reply that was no success: the server's
   message, its code, and the problems it names. Every documented shape and unknown ones
   are survived; `text` stands in when the body is no JSON (j NULL). */
void drl_error_from_body(lua_State *L, int index, const dr_json *j, const char *text, size_t len);

#endif
