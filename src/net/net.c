/* net.c: the functions that the network's module gives to the core's. */
#include "net.h"

#include "../core/version.h"
#include "pool_private.h"
#include "transfer.h"
#include "url.h"

static dr_pool *new_pool(dr_memory mem, const dr_pool_options *o) {
  dr_pool *p = dr_pool_new(mem, o);
  if (p != NULL) p->net = &dr_net_functions;
  return p;
}

const dr_net dr_net_functions = {
    .version = DR_VERSION,
    .url_base = dr_url_base,
    .url_proxy = dr_url_proxy,
    .url_within = dr_url_within,
    .pool_new = new_pool,
    .release = dr_pool_release,
    .close = dr_pool_close,
    .closed = dr_pool_closed,
    .base = dr_pool_base,
    .authorize = dr_pool_authorize,
    .shows = dr_pool_shows,
    .submit = dr_pool_submit,
    .step = dr_pool_step,
    .wait = dr_pool_wait,
    .fd = dr_pool_fd,
    .timeout = dr_pool_timeout,
    .jitter = dr_pool_jitter,
    .ended = dr_pool_ended,
    .pending = dr_pool_pending,
    .request_new = dr_request_new,
    .request_release = dr_request_release,
    .request_again = dr_request_again,
    .request_watch = dr_request_watch,
    .request_repeated = dr_request_repeated,
};
