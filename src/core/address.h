/* address.h: addresses below the endpoint, put together. */
#ifndef DR_ADDRESS_H
#define DR_ADDRESS_H

#include "buffer.h"
#include "error.h"

/* Bytes of a request's address; servers take from 8 to 64 KiB, libcurl less than 1 MiB. */
#define DR_URL_MAX (64 * 1024)

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

/* The bytes of a scheme and its colon at the start, 0 when there is none. */
size_t dr_url_scheme(const char *s, size_t len);

/* Why a text cannot be part of an address, or NULL. Bytes past ASCII are looked at by the caller
   in a host's name, and refused elsewhere. */
const char *dr_url_unfit(const char *s, size_t len, int ascii);

/* The fault of a buffer that holds an address, as an error. */
dr_kind dr_url_finish(dr_buffer *b, dr_error *err);

#endif
