/* request.h: a request and its reply, as those see it who make one. */
#ifndef DR_REQUEST_H
#define DR_REQUEST_H

#include "../core/buffer.h"
#include "../core/error.h"
#include "../schema/retry_class.h"

typedef struct dr_pool dr_pool;

typedef enum dr_phase {
  DR_PHASE_NEW,     /* being filled by the caller */
  DR_PHASE_RUNNING, /* on the wire */
  DR_PHASE_WAITING, /* a retry's delay, or a sleep */
  DR_PHASE_DONE
} dr_phase;

/* How an attempt ended that was followed by another. */
typedef struct dr_trace {
  dr_kind kind;  /* without a reply */
  long status;   /* of a reply; 0: none */
  int64_t delay; /* ms until the next attempt */
} dr_trace;

#define DR_TRACE 8 /* attempts that are remembered */

#define DR_WORDS_MAX (1 << 20) /* bytes of a failure's body in which words are looked for */

/* A request and its reply. Made by dr_request_new, given back by dr_request_release. */
typedef struct dr_request {
  /* Filled before dr_pool_submit. */
  const char *method; /* static text: "GET", "POST", … ; NULL: a sleep of delay ms, or, where that
                         is negative, until another request of the pool ends */
  dr_buffer url;      /* absolute; only what is behind its origin goes out */
  dr_buffer body;     /* sent as application/json when has_body */
  int has_body;
  dr_retry_class retry;
  int once;        /* no retries, whatever the class */
  int64_t timeout; /* ms for all attempts together; <= 0: none */
  int64_t delay;   /* ms, of a sleep */

  int hidden; /* set by dr_pool_submit: the address holds a secret, show no word of it */

  /* Valid in DR_PHASE_DONE. error.kind is none when a reply came whole, whatever its status. */
  dr_phase phase;
  dr_error error;
  long status;         /* of the last reply, also when the error is ambiguous; 0: none */
  dr_buffer reply;     /* decoded body */
  dr_buffer headers;   /* header lines of the final reply, "name: value\r\n" each, no status line */
  int64_t retry_after; /* ms, < 0: none */
  int no_memory;       /* our own allocator refused something while it ran */
  int echoed;          /* headers, or the body of a failure, hold a secret: show no word of them */
  unsigned attempts;
  dr_trace trace[DR_TRACE]; /* of attempt n, from 0, at n % DR_TRACE; not of the last one */

  dr_pool *pool;
  struct dr_wire *wire; /* what only the transport knows */
} dr_request;

#endif
