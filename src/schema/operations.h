/* operations.h: the REST operations: method, path, query, body, reply, retry class. */
#ifndef DR_OPERATIONS_H
#define DR_OPERATIONS_H

#include "../core/retry.h"
#include "schema.h"

/* What a good reply is made into. */
typedef enum dr_reply {
  DR_REPLY_NONE,       /* true, whatever the body */
  DR_REPLY_TABLE,      /* a plain table, Lua names */
  DR_REPLY_DEPLOYMENT, /* an object */
  DR_REPLY_POLICY,
  DR_REPLY_PAGE,    /* a page of a list; item says of what */
  DR_REPLY_RESPONSE /* the response itself: status, headers, text */
} dr_reply;

typedef struct dr_operation {
  const char *name; /* "get_deployment" */
  const char *method;
  const char *path;      /* "deployments/{}/settings/": one {} for each id */
  const dr_schema *body; /* NULL: no body */
  dr_reply reply;
  dr_reply item; /* of a page */
  dr_retry_class retry;
  const char *source; /* where the contract has it: "6.5" */
  const char *doc;
  const dr_schema *query; /* parameters a caller may give, as a table; NULL: none */
} dr_operation;

typedef enum dr_op {
  DR_OP_VERSION,
  DR_OP_WHOAMI,
  DR_OP_LIST_DEPLOYMENTS,
  DR_OP_GET_DEPLOYMENT,
  DR_OP_GET_SETTINGS,
  DR_OP_UPDATE_SETTINGS,
  DR_OP_GET_RETRAINING_SETTINGS,
  DR_OP_UPDATE_RETRAINING_SETTINGS,
  DR_OP_LIST_POLICIES,
  DR_OP_CREATE_POLICY,
  DR_OP_GET_POLICY,
  DR_OP_UPDATE_POLICY,
  DR_OP_DELETE_POLICY,
  DR_OP_LIST_DATASETS,
  DR_OP_LIST_PREDICTION_ENVIRONMENTS,
  DR_OP_LIST_CREDENTIALS,
  DR_OP_COUNT
} dr_op;

/* Indexed by dr_op. */
extern const dr_operation dr_operations[DR_OP_COUNT];

/* Query parameters of the lists (contract, 6.2, 6.5, 6.10). */
extern const dr_schema dr_list_query; /* offset, limit */
extern const dr_schema dr_deployments_query;
extern const dr_schema dr_datasets_query;
extern const dr_schema dr_prediction_environments_query;
extern const dr_schema dr_credentials_query;

/* Number of "{}" in a path. */
unsigned dr_operation_ids(const dr_operation *op);

#endif
