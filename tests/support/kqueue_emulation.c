/* kqueue(2) on top of epoll: level-triggered filters per direction that can be enabled, disabled
 * and dispatched, and that end when their descriptor is closed, for which close, dup2 and dup3 are
 * watched too. It compiles and runs the poller's code; it proves nothing about a BSD. */
#if defined(__linux__)
#define _GNU_SOURCE
#include <sys/event.h>

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { DESCRIPTORS = 4096, QUEUES = 64 };

typedef struct filter {
    bool exists, enabled, dispatch, clear;
} filter;

typedef struct queue {
    int fd; /* of its epoll set; 0: free */
    filter read[DESCRIPTORS], write[DESCRIPTORS];
    bool in_set[DESCRIPTORS];
} queue;

static queue *queues[QUEUES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static queue *find(int fd)
{
    for (int i = 0; i < QUEUES; i++)
        if (queues[i] && queues[i]->fd == fd)
            return queues[i];
    return NULL;
}

/* Tells the set what the filters want. 0, or -1 with errno. */
static int update(queue *q, int fd)
{
    const filter *r = &q->read[fd], *w = &q->write[fd];
    const bool reads = r->exists && r->enabled, writes = w->exists && w->enabled;
    struct epoll_event event = { .data.fd = fd };
    event.events = (reads ? (uint32_t)(EPOLLIN | EPOLLRDHUP) : 0) |
                   (writes ? (uint32_t)EPOLLOUT : 0) | (reads && r->clear ? (uint32_t)EPOLLET : 0);
    if (!reads && !writes)
        event.events = EPOLLET | EPOLLONESHOT;
    if (!r->exists && !w->exists) {
        q->in_set[fd] = false;
        epoll_ctl(q->fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    const int operation = q->in_set[fd] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(q->fd, operation, fd, &event))
        return -1;
    q->in_set[fd] = true;
    return 0;
}

static int apply(queue *q, const struct kevent *change)
{
    const int fd = (int)change->ident;
    filter *f = change->filter == EVFILT_READ ? &q->read[fd] : &q->write[fd];
    const filter before = *f;
    if (!f->exists && !(change->flags & EV_ADD)) {
        errno = ENOENT;
        return -1;
    }
    if (change->flags & EV_ADD && !f->exists)
        *f = (filter){ .exists = true, .enabled = true };
    if (change->flags & EV_ENABLE)
        f->enabled = true;
    if (change->flags & EV_DISABLE)
        f->enabled = false;
    f->dispatch = change->flags & EV_DISPATCH;
    f->clear = f->clear || change->flags & EV_CLEAR;
    if (change->flags & EV_DELETE)
        *f = (filter){ .exists = false };
    if (update(q, fd) == 0)
        return 0;
    *f = before;
    return -1;
}

static bool emit(struct kevent *events, int *count, filter *f, int fd, short which, bool ended)
{
    if (!f->exists || !f->enabled)
        return false;
    EV_SET(&events[*count], (uintptr_t)fd, which, ended ? EV_EOF : 0, 0, 0, NULL);
    ++*count;
    f->enabled = !f->dispatch;
    return f->dispatch;
}

static int collect(queue *q, struct kevent *events, int room)
{
    struct epoll_event found[256];
    int count = 0;
    const int n = epoll_wait(q->fd, found, room < 256 ? room : 256, 0);
    for (int i = 0; i < n; i++) {
        const int fd = found[i].data.fd;
        const uint32_t said = found[i].events;
        const bool over = said & (EPOLLHUP | EPOLLERR);
        bool changed = count == room; /* no room for it: it is to be found again */
        if (count < room && (said & (EPOLLIN | EPOLLRDHUP) || over))
            changed |=
                emit(events, &count, &q->read[fd], fd, EVFILT_READ, said & EPOLLRDHUP || over);
        if ((said & EPOLLOUT || over) && count < room)
            changed |= emit(events, &count, &q->write[fd], fd, EVFILT_WRITE, over);
        if (changed)
            update(q, fd);
    }
    return n < 0 ? n : count;
}

int kqueue(void)
{
    const int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        return -1;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < QUEUES; i++)
        if (!queues[i]) {
            queues[i] = calloc(1, sizeof **queues);
            queues[i]->fd = fd;
            break;
        }
    pthread_mutex_unlock(&lock);
    return fd;
}

int kevent(int kq, const struct kevent *changes, int change_count, struct kevent *events,
           int event_count, const struct timespec *timeout)
{
    pthread_mutex_lock(&lock);
    queue *q = find(kq);
    int result = q ? 0 : -1;
    if (!q)
        errno = EBADF;
    for (int i = 0; i < change_count && result == 0; i++)
        result = apply(q, &changes[i]);
    if (result == 0 && event_count > 0)
        result = collect(q, events, event_count);
    pthread_mutex_unlock(&lock);
    const bool waits = !timeout || timeout->tv_sec || timeout->tv_nsec;
    if (result != 0 || event_count == 0 || !waits)
        return result;
    struct pollfd ready = { .fd = kq, .events = POLLIN };
    if (ppoll(&ready, 1, timeout, NULL) < 0)
        return -1;
    pthread_mutex_lock(&lock);
    result = collect(q, events, event_count);
    pthread_mutex_unlock(&lock);
    return result;
}

/* ---- descriptors that are closed ------------------------------------------------------------- */

static void forget(int fd)
{
    if (fd < 0 || fd >= DESCRIPTORS)
        return;
    const int saved_errno = errno;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < QUEUES; i++) {
        queue *q = queues[i];
        if (!q)
            continue;
        if (q->fd == fd) {
            free(q);
            queues[i] = NULL;
        } else if (q->in_set[fd]) {
            epoll_ctl(q->fd, EPOLL_CTL_DEL, fd, NULL);
            q->in_set[fd] = false;
            q->read[fd] = q->write[fd] = (filter){ .exists = false };
        }
    }
    pthread_mutex_unlock(&lock);
    errno = saved_errno;
}

int close(int fd)
{
    static int (*real)(int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "close");
    forget(fd);
    return real(fd);
}
#endif
