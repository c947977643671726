/* entity.h: objects over one reply: fields, pairs, tostring, to_table; a snapshot that never sends.
 */
#ifndef DRL_ENTITY_H
#define DRL_ENTITY_H

#include <lua.h>

#include "../core/id.h"
#include "../core/json_read.h"
#include "../schema/classes.h"

/* User values: the document, the client. */
enum { DRL_ENTITY_DOCUMENT = 1, DRL_ENTITY_CLIENT };

typedef struct drl_entity {
  const void *mark; /* of all entities: a metatable alone proves nothing */
  dr_class_id class;
  uint32_t token; /* the object in its document; changes with it */
  char id[]
         [DR_ID_MAX + 1]; /* dr_class_ids(class) of them, its own last; checked when they came in */
} drl_entity;

/* Makes the class of such objects; pushes its method table. */
void drl_entity_class(lua_State *L, dr_class_id class);

/* Pushes an object of the class for token `token` of the document at `document`; its ids are those
   of its parent, which is `self` or what `self` shares with it (NULL: the client), and then its own
   "id". Returns 1; or 0 with nothing pushed when the value is no object with a usable id, or `self`
   does not know the parent's ids. */
int drl_new_entity(lua_State *L, dr_class_id class, int document, uint32_t token, int client,
                   const drl_entity *self);

/* Puts another snapshot into the entity at `index`: the root object of the document at `document`.
   Returns 1; or 0 with nothing changed when that is another object. */
int drl_entity_set(lua_State *L, int index, int document);

/* The entity at `index` when it is one of ours, else NULL. */
drl_entity *drl_test_entity(lua_State *L, int index);

/* core.ids(object) -> the ids of its parents, the outermost first, and its own */
int drl_entity_ids(lua_State *L);

/* Whether the value at `index` is an entity of the class. */
int drl_is_entity(lua_State *L, int index, dr_class_id class);

/* Pushes the document of the entity at `index`, returns its view and sets `token` to the entity's
   object in it. Both are good as long as the document is on the stack: whatever allocates may run a
   finalizer that puts another snapshot into the entity. */
const dr_json *drl_push_document(lua_State *L, int index, uint32_t *token);

#endif
