/* foreign.h: a reply that is not the API's: what it is, and who may have sent it. */
#ifndef DR_FOREIGN_H
#define DR_FOREIGN_H

#include "buffer.h"
#include "error.h"

/* A reply's body that is no JSON. */
typedef struct dr_foreign {
  const char *text;
  size_t len;
  const char
      *type; /* Content-Type as it came, not NUL-terminated; NULL: none, or not to be shown */
  size_t type_len;
  long status;
  int titled; /* its words may be shown */
} dr_foreign;

/* The body of a reply. headers: its header lines; NULL: no word of it may be shown. */
dr_foreign dr_foreign_of(long status, const dr_buffer *headers, const dr_buffer *body);

/* Whether a reply is a redirect; then kind api, and where it leads to if that can be shown: whole
   but for its query. headers as in dr_foreign_of. */
int dr_redirect_told(dr_error *e, long status, const dr_buffer *headers);

/* Whether it is a page, or says that it is no JSON. */
int dr_foreign_is(const dr_foreign *f);

/* Sets kind and message: the page's title or the body's type, its size, and a guess (a login page,
   a proxy, a wrong path). Of the body itself only a title, or a plain text of one line, is shown,
   and these whole or not at all. */
dr_kind dr_foreign_told(dr_error *e, dr_kind kind, const dr_foreign *f);

#endif
