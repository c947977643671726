/* transfer_test.c: what a transfer does when libcurl refuses any one of its options, and its
   callbacks on heads that no server of the suite sends. libcurl's functions are stood in for, and
   call libcurl. */
#define _GNU_SOURCE
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/transfer.h"

static int failures;

static void expect(int line, long long expected, long long got) {
  if (expected == got) return;
  failures++;
  fprintf(stderr, "line %d: %lld expected, got %lld\n", line, expected, got);
}

#define EXPECT(expected, got) expect(__LINE__, expected, got)

/* === libcurl, which refuses the call numbered `refused` with `code` === */

static unsigned calls, refused;
static CURLcode code;
static int handles, no_handle, no_url;

static curl_write_callback on_header;
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

/* === A request === */

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
  dr_request r = {.method = method};
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
}

/* === Options === */

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
  EXPECT(n == 0, r.easy != NULL);
  EXPECT(n == 0, handles);
  dr_transfer_close(&r, &o);
  dr_transfer_end(&o);
  EXPECT(0, handles);
  EXPECT(1, r.header_lines == NULL);
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
  EXPECT(kind == DR_KIND_NONE, r.easy != NULL);
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
  EXPECT(1, r.easy == NULL);
  dr_transfer_close(&r, &o);
  for (unsigned n = 1; n <= all; n++) {
    EXPECT(DR_KIND_NONE, dr_transfer_open(&r, &o, 0));
    EXPECT(0, o.spares);
    calls = 0, refused = n, code = CURLE_OUT_OF_MEMORY;
    dr_transfer_keep(&r, &o);
    refused = 0;
    EXPECT(0, o.spares);
    EXPECT(1, r.easy != NULL);
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
    EXPECT(i == DR_SPARES_MAX, more[i].easy != NULL);
    dr_transfer_close(&more[i], &o);
    give_back(&more[i]);
  }
  EXPECT(DR_SPARES_MAX, handles);
  dr_transfer_end(&o);
  EXPECT(0, handles);
  give_back(&r);
}

/* === Callbacks === */

/* Gives a head line by line; returns whether all of it was taken. */
static int takes(dr_request *r, const char *const *lines) {
  for (; *lines; lines++) {
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
  EXPECT(1, r.head_done);
  EXPECT(strlen("A: b\r\n goes on\r\n"), (long long)r.headers.len);
  EXPECT(1, TAKES("HTTP/1.1 200 OK\r\n"));
  EXPECT(0, r.head_done);
  EXPECT(0, (long long)r.headers.len);
  EXPECT(1, TAKES("HTTP/2   204\r\n", "HTTP/1.1 200\n", "\n"));
  EXPECT(0, TAKES("HTTP/1.1 20000\r\n"));
  r.flaw = NULL;
  EXPECT(0, TAKES("HTTP/1.1 20\r\n"));
  r.flaw = NULL;
  EXPECT(0, TAKES("HTTP/1.1\r\n"));
  r.flaw = NULL;
  EXPECT(0, TAKES("HTTP/1.1 200 OK\r\n", " from nowhere\r\n"));
  r.flaw = NULL;
  EXPECT(0, TAKES("HTTP/1.1 200 OK\r\n", "\tfrom nowhere\r\n"));
  r.flaw = NULL;
  EXPECT(1, TAKES("HTTP\r\n"));
  r.headers.max = 10;
  EXPECT(0, TAKES("HTTP/1.1 200 OK\r\n", "Longer: than may be\r\n"));
  r.headers.max = 100;
  dr_buffer_clear(&r.headers);
  r.header_bytes = DR_HEADERS_MAX;
  EXPECT(0, TAKES("\r\n"));
  give_back(&r);
}

static void progress(void) {
  dr_request r = request("GET", "http://127.0.0.1/");
  EXPECT(0, on_progress(&r, 0, 0, 0, 0));
  EXPECT(0, on_progress(&r, 0, 100, 0, 0));
  EXPECT(1, on_progress(&r, 0, 101, 0, 0));
  EXPECT(1, r.over_cap);
  EXPECT(0, on_progress(&r, 0, -1, 0, 0));
  give_back(&r);
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
      EXPECT(2, r.written);
      give_back(&r);
    }
}

int main(void) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  any_option_may_be_refused();
  nothing_may_be_had();
  our_memory_may_be_refused();
  handles_are_kept();
  heads();
  progress();
  writes();
  curl_global_cleanup();
  return failures > 0;
}
