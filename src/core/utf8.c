/* utf8.c: which bytes are UTF-8. */
#include "utf8.h"

#include <stdint.h>
#include <string.h>

static int in_range(unsigned char c, unsigned char least, unsigned char greatest) {
  return c >= least && c <= greatest;
}

size_t dr_utf8_char(const char *s, size_t len) {
  const unsigned char *p = (const unsigned char *)s;
  if (len == 0) return 0;
  if (p[0] < 0x80) return 1;
  size_t n = in_range(p[0], 0xC2, 0xDF) ? 2 : in_range(p[0], 0xE0, 0xEF) ? 3 : 4;
  if (!in_range(p[0], 0xC2, 0xF4) || len < n) return 0;
  /* The second byte keeps out overlong forms, surrogates and all past U+10FFFF. */
  unsigned char least = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
  unsigned char greatest = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
  if (!in_range(p[1], least, greatest)) return 0;
  for (size_t i = 2; i < n; i++)
    if (!in_range(p[i], 0x80, 0xBF)) return 0;
  return n;
}

size_t dr_utf8_valid(const char *s, size_t len) {
  size_t i = 0;
  while (i < len) {
    uint64_t word;
    for (; len - i >= sizeof word; i += sizeof word) {
      memcpy(&word, s + i, sizeof word);
      if (word & 0x8080808080808080u) break;
    }
    size_t n = dr_utf8_char(s + i, len - i);
    if (n == 0) return i;
    i += n;
  }
  return i;
}
