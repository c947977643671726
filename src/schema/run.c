/* run.c: what is sent to a run of a retraining policy. */
#include "tables.h"

static const dr_field update_fields[] = {{"status", DR_ENUM, .required = 1,
                                          .words = &dr_enum_run_update_status,
                                          .doc = "cancelled asks for the run to be cancelled."},
                                         {0}};

static const char *const read_only[] = {"id",           "startTime",
                                        "finishTime",   "errorMessage",
                                        "challengerId", "modelPackageId",
                                        "projectId",    "registeredModelId",
                                        "useCaseId",    NULL};

const dr_schema dr_run_update = {.name = "run_update",
                                 .sample = "{ status = \"cancelled\" }",
                                 .fields = update_fields,
                                 .read_only = read_only,
                                 .doc = "Asks for a run to be cancelled."};
