/* Shutdown: one flag per world that says "stop".
 *
 * A handler takes it as a parameter (SHUTDOWN, fn.h). Other threads and signal handlers hold a
 * reference of their own, which may outlive the world:
 *
 *     weft_shutdown *stop = weft_shutdown_retain(weft_world_shutdown(world));
 *     weft_shutdown_trigger(stop);                 // in any thread or signal handler
 *     weft_shutdown_release(stop);
 *
 * The flag is one-way: there is no reset. It carries the world's wake path (wake.h), so a trigger
 * ends a sleeping loop too.
 *
 * What this does not do: end anything by itself (a loop asks weft_world_stopping and returns), say
 * why. NULL is accepted where a comment says so.
 */
#ifndef WEFT_SHUTDOWN_H
#define WEFT_SHUTDOWN_H

#include <stdbool.h>

#include <weft/alloc.h>
#include <weft/wake.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Private fields. */
typedef struct weft_shutdown {
    bool triggered;    /* atomic */
    size_t references; /* atomic */
    weft_wake wake;
    weft_allocator allocator;
} weft_shutdown;

/* Asks the world to stop: sets the flag and wakes the loop. Again does nothing. Keeps errno.
 * [any thread] [in handler] [in signal handler] */
WEFT_API void weft_shutdown_trigger(weft_shutdown *shutdown);

/* True once anyone has triggered. [any thread] [in handler] [in signal handler] */
static inline bool weft_shutdown_triggered(const weft_shutdown *shutdown)
{
    return __atomic_load_n(&shutdown->triggered, __ATOMIC_ACQUIRE);
}

/* One more reference to the same flag; returns its argument. [any thread] */
WEFT_API weft_shutdown *weft_shutdown_retain(weft_shutdown *shutdown);

/* Gives a reference up; the last one frees the flag with the allocator that made it. NULL does
 * nothing. [any thread] */
WEFT_API void weft_shutdown_release(weft_shutdown *shutdown);

/* The wake path of the world's loop: drivers signal it. [any thread] [in signal handler] */
static inline weft_wake *weft_shutdown_wake(weft_shutdown *shutdown)
{
    return &shutdown->wake;
}

/* Makes a flag with one reference; worlds do this. `allocator` may be NULL: malloc and free. NULL
 * if there is no memory. [any thread] */
WEFT_API WEFT_CHECKED weft_shutdown *weft_shutdown_new(const weft_allocator *allocator);

#ifdef __cplusplus
}
#endif
#endif
