/* error_test.c: kinds of statuses, seconds as text, messages cut at a character's edge. */
#include <stdio.h>
#include <string.h>

#include "../../src/core/error.h"

static int failures;

static void expect(int line, const char *expected, const char *got) {
  if (strcmp(expected, got) == 0) return;
  failures++;
  fprintf(stderr, "line %d: '%s' expected, got '%s'\n", line, expected, got);
}

#define EXPECT(expected, got) expect(__LINE__, expected, got)

static void every_status_has_its_kind(void) {
  static const struct {
    long status;
    const char *kind;
  } rows[] = {{400, "api"},        {401, "auth"},         {402, "api"},      {403, "forbidden"},
              {404, "not_found"},  {405, "api"},          {409, "conflict"}, {410, "api"},
              {422, "validation"}, {429, "rate_limited"}, {499, "api"},      {500, "server"},
              {503, "server"},     {599, "server"},       {600, "api"},      {999, "api"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    EXPECT(rows[i].kind, dr_kind_name(dr_kind_of_status(rows[i].status)));
}

static void milliseconds_are_told_as_seconds(void) {
  char text[DR_SECONDS_TEXT];
  EXPECT("0", dr_seconds(text, 0));
  EXPECT("0.001", dr_seconds(text, 1));
  EXPECT("0.4", dr_seconds(text, 400));
  EXPECT("10", dr_seconds(text, 10000));
  EXPECT("100.05", dr_seconds(text, 100050));
}

/* `character` again and again behind 0 to 3 bytes, so that the end falls on each of its bytes. */
static void cut_whole(const char *character) {
  size_t width = strlen(character);
  char text[2 * DR_ERROR_TEXT];
  for (size_t before = 0; before < 4; before++) {
    size_t n = before;
    memset(text, '.', before);
    for (; n < DR_ERROR_TEXT + 8; n += width) memcpy(text + n, character, width);
    text[n] = '\0';
    dr_error e;
    dr_error_set(&e, DR_KIND_API, "%s", text);
    text[before + (DR_ERROR_TEXT - 1 - before) / width * width] = '\0';
    EXPECT(text, e.message);
    EXPECT("api", dr_kind_name(e.kind));
    dr_error_clear(&e);
    EXPECT("none", dr_kind_name(e.kind));
    EXPECT("", e.message);
  }
}

/* Bytes that are no characters are cut like any others. */
static void cut_anything(void) {
  char text[DR_ERROR_TEXT + 8] = "";
  dr_error e;
  memset(text, 0x80, sizeof text - 1);
  dr_error_set(&e, DR_KIND_API, "%s", text);
  if (strlen(e.message) != DR_ERROR_TEXT - 1) EXPECT("as long as may be", e.message);
}

int main(void) {
  every_status_has_its_kind();
  milliseconds_are_told_as_seconds();
  cut_whole("a");
  cut_whole("\xC3\xA9");
  cut_whole("\xE2\x82\xAC");
  cut_whole("\xF0\x9F\x98\x80");
  cut_anything();
  return failures > 0;
}
