/* secret.c: secrets, and whether a text shows one of them, in whatever form. */
#include "secret.h"

#include <stdint.h>
#include <string.h>

#define SHORTEST 8
#define MOST 32  /* secrets; a token function may give a new one for each call */
#define FORMS 4  /* itself; base64 behind 0, 1 and 2 other bytes */
#define LAYERS 2 /* escapes within escapes */
#define ENTITY 8 /* letters or digits of the longest that is read */

/* What a byte of a text may be. */
enum { FIRST = 1, SECOND = 2, ESCAPE = 4 };

typedef struct dr_secret {
  struct dr_secret *older;
  size_t size; /* of the block */
  size_t len[FORMS];
  unsigned char
      may[256]; /* FIRST, SECOND: the bytes that a form of it, escaped or not, may begin with */
  char text[];  /* the forms, one behind the other */
} dr_secret;

/* {=== Keeping ===} */

/* The digits of base64 that the secret alone decides when so many bytes stand before it. */
static size_t put_base64(char *out, const char *secret, size_t len, size_t before) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t n = 0;
  for (size_t bit = (6 - before * 8 % 6) % 6; bit + 6 <= len * 8; bit += 6) {
    const unsigned char *at = (const unsigned char *)secret + bit / 8;
    unsigned two = (unsigned)at[0] << 8 | (bit / 8 + 1 < len ? at[1] : 0);
    out[n++] = digits[two >> (10 - bit % 8) & 63];
  }
  return n;
}

static void mark(unsigned char *may, char c, unsigned char place) {
  may[(unsigned char)c] |= place;
  if (c == ' ') may['+'] |= place;
  if (c == '+') may['-'] |= place;
  if (c == '/') may['_'] |= place;
}

/* Marks the bytes that may be the first two of a form of the secret, escaped or not. What is
   behind an escape may be anything. */
static void mark_starts(dr_secret *x) {
  const char *form = x->text;
  memset(x->may, 0, sizeof x->may);
  x->may['%'] = x->may['\\'] = x->may['&'] = FIRST | SECOND | ESCAPE;
  for (int i = 0; i < FORMS; form += x->len[i++]) {
    mark(x->may, form[0], FIRST);
    mark(x->may, form[1], SECOND);
  }
}

static dr_secret *new_secret(dr_memory mem, const char *text, size_t len) {
  size_t size = sizeof(dr_secret) + len + 3 * (len * 4 / 3 + 1);
  dr_secret *x = dr_mem_new(mem, size);
  if (x == NULL) return NULL;
  x->older = NULL;
  x->size = size;
  x->len[0] = len;
  char *at = memcpy(x->text, text, len);
  at += len;
  for (size_t form = 1; form < FORMS; form++) {
    x->len[form] = put_base64(at, text, len, form - 1);
    at += x->len[form];
  }
  mark_starts(x);
  return x;
}

/* Ends the chain at *from. */
static void forget(dr_memory mem, dr_secret **from) {
  dr_secret *x = *from, *older;
  *from = NULL;
  for (; x != NULL; x = older) {
    size_t size = x->size;
    older = x->older;
    explicit_bzero(x, size);
    dr_mem_free(mem, x, size);
  }
}

dr_fault dr_secrets_add(dr_secrets *s, const char *text, size_t len) {
  unsigned n = 1;
  if (len < SHORTEST) return DR_FAULT_NONE;
  for (dr_secret *x = s->latest; x != NULL; x = x->older) {
    if (x->len[0] == len && memcmp(x->text, text, len) == 0) return DR_FAULT_NONE;
    if (++n == MOST) forget(s->mem, &x->older);
  }
  dr_secret *made = new_secret(s->mem, text, len);
  if (made == NULL) return DR_FAULT_MEMORY;
  made->older = s->latest;
  s->latest = made;
  return DR_FAULT_NONE;
}

void dr_secrets_wipe(dr_secrets *s) {
  forget(s->mem, &s->latest);
}

/* {=== Reading a text in which characters may be escaped ===} */

/* A character past ASCII that an escape gave, not a byte. */
#define COOKED 0x1000000

static int32_t character(const char **at, const char *end, int layers);

static int hex_digit(int32_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int32_t hex(const char **at, const char *end, int layers, int digits) {
  int32_t value = 0;
  while (digits-- > 0) {
    int digit = hex_digit(character(at, end, layers));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

static int32_t cook(int32_t c) {
  return c < 0x80 ? c : c | COOKED;
}

/* Behind a backslash. */
static int32_t backslashed(const char **at, const char *end, int layers) {
  int32_t c = character(at, end, layers);
  if (c == 'u') return cook(hex(at, end, layers, 4));
  if (c == 'x') return hex(at, end, layers, 2);
  int letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
  return c <= ' ' || c >= 0x7F || letter || (c >= '0' && c <= '9') ? -1 : c;
}

/* The number of an entity of HTML, "x26" or "38", else its name's character. */
static int32_t entity_of(const char *s) {
  static const char names[] = "amp;lt;gt;quot;apos;", meant[] = "&<>\"'";
  int32_t value = 0;
  int base = 10;
  if (*s != '#') {
    const char *found = *s ? strstr(names, s) : NULL;
    size_t n = 0;
    if (found == NULL || (found > names && found[-1] != ';')) return -1;
    for (const char *p = names; p < found; p++) n += *p == ';';
    return meant[n];
  }
  if ((*++s | 0x20) == 'x') base = 16, s++;
  if (*s == ';') return -1;
  for (; *s != ';'; s++) {
    int digit = hex_digit(*s);
    if (digit < 0 || digit >= base) return -1;
    value = value * base + digit;
  }
  return value <= 0x10FFFF ? cook(value) : -1;
}

/* Behind an ampersand. */
static int32_t entity(const char **at, const char *end, int layers) {
  char text[ENTITY + 2];
  for (size_t n = 0; n < ENTITY; n++) {
    int32_t c = character(at, end, layers);
    if (c <= ' ' || c >= 0x7F) return -1;
    text[n] = (char)c;
    text[n + 1] = '\0';
    if (c == ';') return entity_of(text);
  }
  return -1;
}

/* The next character, and *at behind it; -1 at the end. What is no escape stands for itself. */
static int32_t character(const char **at, const char *end, int layers) {
  if (*at == end) return -1;
  if (layers == 0) return (unsigned char)*(*at)++;
  int32_t c = character(at, end, layers - 1), meant = -1;
  const char *behind = *at;
  if (c == '%')
    meant = hex(&behind, end, layers - 1, 2);
  else if (c == '\\')
    meant = backslashed(&behind, end, layers - 1);
  else if (c == '&')
    meant = entity(&behind, end, layers - 1);
  if (meant < 0) return c;
  *at = behind;
  return meant;
}

/* {=== Finding ===} */

/* How many bytes of the secret the character stands for; 0: it begins otherwise. */
static size_t agrees(int32_t c, const char *secret, size_t left, int base64) {
  unsigned char s = (unsigned char)*secret;
  if (c < 0) return 0;
  if (c < COOKED) {
    if (base64) return c == s || (c == '-' && s == '+') || (c == '_' && s == '/');
    return c == s || (c == '+' && s == ' ');
  }
  c &= ~COOKED;
  if (c == s) return 1; /* a byte that was taken for a character */
  size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  if (n > left) return 0;
  for (size_t i = n - 1; i > 0; i--, c >>= 6)
    if ((unsigned char)secret[i] != (0x80 | (c & 0x3F))) return 0;
  return s == (unsigned char)((0xF00 >> n) | c) ? n : 0;
}

static int begins(const char *at, const char *end, int layers, const char *secret, size_t len,
                  int base64) {
  size_t n;
  for (; len > 0; secret += n, len -= n) {
    n = agrees(character(&at, end, layers), secret, len, base64);
    if (n == 0) return 0;
  }
  return 1;
}

static int is_escape(char c) {
  return c == '%' || c == '\\' || c == '&';
}

/* Whether all agrees up to the first escape, which most texts do not: character by character, in
   each layer, only what may be the secret is read. */
static int may_begin(const char *at, const char *end, const char *secret, size_t len, int base64) {
  for (; len > 0 && at < end && !is_escape(*at); at++, secret++, len--)
    if (!agrees((unsigned char)*at, secret, len, base64)) return 0;
  return at < end || len == 0;
}

static int begins_any(const char *at, const char *end, const dr_secret *x) {
  const char *form = x->text;
  for (int i = 0; i < FORMS; form += x->len[i++]) {
    if (!may_begin(at, end, form, x->len[i], i > 0)) continue;
    for (int layers = 0; layers <= LAYERS; layers++)
      if (begins(at, end, layers, form, x->len[i], i > 0)) return 1;
  }
  return 0;
}

static int shows(const char *text, size_t len, const dr_secret *x) {
  for (const char *at = text, *end = text + len; (size_t)(end - at) >= SHORTEST; at++) {
    unsigned char first = x->may[(unsigned char)at[0]], second = x->may[(unsigned char)at[1]];
    if (!(first & FIRST) || !((first & ESCAPE) || (second & SECOND))) continue;
    if (begins_any(at, end, x)) return 1;
  }
  return 0;
}

int dr_secrets_in(const dr_secrets *s, const char *text, size_t len) {
  if (len < SHORTEST) return 0;
  for (const dr_secret *x = s->latest; x != NULL; x = x->older)
    if (shows(text, len, x)) return 1;
  return 0;
}

/* {=== Addresses ===} */

dr_fault dr_secrets_add_password(dr_secrets *s, const char *address) {
  const char *host = strstr(address, "://"), *start = host != NULL ? host + 3 : address;
  const char *at = strrchr(start, '@');
  const char *colon = at != NULL ? memchr(start, ':', (size_t)(at - start)) : NULL;
  if (colon == NULL) return DR_FAULT_NONE;
  dr_buffer plain;
  dr_buffer_init(&plain, s->mem, SIZE_MAX);
  if (dr_buffer_reserve(&plain, (size_t)(at - colon)) == NULL) return plain.fault;
  for (const char *p = colon + 1; p < at;) plain.data[plain.len++] = (char)character(&p, at, 1);
  dr_fault fault = dr_secrets_add(s, colon + 1, (size_t)(at - colon - 1));
  if (!fault) fault = dr_secrets_add(s, plain.data, plain.len);
  dr_buffer_wipe(&plain);
  return fault;
}
