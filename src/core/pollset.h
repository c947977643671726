/* pollset.h: one descriptor that becomes readable when any of many is ready. */
#ifndef DR_POLLSET_H
#define DR_POLLSET_H

/* What a descriptor is watched for, and what it is ready for. */
#define DR_POLL_IN 1
#define DR_POLL_OUT 2

typedef struct dr_ready {
  int fd;
  int events; /* both, after an error or a hang-up: the next read or write tells which */
} dr_ready;

/* A new set, closed on exec; < 0: none could be made (errno). */
int dr_pollset_open(void);

/* Gives the set back; harmless with a negative one. After a fork this leaves the parent's alone. */
void dr_pollset_close(int set);

/* Watches fd for `events`, in place of what it was watched for; 0: no longer. Returns 0, or -1 when
   the system refuses (errno). */
int dr_pollset_watch(int set, int fd, int events);

/* Puts a descriptor of its own into the set that is always ready. Returns it, to be given to
   dr_pollset_close before the set; < 0: none could be made. */
int dr_pollset_alarm(int set);

/* Waits until one is ready, for at most `ms`, or until a signal; fills at most `max` of `ready` and
   returns how many. With a negative set only the time passes. */
int dr_pollset_ready(int set, dr_ready *ready, int max, int ms);

#endif
