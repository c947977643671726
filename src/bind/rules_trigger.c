/* rules_trigger.c: rules about triggers and their schedules. */
#include <stdio.h>

#include "../core/schedule.h"
#include "../core/timestamp.h"
#include "../schema/schema.h"
#include "rules_view.h"
#include "validate.h"

/* {=== triggers ===} */

static int is_health(const drl_rules *r) {
  return drl_is_any(r, r->type, dr_health_triggers);
}

/* 5: a health trigger whose decline flags are both false cannot fire first. */
static void no_decline(lua_State *L, const drl_rules *r) {
  if (is_health(r) && !drl_is_true(r, drl_in(r, r->trigger, "statusDeclinesToWarning")) &&
      !drl_is_true(r, drl_in(r, r->trigger, "statusDeclinesToFailing")))
    drl_tell(L, r, "/trigger", "no decline flag is true, so the policy never starts by itself");
}

/* 6: every known health trigger carries a schedule; an absent one is filled in, a null is not. */
static void health_without_schedule(lua_State *L, const drl_rules *r) {
  if (is_health(r) && !drl_given(r, r->schedule))
    drl_tell(L, r, "/trigger/schedule",
             "a health trigger is known to work with a schedule only, such as \"@daily\"");
}

/* 7: the flags are read by health triggers only. */
static void idle_flags(lua_State *L, const drl_rules *r) {
  static const char *const flags[] = {"statusDeclinesToWarning", "statusDeclinesToFailing",
                                      "statusStillInDecline"};
  if (r->type == 0 || is_health(r)) return;
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    char pointer[DR_NAME_MAX];
    if (!drl_is_true(r, drl_in(r, r->trigger, flags[i]))) continue;
    snprintf(pointer, sizeof pointer, "/trigger/%s", flags[i]);
    drl_tell(L, r, pointer, "only data_drift_decline and accuracy_decline read this flag");
  }
}

/* 8: a schedule without a type is kept and never used. */
static void idle_schedule(lua_State *L, const drl_rules *r) {
  if (r->type != 0 && !drl_given(r, r->type) && drl_given(r, r->schedule))
    drl_tell(L, r, "/trigger/schedule", "the trigger has no type, so the schedule is never used");
}

/* A change of a policy that is not known may leave the type as it is; which may be none. */
static void no_type(lua_State *L, const drl_rules *r) {
  if (r->trigger != 0 && r->type == 0)
    drl_tell(L, r, "/trigger/type",
             "left out, so a policy that is started manually stays so; with the policy, as in "
             "dr.validate(\"policy_update\", t, policy), this is known");
}

/* 23: triggered runs use the retraining user's rights. */
static void no_user(lua_State *L, const drl_rules *r) {
  if (!drl_given(r, r->type) || r->known[DRL_RETRAINING_SETTINGS] == 0) return;
  drl_push_known(L, r, DRL_RETRAINING_SETTINGS, "retrainingUser", NULL);
  if (lua_isnil(L, -1) || drl_is_null(L, lua_gettop(L)))
    drl_tell(L, r, "/trigger", "no retraining user is set, so only manual runs can work");
  lua_pop(L, 1);
}

/* 24: drift health needs drift tracking. */
static void no_drift(lua_State *L, const drl_rules *r) {
  if (drl_is(r, r->type, "data_drift_decline") &&
      drl_known_to_be(L, r, DRL_SETTINGS, "targetDrift", "enabled", 0) &&
      drl_known_to_be(L, r, DRL_SETTINGS, "featureDrift", "enabled", 0))
    drl_tell(L, r, "/trigger/type", "drift tracking is off, so the drift status never changes");
}

/* 24: accuracy health needs an association id. */
static void no_association(lua_State *L, const drl_rules *r) {
  if (!drl_is(r, r->type, "accuracy_decline") || r->known[DRL_SETTINGS] == 0) return;
  drl_push_known(L, r, DRL_SETTINGS, "associationId", "columnNames");
  if (!lua_istable(L, -1) || lua_rawlen(L, -1) == 0)
    drl_tell(L, r, "/trigger/type", "no association id is set, so accuracy cannot be computed");
  lua_pop(L, 1);
}

/* {=== schedules ===} */

/* 28: a run every minute. */
static void every_minute(lua_State *L, const drl_rules *r) {
  uint32_t list = drl_given(r, r->schedule) ? drl_in(r, r->schedule, "minute") : 0;
  if (list == 0 || dr_json_type_of(r->body, list) != DR_JSON_ARRAY) return;
  uint64_t all = ((uint64_t)1 << 60) - 1;
  if (drl_is(r, list + 1, "*") || r->values[0] == all)
    drl_tell(L, r, "/trigger/schedule", "it runs every minute of its hours");
}

/* 28: dates that none of the months has. */
static void no_such_date(lua_State *L, const drl_rules *r) {
  uint64_t dates = r->values[2], months = r->values[3];
  if (dates == 0 || months == 0) return;
  for (int m = 1; m <= 12; m++)
    if (months >> m & 1 && dates & (((uint64_t)2 << dr_days_of_month(m, 1)) - 1)) return;
  drl_tell(L, r, "/trigger/schedule/dayOfMonth", "none of the months has this date");
}

/* Dates that only some of the months have, in a year that is no leap year. */
static void few_months(lua_State *L, const drl_rules *r) {
  uint64_t dates = r->values[2], months = r->values[3], leap = dates >> 29 & 1;
  int all = 0, with = 0;
  if (dates == 0 || r->values[4] != 0) return;
  for (int m = 1; m <= 12; m++) {
    if (months != 0 && !(months >> m & 1)) continue;
    all++;
    with += (dates & (((uint64_t)2 << dr_days_of_month(m, 0)) - 1)) != 0;
    leap &= m == 2 || all > with;
  }
  char text[120];
  if (all == with) return;
  if (with > 0)
    snprintf(text, sizeof text, "only %d of its %d months have %s; %s", with, all,
             dates & (dates - 1) ? "one of these dates" : "this date",
             "up to the 28th, every month has it");
  else
    snprintf(text, sizeof text, "only leap years have this date");
  if (with > 0 || leap) drl_tell(L, r, "/trigger/schedule/dayOfMonth", text);
}

/* Steps that leave one value, or that start anew before they come round. */
static void odd_steps(lua_State *L, const drl_rules *r) {
  static const char *const whole[] = {"the hour (60 minutes)", "the day (24 hours)", "the month",
                                      "the year (12 months)", "the week (7 days)"};
  static const char *const anew[] = {"hour", "day", "month", "year", "week"};
  for (int i = 0; i < 5; i++) {
    char text[160], pointer[DR_NAME_MAX];
    int step = r->given.step[i];
    if (step == 0) continue;
    snprintf(pointer, sizeof pointer, "/trigger/schedule/%s", dr_schedule_lists[i].wire);
    if (step < 0)
      snprintf(text, sizeof text, "a step of %d leaves one value, since it is greater than %s",
               -step, "what it counts through");
    else
      snprintf(text, sizeof text,
               "steps of %d do not divide %s evenly; counting starts again with each %s", step,
               whole[i], anew[i]);
    drl_tell(L, r, pointer, text);
  }
}

/* 28: dates and week days add up. */
static void dates_and_week_days(lua_State *L, const drl_rules *r) {
  if (r->values[2] != 0 && r->values[4] != 0)
    drl_tell(L, r, "/trigger/schedule",
             "dates and week days add up; it runs on these dates and on these week days");
}

const drl_rule drl_trigger_rules[] = {no_decline,
                                      no_user,
                                      no_drift,
                                      no_association,
                                      health_without_schedule,
                                      idle_flags,
                                      idle_schedule,
                                      no_type,
                                      every_minute,
                                      no_such_date,
                                      few_months,
                                      odd_steps,
                                      dates_and_week_days,
                                      NULL};
