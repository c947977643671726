/* tables.h: the enumerations and inner objects that are shared by the files of this folder. */
#ifndef DR_TABLES_H
#define DR_TABLES_H

#include "schema.h"

extern const dr_enum dr_enum_action;
extern const dr_enum dr_enum_model_selection_strategy;
extern const dr_enum dr_enum_feature_list_strategy;
extern const dr_enum dr_enum_project_options_strategy;
extern const dr_enum dr_enum_autopilot_mode;
extern const dr_enum dr_enum_cv_method;
extern const dr_enum dr_enum_validation_type;
extern const dr_enum dr_enum_metric;
extern const dr_enum dr_enum_differencing_method;
extern const dr_enum dr_enum_treat_as_exponential;
extern const dr_enum dr_enum_time_unit;
extern const dr_enum dr_enum_trigger_type;
extern const dr_enum dr_enum_feature_selection;
extern const dr_enum dr_enum_replacement_reason;
extern const dr_enum dr_enum_importance;
extern const dr_enum dr_enum_deployment_update_status;
extern const dr_enum dr_enum_run_update_status;

/* The five lists of a schedule. */
extern const dr_schema dr_schedule_schema;

#endif
