/* problem.h: the list of problems or notes: where, what was given, what is allowed. */
#ifndef DRL_PROBLEM_H
#define DRL_PROBLEM_H

#include <lauxlib.h>
#include <lua.h>

#include "../schema/schema.h"

/* One step of the way to the value in hand. Steps live on the C stack of the validation and cost
   nothing unless there is something to report. */
typedef struct drl_step {
  const struct drl_step *up; /* NULL: this is the root, which adds nothing */
  const char *name;          /* of a member; NULL: an element */
  size_t len;
  int given;         /* the name stands as the user spelt it, else it is a wire name */
  lua_Integer index; /* of an element, from 1 */
  const void *table; /* the table entered here, for cycles; or NULL */
} drl_step;

/* The list under construction. */
typedef struct drl_problems {
  int slot; /* stack index of the list: nil until the first entry */
  int count;
} drl_problems;

/* Entries beyond these are counted, not made; the list then ends with one that says how many. */
#define DRL_MAX_PROBLEMS 100

/* Bytes of a text about a value or about what is allowed, its NUL included. */
#define DRL_TEXT_MAX 640

/* Appends { path=, pointer=, message=, got=, expected= }; got and expected may be NULL. */
void drl_problem(lua_State *L, drl_problems *p, const drl_step *at, const char *message,
                 const char *got, const char *expected);

/* About how many columns the path takes; a line with path and message should keep to DRL_LINE. */
#define DRL_LINE 160
size_t drl_path_width(const drl_step *at);

/* Replaces the last entry when some were not made. Call once at the end. */
void drl_problems_end(lua_State *L, drl_problems *p);

/* Appends a name as JSON Pointer writes it. */
void drl_add_pointer_name(luaL_Buffer *b, const char *name, size_t len);

/* Appends the note { path=, pointer=, message= } for a place in wire names ("/trigger/type"). */
void drl_note(lua_State *L, int list, const char *pointer, const char *message);

/* What was given, in a few words: strings quoted and cut at 40 characters, numbers, true, "a list
   of 3". Writes into `out` (DRL_TEXT_MAX bytes) and returns it. */
const char *drl_text_of_value(lua_State *L, int index, char *out);

/* The same for the bytes of a string. */
const char *drl_text_of_string(const char *s, size_t len, char *out);

/* What a field allows: "a whole number from 2 to 50 or dr.null"; writes as above. */
const char *drl_text_of_field(const dr_field *f, char *out);

/* What its value is: "a whole number", "an action"; and the limits beside that, for a message that
   has said so: "2 to 50 or dr.null", "" where there are none. */
const char *drl_noun(const dr_field *f);
const char *drl_text_of_limits(const dr_field *f, char *out);

#endif
