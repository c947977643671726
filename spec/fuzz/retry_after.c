/* retry_after.c: fuzz target for dr_retry_after and dr_header: any bytes as the headers of
   a reply, and as a value.
   clang -g -O1 -fsanitize=fuzzer,address,undefined -Isrc/core spec/fuzz/retry_after.c \
     src/core/{buffer,error,outcome,retry,transfer,url}.c -lcurl */
#include <string.h>

#include "fuzz.h"
#include "header.h"
#include "retry.h"

#define NOW 1767225600 /* 2026-01-01 */
#define DAY 86400000

static void check_value(const char *bytes, size_t len) {
  char *text = malloc(len + 1);
  if (text == NULL) return;
  if (len > 0) memcpy(text, bytes, len);
  text[len] = '\0';
  int64_t ms = dr_retry_after(text, NOW);
  CHECK(ms >= -1 && ms <= DAY);
  free(text);
}

/* The bytes are a copy of the exact size, so that reading past them is seen. */
static void check_headers(const uint8_t *data, size_t size) {
  dr_buffer headers = {.data = malloc(size), .len = size};
  if (size > 0 && headers.data) {
    size_t len = 0;
    memcpy(headers.data, data, size);
    const char *value = dr_header(&headers, "Retry-After", &len);
    if (value != NULL) {
      CHECK(value >= headers.data && value + len <= headers.data + size);
      check_value(value, len);
    }
  }
  free(headers.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  check_value((const char *)data, size);
  check_headers(data, size);
  return 0;
}
