/* buffer.h: growable bytes with a cap and a sticky failure. */
#ifndef DR_BUFFER_H
#define DR_BUFFER_H

#include <stdint.h>

#include "memory.h"

/* Why a buffer stopped growing. */
typedef enum dr_fault {
  DR_FAULT_NONE,
  DR_FAULT_MEMORY, /* the allocator refused */
  DR_FAULT_LIMIT,  /* the cap was reached */
  DR_FAULT_COUNT   /* what writes into it has reached a cap of its own */
} dr_fault;

/* After a failure every further add is ignored, so a writer checks once at its end. */
typedef struct dr_buffer {
  dr_memory mem;
  char *data; /* NULL until the first add */
  size_t len;
  size_t size; /* bytes allocated */
  size_t max;  /* cap on len, in bytes */
  dr_fault fault;
} dr_buffer;

/* An empty buffer; allocates nothing. `max` is the cap in bytes (SIZE_MAX: none). */
void dr_buffer_init(dr_buffer *b, dr_memory mem, size_t max);

/* Append; return the buffer's fault. */
dr_fault dr_buffer_add(dr_buffer *b, const void *bytes, size_t n);
dr_fault dr_buffer_addc(dr_buffer *b, char c);
dr_fault dr_buffer_adds(dr_buffer *b, const char *s);

/* Room for n more bytes at data + len, or NULL on a fault. The caller adds to len what it wrote. */
char *dr_buffer_reserve(dr_buffer *b, size_t n);

/* The content with a NUL behind it (not counted in len), or NULL on a fault. */
const char *dr_buffer_cstr(dr_buffer *b);

/* Forget content and fault, keep the memory. */
void dr_buffer_clear(dr_buffer *b);

/* Give the memory back; the buffer is empty and usable again. `wipe` overwrites the memory first,
   in a way that the compiler keeps (secrets). Growing never leaves a copy behind unwiped when the
   buffer holds secrets: callers reserve the whole size first. */
void dr_buffer_free(dr_buffer *b);
void dr_buffer_wipe(dr_buffer *b);

#endif
