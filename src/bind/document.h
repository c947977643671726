/* document.h: a reply's text and index in one userdata, and its values as Lua values. */
#ifndef DRL_DOCUMENT_H
#define DRL_DOCUMENT_H

#include <lua.h>

#include "../core/json_read.h"
#include "../schema/schema.h"

enum {
  DRL_LUA_NAMES = 1, /* keys of objects by the naming rule, else as on the wire */
  DRL_NULLS = 2      /* null as dr.null, else the key is absent */
};

/* Reads a JSON text, with a NUL behind it, into one userdata, which holds it and its index, and
   pushes that. Returns its view (valid while it lives); NULL with nothing pushed and `err` set,
   kind protocol or limit, when the text cannot be read. `index` is used for texts of unusually many
   values. Raises "not enough memory". User value 1: the Lua values made of its tokens so far, by
   token, or nil. */
const dr_json *drl_new_document(lua_State *L, const char *text, size_t len, dr_buffer *index,
                                dr_error *err);

/* The view of the document at `index`. */
const dr_json *drl_to_document(lua_State *L, int index);

/* Pushes the value of a token. Lists carry the list mark, objects print readably. A null pushes
   dr.null with DRL_NULLS, else nil. Null elements of a list are always dr.null: a list has no
   holes. */
void drl_push_value(lua_State *L, const dr_json *j, uint32_t token, int flags);

/* Pushes the members of an object that a schema has, at every depth, with Lua names; nulls that it
   refuses are left out, the others are dr.null. */
void drl_push_fields(lua_State *L, const dr_json *j, uint32_t object, const dr_schema *s);

/* Pushes the Lua name of a key token. */
void drl_push_name(lua_State *L, const dr_json *j, uint32_t key, int flags);

/* One past the last byte of a value in its text. */
const char *drl_source_end(const dr_json *j, uint32_t token);

#endif
