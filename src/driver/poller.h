/* What stands between io.h and the system: one table of functions per kernel interface.
 *
 * A poller knows descriptors, interests and keys. It knows nothing of sources and handlers, and
 * keeps what the comments of io.h promise: level-triggered, each descriptor once, silent while
 * paused, edge-triggered wakes. io.c tells it what is watched, io_poll.c asks it what is ready. */
#ifndef WEFT_DRIVER_POLLER_H
#define WEFT_DRIVER_POLLER_H

#include <weft/io.h>

/* What a poller found: the key that it was given, and what is ready there, as WEFT_READABLE,
 * WEFT_WRITABLE, WEFT_HANGUP and WEFT_IO_ERROR, not yet compared with what is asked for; or a
 * completion of an operation that it was told to start. */
typedef struct weft_io_ready {
    uint64_t key;
    uint32_t ready;
    int32_t result; /* of a completion: bytes, a descriptor, or a negative errno value */
} weft_io_ready;

/* In `ready` of a completion: */
#define WEFT_IO_COMPLETED    UINT32_C(0x100) /* it is one */
#define WEFT_IO_LAST         UINT32_C(0x200) /* the operation is over */
#define WEFT_IO_HAS_BUFFER   UINT32_C(0x400) /* the buffer of the stream pool is ready >> 16 */
#define WEFT_IO_ACCEPTED     UINT32_C(0x800) /* the operation accepts */
#define WEFT_IO_BUFFER_SHIFT 16

/* What a poller may do by itself. */
typedef enum weft_io_op {
    WEFT_IO_WATCH, /* nothing: it says what is ready */
    WEFT_IO_ACCEPT,
    WEFT_IO_RECEIVE,
} weft_io_op;

/* The key of the wake descriptor; no source's, as its generation is 0. */
#define WEFT_IO_WAKE_KEY UINT64_C(0)

typedef struct weft_poller weft_poller; /* each kind has its own */

/* All are told the io, whose `poller` is theirs from open to close. Those that return an int other
 * than wait return 0 or an errno value. */
typedef struct weft_poller_kind {
    weft_backend backend;
    /* Sets io->poller, which watches io->wake, or returns an errno value and leaves nothing. */
    int (*open)(weft_io *io);
    void (*close)(weft_io *io);
    /* EEXIST if this very descriptor is watched, EPERM for files that are always ready, and what
     * else epoll_ctl(2) says. What the number meant before, and is closed, is forgotten. */
    int (*add)(weft_io *io, int fd, uint32_t interest, uint64_t key);
    int (*set)(weft_io *io, int fd, uint32_t was, uint32_t interest, uint64_t key);
    /* The descriptor may be closed already. */
    void (*remove)(weft_io *io, int fd);
    /* Refills the batch, which has been delivered, as weft_io_wait says, and returns how much there
     * is in it, or a negative weft_status, reported. */
    int (*wait)(weft_io *io, int64_t timeout_ns);
    /* The descriptor that is readable when there is something to find. */
    int (*fd)(weft_io *io);
    /* The rest is NULL where streams are made of readiness. start begins an operation that
     * completes again and again; one per key. Returns 0, or an errno value: to be tried again. */
    int (*start)(weft_io *io, weft_io_op op, int fd, uint64_t key);
    /* Ends it: at once, so that the system holds the file no longer; or by and by. Completions may
     * come until the last one. */
    void (*stop)(weft_io *io, weft_io_op op, uint64_t key, bool at_once);
    /* Takes all free buffers of the stream pool, for the operations. */
    void (*lend)(weft_io *io);
    /* Hands what was started to the system, before another loop waits for the descriptor. */
    void (*flush)(weft_io *io);
} weft_poller_kind;

extern const weft_poller_kind weft_poller_epoll;
extern const weft_poller_kind weft_poller_uring;
extern const weft_poller_kind weft_poller_kqueue;

/* Opens the kind that is asked for, or else, with a note, the system's own. An errno value if that
 * fails too. */
int weft_poller_open(weft_io *io, weft_backend asked);

/* A batch of `count` is there. Returns count. */
static inline int weft_poller_found(weft_io *io, int count)
{
    io->batch_next = 0;
    io->batch_len = (uint32_t)count;
    io->batch_is_new = true;
    return count;
}

/* The kernel did not wait. EINTR is no failure: nothing was found. */
int weft_poller_failed(weft_io *io, int error);

#endif
