/* transfer.c: every option of an easy handle, and its callbacks with their caps. */
#include "transfer.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <string.h>

#include <curl/curl.h>

#include "url.h"

_Static_assert(sizeof((dr_wire){0}.detail) >= CURL_ERROR_SIZE, "room for libcurl's words");

#define DR_EXPECTED_MAX (1 << 20) /* bytes of memory that a server gets for a promise */

#define TRY(call)                                                                                  \
  do {                                                                                             \
    CURLcode code_ = (call);                                                                       \
    if (code_ != CURLE_OK) return code_;                                                           \
  } while (0)

/* {=== Options ===} */

/* libcurl takes an int. */
static long in_range(int64_t ms) {
  return ms < INT_MAX ? (long)ms : INT_MAX;
}

/* Cookies, HSTS, alt-svc and authentication of libcurl's own are off unless asked for. */
static const struct {
  CURLoption option;
  long value;
} fixed_options[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_QUICK_EXIT, 1}, /* a hanging look-up is left behind: needs a library never unmapped */
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_HEADEROPT, CURLHEADER_SEPARATE}, /* our headers never go into a CONNECT */
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_PATH_AS_IS, 1},
    {CURLOPT_PIPEWAIT, 1},
    {CURLOPT_TCP_KEEPALIVE, 1},
    {CURLOPT_LOW_SPEED_LIMIT, 1},
    {CURLOPT_LOW_SPEED_TIME, DR_STALL_SECONDS},
    {CURLOPT_NOPROGRESS, 0},
};

static CURLcode set_fixed(CURL *easy) {
  for (size_t i = 0; i < sizeof fixed_options / sizeof *fixed_options; i++)
    TRY(curl_easy_setopt(easy, fixed_options[i].option, fixed_options[i].value));
  return curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
}

static int is_plain(const char *address) {
  return strncmp(address, "http://", 7) == 0;
}

int dr_transfer_is_plain(const dr_request *r) {
  return is_plain(r->url.data);
}

/* Plain http speaks HTTP/1.1 only: there is nothing to wait for before opening the second
   connection. It never goes through a proxy, which would read the token. */
static CURLcode set_plain(CURL *easy) {
  TRY(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http"));
  TRY(curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http"));
  TRY(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1));
  TRY(curl_easy_setopt(easy, CURLOPT_PROXY, ""));
  return curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
}

/* One trust store for the server and for a proxy that is spoken to with TLS. The proxy's
   certificate is always checked: it gets the proxy's password. */
static CURLcode set_tls(CURL *easy, const dr_transfer_options *o) {
  TRY(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https"));
  TRY(curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https"));
  TRY(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS));
  TRY(curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
  TRY(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, o->ssl_verify ? 1L : 0L));
  TRY(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, o->ssl_verify ? 2L : 0L));
  if (o->proxy != NULL) TRY(curl_easy_setopt(easy, CURLOPT_PROXY, o->proxy));
  TRY(curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
  if (o->ca_file == NULL && o->ca_path == NULL) return CURLE_OK;
  TRY(curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca_file));
  TRY(curl_easy_setopt(easy, CURLOPT_CAPATH, o->ca_path));
  TRY(curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, o->ca_file));
  return curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, o->ca_path);
}

/* Without a body a POST, PUT or PATCH says Content-Length: 0. */
static int sends_body(const dr_request *r) {
  return r->has_body || r->method[0] == 'P';
}

/* The body is not copied: it outlives the transfer. */
static CURLcode set_method(CURL *easy, const dr_request *r) {
  int sends = sends_body(r);
  if (sends) {
    size_t len = r->has_body ? r->body.len : 0;
    TRY(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len));
    TRY(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, len > 0 ? r->body.data : ""));
  } else {
    TRY(curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L));
  }
  int usual = strcmp(r->method, sends ? "POST" : "GET") == 0;
  return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, usual ? NULL : r->method);
}

/* The lines of a request and, behind them, its copy of the token, in one block of ours: it is
   wiped when the attempt is over, and the pool's token may change before. */
struct dr_header_lines {
  size_t size; /* of the block */
  struct curl_slist line[5];
  char authorization[];
};

static struct dr_header_lines *new_lines(dr_request *r, const char *authorization) {
  size_t token = authorization != NULL ? strlen(authorization) + 1 : 0;
  size_t size = sizeof(struct dr_header_lines) + token;
  struct dr_header_lines *h = dr_mem_new(r->url.mem, size);
  if (h == NULL) return NULL;
  h->size = size;
  if (token) memcpy(h->authorization, authorization, token);
  return h;
}

/* libcurl only reads the list. */
static void link_lines(struct curl_slist *line, const char *const *texts) {
  for (; *texts != NULL; texts++, line++)
    *line = (struct curl_slist){(char *)(uintptr_t)*texts, texts[1] != NULL ? line + 1 : NULL};
}

/* A name without a value takes libcurl's own line away. The user agent goes out among our lines,
   since libcurl formats its own twice. */
static CURLcode set_headers(CURL *easy, dr_request *r, const dr_transfer_options *o) {
  struct dr_header_lines *h = new_lines(r, o->authorization);
  r->wire->header_lines = h;
  r->no_memory = h == NULL;
  if (h == NULL) return CURLE_OUT_OF_MEMORY;
  const char *text[6] = {"Accept: application/json", o->user_agent};
  size_t n = 2;
  if (o->authorization != NULL) text[n++] = h->authorization;
  if (sends_body(r)) {
    text[n++] = r->has_body ? "Content-Type: application/json" : "Content-Type:";
    text[n++] = "Expect:";
  }
  link_lines(h->line, text);
  return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, h->line);
}

/* Whether the reply's headers, or the words of a failure, hold a secret. */
static int is_echoed(const dr_request *r, const dr_secrets *secrets) {
  size_t len = r->reply.len < DR_WORDS_MAX ? r->reply.len : DR_WORDS_MAX;
  return dr_secrets_in(secrets, r->headers.data, r->headers.len) ||
         (r->status >= 300 && dr_secrets_in(secrets, r->reply.data, len));
}

static void wipe_headers(dr_request *r, const dr_transfer_options *o) {
  struct dr_header_lines *h = r->wire->header_lines;
  if (h == NULL) return;
  size_t size = h->size;
  r->echoed = is_echoed(r, o->secrets);
  explicit_bzero(h, size);
  dr_mem_free(r->url.mem, h, size);
  r->wire->header_lines = NULL;
}

/* {=== Callbacks: they store bytes and reasons, nothing else ===} */

/* Room for all that is announced, within reason, so that a page is not copied while it grows. */
static void expect_body(dr_request *r, size_t n) {
  curl_off_t length = 0;
  if (curl_easy_getinfo(r->wire->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) != CURLE_OK)
    return;
  size_t all = length > DR_EXPECTED_MAX ? DR_EXPECTED_MAX : length > 0 ? (size_t)length : 0;
  if (all > n && all <= r->reply.max) (void)dr_buffer_reserve(&r->reply, all);
}

static size_t on_body(char *bytes, size_t one, size_t n, void *ud) {
  dr_request *r = ud;
  (void)one;
  if (r->reply.len == 0) expect_body(r, n);
  return dr_buffer_add(&r->reply, bytes, n) ? 0 : n;
}

/* libcurl 8 takes 20000 for 200. */
static int has_three_digits(const char *line, size_t n) {
  const char *at = memchr(line, ' ', n), *end = line + n;
  int digits = 0;
  while (at != NULL && at < end && *at == ' ') at++;
  for (; at != NULL && at < end && isdigit((unsigned char)*at); at++) digits++;
  return digits == 3;
}

/* Only the last block is kept: a status line begins a new one. */
static size_t on_header(char *line, size_t one, size_t n, void *ud) {
  dr_request *r = ud;
  (void)one;
  r->wire->header_bytes += n;
  if (r->wire->header_bytes > DR_HEADERS_MAX) return 0;
  r->wire->head_done |= n <= 2; /* the empty line at its end */
  if (n <= 2) return n;
  if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) {
    dr_buffer_clear(&r->headers);
    r->wire->head_done = 0;
    if (!has_three_digits(line, n)) r->wire->flaw = "its status has not three digits";
  } else if (r->headers.len == 0 && (*line == ' ' || *line == '\t')) {
    r->wire->flaw = "its first header goes on from nowhere"; /* libcurl 8 takes it */
  } else if (dr_buffer_add(&r->headers, line, n)) {
    return 0;
  }
  return r->wire->flaw != NULL ? 0 : n;
}

/* Compressed bytes count, too: some decode to nothing. */
static int on_progress(void *ud, curl_off_t all, curl_off_t got, curl_off_t up_all, curl_off_t up) {
  dr_request *r = ud;
  (void)all, (void)up_all, (void)up;
  r->wire->over_cap = got > 0 && (size_t)got > r->reply.max;
  return r->wire->over_cap;
}

/* Called when the request is about to be written; once more when a reused connection died without a
   reply, although the server may have acted: only a safe one that may be repeated does that. */
static int on_write(void *ud, char *peer, char *own, int peer_port, int own_port) {
  dr_request *r = ud;
  (void)peer, (void)own, (void)peer_port, (void)own_port;
  int anew = r->retry == DR_RETRY_SAFE && !r->once;
  return ++r->wire->written == 1 || anew ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static CURLcode set_callbacks(CURL *easy) {
  TRY(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body));
  TRY(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header));
  TRY(curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress));
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_write);
}

/* What a handle knows of one request; NULL: nothing. */
static CURLcode set_owner(CURL *easy, dr_request *r) {
  TRY(curl_easy_setopt(easy, CURLOPT_PRIVATE, r));
  TRY(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, r ? r->wire->detail : NULL));
  TRY(curl_easy_setopt(easy, CURLOPT_WRITEDATA, r));
  TRY(curl_easy_setopt(easy, CURLOPT_HEADERDATA, r));
  TRY(curl_easy_setopt(easy, CURLOPT_XFERINFODATA, r));
  return curl_easy_setopt(easy, CURLOPT_PREREQDATA, r);
}

/* {=== Opening and closing ===} */

/* libcurl's limit comes after the pool's own deadline, whichever clock it reads. */
static long after_ours(int64_t remaining) {
  return in_range(remaining + remaining / 64 + 10);
}

/* The base is parsed once, and every request goes to its origin: given an address as text, libcurl
   takes it apart and puts it together anew for each, byte by byte, a tenth of a whole GET. */
static CURLcode set_origin(CURL *easy, dr_transfer_options *o) {
  if (o->origin == NULL) {
    CURLU *origin = curl_url();
    CURLUcode code =
        origin != NULL ? curl_url_set(origin, CURLUPART_URL, o->base, 0) : CURLUE_OUT_OF_MEMORY;
    if (code != CURLUE_OK) {
      curl_url_cleanup(origin);
      return code == CURLUE_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_URL_MALFORMAT;
    }
    o->origin = origin;
  }
  return curl_easy_setopt(easy, CURLOPT_CURLU, o->origin);
}

/* What all requests of a pool share. */
static CURLcode set_shared(CURL *easy, dr_transfer_options *o) {
  TRY(set_fixed(easy));
  TRY(set_origin(easy, o));
  TRY(is_plain(o->base) ? set_plain(easy) : set_tls(easy, o));
  TRY(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, in_range(o->connect_timeout)));
  return set_callbacks(easy);
}

/* Path and query of the address, behind its origin. */
static const char *target_of(const dr_request *r) {
  const char *host = strstr(r->url.data, "://") + 3;
  return host + strcspn(host, "/");
}

/* Sets all that another request may have set otherwise. */
static CURLcode set_request(dr_request *r, const dr_transfer_options *o, int64_t remaining) {
  CURL *easy = r->wire->easy;
  TRY(curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, target_of(r)));
  TRY(set_method(easy, r));
  TRY(set_headers(easy, r, o));
  TRY(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, remaining > 0 ? after_ours(remaining) : 0L));
  return set_owner(easy, r);
}

static void forget_attempt(dr_request *r) {
  dr_error_clear(&r->error);
  dr_buffer_clear(&r->reply);
  dr_buffer_clear(&r->headers);
  r->status = 0;
  r->retry_after = -1;
  r->wire->header_bytes = 0;
  r->wire->written = 0;
  r->wire->sent_whole = r->wire->refused = r->wire->head_done = r->wire->over_cap = r->echoed = 0;
  r->wire->flaw = NULL;
  r->wire->detail[0] = '\0';
}

dr_kind dr_transfer_open(dr_request *r, dr_transfer_options *o, int64_t remaining) {
  forget_attempt(r);
  r->no_memory = dr_buffer_cstr(&r->url) == NULL || r->body.fault;
  CURLcode code = CURLE_OUT_OF_MEMORY;
  if (r->no_memory)
    return dr_error_set(&r->error, DR_KIND_MEMORY, "no memory to start the request");
  if (o->spares > 0) {
    r->wire->easy = o->spare[--o->spares];
    code = CURLE_OK;
  } else if (((r->wire->easy = curl_easy_init()) != NULL)) {
    code = set_shared(r->wire->easy, o);
  }
  if (code == CURLE_OK) code = set_request(r, o, remaining);
  if (code == CURLE_OK) return DR_KIND_NONE;
  dr_transfer_close(r, o);
  if (code == CURLE_OUT_OF_MEMORY)
    return dr_error_set(&r->error, DR_KIND_MEMORY, "no memory to start the request");
  return dr_error_set(&r->error, DR_KIND_TRANSPORT, "libcurl refused an option: %s",
                      curl_easy_strerror(code));
}

void dr_transfer_keep(dr_request *r, dr_transfer_options *o) {
  CURL *easy = r->wire->easy;
  if (o->spares == DR_SPARES_MAX || set_owner(easy, NULL) ||
      curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL) ||
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL))
    return;
  o->spare[o->spares++] = easy;
  r->wire->easy = NULL;
}

void dr_transfer_end(dr_transfer_options *o) {
  while (o->spares > 0) curl_easy_cleanup(o->spare[--o->spares]);
  curl_url_cleanup(o->origin);
  o->origin = NULL;
}

void dr_transfer_close(dr_request *r, const dr_transfer_options *o) {
  if (r->wire->easy != NULL) curl_easy_cleanup(r->wire->easy);
  r->wire->easy = NULL;
  wipe_headers(r, o);
}

/* {=== The trust store ===} */

/* As `openssl rehash` names them: eight hexadecimal digits, a dot, a digit. */
static int is_hash_name(const char *name) {
  return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
         isdigit((unsigned char)name[9]) && name[10] == '\0';
}

static int is_hashed(const char *folder) {
  DIR *dir = opendir(folder);
  if (dir == NULL) return 0;
  const struct dirent *entry;
  int found = 0;
  while (!found && ((entry = readdir(dir)) != NULL)) found = is_hash_name(entry->d_name);
  closedir(dir);
  return found;
}

/* With both a file and a folder libcurl parses the whole file anew for every connection. Of a
   hashed folder OpenSSL reads the one certificate that it needs; GnuTLS reads all of it. */
void dr_transfer_trust(dr_transfer_options *o, const char *ca_file) {
  o->ca_file = ca_file;
  o->ca_path = NULL;
  o->ca_given = ca_file != NULL;
  if (ca_file != NULL || is_plain(o->base))
    return; /* asking libcurl costs 0.6 MB: it asks its libraries */
  const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
  int openssl = v->ssl_version != NULL && strncmp(v->ssl_version, "OpenSSL/", 8) == 0;
  if (v->capath != NULL && (v->cainfo == NULL || (openssl && is_hashed(v->capath))))
    o->ca_path = v->capath;
  else
    o->ca_file = v->cainfo;
}
