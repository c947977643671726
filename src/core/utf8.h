/* utf8.h: which bytes are UTF-8. */
#ifndef DR_UTF8_H
#define DR_UTF8_H

#include <stddef.h>

/* The bytes (1 to 4) of the well-formed UTF-8 character that begins at s; 0 when none does. */
size_t dr_utf8_char(const char *s, size_t len);

/* The offset of the first byte that is not part of valid UTF-8 (RFC 3629), or len. */
size_t dr_utf8_valid(const char *s, size_t len);

#endif
