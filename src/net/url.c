/* url.c: what libcurl makes of addresses: the endpoint, a proxy, and what belongs to the endpoint.
 */
#include "url.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "../core/address.h"

/* {=== Addresses as libcurl reads them ===} */

enum { SCHEME, HOST, PORT, PATH, QUERY, PARTS };

/* An absent query is NULL; port is always there. */
typedef struct address {
  CURLU *handle;
  char *part[PARTS];
} address;

/* Reads `text`, relative to `base` unless that is NULL: then it may name no user. To be closed also
   after a failure. */
static CURLUcode address_open(address *a, const char *base, const char *text) {
  static const CURLUPart names[PARTS] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT,
                                         CURLUPART_PATH, CURLUPART_QUERY};
  const unsigned flags = CURLU_PATH_AS_IS | (base != NULL ? 0 : CURLU_DISALLOW_USER);
  *a = (address){.handle = curl_url()};
  CURLUcode code = a->handle != NULL ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
  if (!code && base != NULL) code = curl_url_set(a->handle, CURLUPART_URL, base, flags);
  if (!code) code = curl_url_set(a->handle, CURLUPART_URL, text, flags);
  for (int i = 0; i < PARTS && !code; i++) {
    code = curl_url_get(a->handle, names[i], &a->part[i], CURLU_DEFAULT_PORT);
    if (code == CURLUE_NO_QUERY) code = CURLUE_OK;
  }
  return code;
}

static void address_close(address *a) {
  for (int i = 0; i < PARTS; i++) curl_free(a->part[i]);
  curl_url_cleanup(a->handle);
}

/* {=== Texts before libcurl sees them ===} */

static int is_http(const char *s, size_t len) {
  return (len >= 8 && strncasecmp(s, "https://", 8) == 0) ||
         (len >= 7 && strncasecmp(s, "http://", 7) == 0);
}

/* Whether a host stands behind the scheme, and as itself: libcurl would skip a third slash, and
   decode a name. */
static int has_plain_host(const char *s, size_t len) {
  size_t start = dr_url_scheme(s, len) + 2, n = start;
  while (n < len && s[n] != '/' && s[n] != '%') n++;
  return n > start && (n == len || s[n] == '/');
}

/* Whether a user name stands before the host. */
static int has_user(const char *s, size_t len) {
  size_t n = dr_url_scheme(s, len) + 2;
  while (n < len && s[n] != '/' && s[n] != '?' && s[n] != '#' && s[n] != '@') n++;
  return n < len && s[n] == '@';
}

static dr_kind refuse(dr_error *err, dr_kind kind, CURLUcode code, const char *what) {
  if (code == CURLUE_OUT_OF_MEMORY)
    return dr_error_set(err, DR_KIND_MEMORY, "no memory for an address");
  return dr_error_set(err, kind, "%s: %s", what, curl_url_strerror(code));
}

/* {=== The endpoint ===} */

/* 127.0.0.0/8, ::1 and localhost; libcurl has brought addresses to their usual form. */
static int is_loopback(const char *host) {
  struct in_addr ip;
  if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0) return 1;
  return inet_pton(AF_INET, host, &ip) == 1 && ntohl(ip.s_addr) >> 24 == 127;
}

static const char *refused_endpoint(const address *a, int allow_http) {
  if (strcmp(a->part[SCHEME], "http") == 0 && !allow_http && !is_loopback(a->part[HOST]))
    return "http would send the token unencrypted (allow_http = true permits it)";
  if (strstr(a->part[PATH], "//") != NULL) return "the path has an empty segment";
  const char *why = dr_url_unfit(a->part[HOST], strlen(a->part[HOST]), 0);
  return why != NULL ? why : dr_url_unfit(a->part[PATH], strlen(a->part[PATH]), 1);
}

static void put_base(dr_buffer *base, const address *a) {
  const char *path = a->part[PATH], *port = a->part[PORT];
  size_t len = strlen(path);
  while (len > 0 && path[len - 1] == '/') len--;
  for (char *c = a->part[HOST]; *c; c++)
    if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 0x20);
  dr_buffer_adds(base, a->part[SCHEME]);
  dr_buffer_adds(base, "://");
  dr_buffer_adds(base, a->part[HOST]);
  if (strcmp(port, strcmp(a->part[SCHEME], "https") == 0 ? "443" : "80") != 0) {
    dr_buffer_addc(base, ':');
    dr_buffer_adds(base, port);
  }
  if (len > 0)
    dr_buffer_add(base, path, len);
  else
    dr_buffer_adds(base, "/api/v2");
}

static dr_kind read_base(const char *text, int allow_http, dr_buffer *base, dr_error *err) {
  address a;
  CURLUcode code = address_open(&a, NULL, text);
  dr_kind kind;
  if (code) {
    kind = refuse(err, DR_KIND_CONFIG, code, "endpoint");
  } else {
    const char *why = refused_endpoint(&a, allow_http);
    if (why != NULL) {
      kind = dr_error_set(err, DR_KIND_CONFIG, "endpoint: %s", why);
    } else {
      put_base(base, &a);
      kind = dr_url_finish(base, err);
    }
  }
  address_close(&a);
  return kind;
}

dr_kind dr_url_base(const char *endpoint, size_t len, int allow_http, dr_buffer *base,
                    dr_error *err) {
  const char *why = dr_url_unfit(endpoint, len, 0);
  dr_buffer text;
  dr_buffer_clear(base);
  if (!is_http(endpoint, len))
    why = "https:// or http:// expected at its start";
  else if (has_user(endpoint, len))
    why = "a user name or password is not allowed; the token is an option of its own";
  else if (!has_plain_host(endpoint, len))
    why = "a host without % expected";
  else if (memchr(endpoint, '?', len) != NULL || memchr(endpoint, '#', len) != NULL)
    why = "a query or fragment is not allowed";
  if (why != NULL) return dr_error_set(err, DR_KIND_CONFIG, "endpoint: %s", why);
  dr_buffer_init(&text, base->mem, SIZE_MAX);
  dr_buffer_add(&text, endpoint, len);
  const char *s = dr_buffer_cstr(&text);
  dr_kind kind = s != NULL ? read_base(s, allow_http, base, err) : dr_url_finish(&text, err);
  dr_buffer_free(&text);
  return kind;
}

/* {=== A proxy ===} */

/* NULL when libcurl takes such a proxy. Behind a path it would look for a socket of this system. */
static const char *refused_proxy(const char *scheme, const char *path) {
  static const char *const known[] = {"http",   "https",   "socks4", "socks4a",
                                      "socks5", "socks5h", NULL};
  const char *const *at = known;
  while (*at != NULL && strcmp(*at, scheme) != 0) at++;
  if (*at == NULL) return "http, https, socks4, socks4a, socks5 or socks5h expected as its scheme";
  return strcmp(path, "/") == 0 || *path == '\0' ? NULL : "a path is not allowed";
}

/* Parsed as libcurl parses the option. The text may hold a password: it is not quoted. */
dr_kind dr_url_proxy(const char *proxy, dr_error *err) {
  char *scheme = NULL, *host = NULL, *path = NULL;
  const char *why = NULL;
  if (*proxy == '\0') return DR_KIND_NONE;
  CURLU *u = curl_url();
  CURLUcode code = u != NULL ? curl_url_set(u, CURLUPART_URL, proxy,
                                            CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME)
                             : CURLUE_OUT_OF_MEMORY;
  if (!code) code = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
  if (!code) code = curl_url_get(u, CURLUPART_HOST, &host, 0);
  if (!code) code = curl_url_get(u, CURLUPART_PATH, &path, 0);
  if (!code) why = refused_proxy(scheme, path);
  curl_free(scheme);
  curl_free(host);
  curl_free(path);
  curl_url_cleanup(u);
  if (code) return refuse(err, DR_KIND_CONFIG, code, "option 'proxy'");
  return why != NULL ? dr_error_set(err, DR_KIND_CONFIG, "option 'proxy': %s", why) : DR_KIND_NONE;
}

/* {=== Which addresses belong to the endpoint ===} */

/* The path of a normalised endpoint. */
static const char *base_path(const char *base) {
  const char *host = strstr(base, "://");
  return host != NULL ? host + 3 + strcspn(host + 3, "/") : base;
}

static int is_below(const char *path, const char *above) {
  size_t n = strlen(above);
  return strncmp(path, above, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* `text` holds "<base>/", NUL, target, NUL. Behind a proxy a server does not know how it is called:
   whatever the target names, the base's origin is asked. */
static dr_kind resolve(dr_buffer *out, const char *base, const char *text, dr_error *err) {
  address a;
  const char *path = base_path(base);
  CURLUcode code = address_open(&a, text, text + strlen(text) + 1);
  dr_kind kind;
  /* libcurl 7.88 forgets the base when memory fails it here; nothing else ends so. */
  if (code == CURLUE_BAD_SCHEME) code = CURLUE_OUT_OF_MEMORY;
  if (code) {
    kind = refuse(err, DR_KIND_PROTOCOL, code, "address in a reply");
  } else if (!is_below(a.part[PATH], path)) {
    kind = dr_error_set(err, DR_KIND_PROTOCOL, "the reply leads to %s, which is not below %s",
                        a.part[PATH], base);
  } else {
    dr_buffer_add(out, base, (size_t)(path - base));
    dr_buffer_adds(out, a.part[PATH]);
    if (a.part[QUERY] != NULL) dr_buffer_addc(out, '?');
    if (a.part[QUERY] != NULL) dr_buffer_adds(out, a.part[QUERY]);
    kind = dr_url_finish(out, err);
  }
  address_close(&a);
  return kind;
}

dr_kind dr_url_within(dr_buffer *out, const char *base, const char *target, size_t len,
                      dr_error *err) {
  const char *why = len ? dr_url_unfit(target, len, 1) : "it is empty";
  if (why == NULL && dr_url_scheme(target, len) && !is_http(target, len))
    why = "https or http expected";
  if (why != NULL) return dr_error_set(err, DR_KIND_PROTOCOL, "address in a reply: %s", why);
  dr_buffer text;
  dr_buffer_init(&text, out->mem, SIZE_MAX);
  dr_buffer_adds(&text, base);
  dr_buffer_add(&text, "/", 2);
  dr_buffer_add(&text, target, len);
  const char *s = dr_buffer_cstr(&text);
  dr_kind kind = s != NULL ? resolve(out, base, s, err) : dr_url_finish(&text, err);
  dr_buffer_free(&text);
  return kind;
}
