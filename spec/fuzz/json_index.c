/* json_index.c: fuzz target: the index over a JSON text, its accessors, caps and failing memory.
   clang -g -O1 -fsanitize=fuzzer,address,undefined -Isrc/core spec/fuzz/json_index.c \
     src/core/{buffer,error,json_read,json_write}.c */
#include <string.h>

#include "../../src/core/name.h"
#include "fuzz.h"
#include "json_read.h"
#include "json_write.h"
#include "utf8.h"

static long unlimited = -1;

/* What was read goes out as JSON and is read as the same again. */
static void check_written(const char *bytes, size_t len) {
  dr_buffer text, index;
  dr_writer w;
  dr_json j;
  dr_error err;
  size_t n;
  int escaped;
  dr_buffer_init(&text, fuzz_memory(&unlimited), SIZE_MAX);
  dr_buffer_init(&index, fuzz_memory(&unlimited), SIZE_MAX);
  dr_writer_init(&w, &text);
  dr_write_string(&w, bytes, len);
  CHECK(dr_json_parse(dr_buffer_cstr(&text), text.len, &index, &j, &err) == DR_KIND_NONE);
  const char *again = dr_json_bytes(&j, 0, &n, &escaped);
  char *plain = malloc(n + 1);
  n = dr_json_unescape(again, n, plain);
  CHECK(n == len && (n == 0 || memcmp(plain, bytes, n) == 0));
  free(plain);
  dr_buffer_free(&text);
  dr_buffer_free(&index);
}

static void check_names(const char *wire, size_t len) {
  char *lua = malloc(2 * len + 1);
  size_t n = dr_name_to_lua(wire, len, lua);
  CHECK(n <= 2 * len && dr_name_matches(wire, len, lua, n));
  free(lua);
}

static void check_scalar(const dr_json *j, uint32_t t) {
  size_t len;
  int escaped;
  const char *bytes = dr_json_bytes(j, t, &len, &escaped);
  CHECK(bytes >= j->text && len <= (size_t)(j->text + j->len - bytes));
  if (dr_json_type_of(j, t) != DR_JSON_STRING) {
    CHECK(len > 0 && !escaped && bytes == dr_json_at(j, t));
    return;
  }
  CHECK(bytes[-1] == '"' && bytes[len] == '"');
  CHECK(escaped == (len > 0 && memchr(bytes, '\\', len) != NULL));
  char *plain = malloc(len + 1);
  size_t n = dr_json_unescape(bytes, len, plain);
  CHECK(n <= len && (escaped || n == len));
  CHECK(dr_utf8_valid(plain, n) == n);
  check_written(plain, n);
  free(plain);
}

/* Each key leads to the last member of that name. */
static void check_key(const dr_json *j, uint32_t object, uint32_t key) {
  size_t len;
  int escaped;
  CHECK(dr_json_type_of(j, key) == DR_JSON_STRING);
  const char *bytes = dr_json_bytes(j, key, &len, &escaped);
  char *plain = malloc(len + 1);
  size_t n = dr_json_unescape(bytes, len, plain);
  uint32_t value = dr_json_member(j, object, plain, n);
  CHECK(value > key && value < dr_json_end(j, object));
  check_names(plain, n);
  free(plain);
}

/* Children follow each other without a gap, and none reaches beyond its container. */
static void check_container(const dr_json *j, uint32_t c) {
  uint32_t end = dr_json_end(j, c), members = 0, t;
  int object = dr_json_type_of(j, c) == DR_JSON_OBJECT;
  CHECK(end > c && end <= j->count && end == dr_json_next(j, c));
  for (t = c + 1; t < end; t = dr_json_next(j, t), members++) {
    CHECK(dr_json_next(j, t) > t && dr_json_next(j, t) <= end);
    if (object && members % 2 == 0 && members < 64) check_key(j, c, t);
  }
  CHECK(t == end && !(object && members % 2));
  CHECK(object || dr_json_member(j, c, "a", 1) == 0);
}

static void check_tokens(const dr_json *j) {
  CHECK(j->count > 0 && dr_json_next(j, 0) == j->count);
  for (uint32_t t = 0; t < j->count; t++) {
    CHECK(t == 0 || dr_json_at(j, t) > dr_json_at(j, t - 1));
    CHECK(dr_json_at(j, t) < j->text + j->len);
    if (dr_json_type_of(j, t) >= DR_JSON_ARRAY)
      check_container(j, t);
    else
      check_scalar(j, t);
  }
}

/* The same text with a cap on the index or with memory that ends: the same tokens or a failure. */
static void check_short(const dr_json *full, const char *text, size_t size, size_t cap, long left) {
  dr_buffer index;
  dr_json j;
  dr_error err;
  dr_buffer_init(&index, fuzz_memory(&left), cap);
  dr_kind kind = dr_json_parse(text, size, &index, &j, &err);
  if (kind == DR_KIND_NONE) {
    CHECK(full && j.count == full->count && j.count * sizeof(dr_token) <= cap);
    CHECK(memcmp(j.tokens, full->tokens, j.count * sizeof(dr_token)) == 0);
  } else {
    CHECK(!full || kind == DR_KIND_LIMIT || kind == DR_KIND_MEMORY);
    CHECK(err.kind == kind && err.message[0]);
  }
  dr_buffer_free(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = fuzz_text(data, size);
  dr_buffer index;
  dr_json j;
  dr_error err;
  dr_buffer_init(&index, fuzz_memory(&unlimited), SIZE_MAX);
  dr_kind kind = dr_json_parse(text, size, &index, &j, &err);
  if (kind == DR_KIND_NONE) {
    CHECK(dr_utf8_valid(text, size) == size);
    check_tokens(&j);
  } else {
    CHECK(kind == DR_KIND_PROTOCOL || kind == DR_KIND_LIMIT);
  }
  const dr_json *full = kind ? NULL : &j;
  check_short(full, text, size, SIZE_MAX, -1);
  check_short(full, text, size, size ? data[size - 1] * 5u : 0, -1);
  check_short(full, text, size, SIZE_MAX, (long)(size % 6));
  dr_buffer_free(&index);
  free(text);
  return 0;
}
