/* json_write.h: JSON text into a buffer: nesting, commas, escapes, numbers. */
#ifndef DR_JSON_WRITE_H
#define DR_JSON_WRITE_H

#include "buffer.h"

/* Failures are the buffer's: they stick, and are looked at once at the end. The caller keeps
   brackets and keys in order; commas are set here. */
typedef struct dr_writer {
  dr_buffer *out;
  int comma; /* the next value or key needs a comma before it */
} dr_writer;

void dr_writer_init(dr_writer *w, dr_buffer *out);

/* bracket: '{' or '[', '}' or ']'. */
void dr_write_open(dr_writer *w, char bracket);
void dr_write_close(dr_writer *w, char bracket);

void dr_write_key(dr_writer *w, const char *name, size_t len);

/* The bytes must be UTF-8 (dr_utf8_valid). Control bytes, quote, backslash and 0x7f are escaped;
   slash and other characters go out as they are. */
void dr_write_string(dr_writer *w, const char *s, size_t len);

/* Exact. */
void dr_write_integer(dr_writer *w, long long i);

/* The shortest digits that read back as the same double, with a point in every locale; integral
   values below 1e15 without fraction ("3"). NaN and infinities must not come here. */
void dr_write_number(dr_writer *w, double d);

void dr_write_boolean(dr_writer *w, int b);
void dr_write_null(dr_writer *w);

/* Text that is valid JSON already, as one value. */
void dr_write_raw(dr_writer *w, const char *json, size_t len);

#endif
