/* The io_uring poller: an epoll set that says what is ready, and a ring that says whether to look.
 *
 * The set keeps every promise of io.h exactly as it does without a ring: level-triggered, a closed
 * descriptor forgotten, each descriptor once. What it cannot do is say without a system call that
 * there is nothing. So the ring polls the set: when the set turns ready, the kernel sets a flag in
 * memory that the ring shares with it, and a poll that does not wait reads that flag.
 *
 *     cold   the ring watches the set: while its flag is down, nothing is ready
 *     hot    the set is asked at each poll, until it has nothing, and had nothing when the ring's
 *            completions had been taken
 *
 * Between an event and its handler there is one system call, as with epoll alone; what the ring has
 * to say about the event is fetched in the next poll. A sleep is the set's alone. ADR 010 has the
 * figures.
 *
 * The ring is made for one thread, and for completions to be worked on when that thread asks for
 * them (single issuer, deferred task work). The thread that turns the poller first is the one; if
 * the world is handed over to another thread, a new ring takes the old one's place.
 */
#define _GNU_SOURCE
#include "epoll_set.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RING_ENTRIES = 64 };

struct weft_poller {
    weft_epoll_set set;
    struct io_uring ring;
    bool watching; /* the ring polls the set, or is told so in its queue */
    bool hot;
    bool enabled; /* the ring belongs to a thread */
};

static const weft_poller_kind without_ring;

/* ---- the ring -------------------------------------------------------------------------------- */

/* 0 or an errno value. A disabled ring belongs to the thread that enables it. */
static int ring_open(weft_poller *poller)
{
    struct io_uring_params params = { .flags = IORING_SETUP_SINGLE_ISSUER |
                                               IORING_SETUP_DEFER_TASKRUN |
                                               IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_R_DISABLED |
                                               IORING_SETUP_CLAMP };
    poller->watching = false;
    poller->enabled = false;
    poller->hot = true;
    const int error = -io_uring_queue_init_params(RING_ENTRIES, &poller->ring, &params);
    if (error)
        poller->ring.ring_fd = -1;
    return error;
}

static void ring_close(weft_poller *poller)
{
    if (poller->ring.ring_fd >= 0)
        io_uring_queue_exit(&poller->ring);
    poller->ring.ring_fd = -1;
}

/* True if the ring has something for us: a completion, or work that leads to one. */
static inline bool ring_stirs(const weft_poller *poller)
{
    const struct io_uring *ring = &poller->ring;
    const unsigned flags = __atomic_load_n(ring->sq.kflags, __ATOMIC_RELAXED);
    return (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) ||
           __atomic_load_n(ring->cq.ktail, __ATOMIC_ACQUIRE) != *ring->cq.khead;
}

/* True if one of them says that the set was ready. A watch reports as often as the set turns ready,
 * unless the kernel ends it, which its last completion says. */
static bool take_completions(weft_poller *poller)
{
    struct io_uring_cqe *completion;
    unsigned head, count = 0;
    io_uring_for_each_cqe(&poller->ring, head, completion)
    {
        if (!(completion->flags & IORING_CQE_F_MORE))
            poller->watching = false;
        count++;
    }
    io_uring_cq_advance(&poller->ring, count);
    return count > 0;
}

/* Enters the kernel, which takes what is queued and works on what has stirred. Returns 1 if the set
 * was ready meanwhile, else 0, or a negative errno value. */
static int collect(weft_poller *poller)
{
    const int submitted = io_uring_submit_and_get_events(&poller->ring);
    const bool fired = take_completions(poller);
    return submitted < 0 ? submitted : fired;
}

/* Lets the ring watch the set, which reports at once if that is ready. Returns like collect. */
static int watch_set(weft_poller *poller)
{
    if (!poller->enabled) {
        /* liburing 2.3 declares io_uring_enable_rings, but does not export it. */
        if (syscall(__NR_io_uring_register, poller->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS,
                    NULL, 0))
            return -errno;
        poller->enabled = true;
    }
    if (!poller->watching)
        io_uring_prep_poll_multishot(io_uring_get_sqe(&poller->ring), poller->set.fd, POLLIN);
    poller->watching = true;
    return collect(poller);
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* The ring belongs to another thread, which has handed the world over. Returns like collect. */
static int replace_ring(weft_poller *poller)
{
    ring_close(poller);
    const int error = ring_open(poller);
    return error ? -error : watch_set(poller);
}

/* From now on the poller is an epoll poller. */
static void give_up_ring(weft_io *io, int error)
{
    ring_close(io->poller);
    io->kind = &without_ring;
    weft_report(io->world, WEFT_OK, "io_uring has stopped working (%s): polling with epoll instead",
                strerror(error));
}

/* Lets the ring do its part. Returns like collect; a failure that passes counts as ready. */
static int attend_to_ring(weft_io *io)
{
    int result = watch_set(io->poller);
    if (result == -EEXIST)
        result = replace_ring(io->poller);
    if (result >= 0)
        return result;
    if (result != -EAGAIN && result != -EBUSY && result != -EINTR)
        give_up_ring(io, -result);
    return 1;
}

/* True if the ring has to be attended to before its silence means something. */
static bool ring_waits(const weft_poller *poller)
{
    return ring_stirs(poller) || io_uring_sq_ready(&poller->ring) > 0;
}

/* The ring has stirred, or it is not known to watch. */
static int look(weft_io *io)
{
    weft_poller *poller = io->poller;
    if (poller->hot && poller->watching && ring_waits(poller))
        attend_to_ring(io);
    const int count = weft_epoll_look(&poller->set, io);
    poller->hot = true;
    if (count == 0 && io->kind == &weft_poller_uring)
        poller->hot = (!poller->watching || ring_waits(poller)) && attend_to_ring(io) != 0;
    return count;
}

static int wait_without_ring(weft_io *io, int64_t timeout_ns)
{
    weft_epoll_set *set = &io->poller->set;
    return timeout_ns == 0 ? weft_epoll_look(set, io) : weft_epoll_sleep(set, io, timeout_ns);
}

static int uring_wait(weft_io *io, int64_t timeout_ns)
{
    weft_poller *poller = io->poller;
    if (timeout_ns == 0)
        return poller->hot || ring_stirs(poller) ? look(io) : weft_poller_found(io, 0);
    poller->hot = true;
    return weft_epoll_sleep(&poller->set, io, timeout_ns);
}

/* ---- the table ------------------------------------------------------------------------------- */

static void free_poller(const weft_io *io, weft_poller *poller)
{
    weft_free(weft_world_allocator(io->world), poller, sizeof *poller, _Alignof(weft_poller));
}

static int uring_open(weft_io *io)
{
    weft_poller *poller =
        weft_alloc(weft_world_allocator(io->world), sizeof *poller, _Alignof(weft_poller));
    if (!poller)
        return ENOMEM;
    *poller = (weft_poller){ .hot = true };
    int error = ring_open(poller);
    if (!error) {
        error = weft_epoll_open(&poller->set, io);
        if (error)
            ring_close(poller);
    }
    if (error)
        free_poller(io, poller);
    else
        io->poller = poller;
    return error;
}

static void uring_close(weft_io *io)
{
    ring_close(io->poller);
    weft_epoll_close(&io->poller->set, io);
    free_poller(io, io->poller);
    io->poller = NULL;
}

static int uring_add(weft_io *io, int fd, uint32_t interest, uint64_t key)
{
    return weft_epoll_add(&io->poller->set, fd, interest, key);
}

static int uring_set(weft_io *io, int fd, uint32_t was, uint32_t interest, uint64_t key)
{
    (void)was;
    return weft_epoll_modify(&io->poller->set, fd, interest, key);
}

static void uring_remove(weft_io *io, int fd)
{
    weft_epoll_remove(&io->poller->set, fd);
}

static int uring_fd(weft_io *io)
{
    return io->poller->set.fd;
}

const weft_poller_kind weft_poller_uring = {
    .backend = WEFT_IO_URING,
    .open = uring_open,
    .close = uring_close,
    .add = uring_add,
    .set = uring_set,
    .remove = uring_remove,
    .wait = uring_wait,
    .fd = uring_fd,
};

static const weft_poller_kind without_ring = {
    .backend = WEFT_IO_EPOLL,
    .close = uring_close,
    .add = uring_add,
    .set = uring_set,
    .remove = uring_remove,
    .wait = wait_without_ring,
    .fd = uring_fd,
};
