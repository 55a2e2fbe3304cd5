/* Broadcast: one event to a list of handlers that grows and shrinks while the program runs.
 *
 * Members run in the order in which they were added. A broadcast is a handler itself, so a driver
 * can deliver to it. For members that are known when the program is compiled, fanout.h costs less.
 *
 *     weft_broadcast prices;
 *     weft_broadcast_id id;
 *     if (weft_broadcast_init(&prices, world, WEFT_EVENT(Price))) return 1;
 *     if (weft_broadcast_add(&prices, &on_price.base, &id)) return 1;
 *     weft_run(&prices.base, world, &price);
 *     if (weft_broadcast_remove(&prices, id)) puts("it was removed already");
 *     weft_broadcast_fini(&prices);               // unless a driver took it, which then does this
 *
 * Members may add and remove while they run, themselves included. What is removed does not run any
 * more, not even in the pass that is under way, and is destroyed as soon as no pass is; what is
 * added runs from the next event on. A member may run the broadcast again. If a member fails
 * (weft_fail), the members behind it miss the event; a member in a guard (guard.h) fails alone.
 *
 * The list lies on the heap, and copies of the weft_broadcast share it: the original still adds and
 * removes after a driver took its copy, until the driver drops that: when a source is removed, a
 * broadcast ends, a timer that fires once is over. Who may still use the original then calls
 * weft_broadcast_retain before, and weft_broadcast_release when it is done.
 *
 * NULL is accepted where a comment says so.
 *
 * What this does not do: allocate in a run, stop at a member that returns false.
 */
#ifndef WEFT_BROADCAST_H
#define WEFT_BROADCAST_H

#include <weft/handler.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Private fields, except base. */
typedef struct weft_broadcast {
    weft_handler base;
    struct weft_members *members;
} weft_broadcast;

/* Names a member of one broadcast. Numbers are given once, so an old id never names another member;
 * 0 names none. */
typedef struct weft_broadcast_id {
    uint64_t serial;
} weft_broadcast_id;

/* An empty broadcast of that event. WEFT_ENOMEM, reported. [before build] [loop] [in handler] */
WEFT_API WEFT_CHECKED weft_status weft_broadcast_init(weft_broadcast *broadcast,
                                                      const weft_world *world, weft_event event);

/* Destroys the members in their order and frees the list; once for all copies, not while it runs.
 * The same as weft_handler_fini(&broadcast->base). NULL and a zeroed broadcast do nothing.
 * [loop] */
WEFT_API void weft_broadcast_fini(weft_broadcast *broadcast);

/* Keeps the list, not its members, beyond the end of the broadcast, so that this weft_broadcast can
 * be used: it has no members then, and takes none. Once for each release. [loop] [in handler] */
WEFT_API void weft_broadcast_retain(weft_broadcast *broadcast);

/* Gives a retained list up, before the world ends. It ends no broadcast: that is
 * weft_broadcast_fini, or whoever keeps the handler. NULL and a zeroed broadcast do nothing.
 * [loop] [in handler] */
WEFT_API void weft_broadcast_release(weft_broadcast *broadcast);

/* Adds a copy of the handler, which owns what its context owns. `id_out` may be NULL. WEFT_ETYPE if
 * it takes another event, WEFT_EINVAL if it is unbound or NULL, or is this broadcast or leads to
 * it, WEFT_ECLOSED if the broadcast has ended, WEFT_ENOMEM; reported, and the handler is still the
 * caller's. [loop] [in handler] */
WEFT_API WEFT_CHECKED weft_status weft_broadcast_add(weft_broadcast *broadcast,
                                                     const weft_handler *handler,
                                                     weft_broadcast_id *id_out);

/* Removes and destroys a member. WEFT_ESTALE if it was removed before. O(log members), and one
 * walk over the members in the next pass. [loop] [in handler] */
WEFT_API weft_status weft_broadcast_remove(weft_broadcast *broadcast, weft_broadcast_id id);

/* How many members there are. [loop] [in handler] */
WEFT_API size_t weft_broadcast_len(const weft_broadcast *broadcast);

#ifdef __cplusplus
}
#endif
#endif
