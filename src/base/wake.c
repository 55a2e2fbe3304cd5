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
 * tests/interleave/test_wake.c runs this in all executions that C11 allows, and holds that no order
 * can be weaker.
 */
#include <weft/wake.h>

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fence.h"

void weft_wake_init(weft_wake *wake)
{
    *wake = (weft_wake){ .fd_plus_1 = 0 };
}

void weft_wake_fini(weft_wake *wake)
{
    if (!wake)
        return;
    if (wake->fd_plus_1)
        close(wake->fd_plus_1 - 1);
    wake->fd_plus_1 = 0;
}

static void ring(weft_wake *wake)
{
    const int saved_errno = errno;
    const uint64_t one = 1;
    /* Made before the loop slept. The counter holds 2^64 - 2 wakes: it cannot fill up, so only EINTR
     * is possible. */
    const int fd = __atomic_load_n(&wake->fd_plus_1, __ATOMIC_RELAXED) - 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
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
    if (!wake->fd_plus_1) {
        int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (fd < 0)
            return errno == EMFILE || errno == ENFILE ? WEFT_ELIMIT : WEFT_ESYSTEM;
        __atomic_store_n(&wake->fd_plus_1, fd + 1, __ATOMIC_RELAXED);
    }
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
    if (!__atomic_load_n(&wake->woken, __ATOMIC_RELAXED))
        return;
    /* Forget first, look afterwards: what is signalled from here on is kept for the next sleep. */
    (void)__atomic_exchange_n(&wake->woken, false, __ATOMIC_RELAXED);
    weft_fence_after_rmw();
}
