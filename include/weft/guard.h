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
 * the original still tells the count after a driver took its copy, until the driver drops it.
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
 * `inner` is then still the caller's. End it with weft_handler_fini(&guard->base), once for all
 * copies of the guard. Its name is inner's. */
WEFT_API WEFT_CHECKED weft_status weft_guard_init(weft_guard *guard, const weft_handler *inner,
                                                  const weft_world *world);

/* How many runs have failed so far, through all copies. */
WEFT_API uint64_t weft_guard_failures(const weft_guard *guard);

#ifdef __cplusplus
}
#endif
#endif
