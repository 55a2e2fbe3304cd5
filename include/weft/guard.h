/* Guard: a handler that survives when the handler inside it fails.
 *
 * A failing handler calls weft_fail (world.h). Inside a guard that ends this one run: the guard
 * returns false, whoever ran it goes on with its next event, and the handler may run again.
 *
 *     struct on_order order;
 *     weft_guard guard;
 *     if (on_order_init(&order, world) || weft_guard_init(&guard, &order.base, world)) return 1;
 *     weft_run(&guard.base, world, &event);
 *     if (weft_guard_failures(&guard) > 0)
 *         puts(weft_world_failure(world));
 *     weft_handler_fini(&guard.base);             // unless a driver took it, which then does this
 *
 * The guard keeps its handler and its count on the heap, and copies of the guard share them. So
 * the original still tells the count after a driver took its copy, until the driver drops that:
 * when a source is removed, a broadcast ends, a timer that fires once is over. To read the count
 * beyond that, retain it:
 *
 *     weft_guard_retain(&guard);                  // before the driver may drop its copy
 *     if (weft_timers_schedule(timers, deadline_ns, &guard.base, NULL)) return 1;
 *     weft_timers_poll(timers, world, deadline_ns);
 *     printf("%" PRIu64 "\n", weft_guard_failures(&guard));  // the timer has dropped it by now
 *     weft_guard_release(&guard);
 *
 * NULL is accepted where a comment says so.
 *
 * What this does not do: undo what the handler wrote, catch signals or assertions. It costs a
 * setjmp per run. Failures of all guards of a world together: weft_world_failures.
 */
#ifndef WEFT_GUARD_H
#define WEFT_GUARD_H

#include <weft/handler.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Private fields, except base. */
typedef struct weft_guard {
    weft_handler base;
    struct weft_guarded *guarded;
} weft_guard;

/* Puts a copy of `inner` into a guard; the copy owns what its context owns. WEFT_ENOMEM, reported:
 * `inner` is then still the caller's; WEFT_EINVAL, reported, if it is unbound or NULL. End it with
 * weft_handler_fini(&guard->base), once for all copies of the guard. Its name is inner's.
 * [loop] [in handler] */
WEFT_API WEFT_CHECKED weft_status weft_guard_init(weft_guard *guard, const weft_handler *inner,
                                                  const weft_world *world);

/* Keeps the count, not the handler inside, beyond the end of the guard. Once for each release.
 * [loop] [in handler] */
WEFT_API void weft_guard_retain(weft_guard *guard);

/* Gives a retained count up, before the world ends. It ends no guard: that is weft_handler_fini, by
 * whoever keeps it. NULL and a zeroed guard do nothing. [loop] [in handler] */
WEFT_API void weft_guard_release(weft_guard *guard);

/* How many runs have failed so far, through all copies. After the guard's end only if it was
 * retained. [loop] [in handler] */
WEFT_API uint64_t weft_guard_failures(const weft_guard *guard);

#ifdef __cplusplus
}
#endif
#endif
