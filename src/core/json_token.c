/* json_token.c: the values of an indexed JSON text. */
#include <string.h>

#include "json_read.h"

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of four hexadecimal digits, or -1. */
static int32_t hex4(const char *p) {
  int32_t value = 0;
  for (int i = 0; i < 4; i++) {
    int digit = hex_digit(p[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

int32_t dr_json_escape(const char *p, size_t left, size_t *used) {
  static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  *used = 2;
  if (left < 2 || p[1] == '\0') return -1;
  const char *found = strchr(letters, p[1]);
  if (found != NULL) return meanings[found - letters];
  int32_t unit = p[1] != 'u' || left < 6 ? -1 : hex4(p + 2);
  *used = 6;
  if (unit < 0xD800 || unit > 0xDFFF) return unit;
  int32_t low = left < 12 || p[6] != '\\' || p[7] != 'u' ? -1 : hex4(p + 8);
  *used = 12;
  if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF) return -1;
  return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

const char *dr_json_at(const dr_json *j, uint32_t token) {
  return j->text + (j->tokens[token].place & ~DR_TOKEN_MARK);
}

dr_json_type dr_json_type_of(const dr_json *j, uint32_t token) {
  switch (*dr_json_at(j, token)) {
  case '{':
    return DR_JSON_OBJECT;
  case '[':
    return DR_JSON_ARRAY;
  case '"':
    return DR_JSON_STRING;
  case 't':
    return DR_JSON_TRUE;
  case 'f':
    return DR_JSON_FALSE;
  case 'n':
    return DR_JSON_NULL;
  default:
    return DR_JSON_NUMBER;
  }
}

uint32_t dr_json_next(const dr_json *j, uint32_t token) {
  dr_token t = j->tokens[token];
  return token + (t.place & DR_TOKEN_MARK ? t.span : 1);
}

uint32_t dr_json_end(const dr_json *j, uint32_t container) {
  return container + j->tokens[container].span;
}

const char *dr_json_bytes(const dr_json *j, uint32_t token, size_t *len, int *escaped) {
  const char *first = dr_json_at(j, token);
  uint32_t span = j->tokens[token].span;
  *len = span & ~DR_TOKEN_MARK;
  *escaped = (span & DR_TOKEN_MARK) != 0;
  return first + (*first == '"');
}

/* Puts the character at *p, escaped or one byte of it, to out and moves behind it. */
static size_t resolve(const char **p, const char *end, char *out) {
  static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
  if (**p != '\\') {
    *out = *(*p)++;
    return 1;
  }
  size_t used;
  int32_t c = dr_json_escape(*p, (size_t)(end - *p), &used);
  size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
  out[0] = (char)(leads[n] | c);
  *p += used;
  return n;
}

size_t dr_json_unescape(const char *bytes, size_t len, char *out) {
  const char *end = bytes + len;
  char *to = out;
  while (bytes < end) to += resolve(&bytes, end, to);
  return (size_t)(to - out);
}

static int equals_escaped(const char *p, size_t len, const char *name, size_t name_len) {
  const char *end = p + len;
  while (p < end) {
    char piece[4];
    size_t n = resolve(&p, end, piece);
    if (n > name_len || memcmp(piece, name, n) != 0) return 0;
    name += n;
    name_len -= n;
  }
  return name_len == 0;
}

uint32_t dr_json_member(const dr_json *j, uint32_t object, const char *name, size_t len) {
  uint32_t found = 0;
  if (dr_json_type_of(j, object) != DR_JSON_OBJECT) return 0;
  for (uint32_t t = object + 1, end = dr_json_end(j, object); t < end;) {
    const char *key_bytes = dr_json_at(j, t) + 1;
    uint32_t span = j->tokens[t].span;
    int same = span & DR_TOKEN_MARK ? equals_escaped(key_bytes, span & ~DR_TOKEN_MARK, name, len)
                                    : span == len && memcmp(key_bytes, name, len) == 0;
    if (same) found = t + 1;
    t = dr_json_next(j, t + 1);
  }
  return found;
}
