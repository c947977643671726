/* fleet.c: the floor of the benchmark's fleets: COUNT GETs of one address, INFLIGHT at a time, each
   of these on an easy handle of its own in one multi handle.

   Usage: fleet URL COUNT INFLIGHT [TOKEN] [CAFILE]

   Prints wall and CPU time of all behind a first one, in microseconds, or with BENCH_MEMORY in the
   environment the most memory that it took, in KiB; exit status 1 when one failed. Without a
   CAFILE, TLS trusts as libcurl does by itself: what the naive program does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#define MOST 256

static char reply[MOST][65536];
static size_t filled[MOST];

static size_t on_body(char *data, size_t one, size_t n, void *ud) {
  size_t *len = ud, at = (size_t)(len - filled);
  (void)one;
  if (n > sizeof reply[at] - *len) return 0;
  memcpy(reply[at] + *len, data, n);
  *len += n;
  return n;
}

static struct curl_slist *headers(const char *token) {
  char line[4096];
  struct curl_slist *list = curl_slist_append(NULL, "Accept: application/json");
  if (token == NULL) return list;
  snprintf(line, sizeof line, "Authorization: Bearer %s", token);
  return curl_slist_append(list, line);
}

static CURL *new_easy(int i, const char *url, struct curl_slist *list, const char *ca_file) {
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 60000L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "bare/1");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &filled[i]);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)&filled[i]);
  if (ca_file == NULL) return easy;
  curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
  curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  return easy;
}

/* Takes in what has ended, and begins as many anew; returns how many ended, < 0: one failed. */
static long refill(CURLM *multi, long *to_begin) {
  CURLMsg *m;
  int left;
  long ended = 0;
  while ((m = curl_multi_info_read(multi, &left)) != NULL) {
    CURL *easy = m->easy_handle;
    size_t *len = NULL;
    long status = 0;
    if (m->data.result != CURLE_OK) {
      fprintf(stderr, "fleet: %s\n", curl_easy_strerror(m->data.result));
      return -1;
    }
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&len);
    if (status >= 400) return -1;
    *len = 0;
    curl_multi_remove_handle(multi, easy);
    if (*to_begin > 0) {
      curl_multi_add_handle(multi, easy);
      (*to_begin)--;
    }
    ended++;
  }
  return ended;
}

static int run(CURLM *multi, long count, long to_begin) {
  int running;
  while (count > 0) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) return 0;
    long ended = refill(multi, &to_begin);
    if (ended < 0) return 0;
    count -= ended;
    if (ended == 0) curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  return 1;
}

static void print_memory(void) {
  char line[256];
  FILE *f = fopen("/proc/self/status", "r");
  while (f != NULL && fgets(line, sizeof line, f) != NULL)
    if (strncmp(line, "VmHWM:", 6) == 0) printf("%ld\n", strtol(line + 6, NULL, 10));
  if (f != NULL) fclose(f);
}

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
  CURL *easy[MOST];
  if (argc < 4) {
    fprintf(stderr, "usage: fleet URL COUNT INFLIGHT [TOKEN] [CAFILE]\n");
    return 2;
  }
  long count = atol(argv[2]), n = atol(argv[3]);
  if (n < 1 || n > MOST || count < n) return 2;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  struct curl_slist *list = headers(argc > 4 ? argv[4] : NULL);
  CURLM *multi = curl_multi_init();
  for (int i = 0; i < n; i++)
    easy[i] = new_easy(i, argv[1], list, argc > 5 && *argv[5] ? argv[5] : NULL);
  curl_multi_add_handle(multi, easy[0]);
  int ok = run(multi, 1, 0);
  double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  for (int i = 0; i < n; i++) curl_multi_add_handle(multi, easy[i]);
  ok = ok && run(multi, count, count - n);
  wall = now(CLOCK_MONOTONIC) - wall;
  cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  if (getenv("BENCH_MEMORY") != NULL)
    print_memory();
  else
    printf("%.0f %.0f\n", wall, cpu);
  for (int i = 0; i < n; i++) {
    curl_multi_remove_handle(multi, easy[i]);
    curl_easy_cleanup(easy[i]);
  }
  curl_multi_cleanup(multi);
  curl_slist_free_all(list);
  return ok ? 0 : 1;
}
