/* json_write.c: JSON text into a buffer; numbers in the shortest form, in every locale. */
#include "json_write.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"

void dr_writer_init(dr_writer *w, dr_buffer *out) {
  *w = (dr_writer){.out = out};
}

/* Room for `len` bytes behind the comma that is due before each key and value; NULL on a fault. */
static char *begin(dr_writer *w, size_t len) {
  char *to = dr_buffer_reserve(w->out, len + 1);
  if (to != NULL && w->comma) {
    *to++ = ',';
    w->out->len++;
  }
  w->comma = 1;
  return to;
}

void dr_write_raw(dr_writer *w, const char *json, size_t len) {
  char *to = begin(w, len);
  if (to == NULL) return;
  memcpy(to, json, len);
  w->out->len += len;
}

void dr_write_open(dr_writer *w, char bracket) {
  dr_write_raw(w, &bracket, 1);
  w->comma = 0;
}

void dr_write_close(dr_writer *w, char bracket) {
  dr_buffer_addc(w->out, bracket);
  w->comma = 1;
}

void dr_write_boolean(dr_writer *w, int b) {
  if (b)
    dr_write_raw(w, "true", 4);
  else
    dr_write_raw(w, "false", 5);
}

void dr_write_null(dr_writer *w) {
  dr_write_raw(w, "null", 4);
}

/* {=== Strings ===} */

static int needs_escape(unsigned char c) {
  return c < ' ' || c == '"' || c == '\\' || c == 0x7F;
}

/* Whether one of eight bytes may need an escape; those past ASCII are looked at one by one. */
static int may_need_escape(const char *s) {
  uint64_t w;
  memcpy(&w, s, sizeof w);
  return ((DR_NOT_PLAIN(w) | (w + DR_EACH_BYTE(1))) & DR_EACH_BYTE(0x80)) != 0;
}

/* The bytes before the first one that needs an escape. */
static size_t plain_length(const char *s, size_t len) {
  size_t n = 0;
  while (len - n >= 8 && !may_need_escape(s + n)) n += 8;
  while (n < len && !needs_escape((unsigned char)s[n])) n++;
  return n;
}

static void add_escape(dr_buffer *out, unsigned char c) {
  static const char digits[] = "0123456789abcdef", letters[] = "btnfr\"\\",
                    meant[] = "\b\t\n\f\r\"\\";
  const char *found = memchr(meant, c, sizeof meant - 1);
  char text[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
  if (found != NULL) text[1] = letters[found - meant];
  dr_buffer_add(out, text, found != NULL ? 2 : 6);
}

/* What follows the first `n` bytes, which are there already. */
static void add_rest(dr_buffer *out, const char *s, size_t len, size_t n) {
  while (n < len) {
    add_escape(out, (unsigned char)s[n++]);
    size_t plain = plain_length(s + n, len - n);
    dr_buffer_add(out, s + n, plain);
    n += plain;
  }
}

/* The string and `behind` it, a quote first; mostly in one go. */
static void write_quoted(dr_writer *w, const char *s, size_t len, const char *behind, size_t more) {
  char *to = begin(w, 1 + len + more);
  if (to == NULL) return;
  size_t n = plain_length(s, len);
  to[0] = '"';
  memcpy(to + 1, s, n);
  w->out->len += 1 + n;
  if (n < len) {
    add_rest(w->out, s, len, n);
    dr_buffer_add(w->out, behind, more);
  } else {
    memcpy(to + 1 + n, behind, more);
    w->out->len += more;
  }
}

void dr_write_string(dr_writer *w, const char *s, size_t len) {
  write_quoted(w, s, len, "\"", 1);
}

void dr_write_key(dr_writer *w, const char *name, size_t len) {
  write_quoted(w, name, len, "\":", 2);
  w->comma = 0;
}

/* {=== Numbers ===} */

void dr_write_integer(dr_writer *w, long long i) {
  char text[24], *at = text + sizeof text;
  unsigned long long left = i < 0 ? 0 - (unsigned long long)i : (unsigned long long)i;
  do *--at = (char)('0' + left % 10);
  while ((left /= 10) > 0);
  if (i < 0) *--at = '-';
  dr_write_raw(w, at, (size_t)(text + sizeof text - at));
}

/* Prints and reads back in the same locale; then whatever the locale puts between the digits, of
   one byte or more, becomes a point. Any 15 digits come back, but for subnormal numbers. */
static size_t shortest(double d, char *text, size_t size) {
  int n = 0;
  for (int precision = fabs(d) < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
    n = snprintf(text, size, "%.*g", precision, d);
    if (strtod(text, NULL) == d) break;
  }
  size_t before = strspn(text, "-0123456789");
  size_t after = before + strcspn(text + before, "0123456789e");
  if (after == before) return (size_t)n;
  text[before] = '.';
  memmove(text + before + 1, text + after, (size_t)n - after);
  return (size_t)n - (after - before) + 1;
}

void dr_write_number(dr_writer *w, double d) {
  char text[64];
  if (fabs(d) < 1e15 && d == (double)(long long)d)
    dr_write_raw(w, text, (size_t)snprintf(text, sizeof text, "%.0f", d));
  else
    dr_write_raw(w, text, shortest(d, text, sizeof text));
}
