/* pollset_test.c: numbers of sockets that were closed without a word come again, and are what they
   are now. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/net/pollset.h"

static int failed;

static void expect(int holds, const char *what) {
  if (holds) return;
  failed = 1;
  printf("not so: %s\n", what);
}

/* A socket of the set's own that is closed silently while it is watched. Returns its number. */
static int lost_socket(dr_pollset *set) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  dr_pollset_own(set, fd);
  expect(dr_pollset_watch(set, fd, DR_POLL_IN) == 0, "an open socket can be watched");
  (void)dr_pollset_watch(set, fd, 0);
  close(fd);
  return fd;
}

static void test_alarm(dr_pollset *set) {
  dr_ready ready[4];
  int fd = lost_socket(set), alarm = dr_pollset_alarm(set);
  expect(alarm == fd, "the number comes again");
  for (int i = 0; i < 2; i++)
    expect(dr_pollset_ready(set, ready, 4, 0) == 1 && ready[0].fd == alarm, "an alarm is heard");
  close(alarm);
}

static void test_refused(dr_pollset *set) {
  dr_ready ready[4];
  int pair[2], fd = lost_socket(set);
  expect(dr_pollset_watch(set, fd, DR_POLL_OUT) < 0, "a closed socket is refused");
  expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pair[0] == fd, "the number comes again");
  expect(dr_pollset_watch(set, fd, DR_POLL_OUT) == 0, "it can be watched");
  expect(dr_pollset_ready(set, ready, 4, 0) == 1 && ready[0].fd == fd, "it is watched");
  close(pair[0]);
  close(pair[1]);
}

int main(void) {
  dr_pollset set;
  dr_pollset_init(&set);
  expect(dr_pollset_open(&set) >= 0, "a set can be opened");
  test_alarm(&set);
  test_refused(&set);
  dr_pollset_close(&set);
  return failed;
}
