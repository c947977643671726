/* pool_test.c: a pool whose system or libcurl refuses: no random numbers, no libcurl, no handle for
   a request, no memory for a proxy's password; and a sleep that its deadline ends. libcurl's
   functions are stood in for, and call libcurl. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "../../src/net/pool.h"

static int failures;

static void expect(int line, const char *expected, const char *got) {
  if (strcmp(expected, got) == 0) return;
  failures++;
  fprintf(stderr, "line %d: '%s' expected, got '%s'\n", line, expected, got);
}

static void expect_number(int line, long long expected, long long got) {
  if (expected == got) return;
  failures++;
  fprintf(stderr, "line %d: %lld expected, got %lld\n", line, expected, got);
}

#define EXPECT(expected, got) expect_number(__LINE__, expected, got)

/* === What refuses === */

static CURLMcode no_transfer;
static CURLcode no_libcurl;
static int no_random, blocks, until_refused = -1; /* allocations; < 0: none is refused */

/* The standard forbids to cast what dlsym returns. */
static void next(const char *name, void *function) {
  void *address = dlsym(RTLD_NEXT, name);
  memcpy(function, &address, sizeof address);
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy) {
  CURLMcode (*real)(CURLM *, CURL *);
  if (no_transfer != CURLM_OK) return no_transfer;
  next("curl_multi_add_handle", &real);
  return real(multi, easy);
}

CURLcode curl_global_init(long flags) {
  CURLcode (*real)(long);
  if (no_libcurl != CURLE_OK) return no_libcurl;
  next("curl_global_init", &real);
  return real(flags);
}

ssize_t getrandom(void *to, size_t n, unsigned flags) {
  ssize_t (*real)(void *, size_t, unsigned);
  if (no_random) return -1;
  next("getrandom", &real);
  return real(to, n, flags);
}

static void *allocate(void *ud, void *block, size_t old, size_t size) {
  (void)ud, (void)old;
  if (size > 0 && until_refused >= 0 && until_refused-- == 0) return NULL;
  if (block == NULL && size > 0) blocks++;
  if (block != NULL && size == 0) blocks--;
  if (size > 0) return realloc(block, size);
  free(block);
  return NULL;
}

static dr_pool *new_pool(const char *proxy) {
  dr_pool_options o = {.base = "https://127.0.0.1:1/api/v2/",
                       .user_agent = "User-Agent: pool_test",
                       .proxy = proxy,
                       .max_connections = 2,
                       .max_body = 1000};
  return dr_pool_new((dr_memory){allocate, NULL}, &o);
}

/* Submits one and waits for its end. */
static void ask(dr_pool *p, const char *method, int64_t timeout, dr_kind kind,
                const char *message) {
  dr_request *r = dr_request_new(p);
  r->method = method;
  r->timeout = timeout;
  r->delay = 60000;
  dr_buffer_adds(&r->url, "https://127.0.0.1:1/api/v2/x/");
  dr_pool_submit(p, r);
  while (r->phase != DR_PHASE_DONE) dr_pool_wait(p, 1000);
  EXPECT(kind, r->error.kind);
  if (message != NULL) expect(__LINE__, message, r->error.message);
  EXPECT(0, dr_pool_pending(p));
  dr_request_release(r);
}

/* === What comes of it === */

/* libcurl is started once in a process, so this needs one of its own. */
static void no_libcurl_starts(void) {
  int status = -1;
  fflush(NULL);
  pid_t pid = fork();
  if (pid == 0) {
    dr_pool *p = new_pool("");
    no_libcurl = CURLE_FAILED_INIT;
    for (int i = 0; i < 2; i++) {
      ask(p, "GET", 0, DR_KIND_TRANSPORT, "libcurl does not start: Failed initialization");
      no_libcurl = CURLE_OK; /* it is not asked again */
    }
    dr_pool_release(p);
    _exit(failures > 0 || blocks != 0);
  }
  EXPECT(pid, waitpid(pid, &status, 0));
  EXPECT(0, status);
}

static void no_transfer_is_taken(void) {
  dr_pool *p = new_pool("");
  no_transfer = CURLM_OUT_OF_MEMORY;
  ask(p, "GET", 0, DR_KIND_MEMORY, "Out of memory");
  no_transfer = CURLM_INTERNAL_ERROR;
  ask(p, "GET", 0, DR_KIND_TRANSPORT, "Internal error");
  no_transfer = CURLM_OK;
  ask(p, "GET", 0, DR_KIND_TRANSPORT, NULL);
  dr_pool_release(p);
  EXPECT(0, blocks);
}

static void a_sleep_may_have_a_deadline(void) {
  dr_pool *p = new_pool("");
  ask(p, NULL, 5, DR_KIND_TIMEOUT, "the deadline came before the end of the sleep");
  dr_pool_release(p);
  EXPECT(0, blocks);
}

/* Pauses before retries differ still. */
static void random_numbers_may_be_missing(void) {
  no_random = 1;
  dr_pool *p = new_pool("");
  no_random = 0;
  double first = dr_pool_jitter(p), second = dr_pool_jitter(p);
  EXPECT(1, first != second && first >= 0 && first < 1 && second >= 0 && second < 1);
  dr_pool_release(p);
}

/* A pool knows its proxy's password, or there is no pool. */
static void memory_may_end(void) {
  static const char proxy[] = "http://me:the%2Fpassword@127.0.0.1:1";
  int made = 0;
  for (int n = 0; n < 100 && !made; n++) {
    until_refused = n;
    dr_pool *p = new_pool(proxy);
    until_refused = -1;
    made = p != NULL;
    if (!made) continue;
    EXPECT(1, n > 3);
    EXPECT(1, dr_pool_shows(p, "it is the/password", strlen("it is the/password")));
    EXPECT(1, dr_pool_shows(p, "it is the%2Fpassword", strlen("it is the%2Fpassword")));
    dr_pool_release(p);
  }
  EXPECT(1, made);
  EXPECT(0, blocks);
}

int main(void) {
  no_libcurl_starts();
  no_transfer_is_taken();
  a_sleep_may_have_a_deadline();
  random_numbers_may_be_missing();
  memory_may_end();
  return failures > 0;
}
