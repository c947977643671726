/* header.c: a header of a reply by its name. */
#include "header.h"

#include <string.h>

static int lower(char c) {
  return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

int dr_header_named(const char *a, const char *b, size_t n) {
  while (n > 0 && lower(a[n - 1]) == lower(b[n - 1])) n--;
  return n == 0;
}

const char *dr_header(const dr_buffer *lines, const char *name, size_t *len) {
  const char *at = lines->data, *end = at != NULL ? at + lines->len : NULL, *found = NULL;
  size_t nlen = strlen(name);
  while (at < end) {
    const char *eol = memchr(at, '\n', (size_t)(end - at));
    const char *stop = eol != NULL ? eol : end;
    if ((size_t)(stop - at) > nlen && at[nlen] == ':' && dr_header_named(at, name, nlen)) {
      for (found = at + nlen + 1; found < stop && (*found == ' ' || *found == '\t');) found++;
      while (stop > found && strchr(" \t\r", stop[-1]) != NULL) stop--;
      *len = (size_t)(stop - found);
    }
    at = eol != NULL ? eol + 1 : end;
  }
  return found;
}
