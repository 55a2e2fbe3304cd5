/* An epoll set that watches descriptors as poller.h wants it: the whole of the epoll poller, and
 * what the io_uring poller waits for. */
#ifndef WEFT_DRIVER_EPOLL_SET_H
#define WEFT_DRIVER_EPOLL_SET_H

#include <stdint.h>
#include <sys/epoll.h>

#include "poller.h"

typedef struct weft_epoll_set {
    int fd;
    uint32_t cap;
    struct epoll_event *events; /* as the kernel writes them */
} weft_epoll_set;

/* An empty set but for io->wake, of batches as long as the io's. 0 or an errno value; the set is
 * zeroed then. */
int weft_epoll_open(weft_epoll_set *set, const weft_io *io);
void weft_epoll_close(weft_epoll_set *set, const weft_io *io);

/* 0 or an errno value. */
int weft_epoll_add(const weft_epoll_set *set, int fd, uint32_t interest, uint64_t key);
int weft_epoll_modify(const weft_epoll_set *set, int fd, uint32_t interest, uint64_t key);
void weft_epoll_remove(const weft_epoll_set *set, int fd);

/* Fills the io's batch without waiting, or after a sleep that the io's wake ends. */
int weft_epoll_look(weft_epoll_set *set, weft_io *io);

/* Adds to a batch that others have begun to fill. Returns how many were added, or a negative errno
 * value. */
int weft_epoll_look_too(weft_epoll_set *set, weft_io *io);

int weft_epoll_sleep(weft_epoll_set *set, weft_io *io, int64_t timeout_ns);

#endif
