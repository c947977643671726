/* clock.h: the monotonic clock. */
#ifndef DR_CLOCK_H
#define DR_CLOCK_H

#include <stdint.h>

/* Monotonic milliseconds. */
int64_t dr_now(void);

#endif
