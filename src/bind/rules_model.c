/* rules_model.c: rules about models, projects, time series and the other policies. Those
   which say that something is legal (11, 13, 20) have no function. */
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "../schema/schema.h"
#include "rules_view.h"

/* The deployment's target type is one of these. */
static int has_target(lua_State *L, const drl_rules *r, const char *const *types) {
  if (r->known[DRL_DEPLOYMENT] == 0) return 0;
  drl_push_known(L, r, DRL_DEPLOYMENT, "targetType", NULL);
  if (lua_type(L, -1) != LUA_TSTRING) {
    lua_pop(L, 1);
    drl_push_known(L, r, DRL_DEPLOYMENT, "model", "targetType");
  }
  const char *type = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  while (*types != NULL && strcmp(*types, type) != 0) types++;
  lua_pop(L, 1);
  return *types != NULL;
}

static const char *const classification[] = {"Binary", "Multiclass", "Multilabel", NULL};
static const char *const regression[] = {"Regression", NULL};

/* {=== the deployment and its other policies ===} */

/* 22: challengers are needed and off. */
static void no_challengers(lua_State *L, const drl_rules *r) {
  if (drl_is(r, drl_top(r, "action"), "create_challenger") &&
      drl_known_to_be(L, r, DRL_SETTINGS, "challengerModels", "enabled", 0))
    drl_tell(L, r, "/action", "challenger models are off on this deployment");
}

/* Pushes the name of the body as Lua sees it. */
static void push_name(lua_State *L, const drl_rules *r) {
  size_t len;
  int escaped;
  const char *s = dr_json_bytes(r->body, drl_top(r, "name"), &len, &escaped);
  char *out = lua_newuserdatauv(L, len + 1, 0);
  lua_pushlstring(L, out, dr_json_unescape(s, len, out));
  lua_remove(L, -2);
}

/* 25: at most five policies a deployment. 26: a name that another policy has. */
static void other_policies(lua_State *L, const drl_rules *r) {
  int policies = r->known[DRL_POLICIES], taken = 0;
  if (policies == 0 || !r->create || !drl_given(r, drl_top(r, "name"))) return;
  lua_pushvalue(L, policies);
  int list = lua_gettop(L);
  lua_Integer n = lua_istable(L, list) ? (lua_Integer)lua_rawlen(L, list) : 0;
  push_name(L, r);
  for (lua_Integer i = 1; i <= n && !taken; i++) {
    lua_rawgeti(L, list, i);
    drl_push_member(L, list + 2, "name");
    taken = lua_rawequal(L, -1, list + 1);
    lua_settop(L, list + 1);
  }
  if (taken) drl_tell(L, r, "/name", "another policy of the deployment has this name");
  if (n >= 5) drl_tell(L, r, "", "the deployment has five policies already; one more is refused");
  lua_settop(L, list - 1);
}

/* {=== models and projects ===} */

/* 9: Autopilot runs only with autopilot_recommended; custom_job is accepted with it (11). */
static void idle_autopilot(lua_State *L, const drl_rules *r) {
  if (drl_given(r, r->autopilot) &&
      (drl_is(r, r->strategy, "same_blueprint") || drl_is(r, r->strategy, "same_hyperparameters")))
    drl_tell(L, r, "/autopilotOptions",
             "Autopilot does not run with this model_selection_strategy");
}

/* 10: hyperparameters belong to the features that they were found on. */
static void other_features(lua_State *L, const drl_rules *r) {
  if (drl_is(r, r->strategy, "same_hyperparameters") &&
      drl_is(r, drl_top(r, "featureListStrategy"), "informative_features"))
    drl_tell(L, r, "/featureListStrategy",
             "the hyperparameters were found on the champion's features, not on these");
}

/* 12: documented as not supported together. */
static void blend_with_shap(lua_State *L, const drl_rules *r) {
  if (drl_is_true(r, drl_in(r, r->autopilot, "blendBestModels")) &&
      drl_is_true(r, drl_in(r, r->autopilot, "shapOnlyMode")))
    drl_tell(L, r, "/autopilotOptions/blendBestModels",
             "blenders are not supported together with shap_only_mode");
}

/* 14: a strategy that reads project_options, without them. */
static void no_options(lua_State *L, const drl_rules *r) {
  static const char *const readers[] = {"override_champion", "custom", NULL};
  if (r->create && !drl_given(r, r->project) &&
      drl_is_any(r, drl_top(r, "projectOptionsStrategy"), readers))
    drl_tell(L, r, "/projectOptionsStrategy",
             "no project_options are given, so the server chooses them");
}

/* 15: a custom job is meant and none is named. */
static void no_job(lua_State *L, const drl_rules *r) {
  if (drl_is(r, r->strategy, "custom_job") && (r->create || r->trigger != 0) &&
      !drl_given(r, drl_in(r, r->trigger, "customJobId")))
    drl_tell(L, r, "/modelSelectionStrategy",
             "trigger.custom_job_id does not say which custom job");
}

/* 16: a custom job is named and another strategy meant. */
static void idle_job(lua_State *L, const drl_rules *r) {
  int job = drl_given(r, drl_in(r, r->trigger, "customJobId")) || drl_is(r, r->type, "custom_job");
  if (job && drl_given(r, r->strategy) && !drl_is(r, r->strategy, "custom_job"))
    drl_tell(L, r, "/modelSelectionStrategy",
             "the trigger's custom job runs only with \"custom_job\"");
}

static double percent(lua_State *L, const drl_rules *r, const char *name) {
  uint32_t token = drl_in(r, r->project, name);
  size_t len;
  int escaped;
  if (!drl_given(r, token)) return 0;
  const char *s = dr_json_bytes(r->body, token, &len, &escaped);
  lua_pushlstring(L, s, len);
  double d = lua_tonumber(L, -1);
  lua_pop(L, 1);
  return d;
}

/* 21: no rows are left to train on. */
static void no_rows(lua_State *L, const drl_rules *r) {
  if (percent(L, r, "holdoutPct") + percent(L, r, "validationPct") >= 100)
    drl_tell(L, r, "/projectOptions", "holdout and validation leave no rows to train on");
}

/* 29: a metric of the other kind of target. */
static void other_metric(lua_State *L, const drl_rules *r) {
  uint32_t metric = drl_in(r, r->project, "metric");
  if (drl_is_any(r, metric, dr_metrics_of_numbers) && has_target(L, r, classification))
    drl_tell(L, r, "/projectOptions/metric",
             "this metric is for numbers; the deployment predicts classes");
  if (drl_is_any(r, metric, dr_metrics_of_classes) && has_target(L, r, regression))
    drl_tell(L, r, "/projectOptions/metric",
             "this metric is for classes; the deployment predicts numbers");
}

/* {=== time series ===} */

/* 17: read for time series only. */
static void no_series(lua_State *L, const drl_rules *r) {
  if (drl_given(r, r->series) && drl_known_to_be(L, r, DRL_DEPLOYMENT, "timeSeries", NULL, 0))
    drl_tell(L, r, "/timeSeriesOptions", "the deployment is not for time series");
}

/* 18: documented as not allowed for classification. */
static void not_for_classes(lua_State *L, const drl_rules *r) {
  static const char message[] = "not allowed for classification";
  uint32_t method = drl_in(r, r->series, "differencingMethod");
  if (!drl_given(r, r->series) || !has_target(L, r, classification)) return;
  if (drl_is(r, method, "simple") || drl_is(r, method, "seasonal"))
    drl_tell(L, r, "/timeSeriesOptions/differencingMethod", message);
  if (drl_given(r, drl_in(r, r->series, "periodicities")))
    drl_tell(L, r, "/timeSeriesOptions/periodicities", message);
  if (drl_is(r, drl_in(r, r->series, "treatAsExponential"), "always"))
    drl_tell(L, r, "/timeSeriesOptions/treatAsExponential", message);
}

/* 19: rows are a unit of row based windows only, which only the project shows. */
static void row_units(lua_State *L, const drl_rules *r) {
  uint32_t list = drl_in(r, r->series, "periodicities");
  if (!drl_given(r, list) || dr_json_type_of(r->body, list) != DR_JSON_ARRAY) return;
  unsigned i = 0;
  for (uint32_t t = list + 1; t < dr_json_end(r->body, list); t = dr_json_next(r->body, t), i++) {
    char pointer[DR_NAME_MAX];
    snprintf(pointer, sizeof pointer, "/timeSeriesOptions/periodicities/%u/timeUnit", i);
    if (drl_is(r, drl_in(r, t, "timeUnit"), "ROW"))
      drl_tell(L, r, pointer, "\"ROW\" is for projects whose windows count rows");
  }
}

/* 27: periodicities make the method seasonal. */
static void becomes_seasonal(lua_State *L, const drl_rules *r) {
  uint32_t list = drl_in(r, r->series, "periodicities");
  uint32_t method = drl_in(r, r->series, "differencingMethod");
  if (!drl_given(r, list) || dr_json_end(r->body, list) == list + 1) return;
  if (!drl_given(r, method) || drl_is(r, method, "auto"))
    drl_tell(L, r, "/timeSeriesOptions/differencingMethod",
             "the periodicities make it \"seasonal\"");
}

const drl_rule drl_model_rules[] = {
    other_policies, no_challengers,  other_features,  no_job,           idle_job,
    no_options,     idle_autopilot,  blend_with_shap, no_rows,          other_metric,
    no_series,      not_for_classes, row_units,       becomes_seasonal, NULL};
