/* wire.h: what the transport alone knows of a request. */
#ifndef DR_WIRE_H
#define DR_WIRE_H

#include "request.h"

typedef struct dr_wire {
  dr_request *prev, *next;              /* the pool's list of submitted requests */
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
} dr_wire;

/* As dr_request_new makes them: in one block. */
typedef struct dr_request_block {
  dr_request request;
  dr_wire wire;
} dr_request_block;

#endif
