/* multi.h: one multi handle of libcurl over one descriptor. */
#ifndef DR_MULTI_H
#define DR_MULTI_H

#include <stdint.h>

#include "../core/error.h"
#include "pollset.h"

#define DR_NEVER INT64_MAX

typedef struct dr_multi {
  void *handle;   /* NULL until dr_multi_open */
  dr_pollset set; /* over its sockets */
  int alarm;      /* in the set and always readable (dr_pollset_alarm); < 0: none */
  int fault;      /* a CURLMcode: the handle cannot go on */
  int64_t timer;  /* when libcurl asks to be called, monotonic ms; DR_NEVER: not at all */
  int stranded;   /* some requests are, see their field */
  int doubtful;   /* a connection failed that libcurl may keep: all are closed when none is used */
  unsigned transfers; /* easy handles in it */
} dr_multi;

/* No handle and no descriptor yet. */
void dr_multi_init(dr_multi *m);

/* Makes the handle and the descriptor unless they are there. Kind memory or transport when that
   fails. */
dr_kind dr_multi_open(dr_multi *m, unsigned max_connections, dr_error *e);

/* The descriptor, made at the first call; < 0: none could be made. */
int dr_multi_fd(dr_multi *m);

/* Closes connections and handle, not the descriptor; easy handles are taken out before. */
void dr_multi_close(dr_multi *m);

/* Makes the descriptor readable, so that whoever waits on it looks; until dr_multi_hush. */
void dr_multi_wake(dr_multi *m);
void dr_multi_hush(dr_multi *m);

/* Closes the descriptor, too. */
void dr_multi_end(dr_multi *m);

/* In the child of a fork: lets go of the parent's handle without speaking on its connections. */
void dr_multi_abandon(dr_multi *m);

/* Puts an easy handle in. Kind memory or transport when that fails. */
dr_kind dr_multi_add(dr_multi *m, void *easy, dr_error *e);
void dr_multi_remove(dr_multi *m, void *easy);

/* Makes libcurl attend to an easy handle at the next dr_multi_drive. */
void dr_multi_nudge(void *easy);

/* Waits until libcurl has something to do, for at most `ms`, or until a signal; then does it.
   ms < 0: does what its timer calls for, without a look at the sockets. */
void dr_multi_drive(dr_multi *m, int ms);

/* The private pointer (CURLOPT_PRIVATE) of the next transfer that has ended, and its CURLcode;
   NULL: no more. It is to be removed before the next call. */
void *dr_multi_ended(dr_multi *m, int *code);

/* Not 0 when the handle cannot go on: the CURLcode that its transfers end with. It is to be closed
   then. */
int dr_multi_fault(const dr_multi *m);

#endif
