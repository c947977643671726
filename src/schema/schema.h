/* schema.h: what a field is: the tables that validation, names, help and reference come from. */
#ifndef DR_SCHEMA_H
#define DR_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

typedef enum dr_field_type {
  DR_STRING,
  DR_BOOLEAN,
  DR_INTEGER, /* 64 bits; 3.0 is one */
  DR_NUMBER,
  DR_ENUM,     /* one of words */
  DR_ID,       /* 24 hexadecimal digits */
  DR_DURATION, /* ISO 8601, "P7D" */
  DR_TIME,     /* RFC 3339, "2026-01-31T09:00:00Z" */
  DR_OBJECT,   /* schema */
  DR_LIST,     /* items described by item */
  DR_SCHEDULE, /* the five lists, or cron text in Lua */
  DR_FREE      /* any JSON object, names as given */
} dr_field_type;

/* How a missing member is completed in a trigger that goes out. */
typedef enum dr_fill {
  DR_FILL_NONE,
  DR_FILL_FALSE, /* false */
  DR_FILL_NULL,  /* null */
  DR_FILL_DAILY  /* daily at 0:00, for the health types */
} dr_fill;

typedef struct dr_enum {
  const char *name;         /* "action": dr.enums.action */
  const char *const *words; /* NULL-terminated */
  const char *one;          /* "an action": what one of the words is */
} dr_enum;

typedef struct dr_schema dr_schema;

/* One member of an object on the wire. The Lua name follows from `wire` by the naming rule. */
typedef struct dr_field {
  const char *wire;
  dr_field_type type;
  const dr_enum *words;        /* DR_ENUM */
  const dr_schema *schema;     /* DR_OBJECT, the items of a DR_LIST of objects, the five lists */
  const struct dr_field *item; /* DR_LIST: what an element is (its wire name is not used) */
  unsigned required : 1;
  unsigned nullable : 1;
  unsigned ranged : 1;             /* min and max hold (both inclusive) */
  unsigned named : 1;              /* a number that also has English names (months, week days) */
  unsigned joined : 1;             /* a list of words in a query: one value, joined by commas */
  unsigned fill : 2;               /* dr_fill */
  double min, max;                 /* of a number or integer */
  uint32_t min_length, max_length; /* characters of a string, elements of a list; 0: no limit */
  const int *among;                /* of an integer: the legal ones, 0 at the end; or NULL */
  const char *doc;                 /* one sentence or more, for help and the reference */
  const char *otherwise;           /* the word that stands for null on the server, or NULL */
  const char *alias;               /* names that others use for it, blanks between them; or NULL */
} dr_field;

/* Most fields of an object. */
#define DR_MAX_FIELDS 24

/* An object: fields in the order in which they go out. */
struct dr_schema {
  const char *name;             /* "policy": the kind of dr.validate for a body; else descriptive */
  const dr_field *fields;       /* ends with a field whose wire is NULL */
  unsigned open : 1;            /* members that are not in the table are passed on */
  unsigned not_empty : 1;       /* at least one member */
  unsigned crossed : 1;         /* has rules across its members (bind/encode_rules.c) */
  unsigned typed : 1;           /* its first field says what it is: never left out beside others; an
                                   object without members is as if it were absent */
  const char *sample;           /* of Lua, for a message: "{ mode = \"quick\" }"; or NULL */
  const char *const *read_only; /* wire names that only replies have, NULL-terminated, or NULL */
  const char *doc;
};

/* The bodies that can be sent. */
extern const dr_schema dr_policy_create;              /* "policy" */
extern const dr_schema dr_policy_update;              /* "policy_update" */
extern const dr_schema dr_retraining_settings_update; /* "retraining_settings" */
extern const dr_schema dr_settings_update;            /* "settings" */
extern const dr_schema dr_model_replacement;          /* "model_replacement" */
extern const dr_schema dr_replacement_check;          /* "replacement_check" */
extern const dr_schema dr_challenger_create;          /* "challenger" */
extern const dr_schema dr_challenger_update;          /* "challenger_update" */
extern const dr_schema dr_run_update;                 /* "run_update" */
extern const dr_schema dr_deployment_update;          /* "deployment_update" */
extern const dr_schema dr_deployment_status_update;   /* "deployment_status_update" */

extern const dr_schema dr_challenger_replay;          /* "challenger_replay" */
extern const dr_schema dr_challenger_replay_settings; /* "replay_settings" */
extern const dr_schema dr_health_settings_update;     /* "health_settings" */

/* All of the above, NULL-terminated, and the schema of a kind; NULL when there is none. */
extern const dr_schema *const dr_kinds[];
const dr_schema *dr_schema_of_kind(const char *kind);

/* All enumerations, NULL-terminated. */
extern const dr_enum *const dr_enums[];

/* The metrics that fit one kind of target only, NULL-terminated. */
extern const char *const dr_metrics_of_classes[];
extern const char *const dr_metrics_of_numbers[];

/* 1 where a metric's greater values are better, -1 where its smaller ones are; 0 for what is no
   metric. */
int dr_metric_direction(const char *name, size_t len);

/* The types of triggers that go by the deployment's health, NULL-terminated; whether this is one.
 */
extern const char *const dr_health_triggers[];
int dr_trigger_is_health(const char *word, size_t len);

/* The field with this Lua or wire name, or NULL. */
const dr_field *dr_schema_field(const dr_schema *s, const char *name, size_t len);

/* Whether a number is one of those that a field takes; true where it does not name them. */
int dr_field_has(const dr_field *f, double number);

/* The word of a NULL-terminated list that looks most like `given`, or NULL when none is near: at
   most a third of the characters differ (insertions, deletions, changes, swaps), without regard to
   case, '_', '-' and blanks. Else the only word of which `given` is a part, or which is a part of
   it, of four characters or more ("drift" of "data_drift_decline"). */
const char *dr_nearest(const char *given, size_t len, const char *const *words);

/* The same in two steps over the Lua names of a schema's fields: what looks like a slip; the only
   part. Both write the name into `out` (room for DR_NAME_MAX bytes) and return it, or NULL. */
#define DR_NAME_MAX 80
const char *dr_nearest_field(const dr_schema *s, const char *given, size_t len, char *out);
const char *dr_partial_field(const dr_schema *s, const char *given, size_t len, char *out);

#endif
