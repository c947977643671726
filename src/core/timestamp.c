/* timestamp.c: ISO 8601 times and durations, and the days of the calendar. */
#include "timestamp.h"

#include <stdio.h>
#include <string.h>

#define DAYS_PER_ERA 146097 /* 400 years */
#define EPOCH_DAY 719468    /* 1970-01-01, counted from 0000-03-01 */

static int is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* {=== Durations ===} */

/* A number with an optional fraction: the byte behind it, or NULL. */
static const char *decimal(const char *p, const char *end) {
  const char *start = p;
  while (p < end && is_digit(*p)) p++;
  if (p == start) return NULL;
  if (p == end || *p != '.') return p;
  start = ++p;
  while (p < end && is_digit(*p)) p++;
  return p == start ? NULL : p;
}

/* Amounts with units, each unit further down the list than the one before. Returns the end, or
   the T that stops them, or NULL. */
static const char *amounts(const char *p, const char *end, const char *units) {
  while (p < end && *p != 'T') {
    p = decimal(p, end);
    if (p == NULL || p == end) return NULL;
    while (*units && *units != *p) units++;
    if (!*units) return NULL;
    units++;
    p++;
  }
  return p;
}

int dr_duration_valid(const char *s, size_t len) {
  const char *p = s, *end = s + len;
  if (len < 2 || *p != 'P') return 0;
  p = amounts(p + 1, end, "YMWD");
  if (p == NULL || p == end) return p != NULL;
  p++; /* the T */
  return p < end && amounts(p, end, "HMS") == end;
}

/* {=== Times ===} */

/* Reads exactly n digits; -1 when they are not there. */
static int digits(const char **p, const char *end, int n) {
  int value = 0;
  if (end - *p < n) return -1;
  for (; n > 0; n--, (*p)++) {
    if (!is_digit(**p)) return -1;
    value = value * 10 + (**p - '0');
  }
  return value;
}

static int literal(const char **p, const char *end, char c) {
  if (*p == end || **p != c) return 0;
  (*p)++;
  return 1;
}

/* A date that does not exist counts on into the next month. */
static int month_of(int64_t days) {
  int64_t year;
  int month, day;
  dr_date_from_days(days, &year, &month, &day);
  return month;
}

static int date(const char **p, const char *end, int64_t *days) {
  int year = digits(p, end, 4);
  if (year < 0 || !literal(p, end, '-')) return 0;
  int month = digits(p, end, 2);
  if (month < 1 || month > 12 || !literal(p, end, '-')) return 0;
  int day = digits(p, end, 2);
  if (day < 1 || day > 31) return 0;
  *days = dr_days_from_date(year, month, day);
  return month_of(*days) == month;
}

/* Hours, minutes, seconds; a leap second counts as the first second of the next minute. */
static int clock_time(const char **p, const char *end, int64_t *seconds) {
  int hour = digits(p, end, 2);
  if (hour < 0 || hour > 23 || !literal(p, end, ':')) return 0;
  int minute = digits(p, end, 2);
  if (minute < 0 || minute > 59 || !literal(p, end, ':')) return 0;
  int second = digits(p, end, 2);
  if (second < 0 || second > 60) return 0;
  *seconds = hour * 3600 + minute * 60 + second;
  return 1;
}

static int fraction(const char **p, const char *end, int32_t *nanoseconds) {
  int32_t value = 0, unit = 100000000;
  const char *start = *p;
  for (; *p < end && is_digit(**p) && *p - start < 9; (*p)++, unit /= 10)
    value += unit * (**p - '0');
  *nanoseconds = value;
  return *p > start;
}

/* Z, nothing, or +hh:mm, +hhmm, +hh: seconds east of UTC. */
static int zone(const char **p, const char *end, int64_t *offset) {
  *offset = 0;
  if (*p == end || literal(p, end, 'Z')) return 1;
  int sign = literal(p, end, '+') ? 1 : literal(p, end, '-') ? -1 : 0;
  int hours = digits(p, end, 2);
  if (!sign || hours < 0 || hours > 23) return 0;
  int colon = literal(p, end, ':');
  int minutes = *p == end && !colon ? 0 : digits(p, end, 2);
  if (minutes < 0 || minutes > 59) return 0;
  *offset = sign * (hours * 3600 + minutes * 60);
  return 1;
}

int dr_timestamp_parse(const char *s, size_t len, int64_t *seconds, int32_t *nanoseconds) {
  const char *p = s, *end = s + len;
  int64_t days, time, offset;
  int32_t ns = 0;
  if (!date(&p, end, &days)) return 0;
  if (!literal(&p, end, 'T') && !literal(&p, end, ' ')) return 0;
  if (!clock_time(&p, end, &time)) return 0;
  if (literal(&p, end, '.') && !fraction(&p, end, &ns)) return 0;
  if (!zone(&p, end, &offset) || p != end) return 0;
  *seconds = days * 86400 + time - offset;
  *nanoseconds = ns;
  return 1;
}

int dr_time_strict(const char *s, size_t len) {
  int64_t seconds;
  int32_t nanoseconds;
  if (!dr_timestamp_parse(s, len, &seconds, &nanoseconds) || s[10] != 'T') return 0;
  return s[len - 1] == 'Z' || (len >= 25 && s[len - 3] == ':' && strchr("+-", s[len - 6]) != NULL);
}

const char *dr_time_text(int64_t seconds, char *out) {
  int64_t year, days = seconds / 86400 - (seconds % 86400 < 0);
  int month, day, rest = (int)(seconds - days * 86400);
  if (days < -720000 || days > 2940000) return NULL;
  dr_date_from_days(days, &year, &month, &day);
  if (year < 0 || year > 9999) return NULL;
  snprintf(out, DR_TIME_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, month, day, rest / 3600,
           rest / 60 % 60, rest % 60);
  return out;
}

/* {=== Calendar: years begin in March, so that the leap day is a year's last ===} */

static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

int64_t dr_days_from_date(int64_t year, int month, int day) {
  if (month <= 2) year--;
  int64_t era = floor_div(year, 400), year_of_era = year - era * 400;
  int month_from_march = (month + 9) % 12;
  int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * DAYS_PER_ERA + day_of_era - EPOCH_DAY;
}

void dr_date_from_days(int64_t days, int64_t *year, int *month, int *day) {
  days += EPOCH_DAY;
  int64_t era = floor_div(days, DAYS_PER_ERA), left = days - era * DAYS_PER_ERA;
  int64_t year_of_era = (left - left / 1460 + left / 36524 - left / 146096) / 365;
  int day_of_year = (int)(left - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
  int month_from_march = (5 * day_of_year + 2) / 153;
  *day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  *month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  *year = era * 400 + year_of_era + (*month <= 2);
}

int dr_days_of_month(int month, int leap_year) {
  static const signed char days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month] + (month == 2 && leap_year);
}
