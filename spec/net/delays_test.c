/* delays_test.c: the delays before retries are uniform (C-30): 10,000 of one pool, and the first of
   10,000 pools, against the distribution that the table of retry.h names, by Kolmogorov and
   Smirnov. It takes attempt.c in to reach the generator itself. */
#include <stdio.h>
#include <stdlib.h>

#include "../../src/net/attempt.c"

#define SAMPLES 10000

/* sqrt(ln(2 / 1e-6) / 2 / SAMPLES): a uniform sample is farther away once in a million times. */
#define FARTHEST 0.0269

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* How far the sample is from the uniform distribution over [0, span). */
static double distance(double *sample, double span) {
  double farthest = 0;
  qsort(sample, SAMPLES, sizeof *sample, by_size);
  for (int i = 0; i < SAMPLES; i++) {
    double above = (i + 1.0) / SAMPLES - sample[i] / span;
    double below = sample[i] / span - (double)i / SAMPLES;
    if (above > farthest) farthest = above;
    if (below > farthest) farthest = below;
  }
  return farthest;
}

static double delay(dr_pool *p, unsigned attempts) {
  dr_attempt a = {.retry = DR_RETRY_SAFE,
                  .attempts = attempts,
                  .max_retries = 100,
                  .status = 503,
                  .retry_after = -1,
                  .remaining = -1,
                  .jitter = dr_pool_jitter(p)};
  return (double)dr_retry(&a).delay;
}

static int failures;

static void expect_uniform(const char *what, unsigned attempt, double *sample, double span) {
  double d = distance(sample, span);
  printf("%s, attempt %u: 0 to %.0f ms, distance %.4f\n", what, attempt, span, d);
  if (d >= FARTHEST + 1 / span || /* delays are whole milliseconds */
      sample[0] < 0 || sample[SAMPLES - 1] >= span)
    failures++;
}

int main(void) {
  static const double span[] = {500, 1000, 2000, 4000, 8000, 16000, 20000, 20000};
  static double sample[SAMPLES];
  dr_pool pool = {.pid = 1};
  dr_attempt_seed(&pool);
  for (unsigned n = 0; n < sizeof span / sizeof *span; n++) {
    for (int i = 0; i < SAMPLES; i++) sample[i] = delay(&pool, n + 1);
    expect_uniform("one pool", n + 1, sample, span[n]);
    for (int i = 0; i < SAMPLES; i++) {
      dr_pool other = {.pid = 1};
      dr_attempt_seed(&other);
      sample[i] = delay(&other, n + 1);
    }
    expect_uniform("many pools", n + 1, sample, span[n]);
  }
  return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
