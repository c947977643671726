/* fork_test.c: a child's pool draws random delays of its own (C-45). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/core/pool_private.h"

static void *allocate(void *ud, void *ptr, size_t osize, size_t nsize) {
  (void)ud, (void)osize;
  if (nsize) return realloc(ptr, nsize);
  free(ptr);
  return NULL;
}

int main(void) {
  uint64_t *of_child =
      mmap(NULL, sizeof *of_child, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  dr_pool_options o = {
      .base = "http://127.0.0.1:9", .user_agent = "User-Agent: test", .max_connections = 1};
  dr_pool *p = dr_pool_new((dr_memory){allocate, NULL}, &o);
  if (of_child == MAP_FAILED || !p) return 1;
  uint64_t before = p->random;
  pid_t child = fork();
  if (child == 0) {
    dr_pool_step(p);
    *of_child = p->random;
    dr_pool_release(p);
    return 0;
  }
  dr_pool_step(p);
  int status = 1;
  waitpid(child, &status, 0);
  int good = status == 0 && p->random == before && *of_child != before;
  if (!good)
    fprintf(stderr, "parent %s, child %s\n", p->random == before ? "kept" : "changed",
            *of_child != before ? "changed" : "kept");
  dr_pool_release(p);
  return !good;
}
