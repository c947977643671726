/* deployment.c: what is sent to a deployment: its label, its status, replacing its model,
 * challengers. */
#include "tables.h"

static const dr_field update_fields[] = {
    {"label", DR_STRING, .min_length = 1, .alias = "name", .doc = "Its name."},
    {"description", DR_STRING, .doc = "Free text."},
    {"importance", DR_ENUM, .words = &dr_enum_importance,
     .doc = "What approvals and the order of lists go by."},
    {0}};

const dr_schema dr_deployment_update = {
    .name = "deployment_update",
    .sample = "{ label = \"Loans\" }",
    .fields = update_fields,
    .not_empty = 1,
    .doc = "What changes in a deployment's label, description and importance; the rest stays."};

static const dr_field status_fields[] = {{"status", DR_ENUM, .required = 1,
                                          .words = &dr_enum_deployment_update_status,
                                          .doc = "Whether the deployment serves predictions."},
                                         {0}};

const dr_schema dr_deployment_status_update = {.name = "deployment_status_update",
                                               .sample = "{ status = \"active\" }",
                                               .fields = status_fields,
                                               .doc = "Activates or deactivates a deployment."};

#define DOC_PACKAGE "Registered model version: the current way to name a model."
#define DOC_MODEL "Model of a project or custom model version: the old way."

static const dr_field replacement_fields[] = {{"modelPackageId", DR_ID, .doc = DOC_PACKAGE},
                                              {"modelId", DR_ID, .doc = DOC_MODEL},
                                              {"reason", DR_ENUM, .required = 1,
                                               .words = &dr_enum_replacement_reason,
                                               .doc = "Why the model is replaced; an older server "
                                                      "may refuse DEPRECATION."},
                                              {"runtimeParameterValues", DR_STRING,
                                               .doc = "JSON text: runtime parameters of a custom "
                                                      "model, merged into the deployment's."},
                                              {0}};

const dr_schema dr_model_replacement = {
    .name = "model_replacement",
    .sample = "{ model_package_id = \"67521300fe4b98000d28270f\", reason = \"ERRORS\" }",
    .fields = replacement_fields,
    .crossed = 1,
    .doc = "Replaces a deployment's model; one of model_package_id and model_id."};

static const dr_field check_fields[] = {
    {"modelPackageId", DR_ID, .doc = DOC_PACKAGE}, {"modelId", DR_ID, .doc = DOC_MODEL}, {0}};

const dr_schema dr_replacement_check = {
    .name = "replacement_check",
    .sample = "{ model_package_id = \"67521300fe4b98000d28270f\" }",
    .fields = check_fields,
    .crossed = 1,
    .doc = "Asks whether a model could replace the deployment's; one of model_package_id and "
           "model_id."};

#define DOC_CHALLENGER_NAME "Name of the challenger."
#define DOC_ENVIRONMENT "Needed where prediction environments are enabled."

static const dr_field challenger_fields[] = {
    {"modelPackageId", DR_ID, .required = 1, .doc = "Registered model version."},
    {"name", DR_STRING, .required = 1, .min_length = 1, .doc = DOC_CHALLENGER_NAME},
    {"predictionEnvironmentId", DR_ID, .doc = DOC_ENVIRONMENT},
    {0}};

const dr_schema dr_challenger_create = {
    .name = "challenger",
    .sample = "{ name = \"C\", model_package_id = \"67521300fe4b98000d28270f\" }",
    .fields = challenger_fields,
    .doc = "A new challenger."};

static const dr_field challenger_update_fields[] = {
    {"name", DR_STRING, .min_length = 1, .doc = DOC_CHALLENGER_NAME},
    {"predictionEnvironmentId", DR_ID, .doc = DOC_ENVIRONMENT},
    {0}};

const dr_schema dr_challenger_update = {.name = "challenger_update",
                                        .sample = "{ name = \"C\" }",
                                        .fields = challenger_update_fields,
                                        .not_empty = 1,
                                        .doc = "What changes in a challenger."};

/* {=== challengers: replay ===} */

static const dr_field replay_fields[] = {
    {"timestamp", DR_TIME,
     .doc = "Predictions up to this time are scored by the challengers, too; default: now."},
    {0}};

const dr_schema dr_challenger_replay = {.name = "challenger_replay",
                                        .sample = "{ timestamp = \"2026-01-31T09:00:00Z\" }",
                                        .fields = replay_fields,
                                        .doc = "Which predictions challengers replay."};

static const dr_field replay_settings_fields[] = {
    {"enabled", DR_BOOLEAN, .required = 1, .doc = "Whether challengers replay by the schedule."},
    {"schedule", DR_SCHEDULE, .schema = &dr_schedule_schema, .nullable = 1,
     .doc = "When, in UTC; absent: it stays."},
    {0}};

const dr_schema dr_challenger_replay_settings = {
    .name = "replay_settings",
    .sample = "{ enabled = true, schedule = \"@daily\" }",
    .fields = replay_settings_fields,
    .doc = "When challengers replay predictions by themselves."};
