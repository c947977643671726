/* pool_private.h: what pool.c and attempt.c share. */
#ifndef DR_POOL_PRIVATE_H
#define DR_POOL_PRIVATE_H

#include <sys/types.h>

#include "multi.h"
#include "pool.h"
#include "transfer.h"

struct dr_pool {
  const struct dr_net *net; /* first: DR_NET reads it */
  dr_memory mem;
  size_t size; /* of this block, texts included */
  unsigned refs;
  int closed;
  int watched; /* a host loop knows the descriptor */
  pid_t pid;   /* whose handles these are */
  dr_multi multi;
  dr_request *first; /* requests that are not done */
  unsigned pending;  /* how many */
  unsigned others;   /* how many of them end with another */
  unsigned ended;    /* how many are done by now */
  unsigned unseen;   /* how many of these are watched for, and nobody has looked since */
  int64_t next_due;  /* no request needs attention earlier; monotonic ms */
  unsigned quota;
  uint64_t random;
  unsigned max_retries;
  unsigned max_connections;
  size_t max_body;
  dr_buffer authorization; /* a whole header line */
  dr_secrets secrets;      /* its tokens, the latest of them, and the proxy's password */
  unsigned tokens;         /* how many different ones there were */
  dr_transfer_options transfer;
  dr_error refusal;      /* of the proxy, which does not accept who asks */
  int64_t refused_until; /* it stands for every request until then; monotonic ms */
  int refused;           /* requests that are on their way have not heard of it */
  char text[];
};

/* Retries of a client share a quota, so that they add little to the load of a server in trouble. */
#define DR_QUOTA_FULL 500

/* Seeds the jitter of delays; also after a fork. */
void dr_attempt_seed(dr_pool *p);

/* Takes a new request into the list and starts it. */
void dr_attempt_first(dr_pool *p, dr_request *r);

/* Takes it off the wire and out of the list; it is done. */
void dr_attempt_finish(dr_pool *p, dr_request *r);
void dr_attempt_fail(dr_pool *p, dr_request *r, dr_kind kind, const char *message);
void dr_attempt_fail_all(dr_pool *p, const char *message); /* kind closed */

/* The attempt on the wire has ended with a CURLcode: again after a delay, or done. */
void dr_attempt_conclude(dr_pool *p, dr_request *r, int code);

/* Ends those that are on their way to a proxy that has refused another. */
void dr_attempt_refused(dr_pool *p);

/* Ends those that end with another. */
void dr_attempt_others(dr_pool *p);

/* Does what the time calls for: deadlines, ends of sleeps, next attempts. */
void dr_attempt_due(dr_pool *p);

#endif
