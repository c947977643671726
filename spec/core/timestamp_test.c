/* timestamp_test.c: which texts are times and durations, what a time means, and the calendar around
 * its edges. */
#include <stdio.h>
#include <string.h>

#include "../../src/core/timestamp.h"

static int failures;

static void expect(const char *what, long long expected, long long got) {
  if (expected == got) return;
  failures++;
  fprintf(stderr, "%s: %lld expected, got %lld\n", what, expected, got);
}

#define DAY 86400LL
#define NOON (20000 * DAY + 43200) /* 2024-10-04T12:00:00Z */

static const struct {
  const char *text;
  long long seconds;
  long nanoseconds;
} times[] = {
    {"2024-10-04T12:00:00Z", NOON, 0},
    {"2024-10-04 12:00:00Z", NOON, 0},
    {"2024-10-04T12:00:00", NOON, 0},
    {"2024-10-04T12:00:00.5Z", NOON, 500000000},
    {"2024-10-04T12:00:00.000000001Z", NOON, 1},
    {"2024-10-04T12:00:00.123456789", NOON, 123456789},
    {"2024-10-04T17:30:00+05:30", NOON, 0},
    {"2024-10-04T17:30:00+0530", NOON, 0},
    {"2024-10-04T08:30:00-03:30", NOON, 0},
    {"2024-10-04T14:00:00+02", NOON, 0},
    {"2024-10-05T11:59:00+23:59", NOON, 0},
    {"2024-10-03T12:01:00-23:59", NOON, 0},
    {"2024-10-04T11:59:60Z", NOON, 0},
    {"1970-01-01T00:00:00Z", 0, 0},
    {"1969-12-31T23:59:59Z", -1, 0},
    {"2000-02-29T00:00:00Z", 11016 * DAY, 0},
    {"2000-03-01T00:00:00Z", 11017 * DAY, 0},
    {"2100-02-28T23:59:59Z", 47541 * DAY - 1, 0},
    {"0000-01-01T00:00:00Z", -719528 * DAY, 0},
    {"9999-12-31T23:59:59Z", 2932897 * DAY - 1, 0},
};

/* One thing is wrong with each. */
static const char *const no_times[] = {
    "",
    "2024",
    "202x-10-04T12:00:00Z",
    "2024/10-04T12:00:00Z",
    "2024-00-04T12:00:00Z",
    "2024-13-04T12:00:00Z",
    "2024-1x-04T12:00:00Z",
    "2024-10/04T12:00:00Z",
    "2024-10-00T12:00:00Z",
    "2024-10-32T12:00:00Z",
    "2024-10-0:T12:00:00Z",
    "2024-09-31T12:00:00Z",
    "2023-02-29T12:00:00Z",
    "2100-02-29T12:00:00Z",
    "2024-10-04",
    "2024-10-04t12:00:00Z",
    "2024-10-04T",
    "2024-10-04T24:00:00Z",
    "2024-10-04T1",
    "2024-10-04T12.00:00Z",
    "2024-10-04T12",
    "2024-10-04T12:60:00Z",
    "2024-10-04T12:/0:00Z",
    "2024-10-04T12:00",
    "2024-10-04T12:00.00Z",
    "2024-10-04T12:00:61Z",
    "2024-10-04T12:00:0",
    "2024-10-04T12:00:00.",
    "2024-10-04T12:00:00.Z",
    "2024-10-04T12:00:00.0000000001Z",
    "2024-10-04T12:00:00z",
    "2024-10-04T12:00:00ZZ",
    "2024-10-04T12:00:0002:00",
    "2024-10-04T12:00:00+",
    "2024-10-04T12:00:00+2",
    "2024-10-04T12:00:00+24:00",
    "2024-10-04T12:00:00+02:",
    "2024-10-04T12:00:00+02:0",
    "2024-10-04T12:00:00+02:60",
    "2024-10-04T12:00:00+02:000",
    "2024-10-04T12:00:00~02:00",
};

static void reads_times(void) {
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    int64_t seconds = -12345;
    int32_t nanoseconds = -1;
    const char *text = times[i].text;
    expect(text, 1, dr_timestamp_parse(text, strlen(text), &seconds, &nanoseconds));
    expect(text, times[i].seconds, seconds);
    expect(text, times[i].nanoseconds, nanoseconds);
  }
  for (size_t i = 0; i < sizeof no_times / sizeof *no_times; i++) {
    int64_t seconds;
    int32_t nanoseconds;
    expect(no_times[i], 0,
           dr_timestamp_parse(no_times[i], strlen(no_times[i]), &seconds, &nanoseconds));
  }
}

/* No byte behind the length is looked at, and a part of a time is a time only where one may end. */
static void reads_no_further(void) {
  static const char whole[] = "2024-10-04T12:00:00.25+05:30";
  for (size_t len = 0; len < sizeof whole; len++) {
    int64_t seconds;
    int32_t nanoseconds;
    int ends = len == 19 || len == 21 || len == 22 || len == 25 || len == 28;
    expect("a cut time", ends, dr_timestamp_parse(whole, len, &seconds, &nanoseconds));
  }
}

/* As requests have them, and what is a time, but not as requests have it. */
static const char *const strict[] = {"2024-10-04T12:00:00Z", "2024-10-04T12:00:00.25Z",
                                     "2024-10-04T12:00:00+05:30", "2024-10-04T12:00:00.5-00:00"};
static const char *const loose[] = {"2024-10-04 12:00:00Z",     "2024-10-04T12:00:00",
                                    "2024-10-04T12:00:00+0530", "2024-10-04T12:00:00+05",
                                    "2024-10-04T12:00:00.5",    "2024-10-04"};

static void reads_strictly(void) {
  for (size_t i = 0; i < sizeof strict / sizeof *strict; i++)
    expect(strict[i], 1, dr_time_strict(strict[i], strlen(strict[i])));
  for (size_t i = 0; i < sizeof loose / sizeof *loose; i++)
    expect(loose[i], 0, dr_time_strict(loose[i], strlen(loose[i])));
}

/* What is written is read as the same time. */
static void writes(void) {
  static const int64_t at[] = {0, -1, NOON, NOON + 1, -719528 * DAY, 2932897 * DAY - 1};
  char out[DR_TIME_MAX];
  for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
    int64_t seconds = 0;
    int32_t ns;
    const char *text = dr_time_text(at[i], out);
    expect("written", 1, text != NULL && dr_time_strict(text, strlen(text)));
    if (text != NULL) dr_timestamp_parse(text, strlen(text), &seconds, &ns);
    expect("read", at[i], seconds);
  }
  expect("year -1", 1, dr_time_text(-719528 * DAY - 1, out) == NULL);
  expect("year 10000", 1, dr_time_text(2932897 * DAY, out) == NULL);
  expect("far", 1, dr_time_text(INT64_MAX, out) == NULL && dr_time_text(INT64_MIN, out) == NULL);
}

static const char *const durations[] = {
    "P1Y",  "P2M",      "P3W",     "P4D",   "P1Y2M3W4D", "PT1H", "PT1M",
    "PT1S", "PT1H2M3S", "P1DT12H", "P1.5D", "PT0.25S",   "P0D",
};

static const char *const no_durations[] = {
    "",     "P",     "1D",   "D1",   "PD",      "P1",     "P1X",  "P1D2D", "P1D2M",
    "P1H",  "PT",    "PTD",  "PT1D", "PT1S2M",  "PT1H1H", "P1.D", "P.5D",  "P1.5",
    "P1DT", "P1DT1", "P1TD", "P-1D", "PT1HT1M", "P1D ",   "P1/D", "P1:D",
};

static void reads_durations(void) {
  for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
    expect(durations[i], 1, dr_duration_valid(durations[i], strlen(durations[i])));
  for (size_t i = 0; i < sizeof no_durations / sizeof *no_durations; i++)
    expect(no_durations[i], 0, dr_duration_valid(no_durations[i], strlen(no_durations[i])));
}

/* Every day of 800 years and back, one after another. */
static void counts_days(void) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t day = dr_days_from_date(1600, 1, 1);
  for (int year = 1600; year < 2400; year++)
    for (int month = 1; month <= 12; month++) {
      int leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
      for (int d = 1; d <= lengths[month - 1] + leap; d++, day++) {
        int64_t y;
        int m, back;
        dr_date_from_days(day, &y, &m, &back);
        expect("days", day, dr_days_from_date(year, month, d));
        expect("a date", year * 10000LL + month * 100 + d, y * 10000 + m * 100 + back);
      }
    }
}

int main(void) {
  reads_times();
  reads_no_further();
  reads_durations();
  reads_strictly();
  writes();
  counts_days();
  return failures > 0;
}
