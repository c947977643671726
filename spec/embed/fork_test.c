/* fork_test.c: a child of a fork calls libcurl with none of the handles that it inherits, since
   libcurl may speak on the parent's connections, and draws random delays of its own (C-45). What
   libcurl says when it closes depends on its version and protocol, hence the calls are watched:
   this program's functions of these names are found before libcurl's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "../../src/net/pool_private.h"

/* {=== The watch ===} */

static const void *made[64]; /* by the parent */
static unsigned made_count;
static unsigned touched; /* calls with one of these */
static int watching;

static void *note(void *handle) {
  if (!watching && handle != NULL && made_count < sizeof made / sizeof *made)
    made[made_count++] = handle;
  return handle;
}

static void watch(const char *function, const void *handle) {
  for (unsigned i = 0; i < made_count; i++) {
    if (made[i] != handle) continue;
    touched++;
    if (watching) fprintf(stderr, "%s of a handle of the parent's\n", function);
    return;
  }
}

/* libcurl's own function; the standard forbids to cast what dlsym returns. */
#define REAL(name)                                                                                 \
  __typeof__(&name) real;                                                                          \
  void *address = dlsym(RTLD_NEXT, #name);                                                         \
  memcpy(&real, &address, sizeof real)

CURL *curl_easy_init(void) {
  REAL(curl_easy_init);
  return note(real());
}

CURLM *curl_multi_init(void) {
  REAL(curl_multi_init);
  return note(real());
}

void curl_easy_cleanup(CURL *easy) {
  REAL(curl_easy_cleanup);
  watch("curl_easy_cleanup", easy);
  real(easy);
}

CURLcode curl_easy_pause(CURL *easy, int bits) {
  REAL(curl_easy_pause);
  watch("curl_easy_pause", easy);
  return real(easy, bits);
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy) {
  REAL(curl_multi_add_handle);
  watch("curl_multi_add_handle", multi);
  watch("curl_multi_add_handle", easy);
  return real(multi, easy);
}

CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy) {
  REAL(curl_multi_remove_handle);
  watch("curl_multi_remove_handle", multi);
  watch("curl_multi_remove_handle", easy);
  return real(multi, easy);
}

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int events, int *running) {
  REAL(curl_multi_socket_action);
  watch("curl_multi_socket_action", multi);
  return real(multi, fd, events, running);
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *left) {
  REAL(curl_multi_info_read);
  watch("curl_multi_info_read", multi);
  return real(multi, left);
}

CURLMcode curl_multi_cleanup(CURLM *multi) {
  REAL(curl_multi_cleanup);
  watch("curl_multi_cleanup", multi);
  return real(multi);
}

/* {=== The server: it answers what is not slow ===} */

static void converse(int fd) {
  static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  char request[4096];
  ssize_t n;
  while ((n = recv(fd, request, sizeof request - 1, 0)) > 0) {
    request[n] = '\0';
    if (strstr(request, "/slow") == NULL) (void)!write(fd, reply, sizeof reply - 1);
  }
  close(fd);
}

static pid_t serve(unsigned *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 8) ||
      getsockname(fd, (struct sockaddr *)&address, &size))
    return -1;
  *port = ntohs(address.sin_port);
  pid_t pid = fork();
  for (int connection; pid == 0 && (connection = accept(fd, NULL, NULL)) >= 0;) {
    if (fork() == 0) {
      close(fd);
      converse(connection);
      _exit(0);
    }
    close(connection);
  }
  close(fd);
  return pid;
}

/* {=== The parent ===} */

static void *allocate(void *ud, void *ptr, size_t osize, size_t nsize) {
  (void)ud, (void)osize;
  if (nsize) return realloc(ptr, nsize);
  free(ptr);
  return NULL;
}

static dr_request *ask(dr_pool *p, const char *path) {
  dr_request *r = dr_request_new(p);
  if (r == NULL) return NULL;
  r->method = "GET";
  r->timeout = 20000;
  dr_buffer_adds(&r->url, dr_pool_base(p));
  dr_buffer_adds(&r->url, path);
  dr_pool_submit(p, r);
  return r;
}

/* Whether a request is answered. */
static int is_answered(dr_pool *p) {
  dr_request *r = ask(p, "/quick/");
  while (r != NULL && r->phase != DR_PHASE_DONE) dr_pool_wait(p, 1000);
  int good = r != NULL && r->status == 200;
  if (r != NULL && !good) fprintf(stderr, "no answer: %s\n", r->error.message);
  dr_request_release(r);
  return good;
}

/* {=== The children: whether it went well ===} */

typedef int deed(dr_pool *p, dr_request *slow);

static int step(dr_pool *p, dr_request *slow) {
  dr_pool_step(p);
  return slow->phase == DR_PHASE_DONE && slow->error.kind == DR_KIND_CLOSED;
}

static int wait_for(dr_pool *p, dr_request *slow) {
  dr_pool_wait(p, 0);
  return slow->phase == DR_PHASE_DONE;
}

static int look(dr_pool *p, dr_request *slow) {
  (void)dr_pool_timeout(p);
  return dr_pool_fd(p) >= 0 && slow->phase == DR_PHASE_DONE;
}

static int ask_anew(dr_pool *p, dr_request *slow) {
  return is_answered(p) && slow->phase == DR_PHASE_DONE;
}

static int close_pool(dr_pool *p, dr_request *slow) {
  dr_pool_close(p);
  return slow->phase == DR_PHASE_DONE;
}

static int let_go(dr_pool *p, dr_request *slow) {
  (void)p, (void)slow;
  return 1;
}

static deed *const deeds[] = {step, wait_for, look, ask_anew, close_pool, let_go};

/* In the end each gives all back, as the end of a Lua state does. */
static int child_does(deed *f, dr_pool *p, dr_request *slow) {
  int status = 1;
  pid_t pid = fork();
  if (pid == 0) {
    touched = 0;
    watching = 1;
    int good = f(p, slow);
    dr_request_release(slow);
    dr_pool_release(p);
    _exit(good && touched == 0 ? 0 : 1);
  }
  waitpid(pid, &status, 0);
  return status == 0;
}

static int children_leave_handles_alone(dr_pool *p) {
  dr_request *slow = ask(p, "/slow/");
  if (slow == NULL) return 0;
  int good = is_answered(p); /* which leaves a connection and a handle that are idle */
  while (slow->wire->written == 0 && slow->phase == DR_PHASE_RUNNING) dr_pool_wait(p, 1000);
  for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
    if (child_does(deeds[i], p, slow)) continue;
    fprintf(stderr, "child %zu failed\n", i);
    good = 0;
  }
  good = good && slow->phase == DR_PHASE_RUNNING && is_answered(p);
  dr_request_release(slow);
  return good;
}

static int children_draw_for_themselves(dr_pool *p) {
  uint64_t *of_child =
      mmap(NULL, sizeof *of_child, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (of_child == MAP_FAILED) return 0;
  uint64_t before = p->random;
  pid_t child = fork();
  if (child == 0) {
    dr_pool_step(p);
    *of_child = p->random;
    _exit(0);
  }
  dr_pool_step(p);
  int status = 1;
  waitpid(child, &status, 0);
  int good = status == 0 && p->random == before && *of_child != before;
  if (!good)
    fprintf(stderr, "parent %s, child %s\n", p->random == before ? "kept" : "changed",
            *of_child != before ? "changed" : "kept");
  return good;
}

int main(void) {
  char base[64];
  unsigned port = 0;
  pid_t server = serve(&port);
  snprintf(base, sizeof base, "http://127.0.0.1:%u", port);
  dr_pool_options o = {
      .base = base, .user_agent = "User-Agent: test", .max_connections = 4, .max_body = 1000};
  dr_pool *p = server > 0 ? dr_pool_new((dr_memory){allocate, NULL}, &o) : NULL;
  if (p == NULL) return 1;
  int good = children_draw_for_themselves(p) && children_leave_handles_alone(p);
  touched = 0;
  dr_pool_release(p);
  if (touched == 0) fprintf(stderr, "nothing is watched\n");
  kill(server, SIGTERM);
  waitpid(server, NULL, 0);
  return !(good && touched > 0);
}
