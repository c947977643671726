/* proxy.h: what a proxy said that leads to no server, in our words. */
#ifndef DR_PROXY_H
#define DR_PROXY_H

#include "transfer.h"

/* Whether the attempt, whose handle is still there, ended with CURLcode `code` because its proxy
   refused: then the error is set, kind auth where the proxy wants to know who asks, else transport;
   `refused` where repeating cannot change it. `option` is the client's own, as in
   dr_transfer_options. */
int dr_proxy_explain(dr_request *r, const char *option, int code);

/* The address of the proxy for https: the option's, or the environment's; "": none. */
const char *dr_proxy_address(const char *option);

#endif
