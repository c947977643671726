/* json_test.c: the reader of JSON at its limits: each prefix of a text, each byte replaced, memory
   refused at each allocation, as many values, containers and levels as there may be; names with
   escapes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/json_read.h"

static int failures;

static void expect(int line, const char *what, long long expected, long long got) {
  if (expected == got) return;
  failures++;
  fprintf(stderr, "line %d: %s: %lld expected, got %lld\n", line, what, expected, got);
}

#define EXPECT(what, expected, got) expect(__LINE__, what, expected, got)

static int until_refused = -1; /* allocations; < 0: none is refused */

static void *allocate(void *ud, void *block, size_t old, size_t size) {
  (void)ud, (void)old;
  if (size > 0) return until_refused >= 0 && until_refused-- == 0 ? NULL : realloc(block, size);
  free(block);
  return NULL;
}

static dr_buffer new_index(void) {
  dr_buffer b;
  dr_buffer_init(&b, (dr_memory){allocate, NULL}, SIZE_MAX);
  return b;
}

/* The kind that reading ends with. */
static dr_kind kind_of(const char *text, size_t len) {
  dr_buffer index = new_index();
  dr_json j;
  dr_error e;
  dr_kind kind = dr_json_parse(text, len, &index, &j, &e);
  dr_buffer_free(&index);
  return kind;
}

static const char sample[] =
    " {\"a\" : [1, -0.5e+10, true "
    ",false,null,\"x\\u00e9\\\"\\ud83d\\ude00\xC3\xA9\"],\"\":{},\"b\":[ ]}";

static void every_prefix_is_refused(void) {
  EXPECT("the sample", DR_KIND_NONE, kind_of(sample, sizeof sample - 1));
  for (size_t len = 0; len < sizeof sample - 1; len++) {
    char *cut = calloc(1, len + 1);
    memcpy(cut, sample, len);
    EXPECT(cut, DR_KIND_PROTOCOL, kind_of(cut, len));
    free(cut);
  }
}

/* Whatever stands there: an answer, and no other byte is read (sanitizers). */
static void every_byte_may_be_another(void) {
  static const char others[] = "\"\\{}[]:, 0-.eE+tu\x01\x7f\x80\xff";
  int good = 0;
  for (size_t at = 0; at < sizeof sample - 1; at++)
    for (size_t k = 0; k < sizeof others; k++) {
      char text[sizeof sample];
      memcpy(text, sample, sizeof sample);
      text[at] = others[k];
      dr_kind kind = kind_of(text, sizeof sample - 1);
      good += kind == DR_KIND_NONE;
      EXPECT(text, 1, kind == DR_KIND_NONE || kind == DR_KIND_PROTOCOL);
    }
  EXPECT("some are JSON, most are not", 1, good > 50 && good < 1000);
}

static void memory_may_be_refused(void) {
  for (int n = 0; n < 20; n++) {
    until_refused = n;
    dr_kind kind = kind_of(sample, sizeof sample - 1);
    int reached = until_refused < 0;
    until_refused = -1;
    EXPECT("kind", reached ? DR_KIND_MEMORY : DR_KIND_NONE, kind);
  }
}

/* Within brackets: n times front, a number, n times behind. */
static dr_kind kind_of_many(const char *front, const char *behind, size_t n) {
  size_t f = strlen(front), b = strlen(behind), len = n * (f + b) + 3;
  char *text = malloc(len + 1), *at = text;
  *at++ = '[';
  for (size_t i = 0; i < n; i++, at += f) memcpy(at, front, f);
  *at++ = '1';
  for (size_t i = 0; i < n; i++, at += b) memcpy(at, behind, b);
  memcpy(at, "]", 2);
  dr_kind kind = kind_of(text, len);
  free(text);
  return kind;
}

static void limits(void) {
  EXPECT("levels", DR_KIND_NONE, kind_of_many("[", "]", DR_JSON_MAX_DEPTH - 1));
  EXPECT("levels", DR_KIND_LIMIT, kind_of_many("[", "]", DR_JSON_MAX_DEPTH));
  EXPECT("containers", DR_KIND_NONE, kind_of_many("[],", "", DR_JSON_MAX_CONTAINERS - 1));
  EXPECT("containers", DR_KIND_LIMIT, kind_of_many("[],", "", DR_JSON_MAX_CONTAINERS));
  EXPECT("values", DR_KIND_NONE, kind_of_many("1,", "", DR_JSON_MAX_VALUES - 2));
  EXPECT("values", DR_KIND_LIMIT, kind_of_many("1,", "", DR_JSON_MAX_VALUES - 1));
  EXPECT("bytes", DR_KIND_LIMIT, kind_of("1", (size_t)DR_JSON_MAX_TEXT + 1));
}

static void an_index_may_have_a_cap(void) {
  dr_buffer index;
  dr_json j;
  dr_error e;
  dr_buffer_init(&index, (dr_memory){allocate, NULL}, 3 * sizeof(dr_token));
  EXPECT("three values", DR_KIND_NONE, dr_json_parse("[1,2]", 5, &index, &j, &e));
  EXPECT("four values", DR_KIND_LIMIT, dr_json_parse("[1,2,3]", 7, &index, &j, &e));
  EXPECT("three again", DR_KIND_NONE, dr_json_parse("[1,2]", 5, &index, &j, &e));
  dr_buffer_free(&index);
}

static void escapes(void) {
  static const struct {
    const char *text;
    int32_t character;
    size_t used;
  } rows[] = {{"\\n", '\n', 2},
              {"\\/", '/', 2},
              {"\\x", -1, 6},
              {"\\", -1, 2},
              {"\\u00E9", 0xE9, 6},
              {"\\u00e", -1, 6},
              {"\\u00g0", -1, 6},
              {"\\u20AC", 0x20AC, 6},
              {"\\ud800", -1, 12},
              {"\\udc00\\ud800", -1, 12},
              {"\\ud800x", -1, 12},
              {"\\ud800\\n0000", -1, 12},
              {"\\ud800\\u0041", -1, 12},
              {"\\ud800\\ue000", -1, 12},
              {"\\ud800xu0041", -1, 12},
              {"\\ud83d\\ude00", 0x1F600, 12},
              {"\\udbff\\udfff", 0x10FFFF, 12}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    size_t used;
    EXPECT(rows[i].text, rows[i].character,
           dr_json_escape(rows[i].text, strlen(rows[i].text), &used));
    EXPECT(rows[i].text, (long long)rows[i].used, (long long)used);
  }
}

/* The last of equal names counts, escaped or not; the beginning of a name is another. */
static void members(void) {
  static const char text[] =
      "{\"ab\":1,\"\\u0061b\":[2,[]],\"a\":3,\"abc\":{},\"a\\u0062c\\u0064\":5,\"\\u20ac\":6,"
      "\"\\ud83d\\ude00\":7,\"ab\\n\":8}";
  static const struct {
    const char *name, *begins;
  } rows[] = {{"ab", "[2"},          {"a", "3"},
              {"abc", "{}"},         {"abcd", "5"},
              {"\xE2\x82\xAC", "6"}, {"\xF0\x9F\x98\x80", "7"},
              {"ab\n", "8"},         {"", NULL},
              {"b", NULL},           {"abcde", NULL},
              {"\xE2\x82", NULL}};
  dr_buffer index = new_index();
  dr_json j;
  dr_error e;
  EXPECT("read", DR_KIND_NONE, dr_json_parse(text, sizeof text - 1, &index, &j, &e));
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint32_t t = dr_json_member(&j, 0, rows[i].name, strlen(rows[i].name));
    EXPECT(rows[i].name, rows[i].begins != NULL, t != 0);
    if (t && rows[i].begins != NULL)
      EXPECT(rows[i].name, 0, strncmp(dr_json_at(&j, t), rows[i].begins, strlen(rows[i].begins)));
    if (t) EXPECT("no member of a value", 0, dr_json_member(&j, t, "a", 1));
  }
  dr_buffer_free(&index);
}

int main(void) {
  every_prefix_is_refused();
  every_byte_may_be_another();
  memory_may_be_refused();
  limits();
  an_index_may_have_a_cap();
  escapes();
  members();
  return failures > 0;
}
