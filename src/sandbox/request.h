/* request.h: one request of the sandbox's server while it is received, without Lua. */

#ifndef DATAROBOT_SANDBOX_REQUEST_H
#define DATAROBOT_SANDBOX_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <microhttpd.h>

/* What the requests of a server cost together, and may cost. The server's thread alone uses it. */
typedef struct request_budget {
  size_t held;       /* bytes of the bodies that are kept */
  unsigned patience; /* seconds in which a body must be there */
} request_budget;

typedef struct request {
  char *uri; /* as on the wire */
  const char *method;
  const char **headers; /* names and values in turn, in the connection's memory */
  int header_count;     /* of names and values together */
  char *body;
  size_t length, capacity;
  size_t dropped;  /* bytes of the body that were not kept */
  time_t deadline; /* of the body; 0 until the headers are there */
  bool unwanted;   /* the body, if there is one, is read and dropped */
  unsigned status; /* the answer */
  double delay;    /* seconds after which it is sent; 0: at once */
  struct MHD_Response *response;
} request;

/* NULL: no memory. */
request *request_new(const char *uri);
void request_free(request_budget *budget, request *r);

/* Takes the headers, which stay in the connection's memory. False: no memory. */
bool request_begin(request_budget *budget, request *r, struct MHD_Connection *connection,
                   const char *method);
bool request_has_body(const request *r);

/* Takes a piece of the body; a body beyond the caps becomes unwanted. False: no memory, or the peer
   sends too slowly or too much to wait for its end. */
bool request_append(request_budget *budget, request *r, const char *data, size_t size);

/* Makes the answer of a request that the world cannot answer. Only plain ASCII of the message is
   kept, so that the text needs no JSON escapes. */
void request_refuse(request *r, unsigned status, const char *message);

#endif
