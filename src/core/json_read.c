/* json_read.c: one pass over a JSON text that checks everything and notes where each value is. */
#include "json_read.h"

#include <endian.h>
#include <string.h>

#include "json_write.h"
#include "scan.h"
#include "utf8.h"

/* {=== Scanning ===} */

/* The text ends with a NUL that no value may hold, so that no byte needs a look at where the end
   is. `open` holds the containers around p: twice the token number, plus 1 for an object. */
typedef struct reader {
  const char *text;
  const char *end;
  dr_buffer *index;
  dr_token *tokens;
  uint32_t count;
  uint32_t capacity; /* tokens that fit before the index must grow */
  uint32_t containers;
  unsigned depth;
  uint32_t open[DR_JSON_MAX_DEPTH];
  dr_error *err;
} reader;

#define BYTES_A_TOKEN 10 /* of replies of the API, without blanks; no less than most have */

/* Eight bytes as a number whose low byte is the first. */
static inline uint64_t load(const char *p) {
  uint64_t word;
  memcpy(&word, p, sizeof word);
  return le64toh(word);
}

static inline int is_special(unsigned char c) {
  return c < ' ' || c == '"' || c == '\\' || c >= 0x80;
}

/* The first byte that is not plain; the end is none. */
static inline const char *plain(const char *p, const char *end) {
  for (; end - p >= 8; p += 8) {
    uint64_t found = DR_NOT_PLAIN(load(p)) & DR_EACH_BYTE(0x80);
    if (found) return p + __builtin_ctzll(found) / 8;
  }
  while (!is_special((unsigned char)*p)) p++;
  return p;
}

static inline int is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static const char *behind_blanks(const char *p, const char *end) {
  while (is_blank(*p)) {
    p++;
    while (end - p >= 8 && load(p) == DR_EACH_BYTE(' ')) p += 8;
  }
  return p;
}

/* The first byte that is not blank. */
static inline const char *blanks(const char *p, const char *end) {
  return (unsigned char)*p > ' ' ? p : behind_blanks(p, end);
}

static inline int is_digit(const char *p) {
  return (unsigned char)(*p - '0') < 10;
}

/* Sets the error and returns NULL: the scanners' "no further". */
static const char *fail(reader *r, const char *at, const char *expected) {
  dr_error_set(r->err, DR_KIND_PROTOCOL, "byte %zu: %s expected%s", (size_t)(at - r->text),
               expected, at == r->end ? ", but the text ends" : "");
  return NULL;
}

size_t dr_json_expected(size_t len) {
  return len / BYTES_A_TOKEN + 1;
}

static int grow(reader *r) {
  size_t more = r->count ? 1 : dr_json_expected((size_t)(r->end - r->text));
  if (more > r->index->max / sizeof(dr_token)) more = 1;
  if (r->count >= DR_JSON_MAX_VALUES) {
    dr_error_set(r->err, DR_KIND_LIMIT, "JSON text of more than %u values", (unsigned)r->count);
    return 0;
  }
  r->index->len = r->count * sizeof(dr_token);
  if (dr_buffer_reserve(r->index, more * sizeof(dr_token)) == NULL) {
    int limit = r->index->fault == DR_FAULT_LIMIT;
    dr_error_set(r->err, limit ? DR_KIND_LIMIT : DR_KIND_MEMORY,
                 limit ? "JSON text of more than %u values" : "no memory for more than %u values",
                 (unsigned)r->count);
    return 0;
  }
  size_t bytes = r->index->size < r->index->max ? r->index->size : r->index->max;
  r->tokens = (dr_token *)(void *)r->index->data;
  bytes /= sizeof(dr_token);
  r->capacity = bytes < DR_JSON_MAX_VALUES ? (uint32_t)bytes : DR_JSON_MAX_VALUES;
  return 1;
}

static inline int add(reader *r, const char *at, uint32_t mark, uint32_t span) {
  if (r->count == r->capacity && !grow(r)) return 0;
  r->tokens[r->count++] = (dr_token){(uint32_t)(at - r->text) | mark, span};
  return 1;
}

/* {=== Scalars: p is on the first byte; return the byte behind the value, or NULL ===} */

/* p is on a byte that is not plain and not the closing quote. */
static const char *special(reader *r, const char *p) {
  if (p == r->end) return fail(r, p, "a closing quote");
  if ((unsigned char)*p < ' ') return fail(r, p, "an escape in place of a control byte");
  size_t left = (size_t)(r->end - p), n;
  if (*p != '\\')
    n = dr_utf8_char(p, left);
  else if (dr_json_escape(p, left, &n) < 0)
    return fail(r, p, "an escape of JSON, surrogates in pairs,");
  return n ? p + n : fail(r, p, "UTF-8");
}

/* p is on the first byte that is not plain. */
static const char *rest_of_string(reader *r, const char *quote, const char *p) {
  uint32_t escaped = 0;
  while (*p != '"') {
    if (*p == '\\') escaped = DR_TOKEN_MARK;
    p = special(r, p);
    if (p == NULL) return NULL;
    p = plain(p, r->end);
  }
  return add(r, quote, 0, (uint32_t)(p - quote - 1) | escaped) ? p + 1 : NULL;
}

static inline const char *string(reader *r, const char *quote) {
  const char *p = plain(quote + 1, r->end);
  if (*p != '"') return rest_of_string(r, quote, p);
  return add(r, quote, 0, (uint32_t)(p - quote - 1)) ? p + 1 : NULL;
}

static const char *digits(reader *r, const char *p) {
  if (!is_digit(p)) return fail(r, p, "a digit");
  while (is_digit(p)) p++;
  return p;
}

static const char *number(reader *r, const char *p) {
  const char *start = p;
  if (*p == '-') p++;
  p = *p == '0' ? p + 1 : digits(r, p);
  if (p != NULL && *p == '.') p = digits(r, p + 1);
  if (p != NULL && (*p == 'e' || *p == 'E')) {
    p++;
    if (*p == '+' || *p == '-') p++;
    p = digits(r, p);
  }
  return p != NULL && add(r, start, 0, (uint32_t)(p - start)) ? p : NULL;
}

static inline const char *word(reader *r, const char *p, const char *name, uint32_t len) {
  if (r->end - p < (ptrdiff_t)len || memcmp(p, name, len) != 0) return fail(r, p, "a value");
  return add(r, p, 0, len) ? p + len : NULL;
}

static inline const char *scalar(reader *r, const char *p) {
  if (*p == '"') return string(r, p);
  switch (*p) {
  case 't':
    return word(r, p, "true", 4);
  case 'f':
    return word(r, p, "false", 5);
  case 'n':
    return word(r, p, "null", 4);
  default:
    return *p == '-' || is_digit(p) ? number(r, p) : fail(r, p, "a value");
  }
}

/* {=== Containers ===} */

static int open_container(reader *r, const char *p) {
  if (r->depth == DR_JSON_MAX_DEPTH) {
    dr_error_set(r->err, DR_KIND_LIMIT, "byte %zu: deeper than %d arrays and objects",
                 (size_t)(p - r->text), DR_JSON_MAX_DEPTH);
    return 0;
  }
  if (r->containers++ == DR_JSON_MAX_CONTAINERS) {
    dr_error_set(r->err, DR_KIND_LIMIT, "byte %zu: more than %u arrays and objects",
                 (size_t)(p - r->text), DR_JSON_MAX_CONTAINERS);
    return 0;
  }
  if (!add(r, p, DR_TOKEN_MARK, 0)) return 0;
  r->open[r->depth++] = (r->count - 1) * 2 + (*p == '{');
  return 1;
}

static inline int in_object(const reader *r) {
  return (int)(r->open[r->depth - 1] & 1);
}

static inline void close_container(reader *r) {
  uint32_t token = r->open[--r->depth] / 2;
  r->tokens[token].span = r->count - token;
}

static inline int is_closer(const reader *r, const char *p) {
  return *p == (in_object(r) ? '}' : ']');
}

/* Key and colon; the byte where the value begins. */
static inline const char *key(reader *r, const char *p, const char *expected) {
  if (*p != '"') return fail(r, p, expected);
  p = string(r, p);
  if (p == NULL) return NULL;
  p = blanks(p, r->end);
  return *p == ':' ? blanks(p + 1, r->end) : fail(r, p, "a colon");
}

/* Behind a value: closes what ends here, passes the comma and the next key. Returns the byte where
   the next value begins, or the one behind the whole value (depth 0). */
static inline const char *behind(reader *r, const char *p) {
  while (r->depth > 0) {
    p = blanks(p, r->end);
    if (*p == ',') {
      p = blanks(p + 1, r->end);
      return in_object(r) ? key(r, p, "a key") : p;
    }
    if (!is_closer(r, p)) return fail(r, p, in_object(r) ? "a comma or }" : "a comma or ]");
    close_container(r);
    p++;
  }
  return p;
}

/* From the first byte of the outermost value to the one behind it. */
static const char *value(reader *r, const char *p) {
  do {
    if (*p == '{' || *p == '[') {
      if (!open_container(r, p)) return NULL;
      p = blanks(p + 1, r->end);
      if (!is_closer(r, p)) {
        if (in_object(r)) p = key(r, p, "a key or }");
        continue;
      }
    } else {
      p = scalar(r, p);
    }
    if (p != NULL) p = behind(r, p);
  } while (p != NULL && r->depth > 0);
  return p;
}

dr_kind dr_json_parse(const char *text, size_t len, dr_buffer *index, dr_json *out, dr_error *err) {
  dr_buffer_clear(index);
  if (len > DR_JSON_MAX_TEXT)
    return dr_error_set(err, DR_KIND_LIMIT, "JSON text of %zu bytes, more than %u", len,
                        DR_JSON_MAX_TEXT);
  reader r = {.text = text, .end = text + len, .index = index, .err = err};
  const char *p = value(&r, blanks(text, r.end));
  index->len = r.count * sizeof(dr_token);
  if (p != NULL) p = blanks(p, r.end);
  if (p != NULL && p < r.end) p = fail(&r, p, "the end");
  if (p == NULL) return err->kind;
  *out = (dr_json){text, len, r.tokens, r.count};
  return DR_KIND_NONE;
}
