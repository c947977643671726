/* cron_advice.c: what was most likely meant by cron text that cannot be read: other dialects, other
   forms, slips. */
#include "cron_advice.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../core/schedule.h"
#include "../schema/schema.h"

#define FIELDS 5
#define MOST_FIELDS 8

/* The text being repaired: a copy, cut at blanks. */
typedef struct repair {
  char text[DRL_ADVICE_MAX];
  char *field[MOST_FIELDS];
  int fields;
  int quartz; /* Quartz or AWS: Sunday is 1 */
  const char *why;
} repair;

static int readable(const char *text) {
  dr_schedule s;
  dr_error err;
  return dr_schedule_parse(text, strlen(text), &s, &err) == DR_KIND_NONE;
}

static int is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_digits(const char *s) {
  return *s != '\0' && strspn(s, "0123456789") == strlen(s);
}

/* {=== what stands around the fields ===} */

/* Blanks of every kind become one; quotes around it all go, and the name of a function. */
static void unwrap(repair *r) {
  char *s = r->text;
  size_t n;
  if (strpbrk(s, "\r\n\v\f") != NULL) r->why = "one line without its end is read";
  for (char *p = s; *p != '\0'; p++)
    if (*p == '\t' || (*p >= '\n' && *p <= '\r')) *p = ' ';
  if (strncasecmp(s, "cron(", 5) == 0 || strncasecmp(s, "rate(", 5) == 0) {
    r->why = "the five fields stand alone, without cron( )";
    memmove(s, s + 5, strlen(s + 5) + 1);
    n = strlen(s);
    if (n > 0 && s[n - 1] == ')') s[n - 1] = '\0';
  }
  n = strlen(s);
  if (n > 1 && (*s == '"' || *s == '\'') && s[n - 1] == *s) {
    r->why = "the quotes are a part of the text";
    s[n - 1] = '\0';
    memmove(s, s + 1, n - 1);
  }
}

/* Blanks after a comma and around a dash go; a comment ends the line. */
static void squeeze(repair *r) {
  char *to = r->text;
  for (const char *s = r->text; *s != '\0'; s++) {
    if (*s == '#' && (s == r->text || s[-1] == ' ')) {
      r->why = "the five fields stand alone, without a comment";
      break;
    }
    const char *next = s + strspn(s, " ");
    int joined = to > r->text && (to[-1] == ',' || (to[-1] == '-' && s[-1] == '-' && next > s));
    if (*s == ' ' && (joined || *next == ',' || strncmp(next, "- ", 2) == 0)) continue;
    *to++ = *s;
  }
  *to = '\0';
}

static void cut(repair *r) {
  char *p = r->text;
  r->fields = 0;
  while (r->fields < MOST_FIELDS) {
    p += strspn(p, " ");
    if (*p == '\0') return;
    r->field[r->fields++] = p;
    p += strcspn(p, " ");
    if (*p != '\0') *p++ = '\0';
  }
}

static void drop(repair *r, int first) {
  r->fields--;
  for (int i = first; i < r->fields; i++) r->field[i] = r->field[i + 1];
}

static const char utc[] = "times are UTC, and no other time zone can be given";

/* "CRON_TZ=Europe/Berlin" in front, "Europe/Berlin" or "UTC" behind. */
static void drop_zone(repair *r) {
  if (r->fields > 0 && strchr(r->field[0], '=') != NULL &&
      (strncasecmp(r->field[0], "TZ=", 3) == 0 || strncasecmp(r->field[0], "CRON_TZ=", 8) == 0)) {
    r->why = utc;
    drop(r, 0);
  }
  if (r->fields < 2) return;
  const char *last = r->field[r->fields - 1];
  static const char *const zones[] = {"UTC", "GMT", "Z", "CET", "CEST", "EST", "EDT", "PST", "PDT"};
  int zone = strchr(last, '/') != NULL && is_letter(*last);
  for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) zone |= strcasecmp(last, zones[i]) == 0;
  if (!zone) return;
  r->why = utc;
  r->fields--;
}

/* Whether the fields from `first` on, joined, can be read as five. */
static int five_from(const repair *r, int first) {
  char text[2 * DRL_ADVICE_MAX];
  if (r->fields < first + FIELDS) return 0;
  char *const *f = r->field + first;
  snprintf(text, sizeof text, "%s %s %s %s %s", f[0], f[1], f[2], f[3], f[4]);
  return readable(text);
}

/* "MON TUE" for "MON,TUE", and the command of a crontab. */
static void drop_behind(repair *r) {
  if (r->fields <= FIELDS || !five_from(r, 0) || five_from(r, 1)) return;
  char *last = r->field[FIELDS - 1], *next = r->field[FIELDS];
  if (r->fields == FIELDS + 1 && is_letter(*last) && dr_schedule_name(4, next, strlen(next)) >= 0) {
    last[strlen(last)] = ','; /* what stood between them is gone */
    memmove(last + strcspn(last, ",") + 1, next, strlen(next) + 1);
  } else if (is_letter(*next) || *next == '/' || *next == '.') {
    r->why = "the five fields stand alone, without a command";
  } else {
    return;
  }
  r->fields = FIELDS;
}

/* Quartz and Spring begin with seconds, Quartz may end with the year, as AWS does. */
static void drop_fields(repair *r) {
  static const char seconds[] = "six fields, but there are no seconds",
                    both[] = "seven fields, but there are no seconds and no years";
  if (r->fields == 7) {
    r->why = both;
    r->fields--;
    drop(r, 0);
  } else if (r->fields == 6) {
    const char *last = r->field[5];
    int year = (is_digits(last) && strlen(last) == 4) || strcmp(r->field[2], "?") == 0 ||
               strcmp(r->field[4], "?") == 0;
    r->why = year ? "six fields, but there are no years" : seconds;
    if (year)
      r->fields--;
    else
      drop(r, 0);
  }
}

/* {=== one field ===} */

/* The proposal as it grows; cut, it is not readable, and so none. */
typedef struct proposal {
  char *out;
  size_t len;
} proposal;

static void put(proposal *p, const char *s, size_t len) {
  if (len >= DRL_ADVICE_MAX - p->len) len = DRL_ADVICE_MAX - p->len - 1;
  memcpy(p->out + p->len, s, len);
  p->len += len;
  p->out[p->len] = '\0';
}

/* What other dialects have in the place of a value, and what is left of it here. */
enum { WHOLE, FRONT, BACK, WITHIN };

static const struct dialect {
  int list; /* of which list, -1: of all */
  int where;
  const char *mark, *put; /* put NULL: what stands before the mark */
  const char *why;
} dialects[] = {
    {-1, WHOLE, "?", "*", "\"?\" is \"*\" here"},
    {-1, WHOLE, "H", "0", "\"H\" is a number that Jenkins chooses"},
    {2, FRONT, "L", "28", "\"L\", the last day of a month, is not known; every month has a 28th"},
    {2, BACK, "W", NULL, "\"W\", the week day next to a date, is not known"},
    {4, BACK, "L", NULL, "\"L\", the last such day of a month, is not known; this is each of them"},
    {4, WITHIN, "#", NULL,
     "\"#\", the n-th such day of a month, is not known; this is each of them"},
};

/* Whether a value of list i is in this dialect; `head` is how much stands before the mark. */
static int speaks(const struct dialect *d, int i, const char *s, size_t len, size_t *head) {
  if (len == 0 || (d->list >= 0 && d->list != i)) return 0;
  const char *at = memchr(s, *d->mark, len);
  if (at == NULL) at = memchr(s, *d->mark | 0x20, len);
  *head = at == NULL ? 0 : (size_t)(at - s);
  if (at == NULL) return 0;
  if (d->where == WHOLE) return len == 1;
  if (d->where == FRONT) return *head == 0;
  return *head > 0 && (d->where == WITHIN || *head == len - 1);
}

const char *drl_nearest_name(int i, const char *s, size_t len) {
  static const char *const months[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL",
                                       "AUG", "SEP", "OCT", "NOV", "DEC", NULL};
  static const char *const days[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", NULL};
  const char *near = dr_nearest(s, len, dr_schedule_names(i));
  if (near != NULL || len > 5 || i < 3) return near;
  near = dr_nearest(s, len, i == 3 ? months : days);
  return near != NULL || len < 4 ? near : dr_nearest(s, 3, i == 3 ? months : days);
}

/* Puts a value; a week day of Quartz and AWS, where Sunday is 1, by its name. */
static void put_day(repair *r, int i, const char *s, size_t len, proposal *p) {
  static const char days[] = "SUNMONTUEWEDTHUFRISAT";
  if (!r->quartz || i != 4 || len != 1 || *s < '1' || *s > '7') {
    put(p, s, len);
    return;
  }
  r->why = "Sunday is 1 there and 0 here, and \"?\" is \"*\"";
  put(p, days + 3 * (*s - '1'), 3);
}

/* Puts what a value of list i most likely means. */
static void put_value(repair *r, int i, const char *s, size_t len, proposal *p) {
  size_t head;
  if (len > 1 && *s == '*') { /* a step without its slash */
    put(p, "*/", s[1] >= '0' && s[1] <= '9' ? 2 : 1);
    put(p, s + 1, strspn(s + 1, "0123456789"));
    return;
  }
  for (size_t k = 0; k < sizeof dialects / sizeof *dialects; k++) {
    const struct dialect *d = &dialects[k];
    if (!speaks(d, i, s, len, &head)) continue;
    r->why = d->why;
    if (d->put == NULL)
      put_day(r, i, s, head, p);
    else if (*d->put == '0' && i > 1 && i < 4)
      put(p, "1", 1); /* dates and months begin there */
    else
      put(p, d->put, strlen(d->put));
    return;
  }
  const char *near = len > 0 && is_letter(*s) && dr_schedule_name(i, s, len) < 0
                         ? drl_nearest_name(i, s, len)
                         : NULL;
  if (near != NULL)
    put(p, near, 3);
  else
    put_day(r, i, s, len, p);
}

/* Puts the field as it was most likely meant: no empty values, steps of 1 or more; beside a star
   all else is said. */
static void put_field(repair *r, int i, const char *s, proposal *p) {
  size_t begin = p->len;
  int star = 0;
  for (size_t len; *s != '\0'; s += len) {
    char before = p->len > begin ? p->out[p->len - 1] : ',';
    len = strcspn(s, ",;|-/.");
    if (len == 0) {
      len = strncmp(s, "..", 2) == 0 ? 2 : 1;
      char mark = *s == ';' || *s == '|' ? ',' : len == 2 ? '-' : *s;
      if (before == ',' && mark == '/') put(p, "*", 1);
      if (before != ',' || mark == '/') put(p, &mark, 1);
    } else if (before == '/') { /* a step */
      size_t digits = strspn(s, "0123456789");
      put(p, strspn(s, "0") == digits ? "1" : s, strspn(s, "0") == digits ? 1 : digits);
    } else {
      star |= before == ',' && len == 1 && (*s == '*' || *s == '?') && s[1] != '/';
      put_value(r, i, s, len, p);
    }
  }
  while (p->len > begin && strchr(",-/", p->out[p->len - 1]) != NULL) p->len--;
  if (star) p->len = begin;
  p->out[p->len] = '\0';
  if (star) put(p, "*", 1);
}

static void put_fields(repair *r, char *out) {
  proposal p = {out, 0};
  for (int i = 0; i < FIELDS; i++) {
    if (i > 0) put(&p, " ", 1);
    const char *field = i < r->fields ? r->field[i] : "*";
    put_field(r, i, i == 2 && (*field | 0x20) == 'l' ? "L" : field, &p);
  }
}

/* {=== text that has no fields ===} */

/* Reads a number of at most two digits; -1 when there is none. */
static int read_number(const char **s) {
  int n = -1;
  for (int k = 0; k < 2 && **s >= '0' && **s <= '9'; k++, (*s)++)
    n = (n < 0 ? 0 : n * 10) + **s - '0';
  return n;
}

/* "9:00", "21:30:00", "9am", "9:30 pm". */
static int put_time(const char *s, char *out) {
  int hour = read_number(&s), minute = 0, clock = *s == ':';
  if (clock) {
    s++;
    minute = read_number(&s);
    if (*s == ':') { /* seconds */
      s++;
      read_number(&s);
    }
  }
  s += strspn(s, " ");
  int pm = strcasecmp(s, "pm") == 0, am = strcasecmp(s, "am") == 0;
  if (!am && !pm && (*s != '\0' || !clock)) return 0;
  if ((am || pm) && hour == 12) hour = 0;
  if (pm && hour >= 0) hour += 12;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return 0;
  snprintf(out, DRL_ADVICE_MAX, "%d %d * * *", minute, hour);
  return 1;
}

/* Whether the word is one of those in the list, which blanks separate. */
static int is_among(const char *word, const char *list) {
  size_t len = strlen(word);
  for (; *list != '\0' && len > 0; list += strspn(list, " ")) {
    size_t n = strcspn(list, " ");
    if (n == len && strncasecmp(word, list, n) == 0) return 1;
    list += n;
  }
  return 0;
}

/* "@every 5m", "every 2 hours", "1 day": where the number divides the hour or the day. */
static int put_every(const char *s, char *out) {
  static const struct {
    const char *words, *one, *front, *behind;
    int whole;
  } units[] = {{"m min mins minute minutes", "* * * * *", "*/", " * * * *", 60},
               {"h hr hrs hour hours", "@hourly", "0 */", " * * *", 24},
               {"d day days", "@daily", "", "", 1},
               {"w week weeks", "@weekly", "", "", 1},
               {"month months", "@monthly", "", "", 1}};
  const char *begin = s + (*s == '@');
  s = begin + (strncasecmp(begin, "every ", 6) == 0 ? 6 : 0);
  int n = read_number(&s);
  if (n < 0 && s == begin) return 0;
  s += strspn(s, " ");
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    if (!is_among(s, units[i].words)) continue;
    if (n < 0) n = 1;
    if (n == 0 || (n > 1 && (n >= units[i].whole || units[i].whole % n != 0))) return 0;
    if (n == 1)
      snprintf(out, DRL_ADVICE_MAX, "%s", units[i].one);
    else
      snprintf(out, DRL_ADVICE_MAX, "%s%d%s", units[i].front, n, units[i].behind);
    return 1;
  }
  return 0;
}

/* A word, with or without its @. */
static int put_word(const char *s, char *out) {
  static const char *const words[][2] = {
      {"noon", "0 12 * * *"},         {"weekdays", "0 0 * * MON-FRI"},
      {"weekday", "0 0 * * MON-FRI"}, {"weekends", "0 0 * * 0,6"},
      {"weekend", "0 0 * * 0,6"},     {"quarterly", "0 0 1 1,4,7,10 *"},
      {"nightly", "@midnight"}};
  proposal p = {out, 0};
  const char *near = NULL;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcasecmp(words[i][0], s + (*s == '@')) == 0) near = words[i][1];
  int day = dr_schedule_name(4, s, strlen(s));
  if (day >= 0) {
    snprintf(out, DRL_ADVICE_MAX, "0 0 * * %d", day);
    return 1;
  }
  if (near == NULL && strlen(s) > 3 && strchr(s, ' ') == NULL)
    near = dr_nearest(s, strlen(s), dr_schedule_words);
  if (near != NULL) put(&p, near, strlen(near));
  return near != NULL;
}

/* {=== all of it ===} */

const char *drl_cron_advice(const char *text, size_t len, char out[DRL_ADVICE_MAX]) {
  repair r = {.fields = 0};
  *out = '\0';
  if (len >= sizeof r.text - 20 || memchr(text, '\0', len) != NULL) return NULL;
  memcpy(r.text, text, len);
  r.text[len] = '\0';
  unwrap(&r);
  squeeze(&r);
  r.quartz = strchr(r.text, '?') != NULL;
  char *s = r.text + strspn(r.text, " ");
  for (size_t n = strlen(s); n > 0 && s[n - 1] == ' '; n--) s[n - 1] = '\0';
  if (readable(s)) {
    put(&(proposal){out, 0}, s, strlen(s));
    return r.why;
  }
  if (put_time(s, out)) return "a time alone is not a schedule";
  if (put_every(s, out)) return "an interval is not a schedule";
  if (put_word(s, out)) return r.why;
  cut(&r);
  drop_zone(&r);
  drop_behind(&r);
  drop_fields(&r);
  if (r.fields < 4 || r.fields > FIELDS) return r.why;
  put_fields(&r, out);
  if (*out != '\0' && !readable(out)) *out = '\0';
  return r.why;
}
