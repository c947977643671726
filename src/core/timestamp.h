/* timestamp.h: ISO 8601 times and durations as they stand in replies and policies. */
#ifndef DR_TIMESTAMP_H
#define DR_TIMESTAMP_H

#include <stddef.h>
#include <stdint.h>

/* Whether the text is a duration of the contract: P, then years, months, weeks, days, T, hours,
   minutes, seconds in this order, each at most once, decimals allowed, not empty. */
int dr_duration_valid(const char *s, size_t len);

/* Date and time: T or a blank between them, 0-9 fraction digits, Z, an offset or nothing (= UTC).
   Seconds since the epoch, and nanoseconds. Returns 0 when it is not one. */
int dr_timestamp_parse(const char *s, size_t len, int64_t *seconds, int32_t *nanoseconds);

/* Whether the text is such a time as requests have it (RFC 3339): T, and Z or +hh:mm. */
int dr_time_strict(const char *s, size_t len);

/* The time of so many seconds since the epoch as requests have it, of the years 0 to 9999; `out`
   has room for DR_TIME_MAX bytes. Returns out, or NULL for other years. */
#define DR_TIME_MAX 32
const char *dr_time_text(int64_t seconds, char *out);

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar, and back. */
int64_t dr_days_from_date(int64_t year, int month, int day);
void dr_date_from_days(int64_t days, int64_t *year, int *month, int *day);

/* Days of a month, 1 to 12. */
int dr_days_of_month(int month, int leap_year);

#endif
