/* operations.h: the REST operations: method, path, query, body, reply, retry class; and the public
   methods that are one of them. */
#ifndef DR_OPERATIONS_H
#define DR_OPERATIONS_H

#include "classes.h"
#include "retry_class.h"
#include "schema.h"

/* What a good reply is made into. */
typedef enum dr_reply {
  DR_REPLY_NONE,    /* true, whatever the body */
  DR_REPLY_TABLE,   /* a plain table, Lua names */
  DR_REPLY_OBJECT,  /* an object of the class `of` */
  DR_REPLY_PAGE,    /* a page of a list of such objects, or of plain tables */
  DR_REPLY_RESPONSE /* the response itself: status, headers, text */
} dr_reply;

typedef struct dr_operation {
  const char *name; /* "get_deployment" */
  const char *method;
  const char *path; /* "deployments/{}/settings/": one {} for each id */
  dr_class_id on;   /* whose ids stand in the path: called on its objects, or on its parent's */
  dr_reply reply;
  dr_class_id of; /* of an object, or of the items of a page; DR_CLASS_NONE: plain tables */
  dr_retry_class retry;
  const char *doc;
  const dr_schema *body;  /* NULL: no body */
  const dr_schema *query; /* parameters a caller may give, as a table; NULL: none */
  unsigned reading : 1;   /* changes nothing, although it is no GET */
  unsigned completed : 1; /* nested tables of the body are completed from the object's snapshot */
} dr_operation;

/* Whether a read-only client refuses it. */
int dr_operation_writes(const dr_operation *op);

typedef enum dr_op {
  DR_OP_VERSION,
  DR_OP_WHOAMI,
  DR_OP_LIST_DEPLOYMENTS,
  DR_OP_GET_DEPLOYMENT,
  DR_OP_UPDATE_DEPLOYMENT,
  DR_OP_UPDATE_STATUS,
  DR_OP_GET_SETTINGS,
  DR_OP_UPDATE_SETTINGS,
  DR_OP_GET_HEALTH_SETTINGS,
  DR_OP_UPDATE_HEALTH_SETTINGS,
  DR_OP_GET_RETRAINING_SETTINGS,
  DR_OP_UPDATE_RETRAINING_SETTINGS,
  DR_OP_LIST_POLICIES,
  DR_OP_CREATE_POLICY,
  DR_OP_GET_POLICY,
  DR_OP_UPDATE_POLICY,
  DR_OP_DELETE_POLICY,
  DR_OP_LIST_RUNS,
  DR_OP_START_RUN,
  DR_OP_GET_RUN,
  DR_OP_UPDATE_RUN,
  DR_OP_LIST_CHALLENGERS,
  DR_OP_CREATE_CHALLENGER,
  DR_OP_GET_CHALLENGER,
  DR_OP_UPDATE_CHALLENGER,
  DR_OP_DELETE_CHALLENGER,
  DR_OP_REPLAY_CHALLENGERS,
  DR_OP_GET_REPLAY_SETTINGS,
  DR_OP_UPDATE_REPLAY_SETTINGS,
  DR_OP_CHAMPION_MODEL_PACKAGE,
  DR_OP_LIST_MODEL_HISTORY,
  DR_OP_VALIDATE_REPLACEMENT,
  DR_OP_REPLACE_MODEL,
  DR_OP_ACCURACY_OVER_TIME,
  DR_OP_CAPABILITIES,
  DR_OP_LIST_SHARED_ROLES,
  DR_OP_LIST_DATASETS,
  DR_OP_LIST_PREDICTION_ENVIRONMENTS,
  DR_OP_LIST_CREDENTIALS,
  DR_OP_COUNT
} dr_op;

/* Indexed by dr_op. */
extern const dr_operation dr_operations[DR_OP_COUNT];

/* A public method that is one request. */
typedef struct dr_method {
  dr_class_id class;
  const char *name;
  dr_op op;
  const char *doc; /* NULL: the operation's */
} dr_method;

/* All of them; the last has no name. */
extern const dr_method dr_methods[];

/* Query parameters of the lists. */
extern const dr_schema dr_list_query; /* offset, limit */
extern const dr_schema dr_deployments_query;
extern const dr_schema dr_accuracy_query;
extern const dr_schema dr_datasets_query;
extern const dr_schema dr_prediction_environments_query;
extern const dr_schema dr_credentials_query;

#endif
