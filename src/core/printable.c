/* printable.c: which characters a person may be shown as they are. */
#include "printable.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "json_write.h"
#include "utf8.h"

/* Characters past ASCII that a terminal or a reader does not show as what they are. */
static const struct {
  uint32_t first, last;
} hidden[] = {
    {0x80, 0x9F},       /* C1 */
    {0xAD, 0xAD},       /* soft hyphen */
    {0x61C, 0x61C},     /* direction */
    {0x180E, 0x180E},   /* no width */
    {0x200B, 0x200F},   /* no width, direction */
    {0x2028, 0x202E},   /* line, paragraph, direction */
    {0x2060, 0x206F},   /* no width, direction */
    {0xFEFF, 0xFEFF},   /* no width */
    {0xFFF9, 0xFFFB},   /* annotations */
    {0xE0000, 0xE0FFF}, /* tags and the like */
};

/* Of a well-formed character of n bytes. */
static uint32_t code_point(const char *s, size_t n) {
  uint32_t c = (unsigned char)*s;
  if (n > 1) c &= 0x7Fu >> n;
  for (size_t i = 1; i < n; i++) c = c << 6 | ((unsigned char)s[i] & 0x3F);
  return c;
}

size_t dr_printable(const char *s, size_t len) {
  unsigned char first = (unsigned char)*s;
  if (first < 0x80) return first >= ' ' && first != 0x7F;
  size_t n = dr_utf8_char(s, len);
  if (n == 0) return 0;
  uint32_t c = code_point(s, n);
  for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
    if (c >= hidden[i].first && c <= hidden[i].last) return 0;
  return n;
}

size_t dr_escape(const char *s, size_t len, char *out) {
  static const char controls[] = "\n\t\r", letters[] = "ntr";
  unsigned char first = (unsigned char)*s;
  const char *found = first ? strchr(controls, first) : NULL;
  size_t n = first < 0x80 ? 1 : dr_utf8_char(s, len);
  if (found != NULL)
    snprintf(out, DR_ESCAPE_MAX, "\\%c", letters[found - controls]);
  else if (n < 2)
    snprintf(out, DR_ESCAPE_MAX, "\\x%02x", first);
  else
    snprintf(out, DR_ESCAPE_MAX, "\\u{%x}", (unsigned)code_point(s, n));
  return n > 0 ? n : 1;
}
