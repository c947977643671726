/* transfer.h: one request on one easy handle, with its caps and callbacks. */
#ifndef DR_TRANSFER_H
#define DR_TRANSFER_H

#include "../core/secret.h"
#include "wire.h"

/* Whether the server may have acted on it before the last reply: an earlier attempt was written
   whole and not answered by 401 or 429, or libcurl wrote it anew. */
int dr_request_repeated(const dr_request *r);

#define DR_HEADERS_MAX (256 * 1024) /* bytes of reply headers, interim replies included */
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
