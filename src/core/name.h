/* name.h: the naming rule: humps on the wire, snake_case in Lua. */
#ifndef DR_NAME_H
#define DR_NAME_H

#include <stddef.h>

/* Whether a wire name has this Lua name: humps to snake_case ("minIntervalBetweenRuns",
   "min_interval_between_runs"); a wire name without humps is its own Lua name. */
int dr_name_matches(const char *wire, size_t wlen, const char *lua, size_t llen);

/* Writes the Lua name of a wire name; `out` has room for 2 * wlen bytes. Returns the bytes. */
size_t dr_name_to_lua(const char *wire, size_t wlen, char *out);

#endif
