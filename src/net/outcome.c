/* outcome.c: what an attempt ended with: libcurl's code as one of our kinds and a sentence. */
#include <limits.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "../core/header.h"
#include "proxy.h"
#include "retry.h"
#include "transfer.h"

#define CURLE_TOO_LARGE_OF_8_6 100 /* headers of older libcurls do not know it */

int dr_request_repeated(const dr_request *r) {
  return r->wire->maybe_acted || r->wire->written > 1;
}

/* {=== What an attempt ended with ===} */

/* Every code that is not here is kind transport and may be repeated. */
static const struct meaning {
  CURLcode code;
  dr_kind kind;
  int refused; /* repeating cannot change it */
} meanings[] = {
    {CURLE_OUT_OF_MEMORY, DR_KIND_MEMORY, 1},
    {CURLE_OPERATION_TIMEDOUT, DR_KIND_TIMEOUT, 0},
    {CURLE_SSL_CONNECT_ERROR, DR_KIND_TLS, 0},
    {CURLE_PEER_FAILED_VERIFICATION, DR_KIND_TLS, 1},
    {CURLE_SSL_ISSUER_ERROR, DR_KIND_TLS, 1},
    {CURLE_SSL_INVALIDCERTSTATUS, DR_KIND_TLS, 1},
    {CURLE_SSL_CACERT_BADFILE, DR_KIND_TLS, 1},
    {CURLE_SSL_CERTPROBLEM, DR_KIND_TLS, 1},
    {CURLE_SSL_CLIENTCERT, DR_KIND_TLS, 1},
    {CURLE_SSL_CIPHER, DR_KIND_TLS, 1},
    {CURLE_SSL_ENGINE_INITFAILED, DR_KIND_TLS, 1},
    {CURLE_WEIRD_SERVER_REPLY, DR_KIND_PROTOCOL, 1},
    {CURLE_BAD_CONTENT_ENCODING, DR_KIND_PROTOCOL, 1},
    {CURLE_UNSUPPORTED_PROTOCOL, DR_KIND_PROTOCOL, 1},
    {CURLE_URL_MALFORMAT, DR_KIND_TRANSPORT, 1},
};

static struct meaning meaning_of(CURLcode code) {
  for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
    if (meanings[i].code == code) return meanings[i];
  return (struct meaning){code, DR_KIND_TRANSPORT, 0};
}

/* libcurl's words, unless they quote a secret (a proxy's address with its password, the token) or
   were cut, maybe within one. */
static const char *words(const dr_request *r, const dr_transfer_options *o, CURLcode code) {
  static const char prefix[] = "SSL certificate problem: ";
  size_t len = strlen(r->wire->detail);
  if (len == 0 || len + 2 >= sizeof r->wire->detail || strchr(r->wire->detail, '@') != NULL ||
      dr_secrets_in(o->secrets, r->wire->detail, len))
    return curl_easy_strerror(code);
  return r->wire->detail +
         (strncmp(r->wire->detail, prefix, sizeof prefix - 1) ? 0 : sizeof prefix - 1);
}

/* A body whose Content-Encoding is broken ends as a refusal of ours, or as an error of a chunk. */
static void explain_coding(dr_request *r, const dr_transfer_options *o) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-, ";
  size_t len = 0;
  const char *coding = dr_header(&r->headers, "Content-Encoding", &len);
  for (size_t i = 0; coding != NULL && i < len; i++)
    if (i == 40 || strchr(letters, coding[i]) == NULL) coding = NULL;
  if (coding != NULL && dr_secrets_in(o->secrets, coding, len)) coding = NULL;
  dr_error_set(
      &r->error, DR_KIND_PROTOCOL,
      "the reply's body cannot be decoded: its Content-Encoding%s%.*s is broken or unknown",
      coding != NULL ? " " : "", coding != NULL ? (int)len : 0, coding != NULL ? coding : "");
}

/* A callback of ours stopped it, or libcurl's own reading of a coded body. */
static void explain_stop(dr_request *r, const dr_transfer_options *o, CURLcode code) {
  dr_error *e = &r->error;
  r->no_memory = r->reply.fault == DR_FAULT_MEMORY || r->headers.fault == DR_FAULT_MEMORY;
  if (r->no_memory)
    dr_error_set(e, DR_KIND_MEMORY, "no memory for the reply");
  else if (r->reply.fault == DR_FAULT_LIMIT || r->wire->over_cap)
    dr_error_set(e, DR_KIND_LIMIT, "the reply is larger than max_body (%zu bytes)%s", r->reply.max,
                 r->wire->over_cap ? " on the wire" : "");
  else if (r->wire->flaw != NULL)
    dr_error_set(e, DR_KIND_PROTOCOL, "the reply is not HTTP: %s", r->wire->flaw);
  else if (r->wire->header_bytes > DR_HEADERS_MAX)
    dr_error_set(e, DR_KIND_LIMIT, "the reply's headers are larger than %d bytes", DR_HEADERS_MAX);
  else if (r->wire->written > 1)
    dr_error_set(e, DR_KIND_TRANSPORT, "the server closed the connection without a reply");
  else if (code == CURLE_ABORTED_BY_CALLBACK)
    dr_error_set(e, DR_KIND_TRANSPORT, "the system refuses to watch the connection");
  else
    explain_coding(r, o);
}

/* With whom TLS failed. The proxy's result is 0 unless a handshake with it began and did not end
   well. */
static int peer_of(const dr_request *r, const char **name) {
  long result = 0;
  (void)curl_easy_getinfo(r->wire->easy, CURLINFO_PROXY_SSL_VERIFYRESULT, &result);
  *name = result ? "the proxy" : strstr(r->url.data, "://") + 3;
  return (int)strcspn(*name, "/?");
}

/* The TLS libraries' words for bytes that are none of TLS. */
static int speaks_no_tls(const dr_request *r) {
  static const char *const words[] = {"wrong version number", "packet length too long",
                                      "unexpected TLS packet", "http request",
                                      "unsupported protocol version number"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strstr(r->wire->detail, words[i]) != NULL) return 1;
  return 0;
}

static void explain_no_http(dr_request *r) {
  const char *host = strstr(r->url.data, "://") + 3;
  dr_error_set(
      &r->error, DR_KIND_PROTOCOL, "what answers at %.*s speaks no HTTP; is the port right%s?",
      (int)strcspn(host, "/?"), host, dr_transfer_is_plain(r) ? ", or is it https://" : "");
}

static void explain_tls(dr_request *r, const dr_transfer_options *o, CURLcode code) {
  const char *store = o->ca_file != NULL   ? o->ca_file
                      : o->ca_path != NULL ? o->ca_path
                                           : "the TLS library's own";
  const char *peer;
  int len = peer_of(r, &peer);
  if (code == CURLE_PEER_FAILED_VERIFICATION)
    dr_error_set(&r->error, DR_KIND_TLS, "certificate of %.*s is not trusted (%s); trust store: %s",
                 len, peer, words(r, o, code), store);
  else if (code == CURLE_SSL_CACERT_BADFILE)
    dr_error_set(&r->error, DR_KIND_TLS, "trust store %s cannot be read%s", store,
                 o->ca_given ? " (option ca_file)"
                             : "; install the package ca-certificates, or give the option ca_file");
  else if (code == CURLE_SSL_CLIENTCERT)
    dr_error_set(&r->error, DR_KIND_TLS,
                 "%.*s wants a certificate of the client, and this client has none", len, peer);
  else if (code == CURLE_SSL_CONNECT_ERROR && r->wire->refused)
    dr_error_set(&r->error, DR_KIND_TLS, "%.*s speaks no TLS; is the port right, or is it http://?",
                 len, peer);
  else
    dr_error_set(&r->error, DR_KIND_TLS, "TLS with %.*s failed: %s", len, peer, words(r, o, code));
}

static void explain(dr_request *r, const dr_transfer_options *o, CURLcode code) {
  struct meaning m = meaning_of(code);
  char text[DR_SECONDS_TEXT];
  r->wire->refused = m.refused || (code == CURLE_SSL_CONNECT_ERROR && speaks_no_tls(r));
  if (dr_proxy_explain(r, o->proxy, code)) return;
  if (code == CURLE_WRITE_ERROR || code == CURLE_ABORTED_BY_CALLBACK)
    explain_stop(r, o, code);
  else if (code == CURLE_BAD_CONTENT_ENCODING)
    explain_coding(r, o);
  else if (m.kind == DR_KIND_TLS)
    explain_tls(r, o, code);
  else if (code == CURLE_UNSUPPORTED_PROTOCOL && r->wire->written)
    explain_no_http(r);
  else if (m.kind == DR_KIND_TIMEOUT && r->wire->written == 0)
    dr_error_set(&r->error, m.kind, "no connection within %s s",
                 dr_seconds(text, o->connect_timeout));
  else if (m.kind == DR_KIND_TIMEOUT)
    dr_error_set(&r->error, m.kind, "no data for %d s", DR_STALL_SECONDS);
  else if (m.kind == DR_KIND_TRANSPORT)
    dr_error_set(&r->error, m.kind, "%s: %s",
                 r->wire->written ? "connection lost" : "no connection", words(r, o, code));
  else
    dr_error_set(&r->error, m.kind, "%s", words(r, o, code));
}

/* Whether the body is known not to have been written to its end. Only HTTP/1.1 counts it when it
   is written; a request without a body is written at once. Nothing counted says nothing: libcurl
   counts from 0 again while it connects anew for a request whose kept connection died. */
static int is_cut_short(const dr_request *r) {
  curl_off_t up = 0;
  if (r->wire->written != 1 || !r->has_body || !dr_transfer_is_plain(r)) return 0;
  return curl_easy_getinfo(r->wire->easy, CURLINFO_SIZE_UPLOAD_T, &up) == CURLE_OK && up > 0 &&
         (size_t)up < r->body.len;
}

/* The number that a header line holds; the headers have no end that a function of C would see. */
static long long number_before(const char *eol, const char *at) {
  long long n = 0;
  while (at < eol && (*at == ' ' || *at == '\t')) at++;
  for (; at < eol && *at >= '0' && *at <= '9' && n < LLONG_MAX / 16; at++) n = n * 10 + (*at - '0');
  return n;
}

/* Two lengths that differ: nobody knows where the reply ends. */
static int has_two_lengths(const dr_request *r) {
  static const char name[] = "Content-Length:";
  const char *at = r->headers.data, *end = at != NULL ? at + r->headers.len : NULL;
  long long length = -1;
  for (const char *eol; at < end && (eol = memchr(at, '\n', (size_t)(end - at))) != NULL;
       at = eol + 1) {
    if (!dr_header_named(at, name, sizeof name - 1)) continue;
    long long value = number_before(eol, at + sizeof name - 1);
    if (length >= 0 && value != length) return 1;
    length = value;
  }
  return 0;
}

/* TLS 1.3 lets a client write before the server has missed its certificate: libcurl then reports
   an error of reading. What was written has been read by nobody. */
static int lacks_certificate(const dr_request *r, CURLcode code) {
  return code == CURLE_SSL_CLIENTCERT ||
         (code == CURLE_RECV_ERROR && r->status == 0 &&
          strstr(r->wire->detail, "alert certificate required") != NULL);
}

/* libcurl keeps 100 KB of a line. Up to 8.5 it reports more as memory that was refused: then
   the reply has begun and its head has not ended. */
static int lacks_room(const dr_request *r, int code) {
  curl_off_t began = 0;
  if (code == CURLE_TOO_LARGE_OF_8_6) return 1;
  if (code != CURLE_OUT_OF_MEMORY || r->wire->head_done || r->wire->written == 0) return 0;
  (void)curl_easy_getinfo(r->wire->easy, CURLINFO_STARTTRANSFER_TIME_T, &began);
  return r->status || began > 0;
}

static int64_t retry_after_of(const dr_request *r) {
  char text[64];
  size_t len;
  const char *value = dr_header(&r->headers, "Retry-After", &len);
  if (value == NULL || len >= sizeof text) return -1;
  memcpy(text, value, len);
  text[len] = '\0';
  return dr_retry_after(text, (int64_t)time(NULL));
}

void dr_transfer_result(dr_request *r, const dr_transfer_options *o, int code) {
  long status = 0;
  (void)curl_easy_getinfo(r->wire->easy, CURLINFO_RESPONSE_CODE, &status);
  r->status = status >= 200 ? status : 0; /* an interim reply is none */
  if (lacks_certificate(r, (CURLcode)code)) code = CURLE_SSL_CLIENTCERT;
  r->wire->sent_whole = r->wire->written > 0 && code != CURLE_SSL_CLIENTCERT && !is_cut_short(r);
  if (code == CURLE_OK && has_two_lengths(r))
    dr_error_set(&r->error, DR_KIND_PROTOCOL, "the reply has two lengths that differ");
  else if (code == CURLE_OK && r->status && r->wire->head_done)
    r->retry_after = retry_after_of(r);
  else if (code == CURLE_OK) /* libcurl takes the end of a connection for the end of a header */
    dr_error_set(&r->error, DR_KIND_TRANSPORT, "connection lost: the reply ended in its headers");
  else if (lacks_room(r, code))
    dr_error_set(&r->error, DR_KIND_LIMIT, "libcurl has no room for a line of the reply's %s",
                 r->status ? "headers" : "head");
  else
    explain(r, o, (CURLcode)code);
}
