/* health.c: what decides that a deployment's health falls. */
#include "tables.h"

static const int batch_counts[] = {1, 5, 10, 50, 100, 1000, 10000, 0};

#define BATCH_COUNT                                                                                \
  { "batchCount", DR_INTEGER, .among = batch_counts, .doc = "How many batches are looked at." }
#define COUNT(wire, text)                                                                          \
  { wire, DR_INTEGER, .ranged = 1, .min = 0, .max = 9223372036854775807.0, .doc = text }

static const dr_field text_item = {.wire = "", .type = DR_STRING};

static const dr_field service_fields[] = {BATCH_COUNT, {0}};
static const dr_schema service = {.name = "health_service",
                                  .sample = "{ batch_count = 10 }",
                                  .fields = service_fields,
                                  .doc = "Health of the service."};

static const dr_field drift_fields[] = {
    {"timeInterval", DR_STRING, .doc = "Window that is looked at, such as P7D or T2H."},
    BATCH_COUNT,
    {"driftThreshold", DR_NUMBER, .ranged = 1, .min = 0, .max = 1,
     .doc = "A feature drifts whose drift score is above."},
    {"importanceThreshold", DR_NUMBER, .ranged = 1, .min = 0, .max = 1,
     .doc = "A feature is important from this importance on."},
    COUNT("lowImportanceWarningCount", "Drifting features of low importance that make a warning."),
    COUNT("lowImportanceFailingCount", "Drifting features of low importance that make it fail."),
    COUNT("highImportanceWarningCount", "Drifting important features that make a warning."),
    COUNT("highImportanceFailingCount", "Drifting important features that make it fail."),
    {"excludedFeatures", DR_LIST, .item = &text_item, .doc = "Features that are not looked at."},
    {"starredFeatures", DR_LIST, .item = &text_item,
     .doc = "Features that count as important whatever their importance."},
    {0}};
static const dr_schema drift = {.name = "health_data_drift",
                                .sample = "{ drift_threshold = 0.15 }",
                                .fields = drift_fields,
                                .doc = "Health by data drift: the number of drifting features."};

static const dr_field accuracy_fields[] = {
    BATCH_COUNT,
    {"metric", DR_STRING, .doc = "The one metric that is looked at."},
    {"measurement", DR_STRING, .doc = "percent compares with the baseline."},
    {"warningThreshold", DR_NUMBER, .nullable = 1, .doc = "From where on it is a warning."},
    {"failingThreshold", DR_NUMBER, .nullable = 1, .doc = "From where on it fails."},
    {0}};
static const dr_schema accuracy = {.name = "health_accuracy",
                                   .sample = "{ metric = \"AUC\" }",
                                   .fields = accuracy_fields,
                                   .doc = "Health by accuracy."};

static const dr_field fairness_fields[] = {
    COUNT("protectedClassWarningCount", "Protected classes below the limit that make a warning."),
    COUNT("protectedClassFailingCount", "Protected classes below the limit that make it fail."),
    {0}};
static const dr_schema fairness = {.name = "health_fairness",
                                   .sample = "{ protected_class_warning_count = 1 }",
                                   .fields = fairness_fields,
                                   .doc = "Health by fairness."};

static const dr_field condition_fields[] = {
    {"metricId", DR_ID, .required = 1, .doc = "The custom metric."},
    {"compareOperator", DR_STRING, .required = 1, .doc = "How it is compared, such as lt."},
    {"threshold", DR_NUMBER, .required = 1, .doc = "What it is compared with."},
    {"categoryName", DR_STRING, .doc = "Of a metric with categories: which one."},
    {0}};
static const dr_schema condition = {
    .name = "health_condition",
    .sample =
        "{ metric_id = \"67521300fe4b98000d28270f\", compare_operator = \"lt\", threshold = 1 }",
    .fields = condition_fields,
    .doc = "A condition on a custom metric."};
static const dr_field condition_item = {"", DR_OBJECT, .schema = &condition};

static const dr_field custom_fields[] = {{"warningConditions", DR_LIST, .schema = &condition,
                                          .item = &condition_item, .doc = "Each makes a warning."},
                                         {"failingConditions", DR_LIST, .schema = &condition,
                                          .item = &condition_item, .doc = "Each makes it fail."},
                                         {0}};
static const dr_schema custom = {.name = "health_custom_metrics",
                                 .sample = "{ warning_conditions = {} }",
                                 .fields = custom_fields,
                                 .doc = "Health by custom metrics."};

static const dr_field timeliness_fields[] = {
    {"enabled", DR_BOOLEAN, .required = 1, .doc = "On or off."},
    {"expectedFrequency", DR_STRING, .doc = "How often they are expected, such as P7D."},
    {0}};
static const dr_schema timeliness = {.name = "health_timeliness",
                                     .sample = "{ enabled = true }",
                                     .fields = timeliness_fields,
                                     .doc = "Health by timeliness."};

static const dr_field health_fields[] = {
    {"service", DR_OBJECT, .schema = &service, .doc = "Health of the service."},
    {"dataDrift", DR_OBJECT, .alias = "drift", .schema = &drift,
     .doc = "Health by data drift, which a data_drift_decline trigger goes by."},
    {"accuracy", DR_OBJECT, .schema = &accuracy,
     .doc = "Health by accuracy, which an accuracy_decline trigger goes by."},
    {"fairness", DR_OBJECT, .schema = &fairness, .doc = "Health by fairness."},
    {"customMetrics", DR_OBJECT, .schema = &custom, .doc = "Health by custom metrics."},
    {"predictionsTimeliness", DR_OBJECT, .schema = &timeliness,
     .doc = "Health by how timely predictions are."},
    {"actualsTimeliness", DR_OBJECT, .schema = &timeliness,
     .doc = "Health by how timely actuals are."},
    {0}};

const dr_schema dr_health_settings_update = {
    .name = "health_settings",
    .sample = "{ data_drift = { drift_threshold = 0.15 } }",
    .fields = health_fields,
    .not_empty = 1,
    .doc = "What decides that a deployment's health falls; only what is named changes."};
