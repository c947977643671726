/* name.c: the naming rule: humps on the wire, snake_case in Lua. */
#include "name.h"

#include <string.h>

static int is_hump(const char *wire, size_t i) {
  return wire[i] >= 'A' && wire[i] <= 'Z';
}

int dr_name_matches(const char *wire, size_t wlen, const char *lua, size_t llen) {
  size_t j = 0;
  for (size_t i = 0; i < wlen; i++) {
    int hump = is_hump(wire, i);
    if (hump && i > 0 && (j == llen || lua[j++] != '_')) return 0;
    if (j == llen || lua[j++] != (hump ? (char)(wire[i] | 0x20) : wire[i])) return 0;
  }
  return j == llen;
}

size_t dr_name_to_lua(const char *wire, size_t wlen, char *out) {
  char *to = out;
  for (size_t i = 0; i < wlen; i++) {
    int hump = is_hump(wire, i);
    if (hump && i > 0) *to++ = '_';
    *to++ = hump ? (char)(wire[i] | 0x20) : wire[i];
  }
  return (size_t)(to - out);
}
