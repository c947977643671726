/* text.c: fuzz target: durations, times, UTF-8 and addresses.
   clang -g -O1 -fsanitize=fuzzer,address,undefined -Isrc/core spec/fuzz/text.c \
     src/core/{buffer,error,json_write,timestamp,url}.c -lcurl */
#include <string.h>

#include "address.h"
#include "fuzz.h"
#include "id.h"
#include "json_write.h"
#include "timestamp.h"
#include "url.h"
#include "utf8.h"

#define BASE "https://host/api/v2"

static long unlimited = -1;

static void check_times(const char *s, size_t len) {
  int64_t seconds, year;
  int32_t ns;
  int month, day;
  if (dr_duration_valid(s, len)) CHECK(len >= 3 && s[0] == 'P' && !memchr(s, ' ', len));
  if (!dr_timestamp_parse(s, len, &seconds, &ns)) return;
  CHECK(ns >= 0 && ns < 1000000000);
  int64_t days = seconds / 86400;
  dr_date_from_days(days, &year, &month, &day);
  CHECK(dr_days_from_date(year, month, day) == days);
}

static void check_utf8(const char *s, size_t len) {
  size_t i = 0, n;
  while (i < len && (n = dr_utf8_char(s + i, len - i)) > 0) i += n;
  CHECK(dr_utf8_valid(s, len) == i);
}

/* A normalised endpoint is its own normal form. */
static void check_endpoint(const char *s, size_t len, int allow_http) {
  dr_buffer base, again;
  dr_error err;
  dr_buffer_init(&base, fuzz_memory(&unlimited), SIZE_MAX);
  dr_buffer_init(&again, fuzz_memory(&unlimited), SIZE_MAX);
  if (dr_url_base(s, len, allow_http, &base, &err) == DR_KIND_NONE) {
    CHECK(strncmp(dr_buffer_cstr(&base), "http", 4) == 0 && base.data[base.len - 1] != '/');
    const char *host = strstr(base.data, "://") + 3;
    CHECK(host[strcspn(host, "/@")] == '/' && strcspn(base.data, "?#\\ ") == base.len);
    CHECK(dr_url_base(base.data, base.len, allow_http, &again, &err) == DR_KIND_NONE);
    CHECK(again.len == base.len && memcmp(again.data, base.data, base.len) == 0);
  }
  dr_buffer_free(&base);
  dr_buffer_free(&again);
}

static void check_below(dr_buffer *url) {
  const char *s = dr_buffer_cstr(url);
  CHECK(strncmp(s, BASE, strlen(BASE)) == 0 && strchr("/?", s[strlen(BASE)]));
  CHECK(strcspn(s, "\\# \t\r\n") == url->len);
  for (const char *p = s; (p = strstr(p, "/..")) != NULL && p < s + strcspn(s, "?"); p++)
    CHECK(p[3] && !strchr("/?", p[3]));
}

/* What is let through lies below the base, and is let through unchanged the second time. */
static void check_reply(const char *s, size_t len, long left) {
  dr_buffer url, again;
  dr_error err;
  dr_buffer_init(&url, fuzz_memory(&left), SIZE_MAX);
  dr_buffer_init(&again, fuzz_memory(&unlimited), SIZE_MAX);
  if (dr_url_within(&url, BASE, s, len, &err) == DR_KIND_NONE && dr_buffer_cstr(&url)) {
    check_below(&url);
    CHECK(dr_url_within(&again, BASE, url.data, url.len, &err) == DR_KIND_NONE);
    CHECK(again.len == url.len && memcmp(again.data, url.data, url.len) == 0);
  }
  dr_buffer_free(&url);
  dr_buffer_free(&again);
}

static void check_path(const char *s, size_t len) {
  dr_buffer url;
  dr_error err;
  dr_buffer_init(&url, fuzz_memory(&unlimited), SIZE_MAX);
  if (dr_url_raw(&url, BASE, s, len, &err) == DR_KIND_NONE) check_below(&url);
  dr_buffer_free(&url);
}

/* Nothing in an identifier or a query value can change where an address leads. */
static void check_parts(const char *s, size_t len, const char *text) {
  const char *ids[] = {text};
  dr_buffer url;
  dr_buffer_init(&url, fuzz_memory(&unlimited), SIZE_MAX);
  CHECK(dr_url_path(&url, BASE, "a/{}/", ids) == DR_FAULT_NONE);
  CHECK(!memchr(url.data + strlen(BASE "/a/"), '/', url.len - strlen(BASE "/a/") - 1));
  CHECK(dr_url_query(&url, s, len, s, len) == DR_FAULT_NONE);
  CHECK(strcspn(dr_buffer_cstr(&url), "\\#& \t\r\n") == url.len);
  CHECK(!dr_id_strict(s, len) || dr_id_loose(s, len));
  CHECK(!dr_id_loose(s, len) || (strlen(text) == len && !strchr(text, '.')));
  dr_buffer_free(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *s = (const char *)data;
  char *text = fuzz_text(data, size);
  check_times(s, size);
  check_utf8(s, size);
  check_endpoint(s, size, 0);
  check_endpoint(s, size, 1);
  check_reply(s, size, -1);
  check_reply(s, size, (long)(size % 3));
  check_path(s, size);
  check_parts(s, size, text);
  free(text);
  return 0;
}
