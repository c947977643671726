/* transfer.c: every option of an easy handle, and its callbacks with their caps. */
#include <ctype.h>
#include <dirent.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "transfer.h"
#include "url.h"

_Static_assert(sizeof((dr_request){0}.detail) >= CURL_ERROR_SIZE, "room for libcurl's words");

int64_t dr_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#define TRY(call)                                                                                  \
  do {                                                                                             \
    CURLcode code_ = (call);                                                                       \
    if (code_ != CURLE_OK) return code_;                                                           \
  } while (0)

/* {=== Options === */

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

int dr_transfer_is_plain(const dr_request *r) {
  return strncmp(r->url.data, "http://", 7) == 0;
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

static CURLcode set_tls(CURL *easy, const dr_transfer_options *o) {
  TRY(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https"));
  TRY(curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https"));
  TRY(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS));
  TRY(curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
  TRY(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, o->ssl_verify ? 1L : 0L));
  TRY(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, o->ssl_verify ? 2L : 0L));
  if (o->proxy) TRY(curl_easy_setopt(easy, CURLOPT_PROXY, o->proxy));
  if (!o->ca_file && !o->ca_path) return CURLE_OK;
  TRY(curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca_file));
  return curl_easy_setopt(easy, CURLOPT_CAPATH, o->ca_path);
}

/* The body is not copied: it outlives the handle. Without one a POST says Content-Length: 0. */
static CURLcode set_method(CURL *easy, const dr_request *r) {
  int post = strcmp(r->method, "POST") == 0;
  int sends =
      r->has_body || post || strcmp(r->method, "PATCH") == 0 || strcmp(r->method, "PUT") == 0;
  if (sends) {
    size_t len = r->has_body ? r->body.len : 0;
    TRY(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len));
    TRY(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, len > 0 ? r->body.data : ""));
  }
  if (sends ? post : strcmp(r->method, "GET") == 0) return CURLE_OK;
  return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static CURLcode add_header(dr_request *r, const char *line) {
  struct curl_slist *list = curl_slist_append(r->header_list, line);
  if (!list) return CURLE_OUT_OF_MEMORY;
  r->header_list = list;
  return CURLE_OK;
}

/* A name without a value takes libcurl's own line away. */
static CURLcode set_headers(CURL *easy, dr_request *r, const dr_transfer_options *o) {
  TRY(add_header(r, "Accept: application/json"));
  TRY(add_header(r, r->has_body ? "Content-Type: application/json" : "Content-Type:"));
  TRY(add_header(r, "Expect:"));
  if (o->authorization && dr_url_same_origin(o->base, r->url.data))
    TRY(add_header(r, o->authorization));
  TRY(curl_easy_setopt(easy, CURLOPT_USERAGENT, o->user_agent));
  return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, r->header_list);
}

/* === Callbacks ===: they store bytes and reasons, nothing else. */

static size_t on_body(char *bytes, size_t one, size_t n, void *ud) {
  dr_request *r = ud;
  (void)one;
  return dr_buffer_add(&r->reply, bytes, n) ? 0 : n;
}

/* Only the last block is kept: a status line begins a new one. */
static size_t on_header(char *line, size_t one, size_t n, void *ud) {
  dr_request *r = ud;
  (void)one;
  r->header_bytes += n;
  if (r->header_bytes > DR_HEADERS_MAX) return 0;
  r->head_done |= n <= 2; /* the empty line at its end */
  if (n <= 2) return n;
  if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) {
    dr_buffer_clear(&r->headers);
    r->head_done = 0;
    return n;
  }
  return dr_buffer_add(&r->headers, line, n) ? 0 : n;
}

/* Compressed bytes count, too: some decode to nothing. */
static int on_progress(void *ud, curl_off_t all, curl_off_t got, curl_off_t up_all, curl_off_t up) {
  dr_request *r = ud;
  (void)all, (void)up_all, (void)up;
  r->over_cap = got > 0 && (size_t)got > r->reply.max;
  return r->over_cap;
}

/* Called when a connection stands and the request is about to be written. libcurl comes back here
   when a reused connection died without a reply, and would write the request a second time,
   although the server may have acted on the first: only a safe one may do that. */
static int on_write(void *ud, char *peer, char *own, int peer_port, int own_port) {
  dr_request *r = ud;
  (void)peer, (void)own, (void)peer_port, (void)own_port;
  r->written++;
  return r->written == 1 || r->retry == DR_RETRY_SAFE ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static CURLcode set_callbacks(CURL *easy, dr_request *r) {
  TRY(curl_easy_setopt(easy, CURLOPT_PRIVATE, r));
  TRY(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, r->detail));
  TRY(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body));
  TRY(curl_easy_setopt(easy, CURLOPT_WRITEDATA, r));
  TRY(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header));
  TRY(curl_easy_setopt(easy, CURLOPT_HEADERDATA, r));
  TRY(curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress));
  TRY(curl_easy_setopt(easy, CURLOPT_XFERINFODATA, r));
  TRY(curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_write));
  return curl_easy_setopt(easy, CURLOPT_PREREQDATA, r);
}

/* === Opening and closing === */

static CURLcode configure(dr_request *r, const dr_transfer_options *o, int64_t remaining) {
  CURL *easy = r->easy;
  TRY(set_fixed(easy));
  TRY(curl_easy_setopt(easy, CURLOPT_URL, r->url.data));
  TRY(dr_transfer_is_plain(r) ? set_plain(easy) : set_tls(easy, o));
  TRY(set_method(easy, r));
  TRY(set_headers(easy, r, o));
  TRY(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout));
  if (remaining > 0) TRY(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)remaining));
  return set_callbacks(easy, r);
}

static void forget_attempt(dr_request *r) {
  dr_error_clear(&r->error);
  dr_buffer_clear(&r->reply);
  dr_buffer_clear(&r->headers);
  r->status = 0;
  r->retry_after = -1;
  r->header_bytes = 0;
  r->written = 0;
  r->sent_whole = r->refused = r->head_done = r->over_cap = 0;
  r->detail[0] = '\0';
}

dr_kind dr_transfer_open(dr_request *r, const dr_transfer_options *o, int64_t remaining) {
  forget_attempt(r);
  r->no_memory = !dr_buffer_cstr(&r->url) || r->body.fault;
  if (r->no_memory || !(r->easy = curl_easy_init()))
    return dr_error_set(&r->error, DR_KIND_MEMORY, "no memory to start the request");
  CURLcode code = configure(r, o, remaining);
  if (code == CURLE_OK) return DR_KIND_NONE;
  dr_transfer_close(r);
  return dr_error_set(&r->error, code == CURLE_OUT_OF_MEMORY ? DR_KIND_MEMORY : DR_KIND_TRANSPORT,
                      "libcurl refused an option: %s", curl_easy_strerror(code));
}

void dr_transfer_close(dr_request *r) {
  if (r->easy) curl_easy_cleanup(r->easy);
  r->easy = NULL;
  for (struct curl_slist *line = r->header_list; line; line = line->next)
    explicit_bzero(line->data, strlen(line->data));
  curl_slist_free_all(r->header_list);
  r->header_list = NULL;
}

/* === The trust store === */

/* As `openssl rehash` names them: eight hexadecimal digits, a dot, a digit. */
static int is_hash_name(const char *name) {
  return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
         isdigit((unsigned char)name[9]) && name[10] == '\0';
}

static int is_hashed(const char *folder) {
  DIR *dir = opendir(folder);
  if (!dir) return 0;
  const struct dirent *entry;
  int found = 0;
  while (!found && (entry = readdir(dir))) found = is_hash_name(entry->d_name);
  closedir(dir);
  return found;
}

/* With both a file and a folder libcurl parses the whole file anew for every connection. Of a
   hashed folder OpenSSL reads the one certificate that it needs; GnuTLS reads all of it. */
void dr_transfer_trust(dr_transfer_options *o, const char *ca_file) {
  const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
  int openssl = v->ssl_version && strncmp(v->ssl_version, "OpenSSL/", 8) == 0;
  o->ca_file = ca_file;
  o->ca_path = NULL;
  if (ca_file) return;
  if (v->capath && (!v->cainfo || (openssl && is_hashed(v->capath))))
    o->ca_path = v->capath;
  else
    o->ca_file = v->cainfo;
}

/* }=== */
