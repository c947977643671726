/* encode_rules.c: the rules across members that the API states (1, 3, 4); rule 2
   is part of the validation of a schedule's lists. */
#include <string.h>

#include "validate.h"

/* Rules 1 and 3: where `field` is `word`, the member `needs` must be there. */
static const struct need {
  const char *schema, *field, *word, *needs, *message;
} needs[] = {
    {"trigger", "type", "schedule", "schedule",
     "a trigger of type \"schedule\" needs a schedule, such as \"@daily\""},
    {"time_series_options", "differencingMethod", "seasonal", "periodicities",
     "differencing_method \"seasonal\" needs periodicities, such as { { time_steps = 7, time_unit "
     "= \"DAY\" } }"},
};

static const char *seen_of(const dr_schema *s, const char *const *seen, const char *wire) {
  for (int i = 0; s->fields[i].wire != NULL; i++)
    if (strcmp(s->fields[i].wire, wire) == 0) return seen[i];
  return NULL;
}

static void check_need(lua_State *L, drl_validation *k, const dr_schema *s, const char *const *seen,
                       const drl_step *at, const struct need *n) {
  const char *word = seen_of(s, seen, n->field), *needed = seen_of(s, seen, n->needs);
  int there = needed != NULL && needed != drl_seen_null && needed != drl_seen_empty;
  drl_step step = {.up = at, .name = n->needs, .len = strlen(n->needs)};
  if (word != NULL && strcmp(word, n->word) == 0 && !there) drl_say(L, k, &step, n->message);
}

/* Rule 4: exactly one way to name the model. */
static void check_model(lua_State *L, drl_validation *k, const dr_schema *s,
                        const char *const *seen, const drl_step *at) {
  int package = seen_of(s, seen, "modelPackageId") != NULL;
  int model = seen_of(s, seen, "modelId") != NULL;
  if (package == model)
    drl_say(L, k, at,
            package ? "model_package_id and model_id are both given; keep one of them"
                    : "the model is missing; give model_package_id, or model_id");
}

void drl_check_members(lua_State *L, drl_validation *k, const dr_schema *s, const char *const *seen,
                       const drl_step *at) {
  for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
    if (strcmp(needs[i].schema, s->name) == 0) check_need(L, k, s, seen, at, &needs[i]);
  if (s == &dr_model_replacement || s == &dr_replacement_check) check_model(L, k, s, seen, at);
}
