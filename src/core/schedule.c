/* schedule.c: cron text to five bit sets and back, and the next minute that fits them. */
#include "schedule.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "printable.h"
#include "timestamp.h"

enum { MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK, LISTS };

const dr_schedule_list dr_schedule_lists[LISTS] = {
    {"minute", "minute", 0, 59, DR_STAR_MINUTE},
    {"hour", "hour", 0, 23, DR_STAR_HOUR},
    {"dayOfMonth", "day_of_month", 1, 31, DR_STAR_DAY_OF_MONTH},
    {"month", "month", 1, 12, DR_STAR_MONTH},
    {"dayOfWeek", "day_of_week", 0, 6, DR_STAR_DAY_OF_WEEK},
};

uint64_t dr_schedule_get(const dr_schedule *s, int i) {
  switch (i) {
  case MINUTE:
    return s->minute;
  case HOUR:
    return s->hour;
  case DAY_OF_MONTH:
    return s->day_of_month;
  case MONTH:
    return s->month;
  default:
    return s->day_of_week;
  }
}

void dr_schedule_set(dr_schedule *s, int i, uint64_t bits) {
  switch (i) {
  case MINUTE:
    s->minute = bits;
    break;
  case HOUR:
    s->hour = (uint32_t)bits;
    break;
  case DAY_OF_MONTH:
    s->day_of_month = (uint32_t)bits;
    break;
  case MONTH:
    s->month = (uint32_t)bits;
    break;
  default:
    s->day_of_week = (uint32_t)bits;
  }
}

static const char *const no_names[] = {NULL};
static const char *const month_names[] = {"January",  "February", "March",  "April",     "May",
                                          "June",     "July",     "August", "September", "October",
                                          "November", "December", NULL};
static const char *const day_names[] = {"Sunday",   "Monday", "Tuesday",  "Wednesday",
                                        "Thursday", "Friday", "Saturday", NULL};

const char *const *dr_schedule_names(int i) {
  return i == MONTH ? month_names : i == DAY_OF_WEEK ? day_names : no_names;
}

int dr_schedule_name(int i, const char *s, size_t len) {
  const char *const *names = dr_schedule_names(i);
  for (int n = 0; names[n] != NULL; n++)
    if ((len == 3 || len == strlen(names[n])) && strncasecmp(s, names[n], len) == 0)
      return dr_schedule_lists[i].min + n;
  return -1;
}

/* {=== Reading ===} */

/* A part of the text; not NUL-terminated. */
typedef struct slice {
  const char *s;
  size_t len;
} slice;

/* The field being read, with the whole text for messages. */
typedef struct field {
  int list; /* its number in dr_schedule_lists */
  slice whole;
  dr_error *err;
} field;

#define SHOWN 80

/* Blanks past ASCII, which are none to cron: no-break, of all widths. */
static int is_wide_blank(const char *s, size_t len) {
  return (len == 2 && memcmp(s, "\xC2\xA0", 2) == 0) ||
         (len == 3 && (memcmp(s, "\xE3\x80\x80", 3) == 0 || memcmp(s, "\xE2\x80", 2) == 0) &&
          ((unsigned char)s[2] <= 0x8A || (unsigned char)s[2] == 0xAF));
}

/* A copy of foreign text that is fit for a message: what is not printable is a question mark; cut
   to size. */
static const char *shown(slice t, char out[SHOWN]) {
  size_t at = 0, n = 0, size;
  for (; at < t.len; at += size) {
    size_t printable = dr_printable(t.s + at, t.len - at);
    if (is_wide_blank(t.s + at, printable)) printable = 0;
    size = printable ? printable : 1;
    if (n + size > SHOWN - 4) break;
    memcpy(out + n, printable ? t.s + at : "?", size);
    n += size;
  }
  snprintf(out + n, 4, "%s", at < t.len ? "..." : "");
  return out;
}

/* A plain number, 9999 for all that are greater; -1 when it is none. */
static int number(slice t) {
  int n = t.len ? 0 : -1;
  for (size_t i = 0; i < t.len; i++) {
    if (t.s[i] < '0' || t.s[i] > '9') return -1;
    n = n * 10 + (t.s[i] - '0');
    if (n > 9999) n = 9999;
  }
  return n;
}

/* "FIELD GIVEN WHY in WHOLE; FIX"; fix may be NULL. */
static int refuse(const field *f, slice given, const char *why, const char *fix) {
  char part[SHOWN], whole[SHOWN];
  const char *name = dr_schedule_lists[f->list].lua, *quote = number(given) < 0 ? "\"" : "";
  shown(f->whole, whole);
  if (given.len == 0)
    dr_error_set(f->err, DR_KIND_VALIDATION, "%s has an empty value in \"%s\"", name, whole);
  else
    dr_error_set(f->err, DR_KIND_VALIDATION, "%s %s%s%s %s in \"%s\"%s%s", name, quote,
                 shown(given, part), quote, why, whole, fix != NULL ? "; " : "",
                 fix != NULL ? fix : "");
  return 0;
}

/* Moves what stands before the first c from rest to part; all of it when there is none (0). */
static int split(slice *rest, char c, slice *part) {
  const char *at = rest->len ? memchr(rest->s, c, rest->len) : NULL;
  size_t n = at != NULL ? (size_t)(at - rest->s) : rest->len;
  *part = (slice){rest->s, n};
  *rest = (slice){rest->s + n + (at != NULL), rest->len - n - (at != NULL)};
  return at != NULL;
}

/* In cron text Sunday is 7 as well. */
static int upper_limit(int list) {
  return list == DAY_OF_WEEK ? 7 : dr_schedule_lists[list].max;
}

static int read_value(const field *f, slice t, int *value) {
  int min = dr_schedule_lists[f->list].min, max = upper_limit(f->list), given = number(t);
  const char *const *names = dr_schedule_names(f->list);
  char why[64];
  *value = given >= 0 ? given : dr_schedule_name(f->list, t.s, t.len);
  if (*value < 0)
    snprintf(why, sizeof why, "is not a number%s (%d to %d%s)",
             names[0] != NULL ? " or a name" : "", min, max,
             f->list == MONTH         ? ", JAN to DEC"
             : f->list == DAY_OF_WEEK ? ", SUN to SAT"
                                      : "");
  else if (*value < min || *value > max)
    snprintf(why, sizeof why, "is too %s (%d to %d)", *value < min ? "small" : "large", min, max);
  else
    return 1;
  return refuse(f, t, why, NULL);
}

/* "low-high"; FRI-SUN ends with day 7, 7-2 begins with day 0. */
static int read_range(const field *f, slice t, int *low, int *high) {
  slice first, last = t;
  char fix[64];
  split(&last, '-', &first);
  if (!read_value(f, first, low) || !read_value(f, last, high)) return 0;
  if (f->list == DAY_OF_WEEK && *high == 0 && number(last) < 0 && *low > 0) *high = 7;
  if (f->list == DAY_OF_WEEK && *low == 7 && *high < 7) *low = 0;
  if (*low <= *high) return 1;
  const dr_schedule_list *list = &dr_schedule_lists[f->list];
  snprintf(fix, sizeof fix, "write %d-%d,%d-%d", *low, list->max, list->min, *high);
  return refuse(f, t, "runs backwards", fix);
}

static int is_star(slice t) {
  return t.len == 1 && *t.s == '*';
}

/* "*", "*" with step 1: the only forms that set the star. */
static int is_every(slice t) {
  slice head;
  return split(&t, '/', &head) ? is_star(head) && number(t) == 1 : is_star(head);
}

/* What a schedule remembers of a step (dr_schedule.step); of a range, only that it leaves one
 * value. */
static short odd_step(int list, int low, int high, int step, int ranged) {
  int size = dr_schedule_lists[list].max - dr_schedule_lists[list].min + 1;
  if (step > high - low) return (short)-step;
  return (short)(!ranged && step > 1 && (list == DAY_OF_MONTH || size % step != 0) ? step : 0);
}

/* One element of a field's list: star, value or range, with or without a step. */
static int read_element(const field *f, slice given, uint64_t *bits, short *odd) {
  int low = dr_schedule_lists[f->list].min, high = dr_schedule_lists[f->list].max, step = 1;
  slice head, rest = given;
  int stepped = split(&rest, '/', &head);
  if (stepped && (step = number(rest)) < 1)
    return refuse(f, given, "has a step that is not 1 or more", NULL);
  int ranged = head.len && memchr(head.s, '-', head.len) != NULL;
  if (ranged) {
    if (!read_range(f, head, &low, &high)) return 0;
  } else if (!is_star(head)) {
    if (!read_value(f, head, &low)) return 0;
    if (!stepped || low > high) high = low;
  }
  if (stepped && *odd == 0) *odd = odd_step(f->list, low, high, step, ranged);
  for (int v = low; v <= high; v += step) *bits |= 1ull << (f->list == DAY_OF_WEEK ? v % 7 : v);
  return 1;
}

static int read_field(const field *f, slice given, dr_schedule *out) {
  uint64_t bits = 0;
  slice element, rest = given;
  int more;
  do {
    more = split(&rest, ',', &element);
    if (is_every(element) && element.len < given.len)
      return refuse(f, given, "has values beside its *", "\"*\" alone means all");
    if (!read_element(f, element, &bits, &out->step[f->list])) return 0;
  } while (more);
  dr_schedule_set(out, f->list, bits);
  if (is_every(given)) out->star |= dr_schedule_lists[f->list].star;
  return 1;
}

/* Cuts the text at blanks; returns the number of fields, also when there are more than five. */
static int split_fields(slice text, slice fields[LISTS]) {
  int n = 0;
  const char *p = text.s, *end = text.s + text.len;
  for (;; n++) {
    while (p < end && (*p == ' ' || *p == '\t')) p++;
    if (p == end) return n;
    const char *start = p;
    while (p < end && *p != ' ' && *p != '\t') p++;
    if (n < LISTS) fields[n] = (slice){start, (size_t)(p - start)};
  }
}

const char *const dr_schedule_words[] = {"@hourly",  "@daily",  "@midnight", "@weekly",
                                         "@monthly", "@yearly", "@annually", NULL};

/* Cron text for a word with an @, or NULL and the error. */
static const char *nickname(slice t, dr_error *err) {
  static const char *const crons[] = {"0 * * * *", "0 0 * * *", "0 0 * * *", "0 0 * * 0",
                                      "0 0 1 * *", "0 0 1 1 *", "0 0 1 1 *"};
  char word[SHOWN];
  shown(t, word);
  for (int i = 0; dr_schedule_words[i] != NULL; i++)
    if (strcasecmp(word, dr_schedule_words[i]) == 0) return crons[i];
  if (strcasecmp(word, "@reboot") == 0)
    dr_error_set(err, DR_KIND_VALIDATION,
                 "\"@reboot\" is not a time that a schedule could hold, such as \"@daily\"");
  else
    dr_error_set(err, DR_KIND_VALIDATION,
                 "\"%s\" is not a schedule (@hourly, @daily, @midnight, @weekly, @monthly, @yearly "
                 "or @annually)",
                 word);
  return NULL;
}

dr_kind dr_schedule_parse(const char *text, size_t len, dr_schedule *out, dr_error *err) {
  slice fields[LISTS], whole = {text, len};
  dr_schedule s = {0};
  char word[SHOWN];
  int n = split_fields(whole, fields);
  if (n == 1 && *fields[0].s == '@') {
    const char *cron = nickname(fields[0], err);
    return cron != NULL ? dr_schedule_parse(cron, strlen(cron), out, err) : err->kind;
  }
  if (n != LISTS)
    return dr_error_set(err, DR_KIND_VALIDATION,
                        "\"%s\" has %d field%s, not five: minute hour day_of_month month "
                        "day_of_week, such as \"0 9 * * MON\"",
                        shown(whole, word), n, n == 1 ? "" : "s");
  for (int i = 0; i < LISTS; i++)
    if (!read_field(&(field){i, whole, err}, fields[i], &s)) return err->kind;
  *out = s;
  return DR_KIND_NONE;
}

int dr_schedule_field(const char *text, size_t len, int i, dr_error *err) {
  slice fields[LISTS], whole = {text, len};
  dr_schedule s = {0};
  if (split_fields(whole, fields) != LISTS) return 1;
  return read_field(&(field){i, whole, err}, fields[i], &s);
}

/* {=== Writing ===} */

/* A list as it stands in cron text; the byte behind it. */
static char *put_list(char *to, uint64_t bits, const dr_schedule_list *list) {
  const char *comma = "";
  for (int v = list->min, last; v <= list->max; v = last + 1) {
    last = v;
    if (!(bits >> v & 1)) continue;
    while (last < list->max && bits >> (last + 1) & 1) last++;
    if (last < v + 2) last = v;
    to += last > v ? snprintf(to, 8, "%s%d-%d", comma, v, last) : snprintf(to, 8, "%s%d", comma, v);
    comma = ",";
  }
  return to;
}

void dr_schedule_cron(const dr_schedule *s, char *out) {
  for (int i = 0; i < LISTS; i++) {
    if (i > 0) *out++ = ' ';
    if (s->star & dr_schedule_lists[i].star)
      *out++ = '*';
    else
      out = put_list(out, dr_schedule_get(s, i), &dr_schedule_lists[i]);
  }
  *out = '\0';
}

/* {=== Next times ===} */

#define MINUTES_PER_DAY 1440
#define MONTHS_SEARCHED (8 * 12 + 1)
#define FARTHEST (INT64_MAX / 2) /* keeps the arithmetic below within 64 bits */

/* The first fitting minute of a day from minute `from` on, or -1. */
static int minute_of_day(const dr_schedule *s, int from) {
  int hour = from / 60;
  uint64_t minutes = s->minute >> (from % 60);
  if (s->minute == 0) return -1;
  if (s->hour >> hour & 1 && minutes) return from + __builtin_ctzll(minutes);
  uint32_t later = s->hour & ~((2u << hour) - 1);
  return later ? __builtin_ctz(later) * 60 + __builtin_ctzll(s->minute) : -1;
}

/* The fitting days of a month as bits 1-31; first: the number of its first day since the epoch. */
static uint32_t days_of_month(const dr_schedule *s, int64_t first, int length) {
  int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
  uint64_t week = (s->day_of_week * 0x81ull >> weekday) & 0x7F;
  uint32_t by_week = (uint32_t)(week * 0x10204081ull << 1), by_date = s->day_of_month;
  uint32_t days = by_week | by_date;
  if (s->star & DR_STAR_DAY_OF_MONTH) days = by_week;
  if (s->star & DR_STAR_DAY_OF_WEEK) days = by_date;
  if ((s->star & DR_STAR_DAY_OF_MONTH) && (s->star & DR_STAR_DAY_OF_WEEK)) days = UINT32_MAX;
  return days & (uint32_t)((2ull << length) - 2);
}

/* The first fitting time of the days in `days`; only day `today` begins at minute `start`. */
static int time_of_month(const dr_schedule *s, int64_t first, uint32_t days, int today, int start,
                         int64_t *at) {
  for (; days; days &= days - 1) {
    int day = __builtin_ctz(days);
    int minute = minute_of_day(s, day == today ? start : 0);
    *at = ((first + day - 1) * MINUTES_PER_DAY + minute) * 60;
    if (minute >= 0) return 1;
  }
  return 0;
}

int dr_schedule_next(const dr_schedule *s, int64_t from, int64_t *at) {
  int64_t year;
  int month, date;
  if (from < -FARTHEST || from > FARTHEST) return 0;
  int64_t begin = from / 60 + (from % 60 > 0); /* in minutes */
  int64_t day = begin / MINUTES_PER_DAY - (begin % MINUTES_PER_DAY < 0);
  int start = (int)(begin - day * MINUTES_PER_DAY);
  dr_date_from_days(day, &year, &month, &date);
  int64_t first = day - date + 1;
  for (int i = 0; i < MONTHS_SEARCHED; i++) {
    year += month / 12;
    int next_month = month % 12 + 1;
    int64_t next_first = dr_days_from_date(year, next_month, 1);
    if (s->month >> month & 1) {
      uint32_t days = days_of_month(s, first, (int)(next_first - first));
      if (i == 0) days &= UINT32_MAX << date;
      if (time_of_month(s, first, days, i == 0 ? date : 0, start, at)) return 1;
    }
    month = next_month;
    first = next_first;
  }
  return 0;
}
