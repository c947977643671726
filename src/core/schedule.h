/* schedule.h: cron text, the five lists of a schedule, and its next times (UTC). */
#ifndef DR_SCHEDULE_H
#define DR_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* A set bit is a value that is in the list. A list with its star flag set holds every value. */
typedef struct dr_schedule {
  uint64_t minute;       /* bits 0-59 */
  uint32_t hour;         /* bits 0-23 */
  uint32_t day_of_month; /* bits 1-31 */
  uint32_t month;        /* bits 1-12 */
  uint32_t day_of_week;  /* bits 0-6, Sunday 0 */
  unsigned star;         /* DR_STAR_… of the lists that are "*" */
  short step[5]; /* of list i in cron text, when it does not do what it seems to: it does not
                    divide the list evenly; negative: it leaves one value; else 0 */
} dr_schedule;

enum {
  DR_STAR_MINUTE = 1,
  DR_STAR_HOUR = 2,
  DR_STAR_DAY_OF_MONTH = 4,
  DR_STAR_MONTH = 8,
  DR_STAR_DAY_OF_WEEK = 16
};

/* The five lists in wire order: name, least and greatest value, star flag. */
typedef struct dr_schedule_list {
  const char *wire;
  const char *lua;
  int min, max;
  unsigned star;
} dr_schedule_list;
extern const dr_schedule_list dr_schedule_lists[5];

/* Values of list i (0-4) as a bit set. The star flags are the caller's to set. A list without
   values never fits, and has no cron text. */
uint64_t dr_schedule_get(const dr_schedule *s, int i);
void dr_schedule_set(dr_schedule *s, int i, uint64_t bits);

/* Reads five-field cron text: stars, numbers, English names (long or three letters, any case),
   ranges, lists, steps, week day 7 as Sunday; @hourly @daily @midnight @weekly @monthly @yearly
   @annually. err (kind validation) says which field, what was given, what is allowed. */
dr_kind dr_schedule_parse(const char *text, size_t len, dr_schedule *out, dr_error *err);

/* Whether field i of five-field text can be read; else err tells why. Text of other forms has no
   fields. */
int dr_schedule_field(const char *text, size_t len, int i, dr_error *err);

/* Number of an English month (i = 3) or week day (i = 4) name, long or three letters, any case;
   -1 when it is none. */
int dr_schedule_name(int i, const char *s, size_t len);

/* The long names of list i in order, NULL-terminated; empty where it has none. */
const char *const *dr_schedule_names(int i);

/* The words with an @, NULL-terminated. */
extern const char *const dr_schedule_words[];

/* The first time >= `from` (seconds since the epoch) that fits: minute, hour and month, and the
   day rule of the server. Returns 0 when there is none within 8 years (*at is undefined
   then), else 1. */
int dr_schedule_next(const dr_schedule *s, int64_t from, int64_t *at);

/* Five-field cron text with numbers, ranges where three or more follow each other; `out` has room
   for DR_CRON_MAX bytes, NUL-terminated. */
#define DR_CRON_MAX 512
void dr_schedule_cron(const dr_schedule *s, char *out);

#endif
