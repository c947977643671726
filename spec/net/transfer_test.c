/* transfer_test.c: what a transfer does when libcurl refuses any one of its options, and its
   callbacks on heads that no server of the suite sends, and which trust store it takes. libcurl's
   functions are stood in for, and call libcurl. */
#define _GNU_SOURCE
#define CURL_DISABLE_TYPECHECK 1
#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>

#include "../../src/core/address.h"
#include "../../src/net/transfer.h"

static int failures;

static void expect(int line, long long expected, long long got) {
  if (expected == got) return;
  failures++;
  fprintf(stderr, "line %d: %lld expected, got %lld\n", line, expected, got);
}

#define EXPECT(expected, got) expect(__LINE__, expected, got)

/* {=== libcurl, which refuses the call numbered `refused` with `code` ===} */

static unsigned calls, refused;
static CURLcode code;
static int handles, no_handle, no_url;

static curl_write_callback on_header, on_body;
static curl_xferinfo_callback on_progress;
static curl_prereq_callback on_write;

/* The standard forbids to cast what dlsym returns. */
static void next(const char *name, void *function) {
  void *address = dlsym(RTLD_NEXT, name);
  memcpy(function, &address, sizeof address);
}

static CURLcode set(CURL *easy, CURLoption option, va_list args) {
  CURLcode (*real)(CURL *, CURLoption, ...);
  next("curl_easy_setopt", &real);
  switch (option) {
  case CURLOPT_WRITEFUNCTION:
    return real(easy, option, on_body = va_arg(args, curl_write_callback));
  case CURLOPT_HEADERFUNCTION:
    return real(easy, option, on_header = va_arg(args, curl_write_callback));
  case CURLOPT_XFERINFOFUNCTION:
    return real(easy, option, on_progress = va_arg(args, curl_xferinfo_callback));
  case CURLOPT_PREREQFUNCTION:
    return real(easy, option, on_write = va_arg(args, curl_prereq_callback));
  default:
    if (option < CURLOPTTYPE_OBJECTPOINT) return real(easy, option, va_arg(args, long));
    if (option < CURLOPTTYPE_OFF_T) return real(easy, option, va_arg(args, void *));
    return real(easy, option, va_arg(args, curl_off_t));
  }
}

CURLcode(curl_easy_setopt)(CURL *easy, CURLoption option, ...) {
  if (++calls == refused) return code;
  va_list args;
  va_start(args, option);
  CURLcode got = set(easy, option, args);
  va_end(args);
  return got;
}

CURL *curl_easy_init(void) {
  CURL *(*real)(void);
  if (no_handle) return NULL;
  next("curl_easy_init", &real);
  handles++;
  return real();
}

void curl_easy_cleanup(CURL *easy) {
  void (*real)(CURL *);
  next("curl_easy_cleanup", &real);
  handles--;
  real(easy);
}

CURLU *curl_url(void) {
  CURLU *(*real)(void);
  if (no_url) return NULL;
  next("curl_url", &real);
  return real();
}

static curl_off_t announced;
static CURLcode unknown; /* what asking for it gives */

CURLcode(curl_easy_getinfo)(CURL *easy, CURLINFO info, ...) {
  CURLcode (*real)(CURL *, CURLINFO, ...);
  va_list args;
  va_start(args, info);
  void *out = va_arg(args, void *);
  va_end(args);
  if (info == CURLINFO_CONTENT_LENGTH_DOWNLOAD_T) {
    *(curl_off_t *)out = announced;
    return unknown;
  }
  next("curl_easy_getinfo", &real);
  return real(easy, info, out);
}

static curl_version_info_data version;

curl_version_info_data *curl_version_info(CURLversion age) {
  (void)age;
  return &version;
}

/* {=== A request ===} */

static int no_memory;

static void *allocate(void *ud, void *block, size_t old, size_t size) {
  (void)ud, (void)old;
  if (size == 0) {
    free(block);
    return NULL;
  }
  return no_memory ? NULL : realloc(block, size);
}

static const dr_memory memory = {allocate, NULL};
static dr_secrets secrets = {{allocate, NULL}, NULL};

static dr_transfer_options options(const char *base) {
  return (dr_transfer_options){.base = base,
                               .user_agent = "User-Agent: transfer_test",
                               .proxy =
                                   strncmp(base, "https", 5) == 0 ? "http://127.0.0.1:1" : NULL,
                               .ca_file = "/nowhere",
                               .authorization = "Authorization: Bearer 0123456789",
                               .secrets = &secrets,
                               .ssl_verify = 1,
                               .connect_timeout = 1000};
}

static dr_request request(const char *method, const char *url) {
  dr_request r = {.method = method, .wire = calloc(1, sizeof *r.wire)};
  if (r.wire == NULL) abort();
  dr_buffer_init(&r.url, memory, DR_URL_MAX);
  dr_buffer_init(&r.body, memory, 100);
  dr_buffer_init(&r.reply, memory, 100);
  dr_buffer_init(&r.headers, memory, 100);
  dr_buffer_adds(&r.url, url);
  return r;
}

static void give_back(dr_request *r) {
  dr_buffer_free(&r->url);
  dr_buffer_free(&r->body);
  dr_buffer_free(&r->reply);
  dr_buffer_free(&r->headers);
  free(r->wire);
}

/* {=== Options ===} */

/* Opens one with the call numbered n refused; returns how many there were. */
static unsigned open_refused(const char *base, const char *method, unsigned n, CURLcode refusal) {
  dr_transfer_options o = options(base);
  dr_request r = request(method, base);
  if (method[0] == 'P') {
    r.has_body = 1;
    dr_buffer_adds(&r.body, "{}");
  }
  calls = 0, refused = n, code = refusal;
  dr_kind kind = dr_transfer_open(&r, &o, 5000);
  unsigned made = calls;
  refused = 0;
  EXPECT(n == 0                           ? DR_KIND_NONE
         : refusal == CURLE_OUT_OF_MEMORY ? DR_KIND_MEMORY
                                          : DR_KIND_TRANSPORT,
         kind);
  EXPECT(kind, r.error.kind);
  EXPECT(n == 0, r.wire->easy != NULL);
  EXPECT(n == 0, handles);
  dr_transfer_close(&r, &o);
  dr_transfer_end(&o);
  EXPECT(0, handles);
  EXPECT(1, r.wire->header_lines == NULL);
  give_back(&r);
  return made;
}

static void any_option_may_be_refused(void) {
  static const char *const bases[] = {"http://127.0.0.1:1/api/v2/", "https://127.0.0.1:1/api/v2/"};
  static const char *const methods[] = {"GET", "DELETE", "POST", "PATCH"};
  for (int b = 0; b < 2; b++)
    for (int m = 0; m < 4; m++) {
      unsigned all = open_refused(bases[b], methods[m], 0, CURLE_OK);
      EXPECT(1, all > 25);
      for (unsigned n = 1; n <= all; n++) {
        open_refused(bases[b], methods[m], n, CURLE_UNKNOWN_OPTION);
        open_refused(bases[b], methods[m], n, CURLE_OUT_OF_MEMORY);
      }
    }
}

static dr_kind open_plainly(const char *base) {
  dr_transfer_options o = options(base);
  dr_request r = request("GET", base);
  dr_kind kind = dr_transfer_open(&r, &o, 0);
  EXPECT(kind == DR_KIND_NONE, r.wire->easy != NULL);
  dr_transfer_close(&r, &o);
  dr_transfer_end(&o);
  EXPECT(0, handles);
  give_back(&r);
  return kind;
}

static void nothing_may_be_had(void) {
  EXPECT(DR_KIND_NONE, open_plainly("http://127.0.0.1/"));
  no_handle = 1;
  EXPECT(DR_KIND_MEMORY, open_plainly("http://127.0.0.1/"));
  no_handle = 0, no_url = 1;
  EXPECT(DR_KIND_MEMORY, open_plainly("http://127.0.0.1/"));
  no_url = 0;
  EXPECT(DR_KIND_TRANSPORT, open_plainly("http://127.0.0.1:99999/"));
}

/* Without a trust store of ours libcurl's own is used. */
static void no_store_need_be_named(void) {
  dr_transfer_options o = options("https://127.0.0.1:1/");
  unsigned named, unnamed;
  for (int n = 0; n < 2; n++) {
    dr_request r = request("GET", "https://127.0.0.1:1/");
    calls = 0;
    EXPECT(DR_KIND_NONE, dr_transfer_open(&r, &o, 0));
    *(n == 0 ? &named : &unnamed) = calls;
    dr_transfer_close(&r, &o);
    dr_transfer_end(&o);
    give_back(&r);
    o.ca_file = NULL;
  }
  EXPECT(4, named - unnamed);
}

static void our_memory_may_be_refused(void) {
  dr_transfer_options o = options("http://127.0.0.1/");
  dr_request r = request("GET", "http://127.0.0.1/");
  EXPECT(1, dr_buffer_cstr(&r.url) != NULL);
  no_memory = 1;
  EXPECT(DR_KIND_MEMORY, dr_transfer_open(&r, &o, 0));
  EXPECT(1, r.no_memory);
  no_memory = 0;
  r.body.fault = DR_FAULT_MEMORY;
  EXPECT(DR_KIND_MEMORY, dr_transfer_open(&r, &o, 0));
  EXPECT(0, handles);
  dr_transfer_end(&o);
  give_back(&r);
}

/* A handle is kept only when it forgets its request, and as many as may be. */
static void handles_are_kept(void) {
  dr_transfer_options o = options("http://127.0.0.1/");
  dr_request r = request("GET", "http://127.0.0.1/");
  EXPECT(DR_KIND_NONE, dr_transfer_open(&r, &o, 0));
  calls = 0;
  dr_transfer_keep(&r, &o);
  unsigned all = calls;
  EXPECT(1, o.spares);
  EXPECT(1, r.wire->easy == NULL);
  dr_transfer_close(&r, &o);
  for (unsigned n = 1; n <= all; n++) {
    EXPECT(DR_KIND_NONE, dr_transfer_open(&r, &o, 0));
    EXPECT(0, o.spares);
    calls = 0, refused = n, code = CURLE_OUT_OF_MEMORY;
    dr_transfer_keep(&r, &o);
    refused = 0;
    EXPECT(0, o.spares);
    EXPECT(1, r.wire->easy != NULL);
    dr_transfer_close(&r, &o);
    EXPECT(0, handles);
  }
  dr_request more[DR_SPARES_MAX + 1];
  for (int i = 0; i <= DR_SPARES_MAX; i++) {
    more[i] = request("GET", "http://127.0.0.1/");
    EXPECT(DR_KIND_NONE, dr_transfer_open(&more[i], &o, 0));
  }
  for (int i = 0; i <= DR_SPARES_MAX; i++) {
    dr_transfer_keep(&more[i], &o);
    EXPECT(i == DR_SPARES_MAX, more[i].wire->easy != NULL);
    dr_transfer_close(&more[i], &o);
    give_back(&more[i]);
  }
  EXPECT(DR_SPARES_MAX, handles);
  dr_transfer_end(&o);
  EXPECT(0, handles);
  give_back(&r);
}

/* {=== Callbacks ===} */

/* Gives a head line by line; returns whether all of it was taken. */
static int takes(dr_request *r, const char *const *lines) {
  for (; *lines != NULL; lines++) {
    char line[200];
    size_t n = strlen(*lines);
    memcpy(line, *lines, n + 1);
    if (on_header(line, 1, n, r) != n) return 0;
  }
  return 1;
}

#define TAKES(...) takes(&r, (const char *const[]){__VA_ARGS__, NULL})

static void heads(void) {
  dr_request r = request("GET", "http://127.0.0.1/");
  EXPECT(1, TAKES("HTTP/1.1 200 OK\r\n", "A: b\r\n", " goes on\r\n", "\r\n"));
  EXPECT(1, r.wire->head_done);
  EXPECT(strlen("A: b\r\n goes on\r\n"), (long long)r.headers.len);
  EXPECT(1, TAKES("HTTP/1.1 200 OK\r\n"));
  EXPECT(0, r.wire->head_done);
  EXPECT(0, (long long)r.headers.len);
  EXPECT(1, TAKES("HTTP/2   204\r\n", "HTTP/1.1 200\n", "\n"));
  EXPECT(1, TAKES("HTTP/1.1 200"));
  EXPECT(0, TAKES("HTTP/1.1   "));
  r.wire->flaw = NULL;
  EXPECT(0, TAKES("HTTP/1.1 20000\r\n"));
  r.wire->flaw = NULL;
  EXPECT(0, TAKES("HTTP/1.1 20\r\n"));
  r.wire->flaw = NULL;
  EXPECT(0, TAKES("HTTP/1.1\r\n"));
  r.wire->flaw = NULL;
  EXPECT(0, TAKES("HTTP/1.1 200 OK\r\n", " from nowhere\r\n"));
  r.wire->flaw = NULL;
  EXPECT(0, TAKES("HTTP/1.1 200 OK\r\n", "\tfrom nowhere\r\n"));
  r.wire->flaw = NULL;
  EXPECT(1, TAKES("HTTP\r\n"));
  r.headers.max = 10;
  EXPECT(0, TAKES("HTTP/1.1 200 OK\r\n", "Longer: than may be\r\n"));
  r.headers.max = 100;
  dr_buffer_clear(&r.headers);
  r.wire->header_bytes = DR_HEADERS_MAX;
  EXPECT(0, TAKES("\r\n"));
  give_back(&r);
}

static void progress(void) {
  dr_request r = request("GET", "http://127.0.0.1/");
  EXPECT(0, on_progress(&r, 0, 0, 0, 0));
  EXPECT(0, on_progress(&r, 0, 100, 0, 0));
  EXPECT(1, on_progress(&r, 0, 101, 0, 0));
  EXPECT(1, r.wire->over_cap);
  EXPECT(0, on_progress(&r, 0, -1, 0, 0));
  give_back(&r);
}

/* What is announced is room at once, within the cap and within reason. */
static void bodies(void) {
  static const struct {
    curl_off_t announced;
    CURLcode code;
    size_t size; /* of the memory */
  } rows[] = {{5000, CURLE_OK, 5001},      {5000, CURLE_UNKNOWN_OPTION, 512},
              {2, CURLE_OK, 512},          {-1, CURLE_OK, 512},
              {0, CURLE_OK, 512},          {3000000, CURLE_OK, 512},
              {2000000, CURLE_OK, 1048577}};
  char bytes[] = "{}";
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    dr_request r = request("GET", "http://127.0.0.1/");
    r.reply.max = rows[i].announced == 3000000 ? 1000000 : 2000000;
    announced = rows[i].announced, unknown = rows[i].code;
    EXPECT(2, (long long)on_body(bytes, 1, 2, &r));
    EXPECT((long long)rows[i].size, (long long)r.reply.size);
    EXPECT(2, (long long)on_body(bytes, 1, 2, &r));
    EXPECT(4, (long long)r.reply.len);
    r.reply.max = 5;
    EXPECT(0, (long long)on_body(bytes, 1, 2, &r));
    give_back(&r);
  }
}

/* Only a safe request that may be repeated is written anew. */
static void writes(void) {
  char none[] = "";
  for (int safe = 0; safe < 2; safe++)
    for (int once = 0; once < 2; once++) {
      dr_request r = request("GET", "http://127.0.0.1/");
      r.retry = safe ? DR_RETRY_SAFE : DR_RETRY_UNSAFE;
      r.once = once;
      EXPECT(CURL_PREREQFUNC_OK, on_write(&r, none, none, 0, 0));
      EXPECT(safe && !once ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT,
             on_write(&r, none, none, 0, 0));
      EXPECT(2, r.wire->written);
      give_back(&r);
    }
}

/* {=== The trust store ===} */

static char folder[50];

static void make(const char *name) {
  char path[100];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  fclose(fopen(path, "w"));
}

/* What is chosen of the file "/file" and a folder. */
static void expect_store(int line, const char *file, const char *path, const char *tls,
                         const char *cainfo, const char *capath) {
  dr_transfer_options o = options("https://127.0.0.1:1/");
  version = (curl_version_info_data){
      .ssl_version = tls, .cainfo = (char *)(uintptr_t)cainfo, .capath = (char *)(uintptr_t)capath};
  dr_transfer_trust(&o, NULL);
  expect(line, 0, o.ca_given);
  expect(line, file != NULL, o.ca_file != NULL);
  expect(line, path != NULL, o.ca_path != NULL);
}

#define STORE(...) expect_store(__LINE__, __VA_ARGS__)

static void stores(void) {
  static const char *const others[] = {"0123456g.0", "012345678.0", "01234567-0",
                                       "01234567.x", "01234567.00", "ca.pem"};
  dr_transfer_options o = options("https://127.0.0.1:1/");
  dr_transfer_trust(&o, "/own");
  EXPECT(1, o.ca_given && o.ca_path == NULL && strcmp(o.ca_file, "/own") == 0);
  o.base = "http://127.0.0.1:1/";
  dr_transfer_trust(&o, NULL);
  EXPECT(1, !o.ca_given && o.ca_path == NULL && o.ca_file == NULL);
  snprintf(folder, sizeof folder, "/tmp/transfer_test.%ld", (long)getpid());
  EXPECT(0, mkdir(folder, 0700));
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) make(others[i]);
  STORE("/file", NULL, "OpenSSL/3.0.11", "/file", folder); /* not hashed */
  STORE("/file", NULL, "OpenSSL/3.0.11", "/file", "/nowhere");
  make("01234567.0");
  STORE(NULL, folder, "OpenSSL/3.0.11", "/file", folder);
  STORE("/file", NULL, "GnuTLS/3.7.9", "/file", folder);
  STORE("/file", NULL, NULL, "/file", folder);
  STORE(NULL, folder, "GnuTLS/3.7.9", NULL, folder);
  STORE("/file", NULL, "OpenSSL/3.0.11", "/file", NULL);
  STORE(NULL, NULL, "OpenSSL/3.0.11", NULL, NULL);
  for (size_t i = 0; i <= sizeof others / sizeof *others; i++) {
    char path[100];
    snprintf(path, sizeof path, "%s/%s", folder,
             i < sizeof others / sizeof *others ? others[i] : "01234567.0");
    remove(path);
  }
  EXPECT(0, remove(folder));
}

int main(void) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  any_option_may_be_refused();
  nothing_may_be_had();
  no_store_need_be_named();
  our_memory_may_be_refused();
  handles_are_kept();
  heads();
  progress();
  bodies();
  writes();
  stores();
  curl_global_cleanup();
  return failures > 0;
}
