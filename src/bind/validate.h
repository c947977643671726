/* validate.h: what the parts of validation share; only for encode*.c and rules*.c. */
#ifndef DRL_VALIDATE_H
#define DRL_VALIDATE_H

#include <lua.h>

#include "../core/json_read.h"
#include "../core/json_write.h"
#include "../schema/schema.h"
#include "problem.h"

/* One validation. The value in hand is always at an absolute stack index. */
typedef struct drl_validation {
  dr_writer writer;
  drl_problems problems;
  int maps;              /* stack index of the table of name maps */
  const dr_json *base;   /* the snapshot an update starts from, or NULL */
  const dr_schema *body; /* of the whole, or NULL */
  const void *harmless;  /* the last metatable that was found to hide nothing */
  lua_Integer looked;    /* elements and members (twice) of the tables that were entered */
  lua_Integer tables;    /* that were entered */
} drl_validation;

/* "No object of the snapshot belongs here." */
#define DRL_NO_BASE UINT32_MAX

/* What a member turned out to be, for the rules across members: NULL when it is absent, one of
   these, or the word of an enumeration. */
extern const char drl_seen_null[];
extern const char drl_seen_empty[]; /* a list without elements */
extern const char drl_seen_value[]; /* anything else, also something that is not allowed */

/* Checks and writes the value at `index`; returns what it was. */
typedef const char *(*drl_value)(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                 const drl_step *at, uint32_t base);

/* encode_object.c: a table by its schema, members in schema order. `value` does the members;
   `missing` is a hint for required ones, or NULL. */
void drl_validate_object(lua_State *L, drl_validation *k, const dr_schema *s, int index,
                         const drl_step *at, uint32_t base, drl_value value, const char *missing);

/* encode_any.c: a value without schema, names as given. */
void drl_validate_any(lua_State *L, drl_validation *k, int index, const drl_step *at);

/* encode_any.c: a table that must be an object, names as given. */
void drl_validate_free(lua_State *L, drl_validation *k, int index, const drl_step *at);

/* encode_schedule.c: cron text, five lists or a schedule object. */
const char *drl_validate_schedule(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                  const drl_step *at);

/* encode_value.c: everything that is neither object, list nor schedule; `type` is Lua's. */
const char *drl_validate_scalar(lua_State *L, drl_validation *k, const dr_field *f, int index,
                                int type, const drl_step *at);

/* encode_unknown.c: reports a member that the schema does not have, whose value is at `index`, with
   the nearest one it has, or the object that has it. */
void drl_unknown_member(lua_State *L, drl_validation *k, const dr_schema *s, const drl_step *at,
                        int index);

/* encode_unknown.c: reports a table of a schema (or NULL) that is a list, or one that has keys
   beside names. */
void drl_not_named(lua_State *L, drl_validation *k, const dr_schema *s, int index,
                   const drl_step *at, int list);

/* encode_value.c: writes a string, or reports bytes that are not UTF-8. */
void drl_validate_string(lua_State *L, drl_validation *k, int index, const drl_step *at);

/* encode_value.c: writes the name of a step as a key, or reports bytes that are not UTF-8. */
void drl_validate_key(lua_State *L, drl_validation *k, const drl_step *at);

/* encode_value.c: writes a number of either kind, or reports what JSON does not have. */
void drl_validate_number(lua_State *L, drl_validation *k, int index, const drl_step *at);

/* encode_table.c: whether a list or an open object is worth going on with: a table that holds the
   same tables again and again would take forever to write, or to find fault with. */
int drl_goes_on(const drl_validation *k);

/* encode_table.c: whether it has entered or looked at too many, without regard to how little there
   was to write. */
#define DRL_MAX_LOOKED (DR_JSON_MAX_VALUES / 2)
#define DRL_MAX_TABLES (DR_JSON_MAX_CONTAINERS / 2)
int drl_is_counted_out(const drl_validation *k);

/* Tables between two safe points. */
#define DRL_SAFE_TABLES 4096

/* encode_table.c: whether this is a JSON null (light userdata NULL: dr.null, cjson.null). */
int drl_is_null(lua_State *L, int index);

/* encode_table.c: whether a table can be read raw; reports one that cannot. */
int drl_readable(lua_State *L, drl_validation *k, int index, const drl_step *at);

/* encode_table.c: whether a value is an empty table that could be an object. */
int drl_is_blank(lua_State *L, int index);

/* encode_table.c: whether a table carries the list mark. */
int drl_is_marked(lua_State *L, int index);

/* The names of a schema's fields as strings of the state, in both spellings. Lua keeps one copy of
   a short string, so that most keys are known by their address alone. The first user value is a
   table from name to field number (from 1), which keeps the strings alive; the second keeps the
   keys. */
typedef struct drl_names {
  const void *lua[DR_MAX_FIELDS], *wire[DR_MAX_FIELDS];
  const char *key[DR_MAX_FIELDS]; /* as it goes out: "name": with quotes and colon */
  size_t key_len[DR_MAX_FIELDS];
  int fields;
  /* The field that the n-th key of a table named the last time; tables that are built alike are
     looked through in one order. */
  unsigned char order[2 * DR_MAX_FIELDS];
} drl_names;

/* encode_table.c: pushes the state's table of names by schema; pushes the names of one schema, made
   once a state. */
void drl_push_maps(lua_State *L);
drl_names *drl_push_names(lua_State *L, const drl_validation *k, const dr_schema *s);

/* encode_table.c: the number of the field that the key below the top, the n-th, names; -1 when
   there is none. The userdata of `names` is at `slot`. */
int drl_field_of_key(lua_State *L, drl_names *names, int slot, unsigned n);

/* The keys of a table, counted. */
typedef struct drl_shape {
  lua_Integer named;          /* strings */
  lua_Integer indexed;        /* integers */
  lua_Integer other;          /* anything else */
  lua_Integer least, largest; /* of the integers */
} drl_shape;

/* encode_table.c: looks at the keys of the table at `index`. */
void drl_shape_of(lua_State *L, int index, drl_shape *shape);

/* encode_table.c: the number of elements of a list; -1 after reporting why it is none, with `fix`
   (or NULL) where it has named members. */
lua_Integer drl_list_length(lua_State *L, drl_validation *k, int index, const drl_step *at,
                            const char *fix);

/* encode_table.c: pushes a list of the table's string keys, sorted by their bytes, without those
   that are keys of the table at `except` (0: without exception). */
void drl_push_sorted_keys(lua_State *L, int index, int except);

/* encode_rules.c: rules across the members of one object that the contract states; `seen` is
   parallel to the schema's fields. */
void drl_check_members(lua_State *L, drl_validation *k, const dr_schema *s, const char *const *seen,
                       const drl_step *at);

/* encode_advice.c: what would turn the value at `index` into one that its field takes, or NULL; may
   leave its text on the stack. Followed literally, it leaves nothing to complain of at this place.
 */
const char *drl_value_fix(lua_State *L, const dr_field *f, int index, const drl_step *at);

/* encode_advice.c: what to write where a trigger has these members (bit i: field i) and no type. */
const char *drl_type_fix(const dr_schema *s, unsigned given);

/* encode_advice.c: what to do instead of a word that is none of an enumeration's, or NULL. */
const char *drl_word_fix(const dr_enum *e, const char *given, size_t len);

/* What is wrong with a value. All that is said about values has one form: what was given, what is
   wrong with it, what to do instead, what is allowed: "GOT VERDICT; FIX (ALLOWED)". */
typedef struct drl_fault {
  const char *verdict;  /* "is too large" */
  const char *fix;      /* "remove the quotes", "did you mean ...?"; or NULL */
  const char *allowed;  /* NULL or "": nothing in brackets */
  const char *expected; /* of the problem, or NULL */
} drl_fault;

/* encode_report.c: reports a sentence alone; a value; a value that is not what its field allows; a
   value of the wrong type; a string or list of n characters or elements. */
void drl_say(lua_State *L, drl_validation *k, const drl_step *at, const char *message);
void drl_refuse(lua_State *L, drl_validation *k, const drl_step *at, int index,
                const drl_fault *fault);
void drl_refuse_field(lua_State *L, drl_validation *k, const dr_field *f, const drl_step *at,
                      int index, const char *verdict, const char *fix);
void drl_mistyped(lua_State *L, drl_validation *k, const dr_field *f, const drl_step *at, int index,
                  const char *fix);
void drl_wrong_length(lua_State *L, drl_validation *k, const dr_field *f, int index, lua_Integer n,
                      const drl_step *at);

#endif
