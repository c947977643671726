/* buffer_test.c: growable bytes at their cap, at the end of the address space, and without memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/buffer.h"

static int failures, no_memory;

static void expect(int line, long long expected, long long got) {
  if (expected == got) return;
  failures++;
  fprintf(stderr, "line %d: %lld expected, got %lld\n", line, expected, got);
}

#define EXPECT(expected, got) expect(__LINE__, (long long)(expected), (long long)(got))

static void *allocate(void *ud, void *block, size_t old, size_t size) {
  (void)ud, (void)old;
  if (size == 0) {
    free(block);
    return NULL;
  }
  return no_memory ? NULL : realloc(block, size);
}

static dr_buffer empty(size_t max) {
  dr_buffer b;
  dr_buffer_init(&b, (dr_memory){allocate, NULL}, max);
  return b;
}

static void grows_to_its_cap(void) {
  dr_buffer b = empty(2000);
  for (int i = 0; i < 2000; i++) EXPECT(DR_FAULT_NONE, dr_buffer_addc(&b, (char)('a' + i % 26)));
  EXPECT(2000, strlen(dr_buffer_cstr(&b)));
  EXPECT(2001, b.size);
  EXPECT(DR_FAULT_NONE, dr_buffer_adds(&b, ""));
  EXPECT(DR_FAULT_LIMIT, dr_buffer_adds(&b, "x"));
  EXPECT(1, dr_buffer_cstr(&b) == NULL);
  EXPECT(DR_FAULT_LIMIT, dr_buffer_add(&b, "", 0)); /* it sticks */
  EXPECT(2000, b.len);
  dr_buffer_clear(&b);
  EXPECT(DR_FAULT_NONE, dr_buffer_adds(&b, "xyz"));
  EXPECT(0, strcmp("xyz", dr_buffer_cstr(&b)));
  dr_buffer_wipe(&b);
  EXPECT(1, b.data == NULL && b.size == 0 && b.len == 0);
}

/* The byte for the NUL is there, so nothing moves. */
static void room_stays_where_it_is(void) {
  dr_buffer b = empty(SIZE_MAX);
  for (size_t n = 1; n < 3000; n += 7) {
    char *at = dr_buffer_reserve(&b, n);
    memset(at, 'x', n);
    b.len += n;
    EXPECT(1, dr_buffer_cstr(&b) + b.len == at + n);
  }
  dr_buffer_free(&b);
}

static void memory_may_end(void) {
  dr_buffer b = empty(SIZE_MAX);
  EXPECT(1, dr_buffer_reserve(&b, SIZE_MAX) == NULL);
  EXPECT(DR_FAULT_MEMORY, b.fault);
  dr_buffer_clear(&b);
  EXPECT(DR_FAULT_NONE, dr_buffer_adds(&b, "x"));
  EXPECT(1, dr_buffer_reserve(&b, SIZE_MAX - 1) == NULL);
  EXPECT(DR_FAULT_MEMORY, b.fault);
  EXPECT(0, strncmp("x", b.data, 1));
  dr_buffer_clear(&b);
  no_memory = 1;
  EXPECT(DR_FAULT_NONE, dr_buffer_adds(&b, "fits"));
  EXPECT(1, dr_buffer_reserve(&b, 1000) == NULL);
  EXPECT(DR_FAULT_MEMORY, b.fault);
  no_memory = 0;
  dr_buffer_free(&b);
}

int main(void) {
  grows_to_its_cap();
  room_stays_where_it_is();
  memory_may_end();
  return failures > 0;
}
