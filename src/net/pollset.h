/* pollset.h: one descriptor that becomes readable when any of many is ready. */
#ifndef DR_POLLSET_H
#define DR_POLLSET_H

/* What a descriptor is watched for, and what it is ready for. */
#define DR_POLL_IN 1
#define DR_POLL_OUT 2

typedef struct dr_ready {
  int fd;
  int events; /* both, after an error or a hang-up: the next read or write shows which */
} dr_ready;

#define DR_POLLSET_OWN 64

/* A socket whose closing is reported to the set. */
typedef struct dr_own_socket {
  int fd;
  int kept;   /* the events that the system watches it for */
  int wanted; /* the events that somebody waits for */
} dr_own_socket;

typedef struct dr_pollset {
  int fd; /* readable when any is ready; < 0: not made */
  unsigned count;
  dr_own_socket own[DR_POLLSET_OWN];
} dr_pollset;

/* No descriptor yet. */
void dr_pollset_init(dr_pollset *set);

/* Makes the descriptor, closed on exec, unless it is there. Returns it; < 0: none could be made
   (errno). */
int dr_pollset_open(dr_pollset *set);

/* Closes the descriptor; harmless without one. After a fork this leaves the parent's set alone. */
void dr_pollset_close(dr_pollset *set);

/* Watches fd for `events`, in place of what it was watched for; 0: no longer. Returns 0, or -1 when
   the system refuses (errno). */
int dr_pollset_watch(dr_pollset *set, int fd, int events);

/* Promises that dr_pollset_disown comes before fd is closed: the system may then go on watching it
   while nobody waits, which spares two calls of the system for each wait. */
void dr_pollset_own(dr_pollset *set, int fd);
void dr_pollset_disown(dr_pollset *set, int fd);

/* Puts a descriptor of its own into the set that is always ready. Returns it, to be closed before
   the set; < 0: none could be made. */
int dr_pollset_alarm(dr_pollset *set);

/* Waits until one is ready, for at most `ms`, or until a signal; fills at most `max` of `ready` and
   returns how many. Without a descriptor only the time passes. */
int dr_pollset_ready(dr_pollset *set, dr_ready *ready, int max, int ms);

#endif
