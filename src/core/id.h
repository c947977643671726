/* id.h: which texts are identifiers. */
#ifndef DR_ID_H
#define DR_ID_H

#include <stddef.h>

/* Forms of identifiers: 24 hexadecimal digits (from a caller), [A-Za-z0-9_-]{1,64} (from a
   reply). */
int dr_id_strict(const char *id, size_t len);
int dr_id_loose(const char *id, size_t len);
#define DR_ID_MAX 64

#endif
