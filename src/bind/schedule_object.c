/* schedule_object.c: the Lua class of schedules: made from text or lists, compared, taken
   apart, and their next times. */
#include "schedule_object.h"

#include <string.h>
#include <time.h>

#include <lauxlib.h>

#include "../core/schedule_json.h"
#include "../core/timestamp.h"
#include "encode.h"
#include "errors.h"
#include "util.h"
#include "where.h"
#include "workspace.h"

#define LISTS 5

static const dr_schedule *check_schedule(lua_State *L) {
  return &((const drl_schedule *)drl_check_self(L, &drl_schedule_type))->set;
}

/* {=== making one ===} */

/* The field that says what a schedule is: a policy's trigger.schedule. */
static const dr_field *schedule_field(void) {
  const dr_field *trigger = dr_schema_field(&dr_policy_create, "trigger", strlen("trigger"));
  return dr_schema_field(trigger->schema, "schedule", strlen("schedule"));
}

/* Of good cron text at 1. */
static void read_steps(lua_State *L, dr_schedule *s) {
  dr_schedule read;
  dr_error err;
  size_t len;
  const char *text = lua_tolstring(L, 1, &len);
  if (dr_schedule_parse(text, len, &read, &err) == DR_KIND_NONE)
    memcpy(s->step, read.step, sizeof s->step);
}

int drl_schedule_new(lua_State *L) {
  int type = lua_type(L, 1);
  dr_json j;
  if (drl_test(L, 1, &drl_schedule_type) != NULL) {
    lua_settop(L, 1);
    return 1;
  }
  if (type != LUA_TSTRING && type != LUA_TTABLE)
    return drl_argument_type(L, 1, "cron text, a table of five lists or a schedule");
  lua_settop(L, 1);
  drl_schedule *s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = (drl_schedule){.type = &drl_schedule_type};
  luaL_setmetatable(L, DRL_SCHEDULE);
  drl_workspace *w = drl_new_workspace(L);
  if (!drl_encode_field(L, 1, schedule_field(), NULL, 0, &w->out)) return drl_fail_body(L, &w->out);
  drl_parse_own(L, w, &j);
  dr_schedule_read(&j, 0, &s->set);
  if (type == LUA_TSTRING) read_steps(L, &s->set);
  lua_pushvalue(L, 2);
  return 1;
}

/* {=== equality ===} */

#define WHOLE_WEEK 0x7Fu

/* On which days a schedule fires, in the one form that all schedules of the same days share: months
   without a fitting day are left out, and so are dates that none of the months has; every day of
   its months is the whole week without dates. */
typedef struct days {
  uint32_t months, dates, week;
} days;

static days days_of(const dr_schedule *s) {
  days d = {s->month, s->day_of_month, s->day_of_week};
  unsigned stars = s->star & (DR_STAR_DAY_OF_MONTH | DR_STAR_DAY_OF_WEEK);
  uint32_t longest = 0;
  if (stars == DR_STAR_DAY_OF_MONTH) d.dates = 0;
  if (stars == DR_STAR_DAY_OF_WEEK) d.week = 0;
  for (int m = 1; m <= 12; m++) {
    uint32_t month = (uint32_t)((2ull << dr_days_of_month(m, 1)) - 2);
    if (d.week == 0 && (d.dates & month) == 0) d.months &= ~(1u << m);
    if (d.months >> m & 1) longest |= month;
  }
  d.dates &= longest;
  if (d.week == WHOLE_WEEK || d.dates == longest) {
    d.week = WHOLE_WEEK;
    d.dates = 0;
  }
  return d;
}

/* Equal schedules fire at the same times, however they are written: a full list is a star where
   that changes nothing, "0 0 * * 0-6" is daily, and so is "0 0 1-31 * MON", whose dates alone are
   all. */
static int equal(lua_State *L) {
  const drl_schedule *one = drl_test(L, 1, &drl_schedule_type);
  const drl_schedule *other = drl_test(L, 2, &drl_schedule_type);
  int same = 0;
  if (one != NULL && other != NULL) {
    const dr_schedule *a = &one->set, *b = &other->set;
    days x = days_of(a), y = days_of(b);
    int both_never = x.months == 0 && y.months == 0;
    same = both_never || (a->minute == b->minute && a->hour == b->hour && x.months == y.months &&
                          x.dates == y.dates && x.week == y.week);
  }
  lua_pushboolean(L, same);
  return 1;
}

/* {=== taking one apart ===} */

static int to_string(lua_State *L) {
  char cron[DR_CRON_MAX];
  dr_schedule_cron(check_schedule(L), cron);
  lua_pushstring(L, cron);
  return 1;
}

static void push_list(lua_State *L, const dr_schedule *s, int i) {
  const dr_schedule_list *list = &dr_schedule_lists[i];
  uint64_t bits = dr_schedule_get(s, i);
  lua_Integer n = 0;
  lua_newtable(L);
  if (s->star & list->star) {
    lua_pushliteral(L, "*");
    lua_rawseti(L, -2, 1);
    bits = 0;
  }
  for (int v = list->min; v <= list->max; v++) {
    if (!(bits >> v & 1)) continue;
    lua_pushinteger(L, v);
    lua_rawseti(L, -2, ++n);
  }
  drl_push_list_mark(L);
  lua_setmetatable(L, -2);
}

/* schedule:to_table(): the five lists, as `dr.normalize` gives them.
   @return datarobot.body.schedule lists */
static int to_table(lua_State *L) {
  const dr_schedule *s = check_schedule(L);
  lua_createtable(L, 0, LISTS);
  luaL_setmetatable(L, DRL_OBJECT);
  for (int i = 0; i < LISTS; i++) {
    push_list(L, s, i);
    lua_setfield(L, -2, dr_schedule_lists[i].lua);
  }
  return 1;
}

/* {=== next times ===} */

#define MOST_TIMES 10000
#define LAST_SECOND 253402300799LL /* of the year 9999: the last that ISO 8601 writes plainly */

static int wrong_time(lua_State *L, int index) {
  const char *got = luaL_tolstring(L, lua_gettop(L), NULL);
  lua_pushfstring(L,
                  "option 'after': seconds since 1970 or a time such as \"2026-12-01T09:00:00Z\" "
                  "expected, got %s",
                  got);
  return drl_argument(L, index, lua_tostring(L, -1));
}

/* Option `after` in whole seconds. What it has beyond them changes nothing: times are minutes. */
static int64_t option_after(lua_State *L, int index) {
  int64_t seconds = -1;
  int32_t nanoseconds;
  size_t len;
  int type = drl_option(L, index, "after");
  if (type == LUA_TNIL) {
    seconds = time(NULL);
  } else if (type == LUA_TNUMBER) {
    lua_Number n = lua_tonumber(L, -1);
    if (n >= 0 && n <= LAST_SECOND) seconds = (int64_t)n;
  } else if (type == LUA_TSTRING) {
    const char *text = lua_tolstring(L, -1, &len);
    if (!dr_timestamp_parse(text, len, &seconds, &nanoseconds)) seconds = -1;
  }
  if (seconds < 0 || seconds > LAST_SECOND) wrong_time(L, index);
  lua_pop(L, 1);
  return seconds;
}

int drl_schedule_times(lua_State *L) {
  static const char *const names[] = {"count", "after", NULL};
  const dr_schedule *s = check_schedule(L);
  drl_check_options(L, 2, names);
  lua_Integer count = drl_option_integer(L, 2, "count", 1, MOST_TIMES, 10);
  int64_t at = option_after(L, 2);
  lua_newtable(L);
  for (lua_Integer i = 1; i <= count; i++) {
    if (!dr_schedule_next(s, at + 1, &at) || at > LAST_SECOND) break;
    lua_pushinteger(L, at);
    lua_rawseti(L, -2, i);
  }
  return 1;
}

void drl_schedule_class(lua_State *L) {
  static const luaL_Reg metamethods[] = {{"__tostring", to_string}, {"__eq", equal}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"to_table", to_table}, {NULL, NULL}};
  drl_class(L, DRL_SCHEDULE, metamethods, methods);
  lua_getfield(L, -1, "__index");
  lua_remove(L, -2);
}
