/* classes.h: the Lua classes that stand for something the server has, one a row. */
#ifndef DR_CLASSES_H
#define DR_CLASSES_H

#include "schema.h"

typedef enum dr_class_id {
  DR_CLASS_NONE,
  DR_CLASS_CLIENT,
  DR_CLASS_DEPLOYMENT,
  DR_CLASS_POLICY,
  DR_CLASS_RUN,
  DR_CLASS_CHALLENGER,
  DR_CLASS_COUNT
} dr_class_id;

/* An object brings the ids of its parents, the outermost first, and its own to the path of an
   operation. The client is the root and has none. */
typedef struct dr_class {
  const char *name;     /* of its table in the Lua half: "retraining_policy" */
  const char *type;     /* as Lua's own messages show it: "datarobot.retraining_policy" */
  const char *title;    /* of its type in the documentation: "RetrainingPolicy" */
  const char *variable; /* as examples name an object: "policy" */
  dr_class_id parent;
  const char *id_label; /* "retraining policy id" */
  const char *assign;   /* instead of assigning to a field that has no setter */
} dr_class;

/* Indexed by dr_class_id; the row of DR_CLASS_NONE is empty. */
extern const dr_class dr_classes[DR_CLASS_COUNT];

/* What changes a field of an object: a method that takes a body with it, or what the text says. The
   last has no body. */
typedef struct dr_setter {
  dr_class_id class;
  const dr_schema *body;
  const char *method;
  const char *text;
} dr_setter;
extern const dr_setter dr_setters[];

/* How many ids an object of the class has. */
unsigned dr_class_ids(dr_class_id id);

/* Most ids that any class has. */
#define DR_CLASS_MAX_IDS 3

/* The label of id number `i` (from 0) of an object of the class. */
const char *dr_class_id_label(dr_class_id id, unsigned i);

#endif
