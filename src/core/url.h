/* url.h: the endpoint, paths below it, and which addresses belong to it (on libcurl's URL API). */
#ifndef DR_URL_H
#define DR_URL_H

#include "buffer.h"
#include "error.h"

/* Normalises an endpoint into `base`: scheme and host in lower case, default port dropped, no
   slash at the end, "/api/v2" appended when there is no path. Refused with
   kind config: other schemes than https and http, userinfo, query, fragment, control bytes, and
   http to a host that is not loopback unless allow_http. */
dr_kind dr_url_base(const char *endpoint, size_t len, int allow_http, dr_buffer *base,
                    dr_error *err);

/* Checks the address of a proxy; "" is none. Refused with kind config: what libcurl takes for no
   address of a proxy, and a path, by which it would find local sockets. */
dr_kind dr_url_proxy(const char *proxy, dr_error *err);

/* Appends `base`, a slash and the template to `out`, each "{}" of the template replaced by the
   next of `ids`, percent-encoded. */
dr_fault dr_url_path(dr_buffer *out, const char *base, const char *path, const char *const *ids);

/* Appends name=value, percent-encoded, behind '?' or '&' as fits. */
dr_fault dr_url_query(dr_buffer *out, const char *name, size_t nlen, const char *value,
                      size_t vlen);

/* A path of the raw layer ("deployments/…?limit=5", with or without a slash in front), appended to
   `base` as it is. Refused with kind validation: an absolute address, "." and ".." segments also
   percent-encoded, backslashes, fragments, bytes below 0x21 and from 0x7f up. */
dr_kind dr_url_raw(dr_buffer *out, const char *base, const char *path, size_t len, dr_error *err);

/* Resolves a Location against `base` and appends what it means there to `out`: its path and query
   behind the base's own origin, whatever scheme, host and port it names. Refused with kind
   protocol: another scheme than http and https, a path outside the base's. Relative forms are taken
   relative to "<base>/". */
dr_kind dr_url_within(dr_buffer *out, const char *base, const char *target, size_t len,
                      dr_error *err);

/* Forms of identifiers: 24 hexadecimal digits (from a caller), [A-Za-z0-9_-]{1,64} (from a
   reply). */
int dr_id_strict(const char *id, size_t len);
int dr_id_loose(const char *id, size_t len);
#define DR_ID_MAX 64

#endif
