/* What the files of the io_uring poller share. */
#ifndef WEFT_DRIVER_POLLER_URING_H
#define WEFT_DRIVER_POLLER_URING_H

#include <liburing.h>

#include "epoll_set.h"

struct weft_poller {
    weft_epoll_set set;
    struct io_uring ring;
    bool watching;   /* the ring polls the set, or is told so in its queue */
    bool hot;        /* the set may have something */
    bool enabled;    /* the ring belongs to a thread */
    bool streams;    /* operations were started, ever: completions are not the watch's alone */
    bool lending;    /* the buffer ring is registered */
    bool set_first;  /* the turns of set and ring in filling the batch */
    int together_fd; /* readable when set or bell are; -1: nobody has asked */
    int bell_fd; /* readable when the ring has something, for streams under another loop; or -1 */
    struct io_uring_buf_ring *lent;
    size_t lent_bytes;
};

/* What the ring is told to say with each completion: of the watch, nothing at all (that one was
 * cancelled), or a source's key, with this bit set if the operation accepts. No source has so high
 * an index. */
#define WEFT_URING_WATCH   WEFT_IO_WAKE_KEY
#define WEFT_URING_NOTHING UINT64_MAX
#define WEFT_URING_ACCEPTS UINT64_C(0x80000000)

/* True if there were more completions than the ring has room for. */
static inline bool weft_uring_overflows(const weft_poller *poller)
{
    return __atomic_load_n(poller->ring.sq.kflags, __ATOMIC_RELAXED) & IORING_SQ_CQ_OVERFLOW;
}

/* True if the ring has something for us: a completion, or work that leads to one. */
static inline bool weft_uring_stirs(const weft_poller *poller)
{
    const struct io_uring *ring = &poller->ring;
    const unsigned flags = __atomic_load_n(ring->sq.kflags, __ATOMIC_RELAXED);
    return (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) ||
           __atomic_load_n(ring->cq.ktail, __ATOMIC_ACQUIRE) != *ring->cq.khead;
}

/* True if the ring has to be attended to before its silence means something. */
static inline bool weft_uring_waits(const weft_poller *poller)
{
    return weft_uring_stirs(poller) || io_uring_sq_ready(&poller->ring) > 0;
}

/* Makes this thread the ring's, unless one is. 0 or a negative errno value. */
int weft_uring_enable(weft_poller *poller);

/* Lets the ring do its part: submits, collects completions behind what is in the batch, watches the
 * set. True if the set may be ready. The poller may be without a ring afterwards. */
bool weft_uring_attend(weft_io *io);

/* From now on the poller is an epoll poller, and says why. */
void weft_uring_give_up(weft_io *io, int error);

/* A new ring for this thread, in which everything goes on. Like weft_uring_attend. */
bool weft_uring_replace(weft_io *io);

/* A free entry of the queue, or NULL. */
struct io_uring_sqe *weft_uring_entry(weft_io *io);

/* After a look: if there is nothing, the ring will say when there is. */
void weft_uring_hear(weft_io *io);

/* The batch's form of a stream's completion. Its buffer is held from now on. */
weft_io_ready weft_uring_completion(weft_io *io, const struct io_uring_cqe *completion);

/* weft_poller_kind's, for streams. */
int weft_uring_start(weft_io *io, weft_io_op op, int fd, uint64_t key);
void weft_uring_stop(weft_io *io, weft_io_op op, uint64_t key, bool at_once);
void weft_uring_lend(weft_io *io);
void weft_uring_flush(weft_io *io);
int weft_uring_fd(weft_io *io);
int weft_uring_fd_without_ring(weft_io *io);

/* Has the ring ring the bell, if there is one to listen. 0 or an errno value. */
int weft_uring_hang_bell(weft_poller *poller);

/* Keeps the completions that are in the batch and in the ring, before that is closed: what they say
 * of their operations does not hold for those of the next ring. */
void weft_uring_drain(weft_io *io);

/* Waits for set and ring. */
int weft_uring_look_at_both(weft_io *io);
int weft_uring_sleep_on_both(weft_io *io, int64_t timeout_ns);

#endif
