/* classes.c: the Lua classes that stand for something the server has, one a row. */
#include "classes.h"

const dr_class dr_classes[DR_CLASS_COUNT] = {
    [DR_CLASS_CLIENT] = {"client", "datarobot.client", "Client", "client", DR_CLASS_NONE},
    [DR_CLASS_DEPLOYMENT] = {"deployment", "datarobot.deployment", "Deployment", "deployment",
                             DR_CLASS_CLIENT, "deployment id", "no method changes it"},
    [DR_CLASS_POLICY] = {"retraining_policy", "datarobot.retraining_policy", "RetrainingPolicy",
                         "policy", DR_CLASS_DEPLOYMENT, "retraining policy id",
                         "no method changes it"},
    [DR_CLASS_RUN] = {"retraining_run", "datarobot.retraining_run", "RetrainingRun", "run",
                      DR_CLASS_POLICY, "retraining run id", "use run:cancel()"},
    [DR_CLASS_CHALLENGER] = {"challenger", "datarobot.challenger", "Challenger", "challenger",
                             DR_CLASS_DEPLOYMENT, "challenger id", "use challenger:update{...}"},
};

unsigned dr_class_ids(dr_class_id id) {
  unsigned n = 0;
  for (; dr_classes[id].parent != DR_CLASS_NONE; id = dr_classes[id].parent) n++;
  return n;
}

const char *dr_class_id_label(dr_class_id id, unsigned i) {
  while (dr_class_ids(id) > i + 1) id = dr_classes[id].parent;
  return dr_classes[id].id_label;
}

const dr_setter dr_setters[] = {
    {DR_CLASS_DEPLOYMENT, &dr_deployment_update, "update", NULL},
    {DR_CLASS_DEPLOYMENT, &dr_deployment_status_update, NULL,
     "use deployment:activate() or deployment:deactivate()"},
    {DR_CLASS_DEPLOYMENT, &dr_settings_update, "update_settings", NULL},
    {DR_CLASS_DEPLOYMENT, &dr_retraining_settings_update, "update_retraining_settings", NULL},
    {DR_CLASS_POLICY, &dr_policy_update, "update", NULL},
    {DR_CLASS_NONE, NULL, NULL, NULL},
};
