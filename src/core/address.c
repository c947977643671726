/* address.c: addresses below the endpoint, put together. */
#include "address.h"

#include <string.h>
#include <strings.h>

size_t dr_url_scheme(const char *s, size_t len) {
  static const char allowed[] = "+-.0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  size_t n = 0;
  while (n < len && memchr(allowed, s[n], sizeof allowed - 1) != NULL) n++;
  return n > 0 && n < len && s[n] == ':' ? n + 1 : 0;
}

/* The path's next character with its percent-encoding resolved as far as segments go. */
static char segment_char(const char **p, const char *end) {
  static const struct {
    const char *code;
    char c;
  } codes[] = {{"%2e", '.'}, {"%2f", '/'}, {"%5c", '/'}};
  for (size_t i = 0; end - *p >= 3 && i < sizeof codes / sizeof *codes; i++) {
    if (strncasecmp(*p, codes[i].code, 3) != 0) continue;
    *p += 3;
    return codes[i].c;
  }
  return *(*p)++;
}

/* Whether a segment of the path is "." or "..", which servers and libcurl would resolve. */
static int has_dots(const char *p, size_t len) {
  const char *end = p + len;
  int dots = 0; /* of a segment that has nothing else; -1: it has */
  while (p < end && *p != '?' && *p != '#') {
    char c = segment_char(&p, end);
    if (c == '/') {
      if (dots == 1 || dots == 2) return 1;
      dots = 0;
    } else {
      dots = c == '.' && dots >= 0 ? dots + 1 : -1;
    }
  }
  return dots == 1 || dots == 2;
}

const char *dr_url_unfit(const char *s, size_t len, int ascii) {
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)s[i];
    if (c <= ' ' || c == 0x7F) return "blanks and control bytes are not allowed";
    if (c > 0x7F && ascii) return "other than ASCII must be percent-encoded";
    if (c == '\\') return "backslashes are not allowed";
  }
  return has_dots(s, len) ? "the segments . and .. are not allowed" : NULL;
}

dr_kind dr_url_finish(dr_buffer *b, dr_error *err) {
  if (b->fault == DR_FAULT_LIMIT)
    return dr_error_set(err, DR_KIND_LIMIT, "address longer than %zu bytes", b->max);
  if (b->fault) return dr_error_set(err, DR_KIND_MEMORY, "no memory for an address");
  return DR_KIND_NONE;
}

static int is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

/* Percent-encoding straight into the buffer: curl_easy_escape would bring a second allocator. */
static void add_escaped(dr_buffer *out, const char *s, size_t len) {
  static const char digits[] = "0123456789ABCDEF";
  for (size_t i = 0, n; i < len; i += n + 1) {
    for (n = 0; i + n < len && is_unreserved(s[i + n]);) n++;
    dr_buffer_add(out, s + i, n);
    if (i + n == len) return;
    unsigned char c = (unsigned char)s[i + n];
    dr_buffer_add(out, (char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
  }
}

dr_fault dr_url_path(dr_buffer *out, const char *base, const char *path, const char *const *ids) {
  dr_buffer_adds(out, base);
  dr_buffer_addc(out, '/');
  for (const char *hole; (hole = strstr(path, "{}")) != NULL; path = hole + 2, ids++) {
    dr_buffer_add(out, path, (size_t)(hole - path));
    add_escaped(out, *ids, strlen(*ids));
  }
  return dr_buffer_adds(out, path);
}

dr_fault dr_url_query(dr_buffer *out, const char *name, size_t nlen, const char *value,
                      size_t vlen) {
  dr_buffer_addc(out, out->len && memchr(out->data, '?', out->len) != NULL ? '&' : '?');
  add_escaped(out, name, nlen);
  dr_buffer_addc(out, '=');
  add_escaped(out, value, vlen);
  return out->fault;
}

dr_kind dr_url_raw(dr_buffer *out, const char *base, const char *path, size_t len, dr_error *err) {
  const char *why = dr_url_unfit(path, len, 1);
  int slash = len > 0 && path[0] == '/';
  if (dr_url_scheme(path, len) || (slash && len > 1 && path[1] == '/'))
    why = "a path below the endpoint expected, not a whole address";
  else if (len && memchr(path, '#', len) != NULL)
    why = "a fragment is not allowed";
  if (why != NULL) return dr_error_set(err, DR_KIND_VALIDATION, "path: %s", why);
  dr_buffer_adds(out, base);
  if (!slash) dr_buffer_addc(out, '/');
  dr_buffer_add(out, path, len);
  return dr_url_finish(out, err);
}
