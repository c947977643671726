/* operations.c: the REST operations, one a row. */
#include "operations.h"

#include <string.h>

#define DEPLOYMENT "deployments/{}/"
#define POLICIES DEPLOYMENT "retrainingPolicies/"

const dr_operation dr_operations[DR_OP_COUNT] = {
    [DR_OP_VERSION] = {"version", "GET", "version/", NULL, DR_REPLY_TABLE, DR_REPLY_NONE,
                       DR_RETRY_SAFE, "6.1", "The version of the server's API."},
    [DR_OP_WHOAMI] = {"whoami", "GET", "account/info/", NULL, DR_REPLY_TABLE, DR_REPLY_NONE,
                      DR_RETRY_SAFE, "6.1", "The account that the token belongs to."},
    [DR_OP_LIST_DEPLOYMENTS] = {"list_deployments", "GET", "deployments/", NULL, DR_REPLY_PAGE,
                                DR_REPLY_DEPLOYMENT, DR_RETRY_SAFE, "6.2",
                                "The deployments that the account can see.",
                                .query = &dr_deployments_query},
    [DR_OP_GET_DEPLOYMENT] = {"get_deployment", "GET", DEPLOYMENT, NULL, DR_REPLY_DEPLOYMENT,
                              DR_REPLY_NONE, DR_RETRY_SAFE, "6.2", "One deployment."},
    [DR_OP_GET_SETTINGS] = {"get_settings", "GET", DEPLOYMENT "settings/", NULL, DR_REPLY_TABLE,
                            DR_REPLY_NONE, DR_RETRY_SAFE, "6.3", "A deployment's settings."},
    [DR_OP_UPDATE_SETTINGS] = {"update_settings", "PATCH", DEPLOYMENT "settings/",
                               &dr_settings_update, DR_REPLY_RESPONSE, DR_REPLY_NONE,
                               DR_RETRY_UNSAFE, "6.3",
                               "Changes a deployment's settings; an asynchronous job."},
    [DR_OP_GET_RETRAINING_SETTINGS] = {"get_retraining_settings", "GET",
                                       DEPLOYMENT "retrainingSettings/", NULL, DR_REPLY_TABLE,
                                       DR_REPLY_NONE, DR_RETRY_SAFE, "6.4",
                                       "What a deployment retrains with."},
    [DR_OP_UPDATE_RETRAINING_SETTINGS] = {"update_retraining_settings", "PATCH",
                                          DEPLOYMENT "retrainingSettings/",
                                          &dr_retraining_settings_update, DR_REPLY_NONE,
                                          DR_REPLY_NONE, DR_RETRY_SAFE, "6.4",
                                          "Changes what a deployment retrains with."},
    [DR_OP_LIST_POLICIES] = {"list_policies", "GET", POLICIES, NULL, DR_REPLY_PAGE, DR_REPLY_POLICY,
                             DR_RETRY_SAFE, "6.5", "A deployment's retraining policies.",
                             .query = &dr_list_query},
    [DR_OP_CREATE_POLICY] = {"create_policy", "POST", POLICIES, &dr_policy_create, DR_REPLY_POLICY,
                             DR_REPLY_NONE, DR_RETRY_UNSAFE, "6.5",
                             "Makes a retraining policy; at most five a deployment."},
    [DR_OP_GET_POLICY] = {"get_policy", "GET", POLICIES "{}/", NULL, DR_REPLY_POLICY, DR_REPLY_NONE,
                          DR_RETRY_SAFE, "6.5", "One retraining policy, with its latest run."},
    [DR_OP_UPDATE_POLICY] = {"update_policy", "PATCH", POLICIES "{}/", &dr_policy_update,
                             DR_REPLY_POLICY, DR_REPLY_NONE, DR_RETRY_SAFE, "6.5",
                             "Changes a retraining policy."},
    [DR_OP_DELETE_POLICY] = {"delete_policy", "DELETE", POLICIES "{}/", NULL, DR_REPLY_NONE,
                             DR_REPLY_NONE, DR_RETRY_SAFE, "6.5", "Deletes a retraining policy."},
    [DR_OP_LIST_DATASETS] = {"list_datasets", "GET", "datasets/", NULL, DR_REPLY_PAGE,
                             DR_REPLY_TABLE, DR_RETRY_SAFE, "6.10",
                             "The datasets that the account can see.", .query = &dr_datasets_query},
    [DR_OP_LIST_PREDICTION_ENVIRONMENTS] = {"list_prediction_environments", "GET",
                                            "predictionEnvironments/", NULL, DR_REPLY_PAGE,
                                            DR_REPLY_TABLE, DR_RETRY_SAFE, "6.10",
                                            "The prediction environments that the account can "
                                            "see.",
                                            .query = &dr_prediction_environments_query},
    [DR_OP_LIST_CREDENTIALS] = {"list_credentials", "GET", "credentials/", NULL, DR_REPLY_PAGE,
                                DR_REPLY_TABLE, DR_RETRY_SAFE, "6.10",
                                "The account's credentials, without their secrets.",
                                .query = &dr_credentials_query},
};

unsigned dr_operation_ids(const dr_operation *op) {
  unsigned n = 0;
  for (const char *s = op->path; (s = strstr(s, "{}")) != NULL; s += 2) n++;
  return n;
}
