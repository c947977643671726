/* bare.c: the floor of the benchmark: COUNT requests, one after another, on one easy handle.
   Usage: bare METHOD URL COUNT [BODYFILE] [TOKEN] [CAFILE]      (BODYFILE "-": no body)
          bare LIST URL COUNT - [TOKEN] [CAFILE]                 ten pages of 100 are one request
   Build: cc -O2 -o bare bare.c -lcurl
   It sets what a careful program sets, reads each reply into a buffer and does nothing with it.
   With a COUNT above 1 it prints the median time of a request behind the first, in microseconds;
   with BENCH_MEMORY in the environment the most memory that it took, in KiB. Exit status 1 when a
   request failed or its status was 400 or more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

struct bytes {
  char *data;
  size_t len, size;
};

static int add(struct bytes *b, const char *from, size_t n) {
  if (b->len + n > b->size) {
    size_t size = b->size * 2 > b->len + n ? b->size * 2 : b->len + n + 4096;
    char *data = realloc(b->data, size);
    if (data == NULL) return 0;
    b->data = data;
    b->size = size;
  }
  memcpy(b->data + b->len, from, n);
  b->len += n;
  return 1;
}

static size_t on_body(char *data, size_t one, size_t n, void *ud) {
  return add(ud, data, one * n) ? one * n : 0;
}

static int read_file(const char *name, struct bytes *b) {
  char chunk[4096];
  size_t n;
  FILE *f = fopen(name, "rb");
  if (f == NULL) return 0;
  while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
    if (!add(b, chunk, n)) break;
  int ok = !ferror(f) && feof(f);
  fclose(f);
  return ok;
}

static void set_request(CURL *easy, const char *method, const struct bytes *body) {
  if (body->len > 0 || strcmp(method, "POST") == 0) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)body->len);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body->len > 0 ? body->data : "");
  }
  if (strcmp(method, "GET") != 0) curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

static struct curl_slist *set_headers(CURL *easy, const struct bytes *body, const char *token) {
  char line[4096];
  struct curl_slist *list = curl_slist_append(NULL, "Accept: application/json");
  list = curl_slist_append(list, "Expect:");
  list =
      curl_slist_append(list, body->len > 0 ? "Content-Type: application/json" : "Content-Type:");
  if (token != NULL) {
    snprintf(line, sizeof line, "Authorization: Bearer %s", token);
    list = curl_slist_append(list, line);
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
  return list;
}

static void set_sane(CURL *easy, struct bytes *reply) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 60000L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "bare/1");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, reply);
}

static int perform(CURL *easy, struct bytes *reply) {
  long status = 0;
  reply->len = 0;
  CURLcode code = curl_easy_perform(easy);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK)
    fprintf(stderr, "bare: %s\n", curl_easy_strerror(code));
  else if (status >= 400)
    fprintf(stderr, "bare: status %ld\n", status);
  return code == CURLE_OK && status < 400;
}

/* One request, or one for each page. */
static int call(CURL *easy, const char *list, struct bytes *reply) {
  char url[1024];
  if (list == NULL) return perform(easy, reply);
  for (int offset = 0; offset < 1000; offset += 100) {
    snprintf(url, sizeof url, "%s?offset=%d&limit=100", list, offset);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    if (!perform(easy, reply)) return 0;
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

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static int measure(CURL *easy, const char *list, struct bytes *reply, size_t count) {
  double *times = calloc(count, sizeof *times);
  int ok = times != NULL;
  for (size_t i = 0; ok && i < count; i++) {
    double begin = now();
    ok = call(easy, list, reply);
    times[i] = now() - begin;
  }
  if (ok && getenv("BENCH_MEMORY") == NULL) {
    qsort(times, count, sizeof *times, compare);
    printf("%.2f\n", times[count / 2]);
  }
  free(times);
  return ok;
}

int main(int argc, char **argv) {
  struct bytes body = {NULL, 0, 0}, reply = {NULL, 0, 0};
  if (argc < 4) {
    fprintf(stderr, "usage: bare METHOD URL COUNT [BODYFILE] [TOKEN] [CAFILE]\n");
    return 2;
  }
  if (argc > 4 && strcmp(argv[4], "-") != 0 && !read_file(argv[4], &body)) {
    fprintf(stderr, "bare: cannot read %s\n", argv[4]);
    return 2;
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const char *list_url = strcmp(argv[1], "LIST") == 0 ? argv[2] : NULL;
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, argv[2]);
  set_sane(easy, &reply);
  set_request(easy, list_url != NULL ? "GET" : argv[1], &body);
  struct curl_slist *list = set_headers(easy, &body, argc > 5 ? argv[5] : NULL);
  if (argc > 6 && *argv[6]) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, argv[6]);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  }
  size_t count = (size_t)strtoul(argv[3], NULL, 10);
  int ok =
      call(easy, list_url, &reply) && (count < 2 || measure(easy, list_url, &reply, count - 1));
  if (ok && getenv("BENCH_MEMORY") != NULL) print_memory();
  curl_slist_free_all(list);
  curl_easy_cleanup(easy);
  free(body.data);
  free(reply.data);
  return ok ? 0 : 1;
}
