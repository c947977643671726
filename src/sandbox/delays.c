/* delays.c: a thread that lets suspended connections go on when their time has come. */

#include "delays.h"

#include <microhttpd.h>

int delays_init(delays *d) {
  pthread_condattr_t attributes;
  int failure = pthread_condattr_init(&attributes);
  if (failure != 0) return failure;
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  failure = pthread_cond_init(&d->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  if (failure != 0) return failure;
  failure = pthread_mutex_init(&d->lock, NULL);
  if (failure != 0) pthread_cond_destroy(&d->changed);
  return failure;
}

static bool is_before(const struct timespec *a, const struct timespec *b) {
  return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Lets those go on that are due, all of them when there is no more waiting. Returns the index of
   the next one; `count` when there is none. The lock is held. */
static unsigned resume_due(delays *d) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  unsigned next = 0, i = 0;
  while (i < d->count) {
    if (d->stopping || !is_before(&now, &d->list[i].due)) {
      MHD_resume_connection(d->list[i].connection);
      d->list[i] = d->list[--d->count];
      continue;
    }
    if (is_before(&d->list[i].due, &d->list[next].due)) next = i;
    i++;
  }
  return next;
}

static void *run(void *context) {
  delays *d = context;
  pthread_mutex_lock(&d->lock);
  while (!d->stopping) {
    unsigned next = resume_due(d);
    if (next < d->count)
      pthread_cond_timedwait(&d->changed, &d->lock, &d->list[next].due);
    else
      pthread_cond_wait(&d->changed, &d->lock);
  }
  resume_due(d);
  pthread_mutex_unlock(&d->lock);
  return NULL;
}

bool delays_add(delays *d, struct MHD_Connection *connection, double seconds) {
  struct timespec due;
  clock_gettime(CLOCK_MONOTONIC, &due);
  due.tv_sec += (time_t)seconds;
  due.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
  if (due.tv_nsec >= 1000000000L) due.tv_sec++, due.tv_nsec -= 1000000000L;
  pthread_mutex_lock(&d->lock);
  if (!d->running && !d->stopping) d->running = pthread_create(&d->thread, NULL, run, d) == 0;
  bool waits = d->running && !d->stopping && d->count < DELAYS_MAX;
  if (waits) {
    MHD_suspend_connection(connection);
    d->list[d->count].connection = connection;
    d->list[d->count++].due = due;
    pthread_cond_signal(&d->changed);
  }
  pthread_mutex_unlock(&d->lock);
  return waits;
}

void delays_stop(delays *d) {
  pthread_mutex_lock(&d->lock);
  d->stopping = true;
  pthread_cond_signal(&d->changed);
  pthread_mutex_unlock(&d->lock);
  if (d->running) pthread_join(d->thread, NULL);
  d->running = false;
}

void delays_free(delays *d) {
  pthread_mutex_destroy(&d->lock);
  pthread_cond_destroy(&d->changed);
}
