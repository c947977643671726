/* pollset.c: the set on Linux is an epoll descriptor; level-triggered. */
#include "pollset.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BATCH 64

void dr_pollset_init(dr_pollset *set) {
  set->fd = -1;
  set->count = 0;
}

int dr_pollset_open(dr_pollset *set) {
  if (set->fd < 0) set->fd = epoll_create1(EPOLL_CLOEXEC);
  return set->fd;
}

void dr_pollset_close(dr_pollset *set) {
  if (set->fd >= 0) close(set->fd);
  dr_pollset_init(set);
}

static dr_own_socket *find(dr_pollset *set, int fd) {
  for (unsigned i = 0; i < set->count; i++)
    if (set->own[i].fd == fd) return &set->own[i];
  return NULL;
}

/* A descriptor may have been closed and its number used again since: the kernel knows best whether
   it is new. One that is no longer there needs no removal. */
static int tell_system(const dr_pollset *set, int fd, int events) {
  struct epoll_event e = {.data.fd = fd};
  if (events & DR_POLL_IN) e.events |= EPOLLIN;
  if (events & DR_POLL_OUT) e.events |= EPOLLOUT;
  if (events == 0) {
    (void)epoll_ctl(set->fd, EPOLL_CTL_DEL, fd, &e);
    return 0;
  }
  if (epoll_ctl(set->fd, EPOLL_CTL_ADD, fd, &e) == 0) return 0;
  return errno == EEXIST ? epoll_ctl(set->fd, EPOLL_CTL_MOD, fd, &e) : -1;
}

/* A socket that is kept for reading stays quiet while its connection is idle; one kept for writing
   would not. One that the system refuses is not what it was. */
int dr_pollset_watch(dr_pollset *set, int fd, int events) {
  dr_own_socket *own = find(set, fd);
  if (own == NULL) return tell_system(set, fd, events);
  own->wanted = events;
  if (own->kept == events || (own->kept == DR_POLL_IN && events == 0)) return 0;
  own->kept = events;
  int code = tell_system(set, fd, events);
  if (code) *own = set->own[--set->count];
  return code;
}

void dr_pollset_disown(dr_pollset *set, int fd) {
  dr_own_socket *own = find(set, fd);
  if (own == NULL) return;
  if (own->kept) (void)tell_system(set, fd, 0);
  *own = set->own[--set->count];
}

/* A number that is known was closed without a word. */
void dr_pollset_own(dr_pollset *set, int fd) {
  dr_pollset_disown(set, fd);
  if (fd < 0 || set->count == DR_POLLSET_OWN) return;
  set->own[set->count++] = (dr_own_socket){.fd = fd};
}

int dr_pollset_alarm(dr_pollset *set) {
  int fd = eventfd(1, EFD_CLOEXEC);
  dr_pollset_disown(set, fd);
  if (fd >= 0) (void)tell_system(set, fd, DR_POLL_IN);
  return fd;
}

/* One that nobody waits for has something to say: most likely that its connection is closed. It is
   not asked again before somebody does. */
static int is_unwanted(dr_pollset *set, int fd) {
  dr_own_socket *own = find(set, fd);
  if (own == NULL || own->wanted) return 0;
  own->kept = 0;
  (void)tell_system(set, fd, 0);
  return 1;
}

int dr_pollset_ready(dr_pollset *set, dr_ready *ready, int max, int ms) {
  struct epoll_event events[BATCH];
  int n =
      set->fd < 0 ? poll(NULL, 0, ms) : epoll_wait(set->fd, events, max < BATCH ? max : BATCH, ms);
  int found = 0;
  for (int i = 0; i < n; i++) {
    int fd = events[i].data.fd, what = 0;
    if (is_unwanted(set, fd)) continue;
    if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) what |= DR_POLL_IN;
    if (events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) what |= DR_POLL_OUT;
    ready[found++] = (dr_ready){.fd = fd, .events = what};
  }
  return found;
}
