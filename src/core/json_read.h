/* json_read.h: a validating index over a JSON text (RFC 8259). */
#ifndef DR_JSON_READ_H
#define DR_JSON_READ_H

#include <stdint.h>

#include "buffer.h"
#include "error.h"

/* One value of the text, in document order; the members of an object stand as key, value, key, …
   `place` is the offset of the first byte (the opening bracket or quote, the digit), with
   DR_TOKEN_MARK set for an object or array. `span` is for these the number of tokens of the
   subtree, itself included; for a string the bytes between the quotes, with DR_TOKEN_MARK set when
   it holds escapes; for a number or word its bytes. Read them by the functions below. */
typedef struct dr_token {
  uint32_t place;
  uint32_t span;
} dr_token;

#define DR_TOKEN_MARK 0x80000000u

/* Texts of 2 GiB and more are refused with kind limit. */
#define DR_JSON_MAX_TEXT 0x7fffffffu

/* Most values (keys too), and most arrays and objects of a text that is read: the Lua values of a
   text take memory in proportion to it, not 25 times as much. */
#define DR_JSON_MAX_VALUES 0x800000u
#define DR_JSON_MAX_CONTAINERS 0x100000u

/* Deepest nesting of arrays and objects that is read. */
#define DR_JSON_MAX_DEPTH 128

/* A text and its tokens; owns neither. Token 0 is the root. */
typedef struct dr_json {
  const char *text;
  size_t len;
  const dr_token *tokens;
  uint32_t count;
} dr_json;

typedef enum dr_json_type {
  DR_JSON_NULL,
  DR_JSON_FALSE,
  DR_JSON_TRUE,
  DR_JSON_NUMBER,
  DR_JSON_STRING,
  DR_JSON_ARRAY,
  DR_JSON_OBJECT
} dr_json_type;

/* The tokens that a text of so many bytes has at most, unless it is a dense one: what the index is
   made for at first. */
size_t dr_json_expected(size_t len);

/* Reads the whole text, behind which stands a NUL that `len` does not count: grammar, UTF-8,
   escapes with paired surrogates, depth, nothing but blanks behind the value, no byte order mark.
   `index` receives the tokens (cleared first). Returns DR_KIND_NONE and fills `out`, or sets err
   and returns its kind: protocol with the byte offset (from 0) and what was expected there, limit
   (depth, size, number of values, the index's cap), memory. */
dr_kind dr_json_parse(const char *text, size_t len, dr_buffer *index, dr_json *out, dr_error *err);

dr_json_type dr_json_type_of(const dr_json *j, uint32_t token);

/* The first byte of a value in the text. */
const char *dr_json_at(const dr_json *j, uint32_t token);

/* The token behind this value: the next element, or the key of the next member. */
uint32_t dr_json_next(const dr_json *j, uint32_t token);

/* One past the last token of this container's subtree. For iteration:
   for (t = c + 1; t < dr_json_end(j, c); t = dr_json_next(j, t)) */
uint32_t dr_json_end(const dr_json *j, uint32_t container);

/* The value of the member `name` of an object, the last one when there are several; 0 when there
   is none or the token is not an object. */
uint32_t dr_json_member(const dr_json *j, uint32_t object, const char *name, size_t len);

/* The bytes of a string between its quotes, or of a number or word; not NUL-terminated. `*escaped`
   says whether dr_json_unescape is needed. */
const char *dr_json_bytes(const dr_json *j, uint32_t token, size_t *len, int *escaped);

/* The character that the escape at p stands for, and its bytes in the text; -1 when the escape is
   broken or a surrogate is without its other half. `left` bytes may be read. */
int32_t dr_json_escape(const char *p, size_t left, size_t *used);

/* Resolves the escapes of a valid string; `out` has room for len bytes. Returns the bytes written.
 */
size_t dr_json_unescape(const char *bytes, size_t len, char *out);

#endif
