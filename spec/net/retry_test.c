/* retry_test.c: the bounds of the pauses between attempts, which are too long to be waited for, and
   what is on the very edge of a deadline. */
#include <stdio.h>

#include "../../src/net/retry.h"

static int failures;

static void expect(int line, long long expected, long long got) {
  if (expected == got) return;
  failures++;
  fprintf(stderr, "line %d: %lld expected, got %lld\n", line, expected, got);
}

#define EXPECT(expected, got) expect(__LINE__, expected, got)

/* What follows from a 503 to a safe request. */
static dr_verdict busy(unsigned attempts, double jitter, int64_t retry_after, int64_t remaining) {
  const dr_attempt a = {.retry = DR_RETRY_SAFE,
                        .attempts = attempts,
                        .max_retries = 100,
                        .status = 503,
                        .sent_whole = 1,
                        .retry_after = retry_after,
                        .remaining = remaining,
                        .jitter = jitter};
  return dr_retry(&a);
}

static void pauses_double_up_to_20_s(void) {
  static const int64_t most[] = {500, 1000, 2000, 4000, 8000, 16000, 20000, 20000};
  for (unsigned n = 1; n <= sizeof most / sizeof *most; n++) {
    EXPECT(0, busy(n, 0, -1, -1).delay);
    EXPECT(most[n - 1] / 2, busy(n, 0.5, -1, -1).delay);
    EXPECT(most[n - 1] - 1, busy(n, 1 - 0x1p-53, -1, -1).delay);
  }
  EXPECT(20000 - 1, busy(100, 1 - 0x1p-53, -1, -1).delay);
  EXPECT(0, busy(101, 0, -1, -1).again);
}

static void retry_after_is_the_least(void) {
  EXPECT(250, busy(1, 0.5, 0, -1).delay);
  EXPECT(250, busy(1, 0.5, 249, -1).delay);
  EXPECT(251, busy(1, 0.5, 251, -1).delay);
  EXPECT(86400000, busy(1, 0.5, 86400000, -1).delay);
}

static void no_pause_reaches_the_deadline(void) {
  EXPECT(1, busy(1, 0.5, -1, 251).again);
  EXPECT(0, busy(1, 0.5, -1, 250).again);
  EXPECT(0, busy(1, 0.5, -1, 250).delay);
  EXPECT(0, busy(1, 0, -1, 0).again);
  EXPECT(1, busy(1, 0, -1, 1).again);
}

int main(void) {
  pauses_double_up_to_20_s();
  retry_after_is_the_least();
  no_pause_reaches_the_deadline();
  return failures != 0;
}
