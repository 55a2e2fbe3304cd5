/* The handshake between a loop that goes to sleep and whoever wakes it:
 *
 *     waker                               loop
 *     publish work                        asleep = true
 *     fence                               fence
 *     woken = true, unless it is          woken? then do not block
 *     asleep? take it and write fd        block on fd
 *                                         asleep = false
 *                                         woken = false
 *                                         fence
 *                                         look for work
 *
 * Each side stores, then loads what the other side stores, with a full fence between, or with both
 * sequentially consistent. So at least one of them sees the other: either the loop sees that it was
 * woken, or the waker sees the sleeper. And if a waker finds `woken` set and lets it be, then it
 * looked before the loop cleared it; the loop looks for work afterwards, and finds it. So `woken`
 * is written once for many signals, and a loop that never sleeps shares the line with its wakers.
 *
 * Taking `asleep` by exchange makes one waker write, not all. A write that comes late, after the
 * loop has roused for another reason, costs one pass that finds nothing.
 *
 * Where there is no event counter, the descriptor is a pipe's (WEFT_PORTABLE, system.h). A pipe
 * that is full tells nobody that it was written. So `rung` follows each write, and rouse, if it
 * sees that, empties the pipe. A write that is swallowed there is not missed: its `woken` went
 * before, and either keeps the loop from blocking, or is forgotten and the loop looks for work.
 *
 * tests/interleave/test_wake.c runs this in all executions that C11 allows, test_wake_pipe.c with
 * the pipe, and they hold that no order can be weaker.
 */
#include <weft/wake.h>

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "fence.h"

#if defined(WEFT_PORTABLE)
#include "system.h"
#else
#include <sys/eventfd.h>
#endif

/* ---- the descriptor -------------------------------------------------------------------------- */

#if defined(WEFT_PORTABLE)

static bool open_fd(weft_wake *wake)
{
    int ends[2];
    if (weft_system_pipe(ends))
        return false;
    __atomic_store_n(&wake->write_fd_plus_1, ends[1] + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&wake->fd_plus_1, ends[0] + 1, __ATOMIC_RELAXED);
    return true;
}

static void close_fd(const weft_wake *wake)
{
    close(wake->fd_plus_1 - 1);
    close(wake->write_fd_plus_1 - 1);
}

static int fd_to_write(const weft_wake *wake)
{
    return __atomic_load_n(&wake->write_fd_plus_1, __ATOMIC_RELAXED) - 1;
}

static void has_written(weft_wake *wake)
{
    __atomic_store_n(&wake->rung, true, __ATOMIC_RELEASE);
}

static void empty(weft_wake *wake)
{
    if (!__atomic_load_n(&wake->rung, __ATOMIC_RELAXED))
        return;
    const int saved_errno = errno;
    (void)__atomic_exchange_n(&wake->rung, false, __ATOMIC_ACQUIRE);
    uint64_t wakes[8];
    ssize_t got;
    do {
        got = read(wake->fd_plus_1 - 1, wakes, sizeof wakes);
    } while (got == (ssize_t)sizeof wakes || (got < 0 && errno == EINTR));
    errno = saved_errno;
}

#else

static bool open_fd(weft_wake *wake)
{
    const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0)
        return false;
    __atomic_store_n(&wake->fd_plus_1, fd + 1, __ATOMIC_RELAXED);
    return true;
}

static void close_fd(const weft_wake *wake)
{
    close(wake->fd_plus_1 - 1);
}

static int fd_to_write(const weft_wake *wake)
{
    return __atomic_load_n(&wake->fd_plus_1, __ATOMIC_RELAXED) - 1;
}

static void has_written(weft_wake *wake)
{
    (void)wake;
}

static void empty(weft_wake *wake)
{
    (void)wake; /* edge-triggered, a counter need not be read */
}

#endif

/* ---- life ------------------------------------------------------------------------------------ */

void weft_wake_init(weft_wake *wake)
{
    *wake = (weft_wake){ .fd_plus_1 = 0 };
}

void weft_wake_fini(weft_wake *wake)
{
    if (!wake)
        return;
    if (wake->fd_plus_1)
        close_fd(wake);
    wake->fd_plus_1 = 0;
}

/* ---- the handshake --------------------------------------------------------------------------- */

static void ring(weft_wake *wake)
{
    const int saved_errno = errno;
    const uint64_t one = 1;
    /* Made before the loop slept. The counter holds 2^64 - 2 wakes and cannot fill up, nor can a
     * pipe that is emptied: only EINTR is possible. */
    const int fd = fd_to_write(wake);
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    has_written(wake);
    errno = saved_errno;
}

/* Behind a full fence that is behind the work. */
static void signal_fenced(weft_wake *wake)
{
    if (!__atomic_load_n(&wake->woken, __ATOMIC_RELAXED))
        (void)__atomic_exchange_n(&wake->woken, true, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&wake->asleep, __ATOMIC_SEQ_CST))
        return;
    if (__atomic_exchange_n(&wake->asleep, false, __ATOMIC_RELAXED))
        ring(wake);
}

void weft_wake_signal(weft_wake *wake)
{
    weft_fence();
    signal_fenced(wake);
}

void weft_wake_signal_after_rmw(weft_wake *wake)
{
    weft_fence_after_rmw();
    signal_fenced(wake);
}

weft_status weft_wake_fd(weft_wake *wake, int *fd_out)
{
    if (!wake->fd_plus_1 && !open_fd(wake))
        return errno == EMFILE || errno == ENFILE ? WEFT_ELIMIT : WEFT_ESYSTEM;
    *fd_out = wake->fd_plus_1 - 1;
    return WEFT_OK;
}

bool weft_wake_sleep(weft_wake *wake)
{
    if (!wake->fd_plus_1)
        return false;
    __atomic_store_n(&wake->asleep, true, __ATOMIC_SEQ_CST);
    return !__atomic_load_n(&wake->woken, __ATOMIC_SEQ_CST);
}

void weft_wake_rouse(weft_wake *wake)
{
    if (__atomic_load_n(&wake->asleep, __ATOMIC_RELAXED))
        __atomic_store_n(&wake->asleep, false, __ATOMIC_RELAXED);
    empty(wake);
    if (!__atomic_load_n(&wake->woken, __ATOMIC_RELAXED))
        return;
    /* Forget first, look afterwards: what is signalled from here on is kept for the next sleep. */
    (void)__atomic_exchange_n(&wake->woken, false, __ATOMIC_RELAXED);
    weft_fence_after_rmw();
}
