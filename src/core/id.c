/* id.c: which texts are identifiers. */
#include "id.h"

#include <string.h>

int dr_id_strict(const char *id, size_t len) {
  static const char digits[] = "0123456789abcdefABCDEF";
  for (size_t i = 0; i < len; i++)
    if (memchr(digits, id[i], sizeof digits - 1) == NULL) return 0;
  return len == 24;
}

static int is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
         c == '_';
}

int dr_id_loose(const char *id, size_t len) {
  for (size_t i = 0; i < len && i < DR_ID_MAX; i++)
    if (!is_word(id[i])) return 0;
  return len >= 1 && len <= DR_ID_MAX;
}
