/* The io_uring poller: an epoll set that says what is ready, and a ring that says whether to look.
 *
 * The set keeps every promise of io.h exactly as it does without a ring: level-triggered, a closed
 * descriptor forgotten, each descriptor once. What it cannot do is say without a system call that
 * there is nothing. So the ring polls the set: when the set turns ready, the kernel sets a flag in
 * memory that the ring shares with it, and a poll that does not wait reads that flag.
 *
 *     cold   the ring watches the set: while its flag is down, nothing is ready, and polls that do
 *            not wait are left out (weft_io_skip)
 *     hot    the set is asked at each poll, until it has nothing, and had nothing when the ring's
 *            completions had been taken
 *
 * Streams are operations of the same ring (poller_uring_streams.c): once there are any, the batch
 * is filled by both, and a sleep is the ring's.
 *
 * Between an event and its handler there is one system call, as with epoll alone; what the ring has
 * to say about the event is fetched in the next poll. Without streams a
 * sleep is the set's alone. ADR 010 has the figures.
 *
 * The ring is made for one thread, and for completions to be worked on when that thread asks for
 * them (single issuer, deferred task work). The thread that turns the poller first is the one; if
 * the world is handed over to another thread, a new ring takes the old one's place.
 */
#define _GNU_SOURCE
#include "poller_uring.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io_streams.h"

enum { QUEUE_ENTRIES = 128, MAX_COMPLETIONS = 32768 };

static const weft_poller_kind without_ring;

/* ---- the ring -------------------------------------------------------------------------------- */

/* Room for what comes while a batch is delivered, and again, and for every buffer that is lent.
 * More than that the kernel keeps, and gives to the ring's own thread alone. */
static uint32_t completions_for(const weft_io *io)
{
    const uint32_t batch = io->batch_cap;
    const uint32_t room = batch + (batch > io->receive_buffers ? batch : io->receive_buffers);
    uint32_t count = 16;
    while (count < room && count < MAX_COMPLETIONS)
        count *= 2;
    return count;
}

/* 0 or an errno value. A disabled ring belongs to the thread that enables it. */
static int ring_open(const weft_io *io, weft_poller *poller)
{
    const uint32_t completions = completions_for(io);
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                 IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_R_DISABLED | IORING_SETUP_CLAMP |
                 IORING_SETUP_CQSIZE,
        .cq_entries = completions,
    };
    const uint32_t entries = completions < QUEUE_ENTRIES ? completions : QUEUE_ENTRIES;
    poller->watching = false;
    poller->enabled = false;
    poller->lending = false;
    poller->hot = true;
    const int error = -io_uring_queue_init_params(entries, &poller->ring, &params);
    if (error)
        poller->ring.ring_fd = -1;
    return error;
}

static void ring_close(weft_io *io)
{
    weft_poller *poller = io->poller;
    weft_io_doubt_ring(io);
    if (poller->ring.ring_fd >= 0)
        io_uring_queue_exit(&poller->ring);
    poller->ring.ring_fd = -1;
}

/* liburing 2.3 declares io_uring_enable_rings, but does not export it. */
int weft_uring_enable(weft_poller *poller)
{
    if (!poller->enabled && syscall(__NR_io_uring_register, poller->ring.ring_fd,
                                    IORING_REGISTER_ENABLE_RINGS, NULL, 0))
        return -errno;
    poller->enabled = true;
    return 0;
}

/* True if one of them says that the set was ready. A watch reports as often as the set turns ready,
 * unless the kernel ends it, which its last completion says. What does not fit into the batch is
 * left for the next. */
static bool take_completions(weft_io *io)
{
    weft_poller *poller = io->poller;
    struct io_uring_cqe *completion;
    unsigned head, count = 0;
    bool fired = false;
    io_uring_for_each_cqe(&poller->ring, head, completion)
    {
        if (completion->user_data == WEFT_URING_WATCH) {
            fired = true;
            poller->watching = poller->watching && completion->flags & IORING_CQE_F_MORE;
        } else if (completion->user_data != WEFT_URING_NOTHING) {
            if (io->batch_len == io->batch_cap)
                break;
            io->batch[io->batch_len++] = weft_uring_completion(io, completion);
        }
        count++;
    }
    io_uring_cq_advance(&poller->ring, count);
    return fired;
}

/* Has the kernel take what is queued and work on what has stirred. Returns 1 if the set was ready
 * meanwhile, else 0, or a negative errno value. */
static int collect(weft_io *io)
{
    const int submitted = io_uring_submit_and_get_events(&io->poller->ring);
    const bool fired = take_completions(io);
    return submitted < 0 ? submitted : fired;
}

struct io_uring_sqe *weft_uring_entry(weft_io *io)
{
    weft_poller *poller = io->poller;
    weft_io_doubt_ring(io);
    struct io_uring_sqe *entry = io_uring_get_sqe(&poller->ring);
    if (!entry && !weft_uring_enable(poller)) {
        io_uring_submit(&poller->ring);
        entry = io_uring_get_sqe(&poller->ring);
    }
    return entry;
}

/* Lets the ring watch the set, which reports at once if that is ready, and collects. Returns like
 * collect. */
static int watch_set(weft_io *io)
{
    weft_poller *poller = io->poller;
    const int error = weft_uring_enable(poller);
    if (error)
        return error;
    if (!poller->watching) {
        struct io_uring_sqe *entry = weft_uring_entry(io);
        if (!entry)
            return -EBUSY;
        io_uring_prep_poll_multishot(entry, poller->set.fd, POLLIN);
        io_uring_sqe_set_data64(entry, WEFT_URING_WATCH);
        poller->watching = true;
    }
    return collect(io);
}

/* ---- rings that fail ------------------------------------------------------------------------- */

void weft_uring_give_up(weft_io *io, int error)
{
    weft_uring_drain(io);
    ring_close(io);
    io->kind = &without_ring;
    weft_io_restart_streams(io);
    weft_report(io->world, WEFT_OK, "io_uring has stopped working (%s): polling with epoll instead",
                strerror(error));
}

static bool attend_or_give_up(weft_io *io, int result)
{
    if (result >= 0)
        return result;
    if (result != -EAGAIN && result != -EBUSY && result != -EINTR)
        weft_uring_give_up(io, -result);
    return true;
}

bool weft_uring_replace(weft_io *io)
{
    weft_uring_drain(io);
    ring_close(io);
    int error = ring_open(io, io->poller);
    if (!error)
        error = weft_uring_hang_bell(io->poller);
    if (error) {
        weft_uring_give_up(io, error);
        return true;
    }
    weft_io_restart_streams(io);
    return attend_or_give_up(io, watch_set(io));
}

bool weft_uring_attend(weft_io *io)
{
    const int result = watch_set(io);
    /* The ring belongs to another thread, which has handed the world over. */
    return result == -EEXIST ? weft_uring_replace(io) : attend_or_give_up(io, result);
}

/* ---- waiting --------------------------------------------------------------------------------- */

void weft_uring_hear(weft_io *io)
{
    const weft_poller *poller = io->poller;
    const struct io_uring *ring = &poller->ring;
    if (!poller->hot && io->kind == &weft_poller_uring && !weft_uring_waits(poller) &&
        !weft_io_streams_wait(io))
        io->ring = (weft_io_ring){ ring->sq.kflags, ring->cq.ktail, *ring->cq.khead };
}

/* Without streams. The ring has stirred, or it is not known to watch. */
static int look(weft_io *io)
{
    weft_poller *poller = io->poller;
    if (poller->hot && poller->watching && weft_uring_waits(poller))
        weft_uring_attend(io);
    const int count = weft_epoll_look(&poller->set, io);
    poller->hot = true;
    if (count == 0 && io->kind == &weft_poller_uring)
        poller->hot = (!poller->watching || weft_uring_waits(poller)) && weft_uring_attend(io);
    weft_uring_hear(io);
    return count;
}

static int wait_without_ring(weft_io *io, int64_t timeout_ns)
{
    weft_epoll_set *set = &io->poller->set;
    return timeout_ns == 0 ? weft_epoll_look(set, io) : weft_epoll_sleep(set, io, timeout_ns);
}

static int wait_with_streams(weft_io *io, int64_t timeout_ns)
{
    return timeout_ns == 0 ? weft_uring_look_at_both(io) : weft_uring_sleep_on_both(io, timeout_ns);
}

static int uring_wait(weft_io *io, int64_t timeout_ns)
{
    weft_poller *poller = io->poller;
    /* The batch is empty as it is. */
    if (timeout_ns == 0 && weft_io_ring_is_silent(&io->ring))
        return 0;
    weft_io_doubt_ring(io);
    if (poller->streams)
        return wait_with_streams(io, timeout_ns);
    if (timeout_ns == 0)
        return look(io);
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
    *poller = (weft_poller){ .together_fd = -1, .bell_fd = -1 };
    int error = weft_epoll_open(&poller->set, io);
    if (!error) {
        error = ring_open(io, poller);
        if (error)
            weft_epoll_close(&poller->set, io);
    }
    if (error)
        free_poller(io, poller);
    else
        io->poller = poller;
    return error;
}

static void uring_close(weft_io *io)
{
    weft_poller *poller = io->poller;
    weft_uring_drain(io);
    ring_close(io);
    if (poller->together_fd >= 0)
        close(poller->together_fd);
    if (poller->bell_fd >= 0)
        close(poller->bell_fd);
    weft_epoll_close(&poller->set, io);
    weft_free(weft_world_allocator(io->world), poller->lent, poller->lent_bytes, 4096);
    free_poller(io, poller);
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

const weft_poller_kind weft_poller_uring = {
    .backend = WEFT_IO_URING,
    .open = uring_open,
    .close = uring_close,
    .add = uring_add,
    .set = uring_set,
    .remove = uring_remove,
    .wait = uring_wait,
    .fd = weft_uring_fd,
    .start = weft_uring_start,
    .stop = weft_uring_stop,
    .lend = weft_uring_lend,
    .flush = weft_uring_flush,
};

static const weft_poller_kind without_ring = {
    .backend = WEFT_IO_EPOLL,
    .close = uring_close,
    .add = uring_add,
    .set = uring_set,
    .remove = uring_remove,
    .wait = wait_without_ring,
    .fd = weft_uring_fd_without_ring,
};
