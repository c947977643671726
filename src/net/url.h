/* url.h: what libcurl makes of addresses: the endpoint, a proxy, and what belongs to the endpoint.
 */
#ifndef DR_URL_H
#define DR_URL_H

#include "../core/buffer.h"
#include "../core/error.h"

/* Normalises an endpoint into `base`: scheme and host in lower case, default port dropped, no
   slash at the end, "/api/v2" appended when there is no path. Refused with
   kind config: other schemes than https and http, userinfo, query, fragment, control bytes, and
   http to a host that is not loopback unless allow_http. */
dr_kind dr_url_base(const char *endpoint, size_t len, int allow_http, dr_buffer *base,
                    dr_error *err);

/* Checks the address of a proxy; "" is none. Refused with kind config: what libcurl takes for no
   address of a proxy, and a path, by which it would find local sockets. */
dr_kind dr_url_proxy(const char *proxy, dr_error *err);

/* Resolves a Location against `base` and appends what it means there to `out`: its path and query
   behind the base's own origin, whatever scheme, host and port it names. Refused with kind
   protocol: another scheme than http and https, a path outside the base's. Relative forms are taken
   relative to "<base>/". */
dr_kind dr_url_within(dr_buffer *out, const char *base, const char *target, size_t len,
                      dr_error *err);

#endif
