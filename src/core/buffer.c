/* buffer.c: growable bytes: amortised growth, a cap, a failure that sticks. */
#include "buffer.h"

#include <stdint.h>
#include <string.h>

#define FIRST_SIZE 512 /* an address, a reply's headers, half a policy */

void dr_buffer_init(dr_buffer *b, dr_memory mem, size_t max) {
  *b = (dr_buffer){.mem = mem, .max = max};
}

/* The size to allocate for `need` bytes: twice the old one (or less, where that wraps), but no more
   than the cap and a NUL ask for. */
static size_t new_size(const dr_buffer *b, size_t need) {
  size_t size = b->size * 2;
  if (size < FIRST_SIZE) size = FIRST_SIZE;
  if (b->max < size) size = b->max + 1;
  return size < need ? need : size;
}

/* Room for n more bytes and one. */
static void grow(dr_buffer *b, size_t n) {
  if (n >= SIZE_MAX - b->len) {
    b->fault = DR_FAULT_MEMORY;
    return;
  }
  size_t size = new_size(b, b->len + n + 1);
  char *data = b->mem.fn(b->mem.ud, b->data, b->size, size);
  if (data == NULL) {
    b->fault = DR_FAULT_MEMORY;
    return;
  }
  b->data = data;
  b->size = size;
}

/* One byte more than asked is always there, so dr_buffer_cstr never moves what was reserved. */
char *dr_buffer_reserve(dr_buffer *b, size_t n) {
  if (b->fault) return NULL;
  if (n > b->max - b->len)
    b->fault = DR_FAULT_LIMIT;
  else if (n >= b->size - b->len)
    grow(b, n);
  return b->fault ? NULL : b->data + b->len;
}

dr_fault dr_buffer_add(dr_buffer *b, const void *bytes, size_t n) {
  char *to = dr_buffer_reserve(b, n);
  if (to != NULL && n > 0) {
    memcpy(to, bytes, n);
    b->len += n;
  }
  return b->fault;
}

dr_fault dr_buffer_addc(dr_buffer *b, char c) {
  return dr_buffer_add(b, &c, 1);
}

dr_fault dr_buffer_adds(dr_buffer *b, const char *s) {
  return dr_buffer_add(b, s, strlen(s));
}

const char *dr_buffer_cstr(dr_buffer *b) {
  char *end = dr_buffer_reserve(b, 0);
  if (end == NULL) return NULL;
  *end = '\0';
  return b->data;
}

void dr_buffer_clear(dr_buffer *b) {
  b->len = 0;
  b->fault = DR_FAULT_NONE;
}

void dr_buffer_free(dr_buffer *b) {
  if (b->data != NULL) dr_mem_free(b->mem, b->data, b->size);
  dr_buffer_init(b, b->mem, b->max);
}

void dr_buffer_wipe(dr_buffer *b) {
  if (b->data != NULL) explicit_bzero(b->data, b->size);
  dr_buffer_free(b);
}
