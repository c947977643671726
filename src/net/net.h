/* net.h: what the network's module gives to the core's: one table of functions. */
#ifndef DR_NET_H
#define DR_NET_H

#include "pool.h"

/* Each is the function of the same name in pool.h (dr_pool_…, dr_request_…) or url.h (dr_url_…). */
typedef struct dr_net {
  const char *version; /* both modules have to be of one */

  dr_kind (*url_base)(const char *endpoint, size_t len, int allow_http, dr_buffer *base,
                      dr_error *err);
  dr_kind (*url_proxy)(const char *proxy, dr_error *err);
  dr_kind (*url_within)(dr_buffer *out, const char *base, const char *target, size_t len,
                        dr_error *err);

  dr_pool *(*pool_new)(dr_memory mem, const dr_pool_options *o);
  void (*release)(dr_pool *p);
  void (*close)(dr_pool *p);
  int (*closed)(const dr_pool *p);
  const char *(*base)(const dr_pool *p);
  dr_fault (*authorize)(dr_pool *p, const char *value, size_t len, size_t token);
  int (*shows)(const dr_pool *p, const char *text, size_t len);
  void (*submit)(dr_pool *p, dr_request *r);
  void (*step)(dr_pool *p);
  void (*wait)(dr_pool *p, int ms);
  int (*fd)(dr_pool *p);
  int64_t (*timeout)(dr_pool *p);
  double (*jitter)(dr_pool *p);
  unsigned (*ended)(const dr_pool *p);
  unsigned (*pending)(const dr_pool *p);

  dr_request *(*request_new)(dr_pool *p);
  void (*request_release)(dr_request *r);
  int (*request_again)(dr_request *r);
  void (*request_watch)(dr_request *r, int on);
  int (*request_repeated)(const dr_request *r);
} dr_net;

/* The table of the module that made the pool: what a pool begins with. */
#define DR_NET(pool) (*(const dr_net *const *)(const void *)(pool))

/* Of this build. */
extern const dr_net dr_net_functions;

#endif
