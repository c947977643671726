/* rules_view.h: what a rule sees: the body that goes out and what is known beside it; only for
   rules*.c. */
#ifndef DRL_RULES_VIEW_H
#define DRL_RULES_VIEW_H

#include <lua.h>

#include "../core/json_read.h"
#include "../core/schedule.h"

/* What may be known beside a body. */
typedef enum drl_part {
  DRL_DEPLOYMENT,
  DRL_SETTINGS,
  DRL_RETRAINING_SETTINGS,
  DRL_POLICIES,
  DRL_PARTS
} drl_part;

/* The members that most rules look at stand ready as tokens; 0 where absent. */
typedef struct drl_rules {
  const dr_json *body;
  int list;             /* stack index of the notes */
  int known[DRL_PARTS]; /* stack indices, or 0 */
  int create;           /* a whole policy, not a change */
  uint32_t trigger, type, schedule, autopilot, project, series, strategy;
  uint64_t values[5]; /* of the schedule's lists as bits; 0: a star or absent */
  dr_schedule given;  /* as cron text or object, which hold more than the body; else empty */
} drl_rules;

/* One rule: looks, and reports what it finds. Leaves the stack as it was. */
typedef void (*drl_rule)(lua_State *L, const drl_rules *r);

/* NULL-terminated. */
extern const drl_rule drl_model_rules[];
extern const drl_rule drl_trigger_rules[];

/* Appends a note at a place in wire names. */
void drl_tell(lua_State *L, const drl_rules *r, const char *pointer, const char *message);

/* The member of an object of the body, of the body itself; 0 when it, or the object, is absent. */
uint32_t drl_in(const drl_rules *r, uint32_t object, const char *name);
uint32_t drl_top(const drl_rules *r, const char *name);

/* Whether a token is there and not null; true; this word; one of these. */
int drl_given(const drl_rules *r, uint32_t token);
int drl_is_true(const drl_rules *r, uint32_t token);
int drl_is(const drl_rules *r, uint32_t token, const char *word);
int drl_is_any(const drl_rules *r, uint32_t token, const char *const *words);

/* Pushes member `wire` of the value at `index`, nil when there is none. */
void drl_push_member(lua_State *L, int index, const char *wire);

/* Pushes a value of what is known by its way there; inner may be NULL. */
void drl_push_known(lua_State *L, const drl_rules *r, drl_part part, const char *member,
                    const char *inner);

/* Whether it is known to be so: the value is the boolean `wanted`. */
int drl_known_to_be(lua_State *L, const drl_rules *r, drl_part part, const char *member,
                    const char *inner, int wanted);

#endif
