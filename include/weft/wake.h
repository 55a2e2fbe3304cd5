/* Wake: how a loop sleeps without missing what other threads and signal handlers bring it.
 *
 * Whoever puts work where the loop will find it calls weft_wake_signal afterwards. The loop says
 * that it is about to sleep, is told whether it may, blocks on the descriptor with whatever else
 * it waits for, and says that it is awake again. The descriptor is written only if the loop
 * sleeps: signalling a running loop costs a fence and two loads.
 *
 *     queue_push(&queue, work);                    // any thread
 *     weft_wake_signal(wake);
 *
 *     if (weft_wake_sleep(wake))                   // the loop
 *         block_on_descriptors_including(fd);
 *     weft_wake_rouse(wake);
 *     queue_drain(&queue);
 *
 * Drivers use this (io.h sleeps, notify.h and signals.h signal); programs seldom do.
 *
 * What this does not do: block (the loop does, on the descriptor), count signals, carry anything.
 * NULL is accepted by weft_wake_fini only, as is a zeroed wake.
 */
#ifndef WEFT_WAKE_H
#define WEFT_WAKE_H

#include <stdbool.h>

#include <weft/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Private fields, touched with atomic operations only. */
typedef struct weft_wake {
    int fd_plus_1; /* the descriptor + 1; 0 until a loop asks for it */
    bool woken;
    bool asleep;
    bool rung; /* these two only where fd is a pipe's end, not an event counter */
    int write_fd_plus_1;
} weft_wake;

/* A wake that nobody has signalled and that has no descriptor yet; as good as a zeroed one. Never
 * fails. */
WEFT_API void weft_wake_init(weft_wake *wake);

/* Closes the descriptor. Nobody may signal any more. A zeroed wake and NULL are accepted. */
WEFT_API void weft_wake_fini(weft_wake *wake);

/* Says that there is work: a loop that sleeps now, or is about to, will not sleep on. Publish the
 * work before, with release order at least. Keeps errno. [any thread] [in signal handler] */
WEFT_API void weft_wake_signal(weft_wake *wake);

/* The same for who published the work with an atomic read-modify-write, directly before: where that
 * is a full fence already (x86), it saves one. [any thread] [in signal handler] */
WEFT_API void weft_wake_signal_after_rmw(weft_wake *wake);

/* The descriptor that turns readable when a sleeping loop is signalled; made at the first call and
 * owned by the wake. Wait for it edge-triggered: nobody needs to read it. WEFT_ELIMIT or
 * WEFT_ESYSTEM if the system has none to give. [loop] */
WEFT_API WEFT_CHECKED weft_status weft_wake_fd(weft_wake *wake, int *fd_out);

/* Announces sleep. True if the loop may block, false if it was signalled since the last rouse or
 * has no descriptor to be woken by. Follow it with weft_wake_rouse in both cases. [loop] */
WEFT_API WEFT_CHECKED bool weft_wake_sleep(weft_wake *wake);

/* Ends sleep and forgets the signals so far; look for work after it. One load if there were
 * none. [loop] */
WEFT_API void weft_wake_rouse(weft_wake *wake);

#ifdef __cplusplus
}
#endif
#endif
