/* query.c: the parameters that callers may give to the lists. */
#include "operations.h"
#include "tables.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const dr_enum deployment_order = {
    "deployment_order",
    WORDS("label", "-label", "serviceHealth", "-serviceHealth", "modelHealth", "-modelHealth",
          "accuracyHealth", "-accuracyHealth", "recentPredictions", "-recentPredictions",
          "lastPredictionTimestamp", "-lastPredictionTimestamp", "currentModelDeployedTimestamp",
          "-currentModelDeployedTimestamp", "createdAtTimestamp", "-createdAtTimestamp",
          "importance", "-importance", "fairnessHealth", "-fairnessHealth"),
    "an order of deployments"};
static const dr_enum health = {
    "health", WORDS("unknown", "warning", "passing", "unavailable", "failing"), "a health status"};
static const dr_enum role = {"role", WORDS("OWNER", "USER"), "a role"};
static const dr_enum deployment_status = {
    "deployment_status",
    WORDS("active", "inactive", "stopping", "launching", "archived", "replacingModel", "errored"),
    "a deployment status"};
static const dr_enum execution_environment = {
    "execution_environment", WORDS("datarobot", "external"), "a kind of execution environment"};
static const dr_enum dataset_order = {"dataset_order", WORDS("created", "-created"),
                                      "an order of datasets"};
static const dr_enum dataset_category = {"dataset_category", WORDS("TRAINING", "PREDICTION"),
                                         "a dataset category"};

static const dr_field health_item = {"", DR_ENUM, .words = &health};
static const dr_field status_item = {"", DR_ENUM, .words = &deployment_status};
static const dr_field importance_item = {"", DR_ENUM, .words = &dr_enum_importance};
static const dr_field execution_item = {"", DR_ENUM, .words = &execution_environment};
static const dr_field text_item = {.wire = "", .type = DR_STRING};

#define OFFSET                                                                                     \
  { "offset", DR_INTEGER, .ranged = 1, .min = 0, .max = 1e9, .doc = "Items left out in front." }
#define LIMIT                                                                                      \
  { "limit", DR_INTEGER, .ranged = 1, .min = 1, .max = 1e9, .doc = "The most items." }

static const dr_field list_fields[] = {OFFSET, LIMIT, {0}};

static const dr_field deployments_fields[] = {
    OFFSET,
    LIMIT,
    {"orderBy", DR_ENUM, .words = &deployment_order, .doc = "Order; '-' in front reverses it."},
    {"search", DR_STRING, .doc = "Text in label or description."},
    {"serviceHealth", DR_LIST, .item = &health_item, .joined = 1,
     .doc = "Any of these service healths."},
    {"modelHealth", DR_LIST, .item = &health_item, .joined = 1,
     .doc = "Any of these drift healths."},
    {"accuracyHealth", DR_LIST, .item = &health_item, .joined = 1,
     .doc = "Any of these accuracy healths."},
    {"role", DR_ENUM, .words = &role, .doc = "The caller's role."},
    {"status", DR_LIST, .item = &status_item, .doc = "Any of these states."},
    {"importance", DR_LIST, .item = &importance_item, .joined = 1,
     .doc = "Any of these importances."},
    {"lastPredictionTimestampStart", DR_TIME, .doc = "Last prediction not before."},
    {"lastPredictionTimestampEnd", DR_TIME, .doc = "Last prediction before."},
    {"predictionUsageDailyAvgGreaterThan", DR_INTEGER, .doc = "Predictions a day, more than."},
    {"predictionUsageDailyAvgLessThan", DR_INTEGER, .doc = "Predictions a day, fewer than."},
    {"defaultPredictionServerId", DR_LIST, .item = &text_item, .doc = "Any of these servers."},
    {"buildEnvironmentType", DR_LIST, .item = &text_item, .doc = "Any of these languages."},
    {"executionEnvironmentType", DR_LIST, .item = &execution_item, .joined = 1,
     .doc = "Any of these kinds."},
    {"predictionEnvironmentPlatform", DR_LIST, .item = &text_item,
     .doc = "Any of these platforms."},
    {"hasDecisionFlow", DR_BOOLEAN, .doc = "With or without a decision flow."},
    {"createdByMe", DR_BOOLEAN, .doc = "Made by the caller."},
    {"tagKeys", DR_LIST, .item = &text_item, .doc = "With any of these tags (newer servers)."},
    {"tagValues", DR_LIST, .item = &text_item, .doc = "With any of these tag values."},
    {0}};

static const dr_field accuracy_fields[] = {
    {"modelId", DR_STRING, .min_length = 1, .doc = "Which model; default: the present one."},
    {"metric", DR_ENUM, .words = &dr_enum_metric, .doc = "Which metric."},
    {"start", DR_TIME, .doc = "Beginning of the window, at the top of an hour."},
    {"end", DR_TIME, .doc = "End of the window, at the top of an hour."},
    {0}};

static const dr_field datasets_fields[] = {
    OFFSET,
    LIMIT,
    {"category", DR_ENUM, .words = &dataset_category, .doc = "What the datasets are for."},
    {"orderBy", DR_ENUM, .words = &dataset_order, .doc = "Order; '-' in front reverses it."},
    {"filterFailed", DR_BOOLEAN, .doc = "Leave out datasets whose import failed."},
    {0}};

static const dr_field prediction_environments_fields[] = {
    OFFSET,
    LIMIT,
    {"supportedModelFormats", DR_LIST, .item = &text_item, .doc = "With any of these formats."},
    {0}};

static const dr_field credentials_fields[] = {
    OFFSET, LIMIT, {"types", DR_LIST, .item = &text_item, .doc = "Any of these types."}, {0}};

_Static_assert(sizeof deployments_fields / sizeof *deployments_fields <= DR_MAX_FIELDS + 1,
               "too many");

const dr_schema dr_list_query = {
    .name = "list_query", .fields = list_fields, .doc = "Which part of a list."};
const dr_schema dr_deployments_query = {
    .name = "deployments_query", .fields = deployments_fields, .doc = "Which deployments."};
const dr_schema dr_datasets_query = {
    .name = "datasets_query", .fields = datasets_fields, .doc = "Which datasets."};
const dr_schema dr_prediction_environments_query = {.name = "prediction_environments_query",
                                                    .fields = prediction_environments_fields,
                                                    .doc = "Which prediction environments."};
const dr_schema dr_credentials_query = {
    .name = "credentials_query", .fields = credentials_fields, .doc = "Which credentials."};
const dr_schema dr_accuracy_query = {
    .name = "accuracy_query", .fields = accuracy_fields, .doc = "Which accuracy."};
