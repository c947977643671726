/* fuzz.h: what the fuzz targets share: a check that stops the run, an allocator that can refuse. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define CHECK(condition) ((condition) ? (void)0 : __builtin_trap())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* `ud` points to the number of calls that still succeed (negative: all do). */
static inline void *fuzz_alloc(void *ud, void *ptr, size_t osize, size_t nsize) {
  long *left = ud;
  (void)osize;
  if (nsize == 0) {
    free(ptr);
    return NULL;
  }
  if (*left == 0) return NULL;
  if (*left > 0) --*left;
  return realloc(ptr, nsize);
}

static inline dr_memory fuzz_memory(long *left) {
  return (dr_memory){fuzz_alloc, left};
}

/* A copy with a NUL behind it, to be freed. */
static inline char *fuzz_text(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  CHECK(text);
  if (size > 0) memcpy(text, data, size);
  text[size] = '\0';
  return text;
}

#endif
