/* schedule.c: fuzz target: cron text to sets, back to text, and the times that follow.
   clang -g -O1 -fsanitize=fuzzer,address,undefined -Isrc/core spec/fuzz/schedule.c \
     src/core/{error,schedule,timestamp}.c */
#include "schedule.h"

#include <string.h>

#include "fuzz.h"
#include "timestamp.h"

#define EIGHT_YEARS (2922 * 86400LL)

/* The rule of the contract for one minute, written down as it stands there. */
static int fits(const dr_schedule *s, int64_t time) {
  int64_t day = time / 86400 - (time % 86400 < 0), year;
  int month, date, minute = (int)(time - day * 86400) / 60;
  int weekday = (int)(((day + 4) % 7 + 7) % 7);
  dr_date_from_days(day, &year, &month, &date);
  int by_date = (int)(s->day_of_month >> date & 1), by_week = (int)(s->day_of_week >> weekday & 1);
  int any_date = (s->star & DR_STAR_DAY_OF_MONTH) != 0;
  int any_week = (s->star & DR_STAR_DAY_OF_WEEK) != 0;
  if (any_date && !any_week) by_date = 0;
  if (any_week && !any_date) by_week = 0;
  return (s->minute >> (minute % 60) & 1) && (s->hour >> (minute / 60) & 1) &&
         (s->month >> month & 1) && (by_date || by_week);
}

/* None of the minutes before the answer fits; looks at so many at most. */
static void check_next(const dr_schedule *s, int64_t from, int minutes) {
  int64_t at = INT64_MAX, time = from - from % 60;
  if (time < from) time += 60;
  if (dr_schedule_next(s, from, &at)) {
    CHECK(at >= from && at % 60 == 0 && fits(s, at));
    CHECK(at - from <= EIGHT_YEARS + 31 * 86400);
  } else {
    at = INT64_MAX;
  }
  for (; minutes > 0 && time < at; minutes--, time += 60) CHECK(!fits(s, time));
}

static void check_sets(const dr_schedule *s) {
  for (int i = 0; i < 5; i++) {
    const dr_schedule_list *list = &dr_schedule_lists[i];
    uint64_t bits = dr_schedule_get(s, i), all = (2ull << list->max) - (1ull << list->min);
    CHECK(bits != 0 && (bits & ~all) == 0);
    CHECK(!(s->star & list->star) || bits == all);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char cron[DR_CRON_MAX];
  dr_schedule s, again;
  dr_error err;
  int64_t from = 0;
  dr_kind kind = dr_schedule_parse((const char *)data, size, &s, &err);
  if (kind != DR_KIND_NONE) {
    CHECK(kind == DR_KIND_VALIDATION && err.kind == kind && err.message[0]);
    return 0;
  }
  check_sets(&s);
  dr_schedule_cron(&s, cron);
  CHECK(strlen(cron) < sizeof cron);
  CHECK(dr_schedule_parse(cron, strlen(cron), &again, &err) == DR_KIND_NONE);
  for (int i = 0; i < 5; i++) CHECK(dr_schedule_get(&s, i) == dr_schedule_get(&again, i));
  CHECK(s.star == again.star);
  for (size_t i = 0; i < size; i++) from = (from * 131 + data[i]) % 8000000000;
  check_next(&s, from, 1500);
  check_next(&s, -from, 100);
  check_next(&s, dr_days_from_date(2096, 3, 1) * 86400, 100);
  return 0;
}
