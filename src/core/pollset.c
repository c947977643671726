/* pollset.c: the set on Linux is an epoll descriptor; level-triggered. */
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pollset.h"

#define BATCH 64

int dr_pollset_open(void) {
  return epoll_create1(EPOLL_CLOEXEC);
}

void dr_pollset_close(int set) {
  if (set >= 0) close(set);
}

/* A descriptor may have been closed and its number used again since: the kernel knows best whether
   it is new. One that is no longer there needs no removal. */
int dr_pollset_watch(int set, int fd, int events) {
  struct epoll_event e = {.data.fd = fd};
  if (events & DR_POLL_IN) e.events |= EPOLLIN;
  if (events & DR_POLL_OUT) e.events |= EPOLLOUT;
  if (events == 0) {
    (void)epoll_ctl(set, EPOLL_CTL_DEL, fd, &e);
    return 0;
  }
  if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &e) == 0) return 0;
  return errno == EEXIST ? epoll_ctl(set, EPOLL_CTL_MOD, fd, &e) : -1;
}

int dr_pollset_alarm(int set) {
  int fd = eventfd(1, EFD_CLOEXEC);
  if (fd >= 0) (void)dr_pollset_watch(set, fd, DR_POLL_IN);
  return fd;
}

int dr_pollset_ready(int set, dr_ready *ready, int max, int ms) {
  struct epoll_event events[BATCH];
  int n = set < 0 ? poll(NULL, 0, ms) : epoll_wait(set, events, max < BATCH ? max : BATCH, ms);
  for (int i = 0; i < n; i++) {
    ready[i].fd = events[i].data.fd;
    ready[i].events = 0;
    if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) ready[i].events |= DR_POLL_IN;
    if (events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) ready[i].events |= DR_POLL_OUT;
  }
  return n < 0 ? 0 : n;
}
