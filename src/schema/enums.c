/* enums.c: the legal words. */
#include <string.h>

#include "tables.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

const dr_enum dr_enum_action = {
    "action", WORDS("create_challenger", "create_model_package", "model_replacement"), "an action"};

const dr_enum dr_enum_model_selection_strategy = {
    "model_selection_strategy",
    WORDS("autopilot_recommended", "same_blueprint", "same_hyperparameters", "custom_job"),
    "a model selection strategy"};

const dr_enum dr_enum_feature_list_strategy = {"feature_list_strategy",
                                               WORDS("informative_features", "same_as_champion"),
                                               "a feature list strategy"};

const dr_enum dr_enum_project_options_strategy = {
    "project_options_strategy", WORDS("same_as_champion", "override_champion", "custom"),
    "a project options strategy"};

const dr_enum dr_enum_autopilot_mode = {"autopilot_mode", WORDS("auto", "comprehensive", "quick"),
                                        "an Autopilot mode"};

const dr_enum dr_enum_cv_method = {"cv_method", WORDS("RandomCV", "StratifiedCV"),
                                   "a partitioning method"};

const dr_enum dr_enum_validation_type = {"validation_type", WORDS("CV", "TVH"),
                                         "a validation type"};

/* In the order of the contract; "Gini Norm" between the two parts fits both kinds of target. */
#define METRICS_OF_CLASSES_TO_F "Accuracy", "AUC", "Balanced Accuracy", "FVE Binomial"
#define METRICS_OF_CLASSES_FROM_K                                                                  \
  "Kolmogorov-Smirnov", "LogLoss", "Rate@Top5%", "Rate@Top10%", "TPR", "FPR", "TNR", "PPV", "NPV", \
      "F1", "MCC"
#define METRICS_OF_NUMBERS                                                                         \
  "FVE Gamma", "FVE Poisson", "FVE Tweedie", "Gamma Deviance", "MAE", "MAPE", "Poisson Deviance",  \
      "R Squared", "RMSE", "RMSLE", "Tweedie Deviance"

const dr_enum dr_enum_metric = {
    "metric",
    WORDS(METRICS_OF_CLASSES_TO_F, "Gini Norm", METRICS_OF_CLASSES_FROM_K, METRICS_OF_NUMBERS),
    "a metric"};

const char *const dr_metrics_of_classes[] = {METRICS_OF_CLASSES_TO_F, METRICS_OF_CLASSES_FROM_K,
                                             NULL};
const char *const dr_metrics_of_numbers[] = {METRICS_OF_NUMBERS, NULL};

/* Errors, losses and false alarms; of all other metrics more is better. */
static const char *const less_is_better[] = {
    "FPR",  "LogLoss", "Gamma Deviance",   "MAE", "MAPE", "Poisson Deviance",
    "RMSE", "RMSLE",   "Tweedie Deviance", NULL};

static int is_among(const char *const *words, const char *word, size_t len) {
  while (*words != NULL && (len != strlen(*words) || memcmp(word, *words, len) != 0)) words++;
  return *words != NULL;
}

int dr_metric_direction(const char *name, size_t len) {
  if (!is_among(dr_enum_metric.words, name, len)) return 0;
  return is_among(less_is_better, name, len) ? -1 : 1;
}

const dr_enum dr_enum_differencing_method = {
    "differencing_method", WORDS("auto", "none", "simple", "seasonal"), "a differencing method"};

const dr_enum dr_enum_treat_as_exponential = {
    "treat_as_exponential", WORDS("auto", "never", "always"), "a way to treat exponential trends"};

const dr_enum dr_enum_time_unit = {"time_unit",
                                   WORDS("MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK",
                                         "MONTH", "QUARTER", "YEAR", "ROW"),
                                   "a time unit"};

const dr_enum dr_enum_trigger_type = {
    "trigger_type", WORDS("schedule", "data_drift_decline", "accuracy_decline", "custom_job"),
    "a trigger type"};

const dr_enum dr_enum_feature_selection = {"feature_selection", WORDS("auto", "manual"),
                                           "a feature selection"};

const dr_enum dr_enum_replacement_reason = {"replacement_reason",
                                            WORDS("ACCURACY", "DATA_DRIFT", "ERRORS",
                                                  "SCHEDULED_REFRESH", "SCORING_SPEED",
                                                  "DEPRECATION", "OTHER"),
                                            "a reason to replace a model"};

const dr_enum dr_enum_importance = {"importance", WORDS("CRITICAL", "HIGH", "MODERATE", "LOW"),
                                    "an importance"};

const dr_enum dr_enum_deployment_update_status = {
    "deployment_update_status", WORDS("active", "inactive"), "a status that can be asked for"};

const dr_enum dr_enum_run_update_status = {"run_update_status", WORDS("cancelled"),
                                           "a status that can be asked for"};

const dr_enum *const dr_enums[] = {&dr_enum_action,
                                   &dr_enum_autopilot_mode,
                                   &dr_enum_cv_method,
                                   &dr_enum_deployment_update_status,
                                   &dr_enum_differencing_method,
                                   &dr_enum_feature_list_strategy,
                                   &dr_enum_feature_selection,
                                   &dr_enum_importance,
                                   &dr_enum_metric,
                                   &dr_enum_model_selection_strategy,
                                   &dr_enum_project_options_strategy,
                                   &dr_enum_replacement_reason,
                                   &dr_enum_run_update_status,
                                   &dr_enum_time_unit,
                                   &dr_enum_treat_as_exponential,
                                   &dr_enum_trigger_type,
                                   &dr_enum_validation_type,
                                   NULL};

const char *const dr_health_triggers[] = {"data_drift_decline", "accuracy_decline", NULL};

int dr_trigger_is_health(const char *word, size_t len) {
  return is_among(dr_health_triggers, word, len);
}
