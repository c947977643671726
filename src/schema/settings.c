/* settings.c: what a deployment trains with, and the deployment's own settings. */
#include "tables.h"

/* {=== retraining settings ===} */

static const dr_field retraining_fields[] = {
    {"datasetId", DR_ID, .doc = "Dataset that all policies retrain on, in its newest version."},
    {"credentialId", DR_ID,
     .doc = "Credential that refreshes a dataset which comes from a data connection."},
    {"predictionEnvironmentId", DR_ID,
     .doc = "Prediction environment given to the challengers that policies create."},
    {"retrainingUserId", DR_ID, .alias = "owner ownerId user",
     .doc = "User whose rights and workers triggered runs use; must own the deployment."},
    {0}};

static const char *const retraining_read_only[] = {"dataset", "predictionEnvironment",
                                                   "retrainingUser", NULL};

const dr_schema dr_retraining_settings_update = {
    .name = "retraining_settings",
    .sample = "{ dataset_id = \"675c98d9f2e4b4189bff25f5\" }",
    .fields = retraining_fields,
    .not_empty = 1,
    .read_only = retraining_read_only,
    .doc = "What changes in a deployment's retraining settings; the rest stays."};

/* {=== deployment settings ===} */

static const dr_field text_item = {.wire = "", .type = DR_STRING};
static const dr_field column_item = {"", DR_STRING, .min_length = 1};
static const dr_field percentile_item = {"", DR_INTEGER, .ranged = 1, .min = 1, .max = 100};

static const dr_field enabled_fields[] = {
    {"enabled", DR_BOOLEAN, .required = 1, .doc = "On or off."}, {0}};

static const dr_schema enabled = {.name = "enabled",
                                  .sample = "{ enabled = true }",
                                  .fields = enabled_fields,
                                  .doc = "A switch."};

static const dr_field feature_drift_fields[] = {
    {"enabled", DR_BOOLEAN, .required = 1, .doc = "On or off."},
    {"featureSelection", DR_ENUM, .words = &dr_enum_feature_selection,
     .doc = "How the tracked features are chosen."},
    {"trackedFeatures", DR_LIST, .item = &text_item, .doc = "Names of the tracked features."},
    {0}};

static const dr_schema feature_drift = {.name = "feature_drift",
                                        .sample = "{ enabled = true }",
                                        .fields = feature_drift_fields,
                                        .doc = "Tracking of feature drift."};

static const dr_field association_fields[] = {
    {"columnNames", DR_LIST, .item = &column_item, .min_length = 1, .max_length = 1,
     .doc = "The one column that joins actuals to predictions."},
    {"requiredInPredictionRequests", DR_BOOLEAN,
     .doc = "Refuse prediction requests without the column."},
    {"autoGenerateId", DR_BOOLEAN, .doc = "Make up ids for requests without one."},
    {0}};

static const dr_schema association = {.name = "association_id",
                                      .sample = "{ column_names = { \"id\" } }",
                                      .fields = association_fields,
                                      .doc = "The association id."};

static const dr_field segment_fields[] = {
    {"enabled", DR_BOOLEAN, .required = 1, .doc = "On or off."},
    {"attributes", DR_LIST, .item = &text_item, .doc = "Names of the segment attributes."},
    {0}};

static const dr_schema segment_analysis = {.name = "segment_analysis",
                                           .sample = "{ enabled = true }",
                                           .fields = segment_fields,
                                           .doc = "Analysis by segments."};

static const dr_field interval_fields[] = {
    {"enabled", DR_BOOLEAN, .required = 1, .doc = "On or off."},
    {"percentiles", DR_LIST, .item = &percentile_item, .max_length = 1,
     .doc = "Size of the intervals, at most one."},
    {0}};

static const dr_schema prediction_intervals = {.name = "prediction_intervals",
                                               .sample = "{ enabled = true }",
                                               .fields = interval_fields,
                                               .doc = "Prediction intervals."};

static const dr_schema prediction_warning = {.name = "prediction_warning",
                                             .sample = "{ enabled = true }",
                                             .fields = enabled_fields,
                                             .open = 1,
                                             .doc = "Warnings about unusual predictions."};

static const dr_field forecast_date_fields[] = {
    {"enabled", DR_BOOLEAN, .required = 1, .doc = "On or off."},
    {"columnName", DR_STRING, .doc = "The column of the forecast date."},
    {"datetimeFormat", DR_STRING, .doc = "How the column's dates are written."},
    {0}};

static const dr_schema forecast_date = {.name = "predictions_by_forecast_date",
                                        .sample = "{ enabled = true }",
                                        .fields = forecast_date_fields,
                                        .doc = "Predictions by forecast date."};

static const dr_field settings_fields[] = {
    {"challengerModels", DR_OBJECT, .schema = &enabled, .doc = "Challenger models."},
    {"targetDrift", DR_OBJECT, .alias = "driftTracking", .schema = &enabled,
     .doc = "Tracking of target drift."},
    {"featureDrift", DR_OBJECT, .schema = &feature_drift, .doc = "Tracking of feature drift."},
    {"associationId", DR_OBJECT, .schema = &association,
     .doc = "The column that joins actuals to predictions; accuracy needs it."},
    {"predictionsDataCollection", DR_OBJECT, .schema = &enabled,
     .doc = "Storing of prediction rows; challengers need it."},
    {"segmentAnalysis", DR_OBJECT, .schema = &segment_analysis, .doc = "Analysis by segments."},
    {"automaticActuals", DR_OBJECT, .schema = &enabled,
     .doc = "Actuals taken from later requests."},
    {"humility", DR_OBJECT, .schema = &enabled, .doc = "Humility rules."},
    {"batchMonitoring", DR_OBJECT, .schema = &enabled, .doc = "Monitoring by batches."},
    {"predictionIntervals", DR_OBJECT, .schema = &prediction_intervals,
     .doc = "Prediction intervals of time series."},
    {"predictionWarning", DR_OBJECT, .schema = &prediction_warning,
     .doc = "Warnings about unusual predictions; further members are passed on."},
    {"predictionsByForecastDate", DR_OBJECT, .schema = &forecast_date,
     .doc = "Predictions by forecast date."},
    {"biasAndFairness", DR_FREE, .doc = "Passed on as it is, names as on the wire."},
    {"predictionsSettings", DR_FREE, .doc = "Passed on as it is, names as on the wire."},
    {0}};

_Static_assert(sizeof settings_fields / sizeof *settings_fields <= DR_MAX_FIELDS + 1, "too many");

const dr_schema dr_settings_update = {
    .name = "settings",
    .sample = "{ challenger_models = { enabled = true } }",
    .fields = settings_fields,
    .not_empty = 1,
    .doc = "What changes in a deployment's settings; only the groups named are changed."};
