/* cron_advice.h: what was most likely meant by cron text that cannot be read. */
#ifndef DRL_CRON_ADVICE_H
#define DRL_CRON_ADVICE_H

#include <stddef.h>

/* Bytes of a proposal, its NUL included; longer text gets none. */
#define DRL_ADVICE_MAX 96

/* Writes cron text that can be read into `out`, nearest to the given one; "" when none is near.
   Returns what the given one has that these schedules have not ("H lets Jenkins choose"), in words
   of our own, or NULL where the reader's own complaint says it. */
const char *drl_cron_advice(const char *text, size_t len, char out[DRL_ADVICE_MAX]);

/* The name of list i (3: months, 4: week days) that looks most like the given one; its first three
   letters where few were given; NULL when none is near. */
const char *drl_nearest_name(int i, const char *s, size_t len);

#endif
