/* times.c: times of replies and queries, for the Lua half. */
#include "times.h"

#include <time.h>

#include "../core/timestamp.h"
#include "where.h"

int drl_utc(lua_State *L) {
  size_t len;
  int64_t seconds = time(NULL);
  int32_t nanoseconds;
  if (!lua_isnoneornil(L, 1)) {
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len) : NULL;
    if (text == NULL || !dr_timestamp_parse(text, len, &seconds, &nanoseconds)) return 0;
  }
  lua_pushinteger(L, seconds);
  return 1;
}

int drl_time_text(lua_State *L) {
  char out[DR_TIME_MAX];
  int whole;
  lua_Integer seconds = lua_tointegerx(L, 1, &whole);
  if (!whole) return drl_argument_type(L, 1, "integer");
  lua_pushstring(L, dr_time_text(seconds, out)); /* nil when there is none */
  return 1;
}
