/* preload.c: for LD_PRELOAD: clocks and a resolver that misbehave as the environment says.
   SPEC_CLOCK_SPEED=N: the monotonic clocks run N times as fast. SPEC_CLOCK_JUMPS=1: the wall clock
   jumps by a day, to and fro, whenever it is read. Host names ending in .test: hang.test is looked
   up for a minute and slow.test for a second, and then they do not exist, like fail.test; many.test
   has two addresses where nobody listens before 127.0.0.1; six.test has ::1 before it.
   SPEC_UNWATCHED=N: the system refuses the Nth descriptor that an epoll is to watch. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define DAY 86400

typedef int (*clock_function)(clockid_t, struct timespec *);
typedef int (*look_up_function)(const char *, const char *, const struct addrinfo *,
                                struct addrinfo **);

static long number(const char *name) {
  const char *text = getenv(name);
  return text != NULL ? atol(text) : 0;
}

static time_t jump(void) {
  static atomic_int turn;
  return number("SPEC_CLOCK_JUMPS") ? (atomic_fetch_add(&turn, 1) % 2 ? DAY : -DAY) : 0;
}

static int real_clock(clockid_t id, struct timespec *t) {
  static _Atomic(clock_function) real;
  if (real == NULL) real = (clock_function)dlsym(RTLD_NEXT, "clock_gettime");
  return real(id, t);
}

int clock_gettime(clockid_t id, struct timespec *t) {
  int status = real_clock(id, t);
  long speed = number("SPEC_CLOCK_SPEED");
  int raw = id == CLOCK_MONOTONIC_RAW; /* what libcurl 8 reads */
  if ((raw || id == CLOCK_MONOTONIC) && speed > 0) {
    long long ns = (long long)t->tv_sec * 1000000000 + t->tv_nsec;
    static atomic_llong first[2];
    long long none = 0;
    atomic_compare_exchange_strong(&first[raw], &none, ns);
    ns = first[raw] + (ns - first[raw]) * speed;
    t->tv_sec = (time_t)(ns / 1000000000);
    t->tv_nsec = (long)(ns % 1000000000);
  }
  if (id == CLOCK_REALTIME) t->tv_sec += jump();
  return status;
}

time_t time(time_t *at) {
  struct timespec t;
  real_clock(CLOCK_REALTIME, &t);
  t.tv_sec += jump();
  if (at != NULL) *at = t.tv_sec;
  return t.tv_sec;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  struct timespec t;
  (void)zone;
  real_clock(CLOCK_REALTIME, &t);
  at->tv_sec = t.tv_sec + jump();
  at->tv_usec = t.tv_nsec / 1000;
  return 0;
}

/* The addresses of a list, one behind the other. */
static int look_up_all(look_up_function real, const char *const *hosts, const char *service,
                       struct addrinfo **found) {
  *found = NULL;
  for (struct addrinfo **end = found; *hosts != NULL; hosts++) {
    struct addrinfo numeric = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    int status = real(*hosts, service, &numeric, end);
    if (status) return status;
    while (*end != NULL) end = &(*end)->ai_next;
  }
  return 0;
}

int getaddrinfo(const char *restrict host, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict found) {
  static const char *const many[] = {"127.0.0.98", "127.0.0.99", "127.0.0.1", NULL};
  static const char *const six[] = {"::1", "127.0.0.1", NULL};
  static _Atomic(look_up_function) real;
  if (real == NULL) real = (look_up_function)dlsym(RTLD_NEXT, "getaddrinfo");
  if (host != NULL && strcmp(host, "hang.test") == 0) sleep(60);
  if (host != NULL && strcmp(host, "slow.test") == 0) sleep(1);
  if (host != NULL && strcmp(host, "many.test") == 0)
    return look_up_all(real, many, service, found);
  if (host != NULL && strcmp(host, "six.test") == 0) return look_up_all(real, six, service, found);
  if (host != NULL && strlen(host) > 5 && strcmp(host + strlen(host) - 5, ".test") == 0)
    return EAI_NONAME;
  return real(host, service, hints, found);
}

static int is_hidden(const char *path) {
  const char *prefix = getenv("SPEC_HIDDEN");
  if (prefix == NULL || strncmp(path, prefix, strlen(prefix)) != 0) return 0;
  errno = ENOENT;
  return 1;
}

DIR *opendir(const char *path) {
  DIR *(*real)(const char *) = (DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir");
  return is_hidden(path) ? NULL : real(path);
}

FILE *fopen(const char *path, const char *mode) {
  FILE *(*real)(const char *, const char *) =
      (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, "fopen");
  return is_hidden(path) ? NULL : real(path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
  FILE *(*real)(const char *, const char *) =
      (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, "fopen64");
  return is_hidden(path) ? NULL : real(path, mode);
}

int epoll_ctl(int set, int what, int fd, struct epoll_event *e) {
  static atomic_long turn;
  if (what == EPOLL_CTL_ADD && atomic_fetch_add(&turn, 1) + 1 == number("SPEC_UNWATCHED")) {
    errno = ENOSPC;
    return -1;
  }
  return ((int (*)(int, int, int, struct epoll_event *))dlsym(RTLD_NEXT, "epoll_ctl"))(set, what,
                                                                                       fd, e);
}
