/* retry.c: the table of what is repeated, full jitter, and Retry-After. */
#include "retry.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include <curl/curl.h>

#define FIRST_DELAY 500
#define LONGEST_DELAY 20000
#define DAY_SECONDS 86400

/* What an attempt can end with, and what follows from it. A row has a status or a kind. */
static const struct outcome {
  long status;
  dr_kind kind;
  unsigned char safe;    /* a safe request is sent again */
  unsigned char unsafe;  /* so is an unsafe one, though it was written whole */
  unsigned char unclear; /* else it leaves open whether the server acted */
} outcomes[] = {
    {429, DR_KIND_NONE, 1, 1, 0},   {500, DR_KIND_NONE, 1, 0, 0}, {502, DR_KIND_NONE, 1, 0, 1},
    {503, DR_KIND_NONE, 1, 0, 0},   {504, DR_KIND_NONE, 1, 0, 1}, {0, DR_KIND_TRANSPORT, 1, 0, 1},
    {0, DR_KIND_TIMEOUT, 1, 0, 1},  {0, DR_KIND_TLS, 1, 0, 1},    {0, DR_KIND_LIMIT, 0, 0, 1},
    {0, DR_KIND_PROTOCOL, 0, 0, 1}, {0, DR_KIND_MEMORY, 0, 0, 1},
};

static const struct outcome *find_outcome(const dr_attempt *a) {
  for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
    const struct outcome *o = &outcomes[i];
    if (o->kind == a->kind && (a->kind != DR_KIND_NONE || o->status == a->status)) return o;
  }
  return NULL;
}

static int worth_repeating(const dr_attempt *a, const struct outcome *o) {
  if (a->attempts > a->max_retries) return 0;
  if (a->retry == DR_RETRY_SAFE) return o->safe;
  return o->unsafe || (o->safe && a->status == 0 && !a->sent_whole);
}

static int64_t delay_of(const dr_attempt *a) {
  int64_t span = LONGEST_DELAY;
  if (a->attempts >= 1 && a->attempts <= 6) span = (int64_t)FIRST_DELAY << (a->attempts - 1);
  if (span > LONGEST_DELAY) span = LONGEST_DELAY;
  int64_t delay = (int64_t)(a->jitter * (double)span);
  return delay > a->retry_after ? delay : a->retry_after;
}

dr_verdict dr_retry(const dr_attempt *a) {
  dr_verdict v = {0, 0, 0};
  const struct outcome *o = find_outcome(a);
  if (o == NULL) return v;
  if (worth_repeating(a, o)) {
    v.delay = delay_of(a);
    v.again = a->remaining < 0 || v.delay < a->remaining;
  }
  if (!v.again) {
    v.delay = 0;
    v.ambiguous = a->retry == DR_RETRY_UNSAFE && o->unclear && a->sent_whole;
  }
  return v;
}

/* Digits only; anything longer than a day is a day. */
static int64_t seconds_of(const char *s) {
  int64_t seconds = 0;
  for (; isdigit((unsigned char)*s); s++) {
    if (seconds < DAY_SECONDS) seconds = seconds * 10 + (*s - '0');
  }
  s += strspn(s, " \t");
  return *s ? -1 : seconds;
}

/* All three forms of an HTTP date begin with the name of a day; curl_getdate takes much more. */
static int64_t seconds_until(const char *date, int64_t now) {
  time_t at = isalpha((unsigned char)*date) ? curl_getdate(date, NULL) : -1;
  if (at < 0) return -1;
  return at <= now ? 0 : at - now;
}

int64_t dr_retry_after(const char *value, int64_t now) {
  value += strspn(value, " \t");
  int64_t seconds = isdigit((unsigned char)*value) ? seconds_of(value) : seconds_until(value, now);
  if (seconds < 0) return -1;
  return (seconds < DAY_SECONDS ? seconds : DAY_SECONDS) * 1000;
}
