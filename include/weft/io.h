/* I/O: runs a handler when a descriptor is ready.
 *
 *     static void on_readable(Inbox *inbox, weft_io *io, weft_io_event event)
 *     {
 *         size_t got;
 *         weft_status status = weft_read(event.fd, inbox->bytes, sizeof inbox->bytes, &got);
 *         if (status == WEFT_OK)
 *             inbox_take(inbox, got);
 *         else if (status != WEFT_EAGAIN) {
 *             weft_io_remove(io, event.id);
 *             close(event.fd);
 *         }
 *     }
 *     WEFT_FN(on_readable, MUT(Inbox), MUT(weft_io), IN(weft_io_event));
 *
 *     weft_io *io = weft_io_install(builder, NULL);       // before the world is built
 *
 *     struct on_readable readable;                        // afterwards
 *     weft_io_id id;
 *     if (on_readable_init(&readable, world) ||
 *         weft_io_add(io, fd, WEFT_READABLE, &readable.base, &id)) return 1;
 *     weft_io_poll(io, world, timeout_ns);                // each pass of the loop
 *
 * A source stays until it is removed, and is level-triggered: while its descriptor is ready, each
 * poll runs its handler. With WEFT_ONESHOT it is paused after one event, until weft_io_set.
 *
 * Handlers may add, change and remove anything, themselves included, close descriptors, and add new
 * ones that get the same numbers. What was removed or no longer asked for is not delivered, not
 * even if it was ready when the poll began. If a handler fails (weft_fail), what was ready behind
 * it comes first in the next poll. The event's sequence number is advanced before each handler.
 *
 * Readiness is a hint: another handler may have emptied the descriptor meanwhile. Descriptors must
 * be non-blocking (net.h makes them so), and WEFT_EAGAIN is no error.
 *
 * After a fork() the poller is the parent's. All its descriptors are closed on exec; until then, or
 * until it ends by _exit, the child calls nothing here and does not free the world, which would
 * take what is the parent's. It does no harm to close them.
 *
 * What this does not do: read, write or close descriptors; wait for regular files, which are always
 * ready. Everything is [loop] [in handler] unless it says otherwise. NULL is accepted where a
 * comment says so.
 */
#ifndef WEFT_IO_H
#define WEFT_IO_H

#include <weft/handler.h>
#include <weft/slab.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a source is interested in, and what it is found to be. */
#define WEFT_READABLE UINT32_C(1)  /* reading gives bytes, the end, or an error */
#define WEFT_WRITABLE UINT32_C(2)  /* writing takes bytes, or gives an error */
#define WEFT_HANGUP   UINT32_C(4)  /* both directions have ended */
#define WEFT_IO_ERROR UINT32_C(8)  /* weft_connect_result or a read says which */
#define WEFT_ONESHOT  UINT32_C(16) /* interest only: one event, then paused */

/* What the poller asks the kernel with. All keep the same promises; docs/pollers.md says which one
 * is for whom. */
typedef enum weft_backend {
    WEFT_IO_DEFAULT, /* epoll on Linux, kqueue elsewhere */
    WEFT_IO_EPOLL,
    WEFT_IO_URING, /* io_uring, Linux 6.1: a poll that finds nothing does not enter the kernel */
    WEFT_IO_KQUEUE,
} weft_backend;

/* Private fields: words that the kernel writes. While the flags are 0 and the tail is where it was
 * seen, there is nothing to find. */
typedef struct weft_io_ring {
    const uint32_t *flags; /* NULL: it is not known, and the kernel is to be asked */
    const uint32_t *tail;
    uint32_t seen;
} weft_io_ring;

/* Private fields. */
typedef struct weft_io {
    const weft_world *world;
    struct weft_wake *wake; /* the world's */
    const struct weft_poller_kind *kind;
    struct weft_poller *poller; /* the kind's state */
    weft_io_ring ring;          /* io_uring's */
    weft_slab sources;
    uint32_t *owners; /* by descriptor: index + 1 of the source that has it, 0: none */
    uint32_t owner_count;
    uint32_t batch_cap;
    uint32_t batch_len;
    uint32_t batch_next; /* what lies behind it is still to be delivered */
    struct weft_io_ready *batch;
    struct weft_io_streams *streams; /* io_stream.h: what they share; NULL before the first */
    uint32_t receive_buffers;
    uint32_t receive_bytes;
    uint32_t len;
    uint32_t operations; /* of streams, their last completion being still to be fetched */
    bool batch_is_new;   /* nothing was removed since it was fetched */
    bool coarse_timeout; /* the kernel takes milliseconds only */
    bool ghost_reported;
    bool under_another_loop;
    bool ending;
} weft_io;

WEFT_API WEFT_RESOURCE_DECLARE(weft_io);

/* Names one source, not what later takes its place or its descriptor. Zeroed it names none. */
typedef struct weft_io_id {
    uint32_t index;
    uint32_t generation;
} weft_io_id;

/* What a source's handler gets. */
typedef struct weft_io_event {
    weft_io_id id;
    int fd;
    uint32_t ready; /* WEFT_READABLE and WEFT_WRITABLE as far as asked for, and, unasked,
                       WEFT_HANGUP and WEFT_IO_ERROR, which come with all that was asked for: a
                       handler that only reads and writes finds out */
} weft_io_event;

typedef struct weft_io_desc {
    uint32_t max_sources;     /* at most, all allocated at install; 0: grows as needed */
    uint32_t batch;           /* events taken per poll, up to 65536; 0: 256 */
    weft_backend backend;     /* if this machine has it, else WEFT_IO_DEFAULT, and a note */
    uint32_t receive_buffers; /* for io_stream.h: pieces that may have come and not been delivered,
                                 up to 32768, rounded up to a power of two; 0: 64 */
    uint32_t receive_bytes;   /* what one of them holds; 0: 16384 */
} weft_io_desc;

/* Registers the poller as a resource, MUT(weft_io) for handlers, and returns it. `desc` may be
 * NULL. NULL if that fails; the builder knows why. [before build] */
WEFT_API weft_io *weft_io_install(weft_builder *builder, const weft_io_desc *desc);

/* Which backend runs; never WEFT_IO_DEFAULT. A backend that was asked for and is not available is
 * replaced by the default one: one sentence goes to the error hook, with WEFT_OK, as nothing has
 * failed. */
WEFT_API weft_backend weft_io_backend(const weft_io *io);

/* "epoll", "io_uring", "kqueue", "the system's own poller"; "?" for a number that is none. Static.
 * [any thread] */
WEFT_API const char *weft_io_backend_name(weft_backend backend);

/* Runs a copy of `handler` whenever fd is ready for `interest`: WEFT_READABLE, WEFT_WRITABLE or
 * both, with WEFT_ONESHOT or without, or 0 to begin paused. It takes IN(weft_io_event) or nothing.
 * The descriptor stays the caller's. `id_out` may be NULL.
 *
 * WEFT_ETYPE; WEFT_EEXISTS if the descriptor has a source; WEFT_EINVAL if it is closed, a regular
 * file or a directory, or the interest is none; WEFT_EFULL at max_sources; WEFT_ELIMIT at the
 * system's limit of watched descriptors; WEFT_ENOMEM, WEFT_ESYSTEM. Reported; the handler is still
 * the caller's. */
WEFT_API WEFT_CHECKED weft_status weft_io_add(weft_io *io, int fd, uint32_t interest,
                                              const weft_handler *handler, weft_io_id *id_out);

/* Changes what a source is interested in, and arms it again if it was paused. 0 pauses it: nothing
 * is delivered then, not even a hang-up. One system call, none if nothing changes. WEFT_ESTALE if
 * the source was removed, or its descriptor closed and its number given to another source;
 * WEFT_EINVAL and WEFT_ESYSTEM, reported. */
WEFT_API weft_status weft_io_set(weft_io *io, weft_io_id id, uint32_t interest);

/* Ends a source: its handler does not run any more and is destroyed, once it has returned if it is
 * running. The descriptor is not closed. Remove a source before closing its descriptor: the kernel
 * goes on reporting one that was duplicated, to nobody. WEFT_ESTALE if it has ended before. */
WEFT_API weft_status weft_io_remove(weft_io *io, weft_io_id id);

/* How many sources there are, paused ones included. */
static inline size_t weft_io_len(const weft_io *io)
{
    return io->len;
}

/* Waits until something is ready, the world is woken (wake.h), or timeout_ns have passed (0: does
 * not wait; negative: for ever), and runs the handlers of what is ready, up to a batch. What a
 * failure left over is delivered first, without waiting. Returns how many handlers ran: 0 after a
 * wake, a timeout or a signal (EINTR); or a negative status if the system refuses, WEFT_EWORLD if
 * it is another world's poller; reported. */
WEFT_API int weft_io_poll(weft_io *io, weft_world *world, int64_t timeout_ns);

/* The two halves of weft_io_poll, for a loop that looks at the clock in between, so that handlers
 * see a time after the sleep. The first waits, unless something is left over, and returns how many
 * events there are to deliver, or a negative status; the second delivers them and returns how many
 * handlers ran, or WEFT_EWORLD. */
WEFT_API int weft_io_wait(weft_io *io, int64_t timeout_ns);
WEFT_API int weft_io_deliver(weft_io *io, weft_world *world);

/* Internal. */
static inline bool weft_io_ring_is_silent(const weft_io_ring *ring)
{
    return ring->flags && !__atomic_load_n(ring->flags, __ATOMIC_RELAXED) &&
           __atomic_load_n(ring->tail, __ATOMIC_RELAXED) == ring->seen;
}

/* True if a poll that does not wait may be left out, as it would do nothing, not even a system
 * call: nothing is left over, no other loop waits for the descriptor, and there are no sources, nor
 * operations of removed streams (io_stream.h) that are still ending; or there are, and io_uring
 * has nothing for them. */
static inline bool weft_io_skip(const weft_io *io)
{
    if (io->batch_next != io->batch_len || io->under_another_loop)
        return false;
    return (!io->len && !io->operations) || weft_io_ring_is_silent(&io->ring);
}

/* ---- under another loop ---------------------------------------------------------------------
 *
 * A program that sleeps elsewhere watches this descriptor for reading and announces its sleep:
 *
 *     bool may_block = weft_io_prepare(io);
 *     poll(fds_including_weft_io_fd, n, may_block ? timeout_ms : 0);
 *     weft_io_resume(io);
 *     weft_io_poll(io, world, 0);
 */

/* Readable when weft_io_poll would find something; owned by the poller. From the first call on, a
 * poll without sources is a system call too. */
WEFT_API int weft_io_fd(weft_io *io);

/* Announces sleep. False if there is something to do before: somebody woke the world since the
 * last resume or waiting poll, or a failure left events over. Follow it with weft_io_resume in
 * both cases. */
WEFT_API WEFT_CHECKED bool weft_io_prepare(weft_io *io);

/* Ends sleep; look for work after it. */
WEFT_API void weft_io_resume(weft_io *io);

/* Verifies the invariants; on failure *why_out is a static sentence. O(all). */
WEFT_API bool weft_io_check(const weft_io *io, const char **why_out);

#ifdef __cplusplus
}
#endif
#endif
