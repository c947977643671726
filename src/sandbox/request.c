/* request.c: one request of the sandbox's server while it is received, without Lua, since a Lua
   error must not jump out of libmicrohttpd. */

#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Bytes of one body, of all bodies that are being received, and of an unwanted body that are read
   so that its sender sees the answer. */
#define BODY_MAX ((size_t)1024 * 1024)
#define BODIES_MAX ((size_t)32 * 1024 * 1024)
#define UNWANTED_MAX ((size_t)64 * 1024 * 1024)

request *request_new(const char *uri) {
  request *r = calloc(1, sizeof *r);
  if (r == NULL) return NULL;
  r->uri = strdup(uri);
  if (r->uri != NULL) return r;
  free(r);
  return NULL;
}

static void body_drop(request_budget *budget, request *r) {
  budget->held -= r->capacity;
  free(r->body);
  r->body = NULL;
  r->length = r->capacity = 0;
  r->unwanted = true;
}

void request_free(request_budget *budget, request *r) {
  body_drop(budget, r);
  if (r->response != NULL) MHD_destroy_response(r->response);
  free(r->headers);
  free(r->uri);
  free(r);
}

static time_t now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                 const char *value) {
  (void)kind;
  request *r = cls;
  r->headers[r->header_count++] = name;
  r->headers[r->header_count++] = value != NULL ? value : "";
  return MHD_YES;
}

bool request_begin(request_budget *budget, request *r, struct MHD_Connection *connection,
                   const char *method) {
  int count = MHD_get_connection_values(connection, MHD_HEADER_KIND, NULL, NULL);
  r->method = method;
  r->deadline = now_seconds() + (time_t)budget->patience + 1;
  if (count <= 0) return true;
  r->headers = calloc(2 * (size_t)count, sizeof *r->headers);
  if (r->headers == NULL) return false;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, r);
  return true;
}

bool request_has_body(const request *r) {
  for (int i = 0; i < r->header_count; i += 2)
    if (strcasecmp(r->headers[i], MHD_HTTP_HEADER_CONTENT_LENGTH) == 0 ||
        strcasecmp(r->headers[i], MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0)
      return true;
  return false;
}

static bool body_grow(request_budget *budget, request *r, size_t least) {
  size_t capacity = 2 * least;
  char *grown = realloc(r->body, capacity);
  if (grown == NULL) return false;
  budget->held += capacity - r->capacity;
  r->body = grown;
  r->capacity = capacity;
  return true;
}

bool request_append(request_budget *budget, request *r, const char *data, size_t size) {
  if (now_seconds() > r->deadline) return false;
  if (size > BODY_MAX - r->length || budget->held + size > BODIES_MAX) body_drop(budget, r);
  if (r->unwanted) {
    r->dropped += size;
    return r->dropped <= UNWANTED_MAX;
  }
  if (r->length + size > r->capacity && !body_grow(budget, r, r->length + size)) return false;
  memcpy(r->body + r->length, data, size);
  r->length += size;
  return true;
}

void request_refuse(request *r, unsigned status, const char *message) {
  static const char head[] = "{\"message\":\"", tail[] = "\"}";
  char text[512];
  size_t n = sizeof head - 1;
  memcpy(text, head, n);
  for (; *message != '\0' && n < sizeof text - sizeof tail; message++) {
    bool plain = *message >= ' ' && *message < 0x7f && *message != '"' && *message != '\\';
    text[n++] = plain ? *message : ' ';
  }
  memcpy(text + n, tail, sizeof tail - 1);
  n += sizeof tail - 1;
  if (r->response != NULL) MHD_destroy_response(r->response);
  r->status = status;
  r->response = MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_COPY);
  if (r->response != NULL)
    MHD_add_response_header(r->response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
}
