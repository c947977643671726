/* secret.h: secrets, and whether a text shows one of them, in whatever form. */
#ifndef DR_SECRET_H
#define DR_SECRET_H

#include "buffer.h"

/* What stands in place of a text that shows a secret. */
#define DR_WITHHELD "(withheld: it holds a secret)"

/* The latest secrets of a pool; older ones are forgotten. Each is wiped before its memory is given
   back. */
typedef struct dr_secrets {
  dr_memory mem;
  struct dr_secret *latest;
} dr_secrets;

/* Adds one, unless it is there. One of less than 8 bytes is left out: it would be found in every
   text. */
dr_fault dr_secrets_add(dr_secrets *s, const char *text, size_t len);

/* Adds what an address has before its host: the password, as it stands and decoded. */
dr_fault dr_secrets_add_password(dr_secrets *s, const char *address);

/* Whether the text shows one: plainly, with the escapes of JSON, of addresses and forms (%41, +) or
   of HTML, each also within another, or in base64, whatever stands around it there. The time is in
   proportion to the text. */
int dr_secrets_in(const dr_secrets *s, const char *text, size_t len);

void dr_secrets_wipe(dr_secrets *s);

#endif
