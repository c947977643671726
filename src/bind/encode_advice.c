/* encode_advice.c: what to write instead of a value that is wrong, such that following it literally
   makes it right. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include <lauxlib.h>

#include "../core/id.h"
#include "../core/name.h"
#include "../core/schedule.h"
#include "../core/timestamp.h"
#include "../core/utf8.h"
#include "util.h"
#include "validate.h"

/* {=== would it do? ===} */

static int is_word(const dr_enum *e, const char *s, size_t len) {
  for (const char *const *w = e->words; *w != NULL; w++)
    if (strlen(*w) == len && memcmp(*w, s, len) == 0) return 1;
  return 0;
}

static int is_cron(const char *s, size_t len) {
  dr_schedule schedule;
  dr_error err;
  return dr_schedule_parse(s, len, &schedule, &err) == DR_KIND_NONE;
}

static int fits_number(const dr_field *f, lua_Number n) {
  if (n - n != 0 || (f->type == DR_INTEGER && n != floor(n))) return 0;
  return dr_field_has(f, n) && (!f->ranged || (n >= f->min && n <= f->max && n < 9e18));
}

static int fits_text(const dr_field *f, const char *s, size_t len) {
  switch (f->type) {
  case DR_STRING:
    return len >= f->min_length && (f->max_length == 0 || len <= f->max_length) &&
           dr_utf8_valid(s, len) == len;
  case DR_ENUM:
    return is_word(f->words, s, len);
  case DR_ID:
    return dr_id_strict(s, len);
  case DR_DURATION:
    return dr_duration_valid(s, len);
  case DR_TIME:
    return dr_time_strict(s, len);
  case DR_SCHEDULE:
    return is_cron(s, len);
  default:
    return 0;
  }
}

/* Whether the field takes the value at `index` as it stands; of tables it is not known. */
static int fits(lua_State *L, const dr_field *f, int index) {
  size_t len;
  switch (lua_type(L, index)) {
  case LUA_TBOOLEAN:
    return f->type == DR_BOOLEAN;
  case LUA_TNUMBER:
    return (f->type == DR_INTEGER || f->type == DR_NUMBER) &&
           fits_number(f, lua_tonumber(L, index));
  case LUA_TSTRING: {
    const char *s = lua_tolstring(L, index, &len);
    return fits_text(f, s, len);
  }
  default:
    return 0;
  }
}

/* Pushes the only element of a list of one; returns 0 with nothing pushed when it is no such. */
static int push_only(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE || lua_rawlen(L, index) != 1) return 0;
  lua_rawgeti(L, index, 1);
  return 1;
}

/* {=== scalars ===} */

static int is_any(const char *s, const char *const *words) {
  while (*words != NULL && strcasecmp(*words, s) != 0) words++;
  return *words != NULL;
}

/* What a word or number says to somebody who asks for true or false; -1: nothing. */
static int truth(lua_State *L, int index) {
  static const char *const yes[] = {"true", "yes", "y", "on", "1", "enabled", NULL};
  static const char *const no[] = {"false", "no", "n", "off", "0", "disabled", NULL};
  int type = lua_type(L, index);
  if (type == LUA_TBOOLEAN) return lua_toboolean(L, index);
  if (type != LUA_TSTRING && type != LUA_TNUMBER) return -1;
  lua_pushvalue(L, index);
  const char *s = lua_tostring(L, -1);
  int says = is_any(s, yes) ? 1 : is_any(s, no) ? 0 : -1;
  lua_pop(L, 1);
  return says;
}

static const char *boolean_fix(lua_State *L, int index) {
  int says = truth(L, index);
  if (says >= 0 && lua_type(L, index) == LUA_TSTRING) {
    const char *s = lua_tostring(L, index);
    if (strcmp(s, "true") == 0 || strcmp(s, "false") == 0) return "remove the quotes";
  }
  return says < 0 ? NULL : says ? "write true" : "write false";
}

/* Percent where a share of one is needed. */
static const char *share_fix(lua_State *L, const dr_field *f, lua_Number percent) {
  if (!f->ranged || f->max > 1 || percent <= 1 || percent != floor(percent) ||
      !fits_number(f, percent / 100))
    return NULL;
  return lua_pushfstring(L, "write %f for %d percent", percent / 100, (int)percent);
}

/* A number in quotes, one with a percent sign, a share of one for percent and the reverse. */
static const char *number_fix(lua_State *L, const dr_field *f, int index, int type) {
  size_t len;
  lua_Number n = type == LUA_TNUMBER ? lua_tonumber(L, index) : 0;
  if (type == LUA_TSTRING) {
    const char *s = lua_tolstring(L, index, &len);
    int percent = len > 1 && s[len - 1] == '%';
    lua_pushlstring(L, s, len - (size_t)percent);
    if (lua_stringtonumber(L, lua_tostring(L, -1)) != len - (size_t)percent + 1) return NULL;
    n = lua_tonumber(L, -1);
    if (fits_number(f, n))
      return percent ? lua_pushfstring(L, "write %s", lua_tostring(L, -2)) : "remove the quotes";
  }
  const char *fix = share_fix(L, f, n);
  if (fix != NULL) return fix;
  int share = n > 0 && n < 1 ? (int)(n * 100 + 0.5) : 0;
  if (f->ranged && f->min >= 1 && f->max >= 99 && f->max <= 100 && share > 0 &&
      fits_number(f, share))
    return lua_pushfstring(L, "write %d for %d percent", share, share);
  if (n >= 9e18 && n - n == 0 && (!f->ranged || f->max >= 9e18))
    return "write 9223372036854775807 or less";
  return NULL;
}

/* Seconds in days, hours, minutes and seconds. */
static const char *push_seconds(lua_State *L, lua_Integer n) {
  static const struct {
    lua_Integer seconds;
    char unit;
  } units[] = {{86400, 'D'}, {3600, 'H'}, {60, 'M'}, {1, 'S'}};
  lua_Integer rest = n;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  luaL_addchar(&b, 'P');
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    lua_Integer count = rest / units[i].seconds;
    if (i == 1 && rest > 0) luaL_addchar(&b, 'T');
    rest %= units[i].seconds;
    if (count == 0) continue;
    lua_pushinteger(L, count);
    luaL_addvalue(&b);
    luaL_addchar(&b, units[i].unit);
  }
  luaL_pushresult(&b);
  return lua_pushfstring(L, "write \"%s\" for %I seconds", lua_tostring(L, -1), n);
}

/* So many days are meant as days; more are taken for seconds, as other systems count. */
#define MOST_DAYS 366

static const char *number_of(lua_State *L, lua_Integer n) {
  if (n == 0) return "write dr.null for no limit";
  if (n < 0 || n > 10000000000) return NULL;
  if (n > MOST_DAYS) return push_seconds(L, n);
  return lua_pushfstring(L, "write \"P%ID\" for days, \"PT%IH\" for hours", n, n);
}

/* A number of something ("7 days", "12h", "P7d", "weekly", 86400) as a duration. */
static const char *duration_fix(lua_State *L, int index, int type) {
  static const char *const words[][2] = {
      {"hourly", "PT1H"}, {"daily", "P1D"}, {"weekly", "P7D"}, {"monthly", "P30D"}};
  static const struct {
    const char *unit, *format;
  } units[] = {{"mo", "P%IM"}, {"m", "PT%IM"}, {"h", "PT%IH"}, {"d", "P%ID"},
               {"w", "P%IW"},  {"s", "PT%IS"}, {"y", "P%IY"}};
  lua_Integer n = 0;
  int whole;
  if (type == LUA_TNUMBER || type == LUA_TSTRING) {
    n = lua_tointegerx(L, index, &whole);
    if (whole) return number_of(L, n);
  }
  const char *s = type == LUA_TSTRING ? lua_tostring(L, index) : "";
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcasecmp(s + (*s == '@'), words[i][0]) == 0)
      return lua_pushfstring(L, "did you mean \"%s\"?", words[i][1]);
  int bare = *s == 'P' || *s == 'p';
  s += strspn(s, " PpTt");
  for (; *s >= '0' && *s <= '9' && n < 100000; s++) n = n * 10 + (*s - '0');
  s += strspn(s, " ");
  if (n > 0 && bare && *s == '\0') return lua_pushfstring(L, "did you mean \"P%ID\"?", n);
  for (size_t i = 0; i < sizeof units / sizeof *units && n > 0; i++) {
    if (strncasecmp(s, units[i].unit, strlen(units[i].unit)) != 0) continue;
    lua_pushfstring(L, units[i].format, n);
    return lua_pushfstring(L, "did you mean \"%s\"?", lua_tostring(L, -1));
  }
  return NULL;
}

/* Another way to write a time, a date, seconds since the epoch. */
static const char *time_fix(lua_State *L, int index, int type) {
  char out[DR_TIME_MAX];
  size_t len;
  int32_t nanoseconds;
  int64_t seconds;
  int whole = 0;
  if (type == LUA_TNUMBER) seconds = lua_tointegerx(L, index, &whole);
  if (type == LUA_TSTRING) {
    const char *s = lua_tolstring(L, index, &len);
    if (len == 10) s = lua_pushfstring(L, "%sT00:00:00Z", s);
    whole = dr_timestamp_parse(s, strlen(s), &seconds, &nanoseconds);
  }
  if (!whole || dr_time_text(seconds, out) == NULL) return NULL;
  return lua_pushfstring(L, "did you mean \"%s\"?", out);
}

/* Where ids are found. */
static const char *id_source(const drl_step *at) {
  static const char *const sources[][2] = {
      {"datasetId", "client:datasets lists the datasets with their ids"},
      {"credentialId", "client:credentials lists the credentials with their ids"},
      {"predictionEnvironmentId", "client:prediction_environments lists them with their ids"},
      {"retrainingUserId",
       "take deployment.owners.preview[1].id, or the uid that client:whoami returns"},
      {"modelPackageId", "client:list \"modelPackages/\" lists the registered versions"}};
  for (size_t i = 0; i < sizeof sources / sizeof *sources && at->name != NULL; i++)
    if (strlen(sources[i][0]) == at->len && memcmp(at->name, sources[i][0], at->len) == 0)
      return sources[i][1];
  return NULL;
}

static const char *id_fix(lua_State *L, int index, int type, const drl_step *at) {
  size_t len, front;
  if (type == LUA_TTABLE || type == LUA_TUSERDATA) return "pass its id";
  const char *s = type == LUA_TSTRING ? lua_tolstring(L, index, &len) : NULL;
  if (s == NULL) return id_source(at);
  const char *source = id_source(at);
  front = strspn(s, " \t\r\n");
  for (s += front, len -= front; len > 0 && strchr(" \t\r\n", s[len - 1]) != NULL;) len--;
  if (dr_id_strict(s, len)) return "remove the blanks around it";
  for (size_t i = 0; i + 24 <= len; i++)
    if ((i == 0 || s[i - 1] == '/') && dr_id_strict(s + i, 24) &&
        (i + 24 == len || s[i + 24] == '/')) {
      lua_pushlstring(L, s + i, 24);
      return lua_pushfstring(L, "write \"%s\"", lua_tostring(L, -1));
    }
  if (memchr(s, '@', len) != NULL && source != NULL)
    return lua_pushfstring(L, "it is an e-mail address; %s", source);
  return source;
}

static const char *scalar_fix(lua_State *L, const dr_field *f, int index, const drl_step *at) {
  int type = lua_type(L, index);
  if (f->type != DR_ID && push_only(L, index))
    return fits(L, f, lua_gettop(L)) ? "remove the braces" : NULL;
  switch (f->type) {
  case DR_INTEGER:
  case DR_NUMBER:
    return number_fix(L, f, index, type);
  case DR_BOOLEAN:
    return boolean_fix(L, index);
  case DR_DURATION:
    return duration_fix(L, index, type);
  case DR_TIME:
    return time_fix(L, index, type);
  case DR_ID:
    return id_fix(L, index, type, at);
  case DR_STRING:
    return type == LUA_TNUMBER ? "put it in quotes" : NULL;
  default:
    return NULL;
  }
}

/* {=== lists and tables with named members ===} */

/* A value where a list of such is needed. */
static const char *list_fix(lua_State *L, const dr_field *f, int index) {
  char got[DRL_TEXT_MAX];
  size_t len;
  int value = index, type = lua_type(L, index);
  if (f->item->type == DR_OBJECT)
    return lua_pushfstring(L, "write a list such as { %s }", f->item->schema->sample);
  if (type == LUA_TSTRING && f->item->type == DR_INTEGER &&
      lua_stringtonumber(L, lua_tolstring(L, index, &len)) == len + 1)
    value = lua_gettop(L);
  if (type == LUA_TNUMBER && f->item->type == DR_STRING) {
    lua_pushvalue(L, index);
    lua_tostring(L, -1);
    value = lua_gettop(L);
  }
  if (!fits(L, f->item, value)) return NULL;
  return lua_pushfstring(L, "write {%s}", drl_text_of_value(L, value, got));
}

/* A string where its object is needed: the word or text of the first member, or a schedule. */
static const char *text_fix(lua_State *L, const dr_schema *s, int index) {
  char got[DRL_TEXT_MAX], name[2 * DR_NAME_MAX];
  size_t len;
  const char *text = lua_tolstring(L, index, &len);
  drl_text_of_string(text, len, got);
  if (s->typed && is_cron(text, len))
    return lua_pushfstring(L, "write { type = \"schedule\", schedule = %s }", got);
  if (s->typed && strcmp(s->fields->words->words[0], text) == 0) return NULL;
  for (const dr_field *f = s->fields; f->wire != NULL; f++) {
    name[dr_name_to_lua(f->wire, strlen(f->wire), name)] = '\0';
    if (f->type == DR_ENUM && is_word(f->words, text, len) && (s->typed || !s->crossed) &&
        !s->fields->required)
      return lua_pushfstring(L, "write { %s = \"%s\" }", name, text);
    if (f == s->fields && f->type == DR_LIST && fits_text(f->item, text, len))
      return lua_pushfstring(L, "write { %s = {%s} }", name, got);
  }
  return NULL;
}

static const char *object_fix(lua_State *L, const dr_field *f, int index) {
  int value = index;
  if (f->type == DR_FREE) return "write a table, names as on the wire, such as {}";
  if (push_only(L, index)) {
    if (lua_istable(L, -1)) return "remove the outer braces";
    value = lua_gettop(L);
  }
  const char *fix = NULL;
  int says = strcmp(f->schema->fields->wire, "enabled") == 0 ? truth(L, value) : -1;
  if (says >= 0) fix = says ? "write { enabled = true }" : "write { enabled = false }";
  if (fix == NULL && lua_type(L, value) == LUA_TSTRING) fix = text_fix(L, f->schema, value);
  if (fix != NULL || f->schema->sample == NULL) return fix;
  return lua_pushfstring(L, "write a table such as %s", f->schema->sample);
}

const char *drl_value_fix(lua_State *L, const dr_field *f, int index, const drl_step *at) {
  if (f->type == DR_OBJECT || f->type == DR_FREE) return object_fix(L, f, index);
  if (f->type == DR_LIST) return list_fix(L, f, index);
  return scalar_fix(L, f, index, at);
}

/* {=== words for a trigger ===} */

/* The first member that was given decides. Health triggers carry a schedule as well. */
static const struct {
  const char *wire, *fix;
} types[] = {
    {"statusDeclinesToWarning", "write type = \"data_drift_decline\" or \"accuracy_decline\""},
    {"statusDeclinesToFailing", "write type = \"data_drift_decline\" or \"accuracy_decline\""},
    {"statusStillInDecline", "write type = \"data_drift_decline\" or \"accuracy_decline\""},
    {"schedule", "write type = \"schedule\""},
    {"customJobId", "write type = \"custom_job\""},
};

const char *drl_type_fix(const dr_schema *s, unsigned given) {
  for (size_t k = 0; k < sizeof types / sizeof *types; k++)
    for (int i = 0; s->fields[i].wire != NULL; i++)
      if (given >> i & 1 && strcmp(s->fields[i].wire, types[k].wire) == 0) return types[k].fix;
  return "write type = \"schedule\" and a schedule";
}

const char *drl_word_fix(const dr_enum *e, const char *given, size_t len) {
  static const char *const by_hand[] = {"manual", "none", "null", "nil", NULL};
  if (strcmp(e->name, "trigger_type") != 0 || dr_nearest(given, len, by_hand) == NULL) return NULL;
  return "for a policy started manually use dr.null or leave the trigger out";
}
