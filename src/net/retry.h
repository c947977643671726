/* retry.h: whether a request is sent again, and after how long; a pure function. */
#ifndef DR_RETRY_H
#define DR_RETRY_H

#include <stdint.h>

#include "../core/error.h"
#include "../schema/retry_class.h"

/* What is known about the attempt that just ended. */
typedef struct dr_attempt {
  dr_retry_class retry;
  unsigned attempts;    /* made so far, this one included: from 1 */
  unsigned max_retries; /* after the first */
  long status;          /* of a reply that came whole; 0: none did */
  dr_kind kind;         /* the failure without a reply: transport, tls, timeout, limit, … */
  int sent_whole;       /* the request may have reached the server whole */
  int64_t retry_after;  /* ms from the Retry-After header; < 0: none */
  int64_t remaining;    /* ms to the deadline; < 0: no deadline */
  double jitter;        /* uniform in [0, 1) */
} dr_attempt;

typedef struct dr_verdict {
  int again;     /* send it again after delay */
  int64_t delay; /* ms */
  int ambiguous; /* not again, and nobody knows whether the server acted */
} dr_verdict;

/* Delay: full jitter over min(20 s, 0.5 s * 2^(attempts-1)); a Retry-After is the least. No retry
   whose delay would reach the deadline.
   Without a reply, transport and timeout are worth another attempt; so is tls, unless the
   certificate itself was refused (the caller says so by asking with max_retries 0).
   Ambiguous: an unsafe request that may have been written whole and got no complete reply, or the
   reply of a gateway that lost sight of the server (502, 504). 500 and 503 are the server's own
   word that it failed, so they stand as they are. Without memory for a reply it is ambiguous,
   too; a request that a closed client gives up is not judged. */
dr_verdict dr_retry(const dr_attempt *a);

/* Milliseconds of a Retry-After value: seconds or an HTTP date, taken against `now` (seconds since
   the epoch); 0 for a date that has passed; < 0 when it is neither. Capped at one day. */
int64_t dr_retry_after(const char *value, int64_t now);

#endif
