/* multi.c: a multi handle driven by socket actions; its callbacks only watch sockets and keep a
   time, they never call libcurl. */
#include "multi.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "../core/clock.h"
#include "transfer.h"

#define READY_AT_ONCE 64
#define STREAMS_PER_CONNECTION 256L /* libcurl's own 100 would open more HTTP/2 connections */

/* Written once by the process; libcurl is never cleaned up, since others may use it. */
static CURLcode global_code;

static void global_init(void) {
  global_code = curl_global_init(CURL_GLOBAL_DEFAULT);
}

void dr_multi_init(dr_multi *m) {
  *m = (dr_multi){.handle = NULL, .alarm = -1, .fault = CURLM_OK, .timer = DR_NEVER};
  dr_pollset_init(&m->set);
}

/* libcurl 7.88 goes on to a host's next address when a connection was refused, but only when it is
   called again, and then it has no socket left that would report it. */
static void note_stranded(dr_multi *m, dr_request *r) {
  if (r != NULL && r->wire->written == 0) m->stranded = r->wire->stranded = 1;
}

static dr_request *owner_of(CURL *easy) {
  char *owner = NULL;
  (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
  return (void *)owner;
}

static void check(dr_multi *m, CURLMcode code) {
  if (m->fault == CURLM_OK) m->fault = (int)code;
}

/* A socket that nobody waits for any more. One whose connection was given up while it was made is
   closed by now, and libcurl tells nobody of that: its number is forgotten. */
static void leave_socket(dr_multi *m, dr_request *r, int fd) {
  note_stranded(m, r);
  if (r == NULL || !r->wire->head_done) {
    dr_pollset_disown(&m->set, fd);
  } else { /* libcurl 8 may have read the whole reply without having asked for a word of it */
    (void)dr_pollset_watch(&m->set, fd, DR_POLL_IN);
  }
}

/* A socket that cannot be watched ends everything on the handle. libcurl is not told: where this
   fails it breaks off, and keeps for the socket's number an easy handle that is freed later. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ud, void *unused) {
  dr_multi *m = ud;
  int events = 0;
  (void)unused;
  if (what == CURL_POLL_REMOVE) leave_socket(m, owner_of(easy), fd);
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= DR_POLL_IN;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= DR_POLL_OUT;
  if (dr_pollset_watch(&m->set, fd, events)) check(m, CURLM_ABORTED_BY_CALLBACK);
  return 0;
}

static int on_timer(CURLM *handle, long ms, void *ud) {
  dr_multi *m = ud;
  (void)handle;
  m->timer = ms < 0 ? DR_NEVER : dr_now() + ms;
  return 0;
}

static void set_options(dr_multi *m, long connections) {
  CURLM *h = m->handle;
  check(m, curl_multi_setopt(h, CURLMOPT_SOCKETFUNCTION, on_socket));
  check(m, curl_multi_setopt(h, CURLMOPT_SOCKETDATA, m));
  check(m, curl_multi_setopt(h, CURLMOPT_TIMERFUNCTION, on_timer));
  check(m, curl_multi_setopt(h, CURLMOPT_TIMERDATA, m));
  check(m, curl_multi_setopt(h, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX));
  check(m, curl_multi_setopt(h, CURLMOPT_MAX_CONCURRENT_STREAMS, STREAMS_PER_CONNECTION));
  check(m, curl_multi_setopt(h, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections));
  check(m, curl_multi_setopt(h, CURLMOPT_MAXCONNECTS, connections));
}

dr_kind dr_multi_open(dr_multi *m, unsigned max_connections, dr_error *e) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  if (m->doubtful && m->transfers == 0) dr_multi_close(m);
  if (m->handle != NULL) return DR_KIND_NONE;
  pthread_once(&once, global_init);
  if (global_code != CURLE_OK)
    return dr_error_set(e, DR_KIND_TRANSPORT, "libcurl does not start: %s",
                        curl_easy_strerror(global_code));
  if (dr_multi_fd(m) < 0)
    return dr_error_set(e, DR_KIND_TRANSPORT, "the system gives no descriptor to wait on");
  m->handle = curl_multi_init();
  if (m->handle == NULL)
    return dr_error_set(e, DR_KIND_MEMORY, "no memory for libcurl's multi handle");
  set_options(m, (long)max_connections);
  return DR_KIND_NONE;
}

int dr_multi_fd(dr_multi *m) {
  return dr_pollset_open(&m->set);
}

void dr_multi_close(dr_multi *m) {
  if (m->handle != NULL) (void)curl_multi_cleanup(m->handle);
  m->handle = NULL;
  m->fault = CURLM_OK;
  m->timer = DR_NEVER;
  m->stranded = m->doubtful = 0;
}

void dr_multi_wake(dr_multi *m) {
  if (m->set.fd >= 0 && m->alarm < 0) m->alarm = dr_pollset_alarm(&m->set);
}

void dr_multi_hush(dr_multi *m) {
  if (m->alarm >= 0) close(m->alarm);
  m->alarm = -1;
}

void dr_multi_end(dr_multi *m) {
  dr_multi_close(m);
  dr_multi_abandon(m);
}

void dr_multi_abandon(dr_multi *m) {
  dr_multi_hush(m);
  dr_pollset_close(&m->set);
  dr_multi_init(m);
}

/* Programs that the host runs while the connection stands do not get it. */
static curl_socket_t open_socket(void *ud, curlsocktype purpose, struct curl_sockaddr *a) {
  dr_multi *m = ud;
  (void)purpose;
  curl_socket_t fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
  dr_pollset_own(&m->set, fd);
  return fd;
}

static int close_socket(void *ud, curl_socket_t fd) {
  dr_multi *m = ud;
  dr_pollset_disown(&m->set, fd);
  return close(fd);
}

static void own_sockets(dr_multi *m, CURL *easy) {
  (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, m);
  (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, m);
}

dr_kind dr_multi_add(dr_multi *m, void *easy, dr_error *e) {
  own_sockets(m, easy);
  CURLMcode code = curl_multi_add_handle(m->handle, easy);
  m->transfers += code == CURLM_OK;
  if (code == CURLM_OK) return DR_KIND_NONE;
  return dr_error_set(e, code == CURLM_OUT_OF_MEMORY ? DR_KIND_MEMORY : DR_KIND_TRANSPORT, "%s",
                      curl_multi_strerror(code));
}

void dr_multi_remove(dr_multi *m, void *easy) {
  m->transfers--;
  check(m, curl_multi_remove_handle(m->handle, easy));
}

/* A change of what is paused is what makes it run. */
void dr_multi_nudge(void *easy) {
  (void)curl_easy_pause(easy, CURLPAUSE_RECV);
  (void)curl_easy_pause(easy, CURLPAUSE_CONT);
}

/* What is left after one batch keeps the descriptor readable. */
void dr_multi_drive(dr_multi *m, int ms) {
  dr_ready ready[READY_AT_ONCE];
  int running, n = ms < 0 ? 0 : dr_pollset_ready(&m->set, ready, READY_AT_ONCE, ms);
  for (int i = 0; m->handle != NULL && i < n; i++) {
    int mask = (ready[i].events & DR_POLL_IN ? CURL_CSELECT_IN : 0) |
               (ready[i].events & DR_POLL_OUT ? CURL_CSELECT_OUT : 0);
    check(m, curl_multi_socket_action(m->handle, ready[i].fd, mask, &running));
  }
  if (m->handle != NULL && dr_now() >= m->timer) {
    m->timer = DR_NEVER;
    check(m, curl_multi_socket_action(m->handle, CURL_SOCKET_TIMEOUT, 0, &running));
  }
}

void *dr_multi_ended(dr_multi *m, int *code) {
  int left;
  const CURLMsg *message = m->handle != NULL ? curl_multi_info_read(m->handle, &left) : NULL;
  if (message == NULL) return NULL;
  char *owner = NULL; /* libcurl knows one kind of message: a transfer is done */
  *code = (int)message->data.result;
  (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
  return owner;
}

int dr_multi_fault(const dr_multi *m) {
  if (m->fault == CURLM_OK) return CURLE_OK;
  return m->fault == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_ABORTED_BY_CALLBACK;
}
