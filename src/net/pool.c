/* pool.c: the life of a pool and of its requests, the steps that move them, and the fork check. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "../core/address.h"
#include "../core/clock.h"
#include "pool_private.h"
#include "proxy.h"

/* {=== Steps ===} */

/* The parent's handles and sockets are left as they are: cleaning them up would speak on its
   connections. */
static void mind_fork(dr_pool *p) {
  pid_t pid = getpid();
  if (p->pid == pid) return;
  p->pid = pid;
  dr_multi_abandon(&p->multi);
  p->transfer.spares = 0;
  dr_attempt_seed(p);
  for (dr_request *r = p->first; r != NULL; r = r->wire->next) r->wire->easy = NULL;
  dr_attempt_fail_all(p, "the process was forked while the request was under way");
}

/* A multi handle that cannot go on is thrown away; the next attempt makes a new one. */
static void mind_fault(dr_pool *p) {
  int code = dr_multi_fault(&p->multi);
  if (code == 0) return;
  dr_request *next;
  for (dr_request *r = p->first; r != NULL; r = next) {
    next = r->wire->next;
    if (r->phase == DR_PHASE_RUNNING) dr_attempt_conclude(p, r, code);
  }
  dr_multi_close(&p->multi);
}

static void mind_stranded(dr_pool *p) {
  if (!p->multi.stranded) return;
  p->multi.stranded = 0;
  for (dr_request *r = p->first; r != NULL; r = r->wire->next) {
    if (r->wire->stranded && r->wire->easy != NULL) dr_multi_nudge(r->wire->easy);
    r->wire->stranded = 0;
  }
}

static void mind_unheard(dr_pool *p) {
  if (p->watched && p->unseen > 0) dr_multi_wake(&p->multi);
}

static void step(dr_pool *p, int ms) {
  dr_request *r;
  int code;
  unsigned ended = p->ended;
  if (!p->closed) dr_multi_hush(&p->multi);
  dr_multi_drive(&p->multi, ms);
  while ((r = dr_multi_ended(&p->multi, &code)) != NULL) dr_attempt_conclude(p, r, code);
  dr_attempt_refused(p);
  mind_stranded(p);
  dr_attempt_due(p);
  mind_fault(p);
  if (p->ended != ended) dr_attempt_others(p);
  mind_unheard(p);
}

void dr_pool_step(dr_pool *p) {
  mind_fork(p);
  step(p, 0);
}

/* Milliseconds until something is due; < 0: nothing is. */
static int64_t time_left(const dr_pool *p) {
  if (p->multi.fault) return 0;
  int64_t at = p->multi.timer < p->next_due ? p->multi.timer : p->next_due;
  if (at == DR_NEVER) return -1;
  int64_t now = dr_now();
  return at > now ? at - now : 0;
}

void dr_pool_wait(dr_pool *p, int ms) {
  mind_fork(p);
  int64_t left = time_left(p);
  step(p, left >= 0 && left < ms ? (int)left : ms);
}

int dr_pool_fd(dr_pool *p) {
  mind_fork(p);
  if (p->closed) return -1;
  p->watched = 1;
  int fd = dr_multi_fd(&p->multi);
  mind_unheard(p);
  return fd;
}

int64_t dr_pool_timeout(dr_pool *p) {
  mind_fork(p);
  return time_left(p);
}

unsigned dr_pool_ended(const dr_pool *p) {
  return p->ended;
}

unsigned dr_pool_pending(const dr_pool *p) {
  return p->pending - p->others;
}

/* {=== Requests ===} */

dr_request *dr_request_new(dr_pool *p) {
  dr_request_block *block = dr_mem_new(p->mem, sizeof *block);
  if (block == NULL) return NULL;
  dr_request *r = &block->request;
  *block = (dr_request_block){{.phase = DR_PHASE_NEW, .pool = p, .retry_after = -1}, {0}};
  r->wire = &block->wire;
  dr_buffer_init(&r->url, p->mem, DR_URL_MAX);
  dr_buffer_init(&r->body, p->mem, SIZE_MAX);
  dr_buffer_init(&r->reply, p->mem, p->max_body);
  dr_buffer_init(&r->headers, p->mem, DR_HEADERS_MAX);
  p->refs++;
  return r;
}

void dr_request_watch(dr_request *r, int on) {
  dr_pool *p = r->pool;
  if (r->wire->watched_for && r->phase == DR_PHASE_DONE && --p->unseen == 0 && !p->closed)
    dr_multi_hush(&p->multi);
  r->wire->watched_for = on;
}

void dr_request_release(dr_request *r) {
  if (r == NULL) return;
  dr_pool *p = r->pool;
  dr_request_watch(r, 0);
  if (r->phase != DR_PHASE_DONE) mind_fork(p);
  dr_attempt_finish(p, r);
  dr_buffer_free(&r->url);
  dr_buffer_free(&r->body);
  dr_buffer_free(&r->reply);
  dr_buffer_free(&r->headers);
  dr_mem_free(p->mem, r, sizeof(dr_request_block));
  dr_pool_release(p);
}

int dr_request_again(dr_request *r) {
  if (r->phase != DR_PHASE_DONE || r->pool->closed || r->wire->token == r->pool->tokens) return 0;
  r->phase = DR_PHASE_NEW;
  return 1;
}

void dr_pool_submit(dr_pool *p, dr_request *r) {
  if (r->phase != DR_PHASE_NEW) return;
  mind_fork(p);
  r->hidden = p->closed || dr_secrets_in(&p->secrets, r->url.data, r->url.len);
  if (p->closed) {
    dr_attempt_fail(p, r, DR_KIND_CLOSED, "the client is closed");
    return;
  }
  dr_attempt_first(p, r);
  step(p, -1);
}

/* {=== The pool ===} */

static size_t size_of(const char *text) {
  return text != NULL ? strlen(text) + 1 : 0;
}

static const char *keep(char **at, const char *text) {
  size_t size = size_of(text);
  if (size == 0) return NULL;
  char *copy = memcpy(*at, text, size);
  *at += size;
  return copy;
}

static void keep_texts(dr_pool *p, const dr_pool_options *o) {
  char *at = p->text;
  p->transfer.base = keep(&at, o->base);
  p->transfer.user_agent = keep(&at, o->user_agent);
  p->transfer.proxy = keep(&at, o->proxy);
  dr_transfer_trust(&p->transfer, keep(&at, o->ca_file));
}

dr_pool *dr_pool_new(dr_memory mem, const dr_pool_options *o) {
  size_t size = sizeof(dr_pool) + size_of(o->base) + size_of(o->user_agent) + size_of(o->proxy) +
                size_of(o->ca_file);
  dr_pool *p = dr_mem_new(mem, size);
  if (p == NULL) return NULL;
  *p = (dr_pool){
      .mem = mem,
      .size = size,
      .refs = 1,
      .pid = getpid(),
      .next_due = DR_NEVER,
      .quota = DR_QUOTA_FULL,
      .max_retries = o->max_retries,
      .max_connections = o->max_connections,
      .max_body = o->max_body,
      .transfer = {.ssl_verify = o->ssl_verify,
                   .connect_timeout = o->connect_timeout > 0 ? o->connect_timeout : INT_MAX},
  };
  dr_multi_init(&p->multi);
  dr_buffer_init(&p->authorization, mem, SIZE_MAX);
  p->secrets.mem = mem;
  p->transfer.secrets = &p->secrets;
  dr_attempt_seed(p);
  keep_texts(p, o);
  if (!dr_secrets_add_password(&p->secrets, dr_proxy_address(o->proxy))) return p;
  dr_pool_release(p);
  return NULL;
}

void dr_pool_release(dr_pool *p) {
  if (--p->refs > 0) return;
  dr_pool_close(p);
  dr_multi_end(&p->multi);
  dr_mem_free(p->mem, p, p->size);
}

/* Loops must be notified before a descriptor that they know is closed: it lives as long as the
   pool, and wakes whoever waits for a request that has just ended. */
void dr_pool_close(dr_pool *p) {
  mind_fork(p);
  p->closed = 1;
  dr_attempt_fail_all(p, "the client was closed");
  dr_transfer_end(&p->transfer);
  dr_multi_close(&p->multi);
  if (p->watched)
    dr_multi_wake(&p->multi);
  else
    dr_multi_end(&p->multi);
  dr_buffer_wipe(&p->authorization);
  dr_secrets_wipe(&p->secrets);
  p->transfer.authorization = NULL;
}

int dr_pool_closed(const dr_pool *p) {
  return p->closed;
}

const char *dr_pool_base(const dr_pool *p) {
  return p->transfer.base;
}

int dr_pool_shows(const dr_pool *p, const char *text, size_t len) {
  return dr_secrets_in(&p->secrets, text, len);
}

/* One allocation of the right size, so that growing leaves no copy behind. */
dr_fault dr_pool_authorize(dr_pool *p, const char *value, size_t len, size_t token) {
  static const char name[] = "Authorization: ";
  const size_t start = sizeof name - 1;
  if (p->authorization.len == start + len && memcmp(p->authorization.data + start, value, len) == 0)
    return DR_FAULT_NONE;
  dr_buffer line;
  if (dr_secrets_add(&p->secrets, value + token, len - token)) return DR_FAULT_MEMORY;
  dr_buffer_init(&line, p->mem, SIZE_MAX);
  dr_buffer_reserve(&line, sizeof name + len);
  dr_buffer_adds(&line, name);
  dr_buffer_add(&line, value, len);
  const char *text = dr_buffer_cstr(&line);
  if (text == NULL) {
    dr_fault fault = line.fault;
    dr_buffer_wipe(&line);
    return fault;
  }
  dr_buffer_wipe(&p->authorization);
  p->authorization = line;
  p->tokens++;
  p->transfer.authorization = text;
  return DR_FAULT_NONE;
}
