/* The kqueue poller, for the BSDs and macOS.
 *
 * A source has two filters, one per direction. The one for reading is there as long as the source,
 * disabled if nobody wants it; the one for writing comes when it is asked for. What the kernel says
 * of both in one look is one event. Filters end when their descriptor is closed, as io.h promises;
 * that a number is still the descriptor that was added is found out by repeating what the filter
 * for reading was last told, which fails if it is gone.
 *
 * A filter that is at an end does not say whether the other direction is too: then poll(2) does.
 */
#include "poller.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/event.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* By descriptor. */
typedef struct watched {
    uint64_t key; /* 0: nobody's */
    uint32_t interest;
    bool has_write_filter;
    uint32_t found_at; /* 1 + where in the batch it is, in this look */
    uint32_t look;     /* the look that found it last */
} watched;

struct weft_poller {
    int fd;
    uint32_t look;
    struct kevent *events;
    uint32_t cap;
    watched *watched;
    uint32_t watched_count;
};

/* ---- what is watched ------------------------------------------------------------------------- */

static bool reserve(weft_io *io, uint32_t count)
{
    weft_poller *poller = io->poller;
    if (count <= poller->watched_count)
        return true;
    uint32_t cap = poller->watched_count ? poller->watched_count : 256;
    while (cap < count)
        cap *= 2;
    const weft_allocator *from = weft_world_allocator(io->world);
    watched *grown = weft_alloc(from, cap * sizeof *grown, _Alignof(watched));
    if (!grown)
        return false;
    memset(grown, 0, cap * sizeof *grown);
    if (poller->watched)
        memcpy(grown, poller->watched, poller->watched_count * sizeof *grown);
    weft_free(from, poller->watched, poller->watched_count * sizeof *grown, _Alignof(watched));
    poller->watched = grown;
    poller->watched_count = cap;
    return true;
}

/* 0 or an errno value. */
static int change(const weft_poller *poller, int fd, int filter, int flags)
{
    struct kevent event;
    EV_SET(&event, (uintptr_t)fd, (short)filter, (unsigned short)flags, 0, 0, NULL);
    return kevent(poller->fd, &event, 1, NULL, 0, NULL) < 0 ? errno : 0;
}

/* After an event each filter of a one-shot source is disabled. */
static int switch_of(uint32_t interest, uint32_t direction)
{
    if (!(interest & direction))
        return EV_DISABLE;
    return interest & WEFT_ONESHOT ? EV_ENABLE | EV_DISPATCH : EV_ENABLE;
}

static bool is_still_there(const weft_poller *poller, int fd)
{
    const watched *w = &poller->watched[fd];
    return w->key && change(poller, fd, EVFILT_READ, switch_of(w->interest, WEFT_READABLE)) == 0;
}

static int tell(weft_poller *poller, int fd, uint32_t interest)
{
    watched *w = &poller->watched[fd];
    int error = change(poller, fd, EVFILT_READ, EV_ADD | switch_of(interest, WEFT_READABLE));
    if (!error && (interest & WEFT_WRITABLE || w->has_write_filter)) {
        error = change(poller, fd, EVFILT_WRITE, EV_ADD | switch_of(interest, WEFT_WRITABLE));
        w->has_write_filter = !error;
    }
    if (!error)
        w->interest = interest;
    return error;
}

static bool is_always_ready(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

static int kqueue_add(weft_io *io, int fd, uint32_t interest, uint64_t key)
{
    if (!reserve(io, (uint32_t)fd + 1))
        return ENOMEM;
    weft_poller *poller = io->poller;
    if (is_still_there(poller, fd))
        return EEXIST;
    if (is_always_ready(fd))
        return EPERM;
    poller->watched[fd] = (watched){ .key = 0 };
    const int error = tell(poller, fd, interest);
    if (!error)
        poller->watched[fd].key = key;
    return error;
}

static int kqueue_set(weft_io *io, int fd, uint32_t was, uint32_t interest, uint64_t key)
{
    (void)was;
    (void)key;
    /* The number may be another descriptor's by now, which nobody has added. */
    if (!is_still_there(io->poller, fd))
        return ENOENT;
    return tell(io->poller, fd, interest);
}

static void kqueue_remove(weft_io *io, int fd)
{
    const int saved_errno = errno;
    weft_poller *poller = io->poller;
    change(poller, fd, EVFILT_READ, EV_DELETE); /* it may be closed: no matter */
    if (poller->watched[fd].has_write_filter)
        change(poller, fd, EVFILT_WRITE, EV_DELETE);
    poller->watched[fd] = (watched){ .key = 0 };
    errno = saved_errno;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static uint32_t ready_at_end(int fd)
{
    struct pollfd found = { .fd = fd };
    if (poll(&found, 1, 0) <= 0)
        return 0;
    return (found.revents & POLLHUP ? WEFT_HANGUP : 0) |
           (found.revents & POLLERR ? WEFT_IO_ERROR : 0);
}

/* Puts it where its other filter is, or behind the batch. */
static void take_event(weft_io *io, const struct kevent *event, uint32_t *len)
{
    weft_poller *poller = io->poller;
    const int fd = (int)event->ident;
    watched *w = &poller->watched[fd];
    if (!w->key)
        return; /* of the wake */
    uint32_t ready = event->filter == EVFILT_READ ? WEFT_READABLE : WEFT_WRITABLE;
    if (event->flags & EV_EOF)
        ready |= ready_at_end(fd);
    if (w->look != poller->look) {
        w->look = poller->look;
        w->found_at = ++*len;
        io->batch[w->found_at - 1] = (weft_io_ready){ .key = w->key };
    }
    io->batch[w->found_at - 1].ready |= ready;
}

static int look(weft_io *io, const struct timespec *timeout)
{
    weft_poller *poller = io->poller;
    const int n = kevent(poller->fd, NULL, 0, poller->events, (int)poller->cap, timeout);
    if (n < 0)
        return weft_poller_failed(io, errno);
    poller->look++;
    uint32_t len = 0;
    for (int i = 0; i < n; i++)
        take_event(io, &poller->events[i], &len);
    return weft_poller_found(io, (int)len);
}

static int kqueue_wait(weft_io *io, int64_t timeout_ns)
{
    const struct timespec none = { 0, 0 };
    if (timeout_ns == 0)
        return look(io, &none);
    const struct timespec timeout = { .tv_sec = (time_t)(timeout_ns / 1000000000),
                                      .tv_nsec = (long)(timeout_ns % 1000000000) };
    const bool may_block = weft_wake_sleep(io->wake);
    const int count = look(io, !may_block ? &none : timeout_ns < 0 ? NULL : &timeout);
    weft_wake_rouse(io->wake);
    return count;
}

static int kqueue_fd(weft_io *io)
{
    return io->poller->fd;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void kqueue_close(weft_io *io)
{
    weft_poller *poller = io->poller;
    const weft_allocator *from = weft_world_allocator(io->world);
    if (poller->fd >= 0)
        close(poller->fd);
    weft_free(from, poller->watched, poller->watched_count * sizeof *poller->watched,
              _Alignof(watched));
    weft_free(from, poller->events, poller->cap * sizeof *poller->events, _Alignof(struct kevent));
    weft_free(from, poller, sizeof *poller, _Alignof(weft_poller));
    io->poller = NULL;
}

static int open_queue(weft_io *io)
{
    weft_poller *poller = io->poller;
    int wake_fd;
    const weft_status status = weft_wake_fd(io->wake, &wake_fd);
    if (status)
        return status == WEFT_ELIMIT ? EMFILE : errno;
    if (!poller->events || !reserve(io, (uint32_t)wake_fd + 1))
        return ENOMEM;
    poller->fd = kqueue();
    if (poller->fd < 0 || fcntl(poller->fd, F_SETFD, FD_CLOEXEC))
        return errno;
    /* Each wake reports once. */
    return change(poller, wake_fd, EVFILT_READ, EV_ADD | EV_CLEAR);
}

static int kqueue_open(weft_io *io)
{
    const weft_allocator *from = weft_world_allocator(io->world);
    weft_poller *poller = weft_alloc(from, sizeof *poller, _Alignof(weft_poller));
    if (!poller)
        return ENOMEM;
    *poller = (weft_poller){ .fd = -1, .cap = io->batch_cap };
    poller->events =
        weft_alloc(from, poller->cap * sizeof *poller->events, _Alignof(struct kevent));
    io->poller = poller;
    const int error = open_queue(io);
    if (error)
        kqueue_close(io);
    return error;
}

const weft_poller_kind weft_poller_kqueue = {
    .backend = WEFT_IO_KQUEUE,
    .open = kqueue_open,
    .close = kqueue_close,
    .add = kqueue_add,
    .set = kqueue_set,
    .remove = kqueue_remove,
    .wait = kqueue_wait,
    .fd = kqueue_fd,
};
