/* outcome_test.c: what an attempt ended with, by libcurl's code and words, the head of the reply
   and what its proxy said: also what no server, proxy and release of libcurl of the suite does.
   What libcurl knows of a handle is stood in for. */
#define CURL_DISABLE_TYPECHECK 1
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "../../src/net/transfer.h"

static int failures;

static void expect(int row, const char *what, const char *expected, const char *got) {
  if (strcmp(expected, got) == 0) return;
  failures++;
  fprintf(stderr, "row %d, %s:\n  '%s' expected, got\n  '%s'\n", row, what, expected, got);
}

static void expect_number(int row, const char *what, long long expected, long long got) {
  if (expected == got) return;
  failures++;
  fprintf(stderr, "row %d, %s: %lld expected, got %lld\n", row, what, expected, got);
}

static void *allocate(void *ud, void *block, size_t old, size_t size) {
  (void)ud, (void)old;
  if (size > 0) return realloc(block, size);
  free(block);
  return NULL;
}

static const dr_memory memory = {allocate, NULL};

/* {=== What libcurl knows of the handle ===} */

static struct {
  long status, of_proxy, why, of_certificate;
  curl_off_t uploaded, began;
} known;

CURLcode(curl_easy_getinfo)(CURL *easy, CURLINFO info, ...) {
  va_list args;
  va_start(args, info);
  void *out = va_arg(args, void *);
  va_end(args);
  (void)easy;
  if (info == CURLINFO_RESPONSE_CODE) *(long *)out = known.status;
  if (info == CURLINFO_HTTP_CONNECTCODE) *(long *)out = known.of_proxy;
  if (info == CURLINFO_PROXY_ERROR) *(long *)out = known.why;
  if (info == CURLINFO_PROXY_SSL_VERIFYRESULT) *(long *)out = known.of_certificate;
  if (info == CURLINFO_SIZE_UPLOAD_T) *(curl_off_t *)out = known.uploaded;
  if (info == CURLINFO_STARTTRANSFER_TIME_T) *(curl_off_t *)out = known.began;
  return CURLE_OK;
}

#define URL "https://host.invalid:99/api/v2/x/?y"
#define TLS "TLS with host.invalid:99 failed: "
#define CODED "the reply's body cannot be decoded: its Content-Encoding"
#define CODED_X CODED " x is broken or unknown"
#define CODED_SOMEHOW CODED " is broken or unknown"
#define TEN "aaaaaaaaaa"
#define PROXY "http://me:password@p.invalid:1"
#define SECRET "abcdefgh-12345678"

static dr_secrets secrets = {{allocate, NULL}, NULL};

typedef struct row {
  int code;
  const char *head, *detail;
  dr_kind kind;
  const char *message;
  int refused, whole; /* repeating cannot change it; the server may have acted */
  dr_request r;       /* status: a reply's; has_body */
  dr_wire wire;       /* written, head_done, flaw, over_cap */
  const char *url, *proxy, *ca_path;
  long of_proxy, why, of_certificate;
  long long uploaded, began;
} row;

#define ENDS(code_, head_, detail_, kind_, message_, ...)                                          \
  {                                                                                                \
    .code = code_, .head = head_, .detail = detail_, .kind = kind_, .message = message_,           \
    __VA_ARGS__                                                                                    \
  }

#define WRITTEN .wire.written = 1, .whole = 1
#define REPLY .wire.written = 1, .whole = 1, .r.status = 200, .wire.head_done = 1

static const row rows[] = {
    /* Replies. */
    ENDS(CURLE_OK, "A: b\r\n", "", DR_KIND_NONE, "", REPLY),
    ENDS(CURLE_OK, "", "", DR_KIND_TRANSPORT, "connection lost: the reply ended in its headers",
         WRITTEN, .r.status = 200),
    ENDS(CURLE_OK, "", "", DR_KIND_TRANSPORT, "connection lost: the reply ended in its headers",
         WRITTEN, .r.status = 100, .wire.head_done = 1),
    ENDS(CURLE_OK, "Content-Length: 2\r\nContent-Length:\t 2\r\n", "", DR_KIND_NONE, "", REPLY),
    ENDS(CURLE_OK, "Content-Length: 2\r\ncontent-length: 3\r\n", "", DR_KIND_PROTOCOL,
         "the reply has two lengths that differ", REPLY),
    ENDS(CURLE_OK, "Content-Length:2", "", DR_KIND_NONE, "", REPLY),
    ENDS(CURLE_OK, "Content-Length: \nContent-Length: 99999999999999999999999999\n", "",
         DR_KIND_PROTOCOL, "the reply has two lengths that differ", REPLY),
    /* The codes that say what they mean, and those that do not. */
    ENDS(CURLE_COULDNT_RESOLVE_HOST, "", "words", DR_KIND_TRANSPORT, "no connection: words"),
    ENDS(CURLE_SEND_ERROR, "", "words", DR_KIND_TRANSPORT, "connection lost: words", WRITTEN),
    ENDS(CURLE_URL_MALFORMAT, "", "words", DR_KIND_TRANSPORT, "no connection: words", .refused = 1),
    ENDS(CURLE_WEIRD_SERVER_REPLY, "", "words", DR_KIND_PROTOCOL, "words", .refused = 1, WRITTEN),
    ENDS(CURLE_OUT_OF_MEMORY, "", "words", DR_KIND_MEMORY, "words", .refused = 1),
    ENDS(CURLE_OPERATION_TIMEDOUT, "", "", DR_KIND_TIMEOUT, "no connection within 2.5 s"),
    ENDS(CURLE_OPERATION_TIMEDOUT, "", "", DR_KIND_TIMEOUT, "no data for 60 s", WRITTEN),
    ENDS(CURLE_UNSUPPORTED_PROTOCOL, "", "words", DR_KIND_PROTOCOL, "words", .refused = 1),
    ENDS(CURLE_UNSUPPORTED_PROTOCOL, "", "words", DR_KIND_PROTOCOL,
         "what answers at host.invalid:99 speaks no HTTP; is the port right?", .refused = 1,
         WRITTEN),
    ENDS(CURLE_UNSUPPORTED_PROTOCOL, "", "words", DR_KIND_PROTOCOL,
         "what answers at plain:1 speaks no HTTP; is the port right, or is it https://?",
         .refused = 1, WRITTEN, .url = "http://plain:1/"),
    /* Words of libcurl's that nobody is shown. */
    ENDS(CURLE_SEND_ERROR, "", "", DR_KIND_TRANSPORT,
         "connection lost: Failed sending data to the peer", WRITTEN),
    ENDS(CURLE_SEND_ERROR, "", "to me:pass@host", DR_KIND_TRANSPORT,
         "connection lost: Failed sending data to the peer", WRITTEN),
    ENDS(CURLE_SEND_ERROR, "", "saw " SECRET, DR_KIND_TRANSPORT,
         "connection lost: Failed sending data to the peer", WRITTEN),
    ENDS(CURLE_SEND_ERROR, "",
         TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
             TEN TEN "aaaa",
         DR_KIND_TRANSPORT, "connection lost: Failed sending data to the peer", WRITTEN),
    /* Codings. */
    ENDS(CURLE_BAD_CONTENT_ENCODING, "Content-Encoding: x\r\n", "", DR_KIND_PROTOCOL, CODED_X,
         .refused = 1, WRITTEN),
    ENDS(CURLE_WRITE_ERROR, "A: b\r\ncontent-encoding:\t x \t\r\n", "", DR_KIND_PROTOCOL, CODED_X,
         WRITTEN),
    ENDS(CURLE_WRITE_ERROR, "Content-Encoding: y\r\nContent-Encoding: x", "", DR_KIND_PROTOCOL,
         CODED_X, WRITTEN),
    ENDS(CURLE_WRITE_ERROR, "Content-Encodings: x\r\n", "", DR_KIND_PROTOCOL, CODED_SOMEHOW,
         WRITTEN),
    ENDS(CURLE_WRITE_ERROR, "Content-Encoding: <b>\r\n", "", DR_KIND_PROTOCOL, CODED_SOMEHOW,
         WRITTEN),
    ENDS(CURLE_WRITE_ERROR, "Content-Encoding: " TEN TEN TEN TEN "a\r\n", "", DR_KIND_PROTOCOL,
         CODED_SOMEHOW, WRITTEN),
    ENDS(CURLE_WRITE_ERROR, "Content-Encoding: " SECRET "\r\n", "", DR_KIND_PROTOCOL, CODED_SOMEHOW,
         WRITTEN),
    ENDS(CURLE_WRITE_ERROR, "Content-Encoding:\t\r\n", "", DR_KIND_PROTOCOL,
         CODED "  is broken or unknown", WRITTEN),
    /* What we stopped. */
    ENDS(CURLE_WRITE_ERROR, "", "", DR_KIND_PROTOCOL, "the reply is not HTTP: a flaw", WRITTEN,
         .wire.flaw = "a flaw"),
    ENDS(CURLE_WRITE_ERROR, "", "", DR_KIND_LIMIT,
         "the reply is larger than max_body (99 bytes) on the wire", WRITTEN, .wire.over_cap = 1),
    ENDS(CURLE_WRITE_ERROR, "", "", DR_KIND_LIMIT, "the reply is larger than max_body (99 bytes)",
         WRITTEN, .r.reply.fault = DR_FAULT_LIMIT),
    ENDS(CURLE_WRITE_ERROR, "", "", DR_KIND_MEMORY, "no memory for the reply", WRITTEN,
         .r.reply.fault = DR_FAULT_MEMORY),
    ENDS(CURLE_WRITE_ERROR, "", "", DR_KIND_MEMORY, "no memory for the reply", WRITTEN,
         .r.headers.fault = DR_FAULT_MEMORY),
    ENDS(CURLE_WRITE_ERROR, "", "", DR_KIND_LIMIT,
         "the reply's headers are larger than 262144 bytes", WRITTEN,
         .wire.header_bytes = DR_HEADERS_MAX + 1),
    ENDS(CURLE_ABORTED_BY_CALLBACK, "", "", DR_KIND_TRANSPORT,
         "the server closed the connection without a reply", .whole = 1, .wire.written = 2),
    ENDS(CURLE_ABORTED_BY_CALLBACK, "", "", DR_KIND_TRANSPORT,
         "the system refuses to watch the connection"),
    /* A line for which libcurl has no room, before 8.6 and since. */
    ENDS(100, "", "", DR_KIND_LIMIT, "libcurl has no room for a line of the reply's head", WRITTEN),
    ENDS(100, "", "", DR_KIND_LIMIT, "libcurl has no room for a line of the reply's headers",
         REPLY),
    ENDS(CURLE_OUT_OF_MEMORY, "", "", DR_KIND_LIMIT,
         "libcurl has no room for a line of the reply's head", WRITTEN, .began = 1),
    ENDS(CURLE_OUT_OF_MEMORY, "", "", DR_KIND_LIMIT,
         "libcurl has no room for a line of the reply's headers", WRITTEN, .r.status = 200),
    ENDS(CURLE_OUT_OF_MEMORY, "", "words", DR_KIND_MEMORY, "words", .refused = 1, WRITTEN),
    ENDS(CURLE_OUT_OF_MEMORY, "", "words", DR_KIND_MEMORY, "words", .refused = 1, REPLY),
    /* TLS. */
    ENDS(CURLE_SSL_CONNECT_ERROR, "", "words", DR_KIND_TLS, TLS "words"),
    ENDS(CURLE_SSL_CONNECT_ERROR, "", "OpenSSL: wrong version number", DR_KIND_TLS,
         "host.invalid:99 speaks no TLS; is the port right, or is it http://?", .refused = 1),
    ENDS(CURLE_SSL_CIPHER, "", "wrong version number", DR_KIND_TLS, TLS "wrong version number",
         .refused = 1),
    ENDS(CURLE_SSL_CERTPROBLEM, "", "SSL certificate problem: words", DR_KIND_TLS, TLS "words",
         .refused = 1),
    ENDS(CURLE_SSL_CONNECT_ERROR, "", "words", DR_KIND_TLS, "TLS with the proxy failed: words",
         .of_certificate = 1),
    ENDS(CURLE_SSL_CLIENTCERT, "", "", DR_KIND_TLS,
         "host.invalid:99 wants a certificate of the client, and this client has none",
         .refused = 1, .wire.written = 1),
    ENDS(CURLE_RECV_ERROR, "", "tlsv13 alert certificate required", DR_KIND_TLS,
         "host.invalid:99 wants a certificate of the client, and this client has none",
         .refused = 1, .wire.written = 1),
    ENDS(CURLE_RECV_ERROR, "", "tlsv13 alert certificate required", DR_KIND_TRANSPORT,
         "connection lost: tlsv13 alert certificate required", REPLY),
    ENDS(CURLE_RECV_ERROR, "", "reset", DR_KIND_TRANSPORT, "connection lost: reset", WRITTEN),
    ENDS(
        CURLE_PEER_FAILED_VERIFICATION, "", "words", DR_KIND_TLS,
        "certificate of host.invalid:99 is not trusted (words); trust store: the TLS library's own",
        .refused = 1),
    ENDS(CURLE_PEER_FAILED_VERIFICATION, "", "words", DR_KIND_TLS,
         "certificate of host.invalid:99 is not trusted (words); trust store: /certs", .refused = 1,
         .ca_path = "/certs"),
    /* A body that was written in part has not been acted on; what is not counted may have been. */
    ENDS(CURLE_SEND_ERROR, "", "words", DR_KIND_TRANSPORT, "connection lost: words",
         .wire.written = 1, .r.has_body = 1, .uploaded = 1, .url = "http://plain:1/"),
    ENDS(CURLE_SEND_ERROR, "", "words", DR_KIND_TRANSPORT, "connection lost: words", WRITTEN,
         .r.has_body = 1, .uploaded = 0, .url = "http://plain:1/"),
    ENDS(CURLE_SEND_ERROR, "", "words", DR_KIND_TRANSPORT, "connection lost: words", WRITTEN,
         .r.has_body = 1, .uploaded = 2, .url = "http://plain:1/"),
    ENDS(CURLE_SEND_ERROR, "", "words", DR_KIND_TRANSPORT, "connection lost: words", WRITTEN,
         .r.has_body = 1, .uploaded = 1),
    ENDS(CURLE_SEND_ERROR, "", "words", DR_KIND_TRANSPORT, "connection lost: words", .whole = 1,
         .wire.written = 2, .r.has_body = 1, .uploaded = 1, .url = "http://plain:1/"),
    /* Proxies. */
    ENDS(CURLE_RECV_ERROR, "", "", DR_KIND_TRANSPORT,
         "no connection: the proxy p.invalid:1 (option proxy) answers 403 when asked for "
         "host.invalid:99",
         .refused = 1, .proxy = PROXY, .of_proxy = 403),
    ENDS(CURLE_RECV_ERROR, "", "", DR_KIND_TRANSPORT,
         "no connection: the proxy p (option proxy) answers 408 when asked for host.invalid:99",
         .proxy = "p", .of_proxy = 408),
    ENDS(CURLE_RECV_ERROR, "", "", DR_KIND_TRANSPORT,
         "no connection: the proxy p (option proxy) answers 429 when asked for host.invalid:99",
         .proxy = "http://p/", .of_proxy = 429),
    ENDS(CURLE_RECV_ERROR, "", "", DR_KIND_TRANSPORT,
         "no connection: the proxy p (option proxy) answers 302 when asked for host.invalid:99",
         .proxy = "p", .of_proxy = 302),
    ENDS(CURLE_RECV_ERROR, "", "", DR_KIND_TRANSPORT,
         "no connection: the proxy p (option proxy) answers 502 when asked for host.invalid:99",
         .proxy = "p", .of_proxy = 502),
    ENDS(CURLE_RECV_ERROR, "", "", DR_KIND_AUTH,
         "the proxy p.invalid:1 (option proxy) does not accept the user and password given with it",
         .proxy = PROXY, .of_proxy = 407),
    ENDS(CURLE_RECV_ERROR, "", "", DR_KIND_AUTH,
         "the proxy p (option proxy) wants a user and a password: scheme://user:password@p",
         .proxy = "p", .of_proxy = 401),
    ENDS(CURLE_PROXY, "", "", DR_KIND_AUTH,
         "the proxy p (option proxy) wants a user and a password: scheme://user:password@p",
         .proxy = "p", .why = CURLPX_USER_REJECTED),
    ENDS(CURLE_PROXY, "", "", DR_KIND_AUTH,
         "the proxy p (option proxy) wants a user and a password: scheme://user:password@p",
         .proxy = "p", .why = CURLPX_NO_AUTH),
    ENDS(CURLE_PROXY, "", "words", DR_KIND_TRANSPORT, "no connection: words", .proxy = "p",
         .why = CURLPX_REQUEST_FAILED),
    ENDS(CURLE_SEND_ERROR, "", "words", DR_KIND_TRANSPORT, "connection lost: words", WRITTEN,
         .proxy = "p", .of_proxy = 407),
    ENDS(CURLE_SEND_ERROR, "", "words", DR_KIND_TRANSPORT, "no connection: words", .proxy = "p",
         .of_proxy = 200),
};

static void tells_what_it_ended_with(void) {
  for (int i = 0; i < (int)(sizeof rows / sizeof *rows); i++) {
    const row *w = &rows[i];
    dr_wire wire = w->wire;
    dr_request r = w->r;
    dr_transfer_options o = {.secrets = &secrets, .connect_timeout = 2500};
    dr_fault reply = r.reply.fault, headers = r.headers.fault;
    r.wire = &wire;
    wire.easy = &r;
    dr_buffer_init(&r.url, memory, SIZE_MAX);
    dr_buffer_init(&r.body, memory, SIZE_MAX);
    dr_buffer_init(&r.reply, memory, 99);
    dr_buffer_init(&r.headers, memory, SIZE_MAX);
    dr_buffer_adds(&r.url, w->url != NULL ? w->url : URL);
    expect_number(i, "the address is a text", 1, dr_buffer_cstr(&r.url) != NULL);
    dr_buffer_adds(&r.body, "{}");
    dr_buffer_adds(&r.headers, w->head);
    r.reply.fault = reply, r.headers.fault = headers;
    snprintf(wire.detail, sizeof wire.detail, "%s", w->detail);
    known.status = r.status, known.of_proxy = w->of_proxy, known.why = w->why;
    known.of_certificate = w->of_certificate, known.uploaded = w->uploaded, known.began = w->began;
    o.proxy = w->proxy != NULL ? w->proxy : "", o.ca_path = w->ca_path;
    dr_transfer_result(&r, &o, w->code);
    expect_number(i, "kind", w->kind, r.error.kind);
    expect(i, "message", w->message, r.error.message);
    expect_number(i, "refused", w->refused, wire.refused);
    expect_number(i, "sent whole", w->whole, wire.sent_whole);
    dr_buffer_free(&r.url);
    dr_buffer_free(&r.body);
    dr_buffer_free(&r.reply);
    dr_buffer_free(&r.headers);
  }
}

int main(void) {
  dr_secrets_add(&secrets, SECRET, strlen(SECRET));
  tells_what_it_ended_with();
  dr_secrets_wipe(&secrets);
  return failures > 0;
}
