/* printable.h: which characters a person may be shown as they are, and how the others are written.
 */
#ifndef DR_PRINTABLE_H
#define DR_PRINTABLE_H

#include <stddef.h>

/* The bytes of the character at s when it may be shown; 0: it is a control character (C0, DEL, C1),
   one that is not seen or turns the direction of a text, a separator of lines or paragraphs, or no
   UTF-8. len > 0. */
size_t dr_printable(const char *s, size_t len);

#define DR_ESCAPE_MAX 12

/* Writes the character at s as Lua writes it in a string: \n, \x1b of a byte, \u{202e} of a
   character. `out` has room for DR_ESCAPE_MAX bytes and gets a NUL. Returns the bytes at s. */
size_t dr_escape(const char *s, size_t len, char *out);

#endif
