/* attempt.c: the requests of a pool that are not done: their attempts, their quota, their times. */
#include <sys/random.h>

#include <curl/curl.h>

#include "../core/clock.h"
#include "pool_private.h"
#include "retry.h"

#define COST_RETRY 5
#define COST_TIMEOUT 10
#define GAIN 1
#define REFUSAL_MS 60000

/* {=== Random numbers (xorshift64*), only for jitter ===} */

void dr_attempt_seed(dr_pool *p) {
  if (getrandom(&p->random, sizeof p->random, GRND_NONBLOCK) != sizeof p->random)
    p->random = (uint64_t)dr_now() ^ (uint64_t)p->pid << 32;
  p->random |= 1;
}

double dr_pool_jitter(dr_pool *p) {
  p->random ^= p->random >> 12;
  p->random ^= p->random << 25;
  p->random ^= p->random >> 27;
  return (double)((p->random * UINT64_C(0x2545F4914F6CDD1D)) >> 11) * 0x1p-53;
}

/* {=== The list ===} */

static void link_request(dr_pool *p, dr_request *r) {
  r->wire->prev = NULL;
  r->wire->next = p->first;
  if (p->first != NULL) p->first->wire->prev = r;
  p->first = r;
  p->pending++;
}

static void unlink_request(dr_pool *p, dr_request *r) {
  if (r->wire->prev != NULL)
    r->wire->prev->wire->next = r->wire->next;
  else
    p->first = r->wire->next;
  if (r->wire->next != NULL) r->wire->next->wire->prev = r->wire->prev;
  p->pending--;
}

static void leave_wire(dr_pool *p, dr_request *r, int keep) {
  if (r->wire->easy != NULL) dr_multi_remove(&p->multi, r->wire->easy);
  if (keep) dr_transfer_keep(r, &p->transfer);
  dr_transfer_close(r, &p->transfer);
}

static int is_for_others(const dr_request *r) {
  return r->method == NULL && r->delay < 0;
}

void dr_attempt_finish(dr_pool *p, dr_request *r) {
  leave_wire(p, r, 0);
  if (r->phase == DR_PHASE_RUNNING || r->phase == DR_PHASE_WAITING) {
    unlink_request(p, r);
    p->ended++;
    p->unseen += r->wire->watched_for != 0;
    if (is_for_others(r)) p->others--;
  }
  r->phase = DR_PHASE_DONE;
}

void dr_attempt_fail(dr_pool *p, dr_request *r, dr_kind kind, const char *message) {
  dr_error_set(&r->error, kind, "%s", message);
  dr_attempt_finish(p, r);
}

void dr_attempt_fail_all(dr_pool *p, const char *message) {
  while (p->first != NULL) dr_attempt_fail(p, p->first, DR_KIND_CLOSED, message);
}

/* Called after whatever may have brought a request's times nearer. */
static void note_times(dr_pool *p, const dr_request *r) {
  if (r->phase == DR_PHASE_DONE) return;
  if (r->wire->deadline && r->wire->deadline < p->next_due) p->next_due = r->wire->deadline;
  if (r->phase == DR_PHASE_WAITING && r->wire->due < p->next_due) p->next_due = r->wire->due;
}

/* {=== An attempt ===} */

static void refuse(dr_pool *p, dr_request *r) {
  r->error = p->refusal;
  dr_attempt_finish(p, r);
}

static void start(dr_pool *p, dr_request *r, int64_t now) {
  if (now < p->refused_until) {
    refuse(p, r);
    return;
  }
  r->attempts++;
  r->wire->maybe_acted = dr_request_repeated(r); /* the last attempt is forgotten now */
  r->wire->token = p->tokens;
  if (dr_multi_open(&p->multi, p->max_connections, &r->error) ||
      dr_transfer_open(r, &p->transfer, r->wire->deadline ? r->wire->deadline - now : 0)) {
    dr_attempt_finish(p, r);
  } else if (dr_multi_add(&p->multi, r->wire->easy, &r->error)) {
    dr_transfer_close(r, &p->transfer);
    dr_attempt_finish(p, r);
  } else {
    r->phase = DR_PHASE_RUNNING;
  }
}

void dr_attempt_first(dr_pool *p, dr_request *r) {
  int64_t now = dr_now();
  if (r->timeout > 0 && !r->wire->deadline) r->wire->deadline = now + r->timeout;
  if (r->delay != 0) r->wire->due = r->delay > 0 ? now + r->delay : DR_NEVER;
  if (is_for_others(r)) p->others++;
  r->phase = DR_PHASE_WAITING;
  link_request(p, r);
  if (r->method != NULL) start(p, r, now);
  note_times(p, r);
}

static dr_verdict judge(dr_pool *p, const dr_request *r, int64_t now) {
  dr_attempt a = {
      .retry = r->retry,
      .attempts = r->attempts,
      .max_retries = r->wire->refused || r->once ? 0 : p->max_retries,
      .status = r->error.kind ? 0 : r->status,
      .kind = r->error.kind,
      .sent_whole = r->wire->sent_whole,
      .retry_after = r->retry_after,
      .remaining = !r->wire->deadline        ? -1
                   : r->wire->deadline > now ? r->wire->deadline - now
                                             : 0,
      .jitter = dr_pool_jitter(p),
  };
  return dr_retry(&a);
}

/* Whoever gives a proxy a wrong password again and again is locked out there: what it told one
   request is told to all for a while. */
static void note_refusal(dr_pool *p, const dr_request *r, int64_t now) {
  if (r->error.kind != DR_KIND_AUTH) return; /* the server's own 401 is a reply */
  p->refusal = r->error;
  p->refused_until = now + REFUSAL_MS;
  p->refused = 1;
}

void dr_attempt_refused(dr_pool *p) {
  if (!p->refused) return;
  p->refused = 0;
  dr_request *next;
  for (dr_request *r = p->first; r != NULL; r = next) {
    next = r->wire->next;
    if (r->phase == DR_PHASE_RUNNING && r->wire->written == 0) refuse(p, r);
  }
}

static int take_quota(dr_pool *p, dr_request *r) {
  unsigned cost = r->error.kind == DR_KIND_TIMEOUT ? COST_TIMEOUT : COST_RETRY;
  if (p->quota < cost) return 0;
  p->quota -= cost;
  r->wire->cost = cost;
  return 1;
}

/* A success pays back what the request's last retry took. */
static void give_quota(dr_pool *p, const dr_request *r) {
  if (r->error.kind || r->status == 429 || r->status >= 500) return;
  p->quota += r->wire->cost ? r->wire->cost : GAIN;
  if (p->quota > DR_QUOTA_FULL) p->quota = DR_QUOTA_FULL;
}

static void make_ambiguous(dr_request *r) {
  dr_error was = r->error;
  if (was.kind == DR_KIND_NONE)
    dr_error_set(&r->error, DR_KIND_AMBIGUOUS,
                 "the server may have acted on the request: a gateway answered %ld", r->status);
  else
    dr_error_set(&r->error, DR_KIND_AMBIGUOUS, "the server may have acted on the request: %s",
                 was.message);
}

/* Where HTTP/2 may be spoken libcurl keeps the connection of a request that failed: it would write
   the next one on it though it is dead, or wait without end for it to be open. */
static int leaves_doubt(const dr_request *r) {
  dr_kind k = r->error.kind;
  return !dr_transfer_is_plain(r) && (k == DR_KIND_TRANSPORT || k == DR_KIND_TLS ||
                                      k == DR_KIND_TIMEOUT || k == DR_KIND_MEMORY);
}

void dr_attempt_conclude(dr_pool *p, dr_request *r, int code) {
  dr_transfer_result(r, &p->transfer, code);
  p->multi.doubtful |= leaves_doubt(r);
  leave_wire(p, r, code == CURLE_OK && !r->error.kind);
  int64_t now = dr_now();
  char text[DR_SECONDS_TEXT];
  if (r->error.kind == DR_KIND_TIMEOUT && r->wire->deadline && now >= r->wire->deadline)
    dr_error_set(&r->error, DR_KIND_TIMEOUT, "no complete reply within %s s",
                 dr_seconds(text, r->timeout));
  note_refusal(p, r, now);
  dr_verdict v = judge(p, r, now);
  if (v.again && take_quota(p, r)) {
    r->trace[(r->attempts - 1) % DR_TRACE] =
        (dr_trace){r->error.kind, r->error.kind ? 0 : r->status, v.delay};
    r->wire->maybe_acted |= r->wire->sent_whole && r->status != 401 && r->status != 429;
    r->phase = DR_PHASE_WAITING;
    r->wire->due = now + v.delay;
    note_times(p, r);
    return;
  }
  if (v.ambiguous) make_ambiguous(r);
  give_quota(p, r);
  dr_attempt_finish(p, r);
}

void dr_attempt_others(dr_pool *p) {
  for (dr_request *r = p->first; p->others > 0; r = r->wire->next)
    if (is_for_others(r)) dr_attempt_finish(p, r);
}

/* {=== Times ===} */

/* The deadline is ours as well as libcurl's: a request in its queue or look-up ends in time. What
   the last attempt of a waiting one left stands. */
static void expire(dr_pool *p, dr_request *r) {
  if (r->phase == DR_PHASE_RUNNING)
    dr_attempt_conclude(p, r, CURLE_OPERATION_TIMEDOUT);
  else if (r->method != NULL)
    dr_attempt_finish(p, r);
  else
    dr_attempt_fail(p, r, DR_KIND_TIMEOUT, "the deadline came before the end of the sleep");
}

static void attend(dr_pool *p, dr_request *r, int64_t now) {
  int due = r->phase == DR_PHASE_WAITING && now >= r->wire->due;
  if (due && r->method == NULL)
    dr_attempt_finish(p, r);
  else if (r->wire->deadline && now >= r->wire->deadline)
    expire(p, r);
  else if (due)
    start(p, r, now);
  note_times(p, r);
}

void dr_attempt_due(dr_pool *p) {
  int64_t now = dr_now();
  if (now < p->next_due) return;
  p->next_due = DR_NEVER;
  dr_request *next;
  for (dr_request *r = p->first; r != NULL; r = next) {
    next = r->wire->next;
    attend(p, r, now);
  }
}
