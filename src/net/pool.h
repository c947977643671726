/* pool.h: one multi handle and the requests on it: submit, step, deadlines, retries, sleeps. */
#ifndef DR_POOL_H
#define DR_POOL_H

#include <stdint.h>

#include "request.h"

/* Read once by dr_pool_new; texts are copied. */
typedef struct dr_pool_options {
  const char *base;        /* normalised endpoint (dr_url_base) */
  const char *user_agent;  /* a whole header line */
  const char *ca_file;     /* NULL: the system's trust store */
  const char *proxy;       /* NULL: environment; "" : none */
  int ssl_verify;          /* 0: certificates are not checked */
  int64_t connect_timeout; /* ms; <= 0: none */
  unsigned max_retries;
  unsigned max_connections;
  size_t max_body; /* bytes of one reply, on the wire and decoded */
} dr_pool_options;

/* Makes no handle yet (that happens at the first submit, so loading before a fork is harmless).
   NULL when memory is refused. The caller holds one reference. */
dr_pool *dr_pool_new(dr_memory mem, const dr_pool_options *o);
void dr_pool_release(dr_pool *p); /* its requests hold it, too; the last one closes and frees */

/* Ends all requests with kind closed, closes connections, wipes the token. Idempotent. */
void dr_pool_close(dr_pool *p);
int dr_pool_closed(const dr_pool *p);

const char *dr_pool_base(const dr_pool *p);

/* Sets the Authorization header's value ("Bearer …"), whose token begins at byte `token`; copied,
   the old one wiped. It is attached only to requests whose address has the base's origin. Bytes
   below 0x20 and 0x7f are refused by the caller. Returns a fault of memory. Nothing happens when it
   is the value already. */
dr_fault dr_pool_authorize(dr_pool *p, const char *value, size_t len, size_t token);

/* Whether the text shows one of the pool's tokens or the proxy's password (secret.h); never once it
   is closed. */
int dr_pool_shows(const dr_pool *p, const char *text, size_t len);

/* A request of this pool in DR_PHASE_NEW that holds a reference to the pool; NULL: memory. */
dr_request *dr_request_new(dr_pool *p);
/* Takes it off the wire if it is there, and frees it. NULL is allowed. */
void dr_request_release(dr_request *r);

/* A request that is done and was sent with another token than the pool has now can be submitted
   once more: its deadline and its count of attempts go on. Returns 0, nothing changed, for any
   other. */
int dr_request_again(dr_request *r);

/* Says whether somebody now waits on the pool's descriptor for this request. When it ends in a
   step for another, which reads what the descriptor would have reported, the descriptor stays
   readable until that somebody has looked (on == 0) or let the request go. */
void dr_request_watch(dr_request *r, int on);

/* Starts the request and does what can be done at once. It always ends in DR_PHASE_DONE, here or by
   later steps; a failure to start is a request done at once with its error set. */
void dr_pool_submit(dr_pool *p, dr_request *r);

/* Does what can be done without blocking. */
void dr_pool_step(dr_pool *p);

/* Waits for at most `ms` for something to do, or until a signal, then steps. */
void dr_pool_wait(dr_pool *p, int ms);

/* For host loops: a descriptor that becomes readable when dr_pool_step has work (-1: none could
   be made), and the milliseconds after which a step is due in any case (< 0: none). */
int dr_pool_fd(dr_pool *p);
int64_t dr_pool_timeout(dr_pool *p);

/* A random number in [0, 1), for the pauses of those who ask again and again. */
double dr_pool_jitter(dr_pool *p);

/* How many requests have ended so far. */
unsigned dr_pool_ended(const dr_pool *p);

/* The number of submitted requests that are not done, without those that wait for others. */
unsigned dr_pool_pending(const dr_pool *p);

#endif
