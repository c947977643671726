/* memory.h: the allocator that all memory of the core comes from. */
#ifndef DR_MEMORY_H
#define DR_MEMORY_H

#include <stddef.h>

/* Shaped like lua_Alloc, so that a host's allocator and its cap hold for us: nsize 0 frees and
   returns NULL, otherwise allocates, grows or shrinks; NULL when memory is refused. */
typedef void *(*dr_alloc_fn)(void *ud, void *ptr, size_t osize, size_t nsize);

/* Copied by value. A block is always given back with the size it was last given. */
typedef struct dr_memory {
  dr_alloc_fn fn;
  void *ud;
} dr_memory;

#define dr_mem_new(m, size) ((m).fn((m).ud, NULL, 0, (size)))
#define dr_mem_free(m, ptr, size) ((void)(m).fn((m).ud, (ptr), (size), 0))

#endif
