/* Redirects the system calls by which a thread wakes another one to descriptors of the model's, and
 * the one by which it lets others go on. Of the kernel's own ordering nothing is assumed: these are
 * relaxed operations. Include this instead of model_atomics.h.
 */
#ifndef WEFT_TEST_MODEL_SYSTEM_H
#define WEFT_TEST_MODEL_SYSTEM_H

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "model_atomics.h"

#define MODEL_CALL(name) MODEL_SITE(name, "descriptor", __ATOMIC_RELAXED)

#define eventfd(count, flags)        ((void)(flags), model_eventfd(count))
#define write(fd, from, size)        model_write(MODEL_CALL("write"), fd, from, size)
#define read(fd, to, size)           model_read(MODEL_CALL("read"), fd, to, size)
#define close(fd)                    model_close(fd)
#define ppoll(fds, len, timeout, to) model_ppoll(MODEL_CALL("ppoll"), fds, len, timeout, to)
#define sched_yield()                model_yield(__FILE__, __LINE__)

int model_eventfd(unsigned count);
ssize_t model_write(model_site *site, int fd, const void *from, size_t size_bytes);
ssize_t model_read(model_site *site, int fd, void *to, size_t size_bytes);
int model_close(int fd);

/* One descriptor, POLLIN; a timeout is none or zero. */
int model_ppoll(model_site *site, struct pollfd *fds, nfds_t len, const struct timespec *timeout,
                const void *signals);

/* epoll_wait with one descriptor, edge-triggered: whether it was written since what *reported says,
 * which is brought up to date, and was not read empty. Sleeps until then, or only looks. */
#define model_edge(fd, reported, may_block) \
    model_edge_wait(MODEL_CALL("epoll_wait"), fd, reported, may_block)
bool model_edge_wait(model_site *site, int fd, uint64_t *reported, bool may_block);

/* How often it was written; when the threads have ended. */
uint64_t model_writes(int fd);

#endif
