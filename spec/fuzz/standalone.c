/* standalone.c: runs a fuzz target over the files given as arguments, without libFuzzer:
   cc -g -fsanitize=address,undefined -Isrc/core spec/fuzz/TARGET.c spec/fuzz/standalone.c \
     src/core/{buffer,error,json_read,json_write,schedule,timestamp,url}.c -lcurl */
#include <stdio.h>

#include "fuzz.h"

/* The block has the size of the file, so that reading past its end is seen. */
static int run(const char *name) {
  FILE *file = fopen(name, "rb");
  long size = -1;
  if (file != NULL && fseek(file, 0, SEEK_END) == 0) size = ftell(file);
  uint8_t *data = size >= 0 ? malloc((size_t)size + (size == 0)) : NULL;
  int ok = 0;
  if (data != NULL) {
    rewind(file);
    ok = fread(data, 1, (size_t)size, file) == (size_t)size;
    if (ok) LLVMFuzzerTestOneInput(data, (size_t)size);
  }
  free(data);
  if (file != NULL) fclose(file);
  return ok;
}

int main(int argc, char **argv) {
  int failed = 0;
  for (int i = 1; i < argc; i++) {
    if (run(argv[i])) continue;
    perror(argv[i]);
    failed = 1;
  }
  return failed;
}
