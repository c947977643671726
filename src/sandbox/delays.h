/* delays.h: answers that are sent later, while the server goes on with other requests. */

#ifndef DATAROBOT_SANDBOX_DELAYS_H
#define DATAROBOT_SANDBOX_DELAYS_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

struct MHD_Connection;

#define DELAYS_MAX 256u

/* All zero but for `lock` and `changed`, which have their initializers; see delays_init. */
typedef struct delays {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  pthread_t thread; /* there from the first delay on */
  bool running, stopping;
  unsigned count;
  struct {
    struct MHD_Connection *connection;
    struct timespec due; /* CLOCK_MONOTONIC */
  } list[DELAYS_MAX];
} delays;

/* Returns 0 or an errno. */
int delays_init(delays *d);

/* Suspends a connection for some seconds. Only in the server's thread; false: it goes on at once.
 */
bool delays_add(delays *d, struct MHD_Connection *connection, double seconds);

/* Lets all go on and takes no more; must come before the daemon is stopped. */
void delays_stop(delays *d);

void delays_free(delays *d);

#endif
