/* header.h: a header of a reply by its name. */
#ifndef DR_HEADER_H
#define DR_HEADER_H

#include "buffer.h"

/* The value of a header among lines "name: value\r\n" (name without regard to case; the last one
   when repeated), or NULL; not NUL-terminated, blanks trimmed. */
const char *dr_header(const dr_buffer *lines, const char *name, size_t *len);

/* Whether two names of `n` bytes are the same without regard to the case of ASCII letters, in every
   locale. */
int dr_header_named(const char *a, const char *b, size_t n);

#endif
