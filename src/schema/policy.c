/* policy.c: the body of a retraining policy, at its creation and as an update. */
#include "tables.h"

static const dr_field autopilot_fields[] = {
    {"mode", DR_ENUM, .words = &dr_enum_autopilot_mode, .doc = "How thorough Autopilot is."},
    {"blendBestModels", DR_BOOLEAN,
     .doc = "Build blenders from the best models. Not supported together with shap_only_mode."},
    {"runLeakageRemovedFeatureList", DR_BOOLEAN,
     .doc = "Also run on the feature list without target leakage where one exists."},
    {"scoringCodeOnly", DR_BOOLEAN, .doc = "Keep only models that convert to Scoring Code."},
    {"shapOnlyMode", DR_BOOLEAN, .doc = "Keep only models that give SHAP values."},
    {0}};

static const dr_schema autopilot_options = {.name = "autopilot_options",
                                            .sample = "{ mode = \"quick\" }",
                                            .fields = autopilot_fields,
                                            .doc =
                                                "Autopilot's switches in the retraining project."};

static const dr_field project_fields[] = {
    {"cvMethod", DR_ENUM, .words = &dr_enum_cv_method, .doc = "Partitioning method."},
    {"validationType", DR_ENUM, .words = &dr_enum_validation_type,
     .doc = "CV: cross-validation; TVH: training, validation, holdout."},
    {"metric", DR_ENUM, .words = &dr_enum_metric, .doc = "The metric that the project optimises."},
    {"holdoutPct", DR_NUMBER, .alias = "holdout", .nullable = 1, .ranged = 1, .min = 0, .max = 98,
     .doc = "Share of rows held out, in percent."},
    {"validationPct", DR_NUMBER, .alias = "validation", .nullable = 1, .ranged = 1, .min = 1,
     .max = 99, .doc = "Share of rows for validation, in percent."},
    {"reps", DR_INTEGER, .alias = "folds cvFolds", .nullable = 1, .ranged = 1, .min = 2, .max = 50,
     .doc = "Number of cross-validation folds."},
    {0}};

static const dr_schema project_options = {.name = "project_options",
                                          .sample = "{ metric = \"AUC\" }",
                                          .fields = project_fields,
                                          .doc =
                                              "Partitioning and metric of the retraining project."};

static const dr_field periodicity_fields[] = {
    {"timeSteps", DR_INTEGER, .required = 1, .ranged = 1, .min = 0, .max = 9223372036854775807.0,
     .doc = "Number of time units."},
    {"timeUnit", DR_ENUM, .required = 1, .words = &dr_enum_time_unit,
     .doc = "The unit. ROW only where the project's windows are row based."},
    {0}};

static const dr_schema periodicity = {.name = "periodicity",
                                      .sample = "{ time_steps = 7, time_unit = \"DAY\" }",
                                      .fields = periodicity_fields,
                                      .doc = "A period that the series is expected to have."};

static const dr_field periodicity_item = {"", DR_OBJECT, .schema = &periodicity};

static const dr_field time_series_fields[] = {
    {"calendarId", DR_ID, .nullable = 1, .doc = "Calendar of the project."},
    {"differencingMethod", DR_ENUM, .words = &dr_enum_differencing_method, .nullable = 1,
     .otherwise = "auto",
     .doc =
         "simple and seasonal are not allowed for classification; seasonal needs periodicities."},
    {"exponentiallyWeightedMovingAlpha", DR_NUMBER, .nullable = 1, .ranged = 1, .min = 0, .max = 1,
     .doc = "Discount factor of exponentially weighted moving features."},
    {"periodicities", DR_LIST, .schema = &periodicity, .item = &periodicity_item, .nullable = 1,
     .doc = "Not allowed for classification. With them, a differencing_method that is absent or "
            "auto becomes seasonal."},
    {"treatAsExponential", DR_ENUM, .words = &dr_enum_treat_as_exponential, .nullable = 1,
     .otherwise = "auto", .doc = "always is not allowed for classification."},
    {0}};

static const dr_schema time_series_options = {
    .name = "time_series_options",
    .sample = "{ differencing_method = \"auto\" }",
    .fields = time_series_fields,
    .crossed = 1,
    .doc = "Options of a time series retraining project; only for time series deployments."};

static const dr_field minute_item = {"", DR_INTEGER, .ranged = 1, .min = 0, .max = 59};
static const dr_field hour_item = {"", DR_INTEGER, .ranged = 1, .min = 0, .max = 23};
static const dr_field date_item = {"", DR_INTEGER, .ranged = 1, .min = 1, .max = 31};
static const dr_field month_item = {"", DR_INTEGER, .ranged = 1, .named = 1, .min = 1, .max = 12};
static const dr_field week_day_item = {"", DR_INTEGER, .ranged = 1, .named = 1, .min = 0, .max = 6};

/* In the order of dr_schedule_lists. Months and week days are also taken by name, so that their
   lists may be longer than their ranges. */
static const dr_field schedule_fields[] = {
    {"minute", DR_LIST, .item = &minute_item, .required = 1, .min_length = 1, .max_length = 60,
     .doc = "Minutes of the hour, 0 to 59, or {\"*\"}."},
    {"hour", DR_LIST, .item = &hour_item, .required = 1, .min_length = 1, .max_length = 24,
     .doc = "Hours of the day, 0 to 23, or {\"*\"}."},
    {"dayOfMonth", DR_LIST, .alias = "dom date dates day days mday", .item = &date_item,
     .required = 1, .min_length = 1, .max_length = 31,
     .doc = "Dates, 1 to 31, or {\"*\"}. They are added to the week days."},
    {"month", DR_LIST, .item = &month_item, .required = 1, .min_length = 1, .max_length = 36,
     .doc = "Months, 1 to 12, English names or their first three letters, or {\"*\"}."},
    {"dayOfWeek", DR_LIST, .alias = "dow weekday weekdays wday", .item = &week_day_item,
     .required = 1, .min_length = 1, .max_length = 21,
     .doc = "Week days, Sunday 0 to 6, English names or their first three letters, or {\"*\"}."},
    {0}};

const dr_schema dr_schedule_schema = {
    .name = "schedule", .fields = schedule_fields, .doc = "Times in UTC, as five lists."};

/* The type stands first: what completes a trigger depends on it. */
static const dr_field trigger_fields[] = {
    {"type", DR_ENUM, .words = &dr_enum_trigger_type, .nullable = 1,
     .doc = "What starts the policy; dr.null: only manual runs."},
    {"schedule", DR_SCHEDULE, .schema = &dr_schedule_schema, .nullable = 1, .fill = DR_FILL_DAILY,
     .alias = "cron crontab cronSchedule schedules",
     .doc = "When it runs (UTC): cron text, or the five lists minute, hour, day_of_month, month, "
            "day_of_week. For data_drift_decline and accuracy_decline daily at 0:00 is filled in."},
    {"minIntervalBetweenRuns", DR_DURATION, .alias = "minInterval cooldown interval", .nullable = 1,
     .fill = DR_FILL_NULL,
     .doc = "Shortest time between two runs, an ISO 8601 duration; dr.null is filled in."},
    {"statusDeclinesToWarning", DR_BOOLEAN, .fill = DR_FILL_FALSE,
     .doc = "Health types: run when the status falls to warning; false is filled in."},
    {"statusDeclinesToFailing", DR_BOOLEAN, .fill = DR_FILL_FALSE,
     .doc = "Health types: run when the status falls to failing; false is filled in."},
    {"statusStillInDecline", DR_BOOLEAN, .nullable = 1, .fill = DR_FILL_FALSE,
     .doc = "Health types: run again while the status stays down; false is filled in."},
    {"customJobId", DR_ID, .alias = "jobId customJob", .nullable = 1,
     .doc = "Custom job of type retraining, for model_selection_strategy custom_job."},
    {0}};

static const dr_schema trigger = {.name = "trigger",
                                  .sample = "{ type = \"schedule\", schedule = \"@daily\" }",
                                  .fields = trigger_fields,
                                  .crossed = 1,
                                  .typed = 1,
                                  .doc = "What starts the policy. Left out, or empty, for a policy "
                                         "started manually only; the type is "
                                         "needed beside any other member."};

/* A policy to be created needs a name, a change of one does not. */
#define POLICY_FIELDS(name_required)                                                               \
  {"name",                                                                                         \
   DR_STRING,                                                                                      \
   .alias = "label title policyName",                                                              \
   .required = (name_required),                                                                    \
   .min_length = 1,                                                                                \
   .max_length = 512,                                                                              \
   .doc = "Name. The API does not say whether it must be unique."},                                \
      {"description", DR_STRING, .nullable = 1, .max_length = 10000, .doc = "Free text."},         \
      {"action", DR_ENUM, .words = &dr_enum_action, .doc = "What to do with the new model."},      \
      {"modelSelectionStrategy", DR_ENUM, .words = &dr_enum_model_selection_strategy,              \
       .doc = "How the new model is found."},                                                      \
      {"featureListStrategy", DR_ENUM, .words = &dr_enum_feature_list_strategy,                    \
       .doc = "Which features the new model is trained on."},                                      \
      {"projectOptionsStrategy", DR_ENUM, .words = &dr_enum_project_options_strategy,              \
       .doc = "Where partitioning and metric come from."},                                         \
      {"autopilotOptions", DR_OBJECT, .schema = &autopilot_options,                                \
       .doc = "Autopilot's switches, for autopilot_recommended."},                                 \
      {"projectOptions", DR_OBJECT, .schema = &project_options,                                    \
       .doc = "Partitioning and metric, for override_champion and custom."},                       \
      {"timeSeriesOptions", DR_OBJECT, .schema = &time_series_options, .nullable = 1,              \
       .doc = "Only for time series deployments."},                                                \
      {"trigger", DR_OBJECT, .schema = &trigger,                                                   \
       .doc = "What starts the policy; left out: only manual runs. Goes out in full."},            \
  {                                                                                                \
    "useCaseId", DR_ID, .nullable = 1, .doc = "Use Case to link."                                  \
  }

static const dr_field create_fields[] = {POLICY_FIELDS(1), {0}};

static const dr_field update_fields[] = {POLICY_FIELDS(0), {0}};

static const char *const read_only[] = {"id", "latestRun", "useCase", NULL};

const dr_schema dr_policy_create = {.name = "policy",
                                    .sample = "{ name = \"Nightly\" }",
                                    .fields = create_fields,
                                    .read_only = read_only,
                                    .doc = "A new retraining policy of a deployment."};

const dr_schema dr_policy_update = {
    .name = "policy_update",
    .sample = "{ name = \"Nightly\" }",
    .fields = update_fields,
    .not_empty = 1,
    .read_only = read_only,
    .doc = "What changes in a retraining policy. A nested object that is named goes out whole."};
