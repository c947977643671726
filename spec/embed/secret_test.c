/* secret_test.c: no memory of ours is given back with the token in it (C-17): the allocator looks
   into each block that it takes back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/net/pool.h"

static const char first[] = "Bearer the-first-secret",
                  second[] = "Bearer the-second-secret-is-longer";
static unsigned blocks, dirty;

static int holds(const char *block, size_t size, const char *text) {
  size_t len = strlen(text);
  for (size_t i = 0; i + len <= size; i++)
    if (memcmp(block + i, text, len) == 0) return 1;
  return 0;
}

/* Never grows in place, so that what is left behind is seen. */
static void *allocate(void *ud, void *ptr, size_t osize, size_t nsize) {
  (void)ud;
  void *block = nsize ? malloc(nsize) : NULL;
  if (ptr == NULL || (nsize && block == NULL)) return block;
  if (block != NULL) memcpy(block, ptr, osize < nsize ? osize : nsize);
  blocks++;
  if (holds(ptr, osize, first + 7) || holds(ptr, osize, second + 7)) dirty++;
  free(ptr);
  return block;
}

static void authorize(dr_pool *p, const char *value) {
  if (dr_pool_authorize(p, value, strlen(value), 7) != DR_FAULT_NONE) exit(EXIT_FAILURE);
}

/* A request that goes nowhere, twice; `end` after so many steps, or at its own end. */
static void ask(dr_pool *p, const char *method, int steps) {
  dr_request *r = dr_request_new(p);
  if (r == NULL) exit(EXIT_FAILURE);
  r->method = method;
  r->timeout = 5000;
  dr_buffer_adds(&r->url, "http://127.0.0.1:9/x/");
  dr_pool_submit(p, r);
  while (r->phase != DR_PHASE_DONE && steps-- != 0) dr_pool_wait(p, 1000);
  dr_request_release(r);
}

int main(void) {
  dr_pool_options o = {.base = "http://127.0.0.1:9",
                       .user_agent = "User-Agent: test",
                       .max_connections = 2,
                       .max_retries = 1,
                       .max_body = 1000};
  dr_pool *p = dr_pool_new((dr_memory){allocate, NULL}, &o);
  if (p == NULL) return EXIT_FAILURE;
  authorize(p, first);
  ask(p, "GET", -1);
  authorize(p, second); /* while nothing of the first is under way */
  ask(p, "POST", -1);
  ask(p, "GET", 0); /* given up */
  authorize(p, first);
  dr_pool_close(p);
  dr_pool_release(p);
  if (dirty) fprintf(stderr, "%u of %u blocks held a token\n", dirty, blocks);
  return dirty || blocks < 8 ? EXIT_FAILURE : EXIT_SUCCESS;
}
