/* transfer.h: one request on one easy handle, with its caps and callbacks. */
#ifndef DR_TRANSFER_H
#define DR_TRANSFER_H

#include "buffer.h"
#include "error.h"
#include "retry.h"
#include "secret.h"

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

/* Bytes of a request's address; servers take from 8 to 64 KiB, libcurl less than 1 MiB. */
#define DR_URL_MAX (64 * 1024)

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

  /* Private to transfer.c, outcome.c, attempt.c and pool.c. */
  dr_pool *pool;
  struct dr_request *prev, *next;       /* the pool's list of submitted requests */
  void *easy;                           /* the easy handle of an attempt on the wire */
  struct dr_header_lines *header_lines; /* what it sends */
  int64_t deadline;                     /* monotonic ms; 0: none */
  int64_t due;                          /* monotonic ms at which WAITING ends */
  size_t header_bytes;                  /* received in this attempt, interim replies included */
  unsigned written;                     /* how often libcurl began to write it in this attempt */
  int sent_whole;                       /* the last attempt may have reached the server whole */
  int refused;      /* the last attempt failed in a way that repeating cannot change */
  int head_done;    /* the last header block came to its end */
  int maybe_acted;  /* an earlier attempt may have been acted on */
  int stranded;     /* libcurl has to be called for it, whatever the sockets say */
  int watched_for;  /* by somebody who waits on the pool's descriptor */
  int over_cap;     /* bytes on the wire went over the cap */
  const char *flaw; /* what in the head of the reply is not HTTP's, or NULL */
  unsigned token;   /* which of the pool's tokens the last attempt bore (dr_pool.tokens) */
  unsigned cost;    /* what its last retry took from the pool's quota */
  char detail[256]; /* libcurl's own words about a failure */
} dr_request;

/* The value of a reply header (name without regard to case; the last one when repeated), or NULL;
   not NUL-terminated, blanks trimmed. */
const char *dr_request_header(const dr_request *r, const char *name, size_t *len);

/* Whether the server may have acted on it before the last reply: an earlier attempt was written
   whole and not answered by 401 or 429, or libcurl wrote it anew. */
int dr_request_repeated(const dr_request *r);

/* Monotonic milliseconds. */
int64_t dr_now(void);

/* For pool.c and outcome.c. */

#define DR_HEADERS_MAX (256 * 1024) /* bytes of reply headers, interim replies included */
#define DR_WORDS_MAX (1 << 20)      /* bytes of a failure's body in which words are looked for */
#define DR_STALL_SECONDS 60         /* a connection that is silent for so long is given up */

#define DR_SPARES_MAX 16 /* idle handles of a pool; a batch of replies at once leaves some */

/* What all transfers of a pool share. The texts live as long as the pool. */
typedef struct dr_transfer_options {
  const char *base;          /* all requests go to its origin */
  const char *user_agent;    /* a whole header line */
  const char *proxy;         /* NULL: environment; "": none */
  const char *authorization; /* a whole header line, or NULL */
  const dr_secrets *secrets; /* what no text may show */
  const char *ca_file;       /* the trust store: one of the two, or neither (libcurl's choice) */
  const char *ca_path;
  int ca_given; /* the store is the client's own, not the system's */
  int ssl_verify;
  int64_t connect_timeout; /* ms */
  void *origin;            /* the base, taken apart by libcurl; NULL: not yet */
  unsigned spares;         /* easy handles that wait for a request, with these options set */
  void *spare[DR_SPARES_MAX];
} dr_transfer_options;

/* Whether its address is plain http, hence spoken to in HTTP/1.1. The url holds a text. */
int dr_transfer_is_plain(const dr_request *r);

/* Chooses ca_file and ca_path for the libcurl that is loaded; `ca_file` is the user's, or NULL. */
void dr_transfer_trust(dr_transfer_options *o, const char *ca_file);

/* Makes r->easy for one attempt, or takes a spare one. It may take `remaining` ms (<= 0: no limit).
   Forgets what an earlier attempt left. On failure r->error is set, kind memory or transport, and
   there is no handle. */
dr_kind dr_transfer_open(dr_request *r, dr_transfer_options *o, int64_t remaining);

/* Keeps r->easy, which is no longer in a multi handle, for another request: making one anew costs
   a tenth of a whole GET. It forgets the request and what it sent. Only after a reply that came
   whole, so that nothing of a failure lives on. r->easy stays where it cannot be kept. */
void dr_transfer_keep(dr_request *r, dr_transfer_options *o);

/* Frees the handles that are kept and what they share. */
void dr_transfer_end(dr_transfer_options *o);

/* Fills status, error, retry_after and sent_whole from an attempt that ended with a CURLcode. The
   handle must still be there. (outcome.c) */
void dr_transfer_result(dr_request *r, const dr_transfer_options *o, int code);

/* Sets `echoed`, frees the handle (which is no longer in a multi handle) and wipes what it sent;
   harmless when there is none. */
void dr_transfer_close(dr_request *r, const dr_transfer_options *o);

#endif
