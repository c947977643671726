/* json_write.c: JSON text into a buffer; numbers in the shortest form, in every locale. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_write.h"

void dr_writer_init(dr_writer *w, dr_buffer *out) {
  *w = (dr_writer){.out = out};
}

/* Before each key and value. */
static void separate(dr_writer *w) {
  if (w->comma) dr_buffer_addc(w->out, ',');
  w->comma = 1;
}

void dr_write_raw(dr_writer *w, const char *json, size_t len) {
  separate(w);
  dr_buffer_add(w->out, json, len);
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

/* {=== Strings === */

static int needs_escape(unsigned char c) {
  return c < ' ' || c == '"' || c == '\\' || c == 0x7F;
}

static void add_escape(dr_buffer *out, unsigned char c) {
  static const char digits[] = "0123456789abcdef", letters[] = "btnfr\"\\",
                    meant[] = "\b\t\n\f\r\"\\";
  const char *found = memchr(meant, c, sizeof meant - 1);
  char text[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
  if (found) text[1] = letters[found - meant];
  dr_buffer_add(out, text, found ? 2 : 6);
}

static void add_quoted(dr_buffer *out, const char *s, size_t len) {
  const char *end = s + len;
  dr_buffer_addc(out, '"');
  while (s < end) {
    const char *run = s;
    while (s < end && !needs_escape((unsigned char)*s)) s++;
    dr_buffer_add(out, run, (size_t)(s - run));
    if (s < end) add_escape(out, (unsigned char)*s++);
  }
  dr_buffer_addc(out, '"');
}

void dr_write_string(dr_writer *w, const char *s, size_t len) {
  separate(w);
  add_quoted(w->out, s, len);
}

void dr_write_key(dr_writer *w, const char *name, size_t len) {
  dr_write_string(w, name, len);
  dr_buffer_addc(w->out, ':');
  w->comma = 0;
}

/* === Strings ===} */

/* {=== Numbers === */

void dr_write_integer(dr_writer *w, long long i) {
  char text[24];
  dr_write_raw(w, text, (size_t)snprintf(text, sizeof text, "%lld", i));
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

/* === Numbers ===} */

/* {=== UTF-8 === */

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

/* === UTF-8 ===} */
