/* entity.h: objects over one reply: fields, pairs, tostring, to_table; a snapshot that never sends.
 */
#ifndef DRL_ENTITY_H
#define DRL_ENTITY_H

#include <lua.h>

#include "../core/json_read.h"
#include "../core/url.h"
#include "../schema/operations.h"

/* Most ids that an entity's path has: deployment, policy, run. */
#define DRL_MAX_IDS 3

/* User values: the document, the client. */
enum { DRL_ENTITY_DOCUMENT = 1, DRL_ENTITY_CLIENT };

typedef struct drl_entity {
  const char *class_name;
  uint32_t token;           /* the object in its document; changes with it */
  unsigned ids;             /* those of its path, its own last */
  char id[][DR_ID_MAX + 1]; /* checked when they came in */
} drl_entity;

/* Makes the classes deployment and retraining policy; pushes their method tables, in this order. */
void drl_entity_classes(lua_State *L);

/* Pushes an entity of this kind for token `token` of the document at `document`; the ids of its
   path are those of `parent` (may be NULL) and then its own "id". Returns 1; or 0 with nothing
   pushed when the value is no object with a usable id, or the parent's path is full. */
int drl_new_entity(lua_State *L, dr_reply kind, int document, uint32_t token, int client,
                   const drl_entity *parent);

/* Puts another snapshot into the entity at `index`: the root object of the document at `document`.
   Returns 1; or 0 with nothing changed when that is another object. */
int drl_entity_set(lua_State *L, int index, int document);

/* The entity at `index` when it is one of ours, else NULL. */
drl_entity *drl_test_entity(lua_State *L, int index);

/* Whether an operation with this reply and this many ids in its path is about the entity itself. */
int drl_entity_is(const drl_entity *e, dr_reply kind, unsigned ids);

/* Pushes the document of the entity at `index`, returns its view and sets `token` to the entity's
   object in it. Both are good as long as the document is on the stack: whatever allocates may run a
   finalizer that puts another snapshot into the entity. */
const dr_json *drl_push_document(lua_State *L, int index, uint32_t *token);

#endif
