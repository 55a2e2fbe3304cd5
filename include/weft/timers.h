/* Timers: handlers that run at a time, once or on a grid.
 *
 *     static void on_expire(Sessions *sessions, weft_timers *timers, weft_timer_event event)
 *     {
 *         if (session_alive(sessions))
 *             weft_timers_reschedule(timers, event.id, event.now_ns + 30 * WEFT_SECOND);
 *     }
 *     WEFT_FN(on_expire, MUT(Sessions), MUT(weft_timers), IN(weft_timer_event));
 *
 *     weft_timers *timers = weft_timers_install(builder, NULL);     // before the world is built
 *
 *     struct on_expire expire;                                      // afterwards
 *     weft_timer_id id;
 *     if (on_expire_init(&expire, world) ||
 *         weft_timers_schedule(timers, deadline_ns, &expire.base, &id)) return 1;
 *     weft_timers_poll(timers, world, weft_clock_now(clock));       // each pass of the loop
 *
 * A timer never runs before its deadline. Timers run in the order of their deadlines, and in the
 * order of scheduling where deadlines are equal. Each is run or cancelled, or ends with the world:
 * exactly once. A poll costs what is due, not what is pending; scheduling and cancelling are O(1).
 *
 * Handlers may schedule, cancel and reschedule anything, themselves included. What a handler makes
 * due runs at the next poll, not in the one that goes on. If a handler fails (weft_fail), that was
 * its run: a one-shot timer is over, unless it was rescheduled before it failed; a periodic one
 * goes on with its next tick. What was due behind it comes first in the next poll. The event's
 * sequence number is advanced before each handler.
 *
 * A timer keeps a handler of up to 64 bytes in its place; a larger one goes to the heap, one block
 * per timer. Otherwise nothing is allocated but when a growing weft_timers has more timers than
 * ever before.
 *
 * Time may go backwards: what is due no more waits again, behind others with its deadline.
 *
 * With a tick (weft_timers_desc.tick_ns) timers run at its multiples alone: each at the first that
 * is not before its deadline, still in the order of their deadlines. So a loop that sleeps wakes at
 * most once per tick, however many deadlines there are.
 *
 * What this does not do: know what time it is (it is passed in, in nanoseconds of any one clock),
 * sleep (weft_timers_timeout says how long one may). Everything is [loop] [in handler]. NULL is
 * accepted where a comment says so.
 */
#ifndef WEFT_TIMERS_H
#define WEFT_TIMERS_H

#include <weft/clock.h>
#include <weft/handler.h>
#include <weft/slab.h>
#include <weft/wheel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Private fields. */
typedef struct weft_timers {
    weft_wheel wheel;
    weft_slab slab;
    const weft_world *world;
    const weft_fn *accepted; /* of the last handler that takes the event */
    bool ending;
} weft_timers;

WEFT_API WEFT_RESOURCE_DECLARE(weft_timers);

/* Names one timer, not what later takes its place. Zeroed it names none. */
typedef struct weft_timer_id {
    uint32_t index;
    uint32_t generation;
} weft_timer_id;

/* What a timer's handler gets. */
typedef struct weft_timer_event {
    weft_timer_id id;    /* of the timer that runs: reschedule it to run it again */
    int64_t now_ns;      /* as given to the poll */
    int64_t deadline_ns; /* what it was scheduled for; <= now_ns */
    uint64_t missed;     /* periodic: ticks of the grid after the deadline, up to now_ns */
} weft_timer_event;

typedef struct weft_timers_desc {
    uint32_t capacity; /* timers at most, all allocated at install; 0: grows as needed */
    int64_t tick_ns;   /* timers run at multiples of it alone; 0: at their nanosecond */
} weft_timers_desc;

/* What a periodic timer does about ticks that it missed because nobody polled in time. With a
 * period of 10, polled at 37 for its tick at 10: */
typedef enum weft_missed {
    WEFT_MISSED_BURST, /* once for each, one per poll, until it has caught up: 20, 30, 40 */
    WEFT_MISSED_SKIP,  /* once for all, then the next tick of the grid after now: 40 */
    WEFT_MISSED_DELAY, /* once for all, then one period from now, where a new grid starts: 47 */
} weft_missed;

/* Registers the timers as a resource, MUT(weft_timers) for handlers, and returns them. `desc` may
 * be NULL. NULL if that fails (no memory, a negative tick); the builder knows why.
 * [before build] */
WEFT_API weft_timers *weft_timers_install(weft_builder *builder, const weft_timers_desc *desc);

/* Runs a copy of `handler` at the first poll whose now >= deadline_ns. It takes
 * IN(weft_timer_event) or nothing. id_out may be NULL: then the timer is fire and forget. After its
 * run the timer is over, unless its handler rescheduled it. WEFT_EFULL at capacity, WEFT_ENOMEM,
 * WEFT_ETYPE, WEFT_ESTALE while the world ends: reported, and the handler stays the caller's. */
WEFT_API WEFT_CHECKED weft_status weft_timers_schedule(weft_timers *timers, int64_t deadline_ns,
                                                       const weft_handler *handler,
                                                       weft_timer_id *id_out);

/* The same, every period_ns (> 0, else WEFT_EINVAL) from first_ns on, until it is cancelled. The
 * ticks are first + n * period: late polls do not move them, except with WEFT_MISSED_DELAY. A tick
 * beyond INT64_MAX is due at INT64_MAX. */
WEFT_API WEFT_CHECKED weft_status weft_timers_every(weft_timers *timers, int64_t first_ns,
                                                    int64_t period_ns, weft_missed missed,
                                                    const weft_handler *handler,
                                                    weft_timer_id *id_out);

/* Ends a timer; its handler does not run any more and is destroyed, once it has returned if it is
 * running, else before this returns. WEFT_ESTALE if it has run, was cancelled, or never was: then
 * nothing changes. */
WEFT_API weft_status weft_timers_cancel(weft_timers *timers, weft_timer_id id);

/* Moves a timer to another deadline, also from inside its handler, where it makes the timer run
 * again. It counts as scheduled anew: last among equal deadlines, and not in the poll that goes on.
 * A periodic one starts its grid there. WEFT_ESTALE as above. */
WEFT_API weft_status weft_timers_reschedule(weft_timers *timers, weft_timer_id id,
                                            int64_t deadline_ns);

/* True if the timer is still to run. */
WEFT_API bool weft_timers_pending(const weft_timers *timers, weft_timer_id id);

/* Runs what is due. Returns how many handlers ran, or WEFT_EWORLD, reported, if they are another
 * world's timers. */
WEFT_API int weft_timers_poll(weft_timers *timers, weft_world *world, int64_t now_ns);

/* The same, but stops after `most` handlers; what is left comes first in the next poll, ahead of
 * what has become due meanwhile. */
WEFT_API int weft_timers_poll_most(weft_timers *timers, weft_world *world, int64_t now_ns,
                                   size_t most);

/* Leaves out a poll in which nothing would run: true if so; the timers then know the time as after
 * that poll. False if there is something to run, be it left over from a poll that failed or was
 * limited; then nothing happens. Two loads, for a loop that has no time to lose. */
static inline bool weft_timers_skip(weft_timers *timers, int64_t now_ns)
{
    return weft_wheel_skip(&timers->wheel, now_ns);
}

/* How long a poller may sleep: nanoseconds until weft_timers_next_deadline, 0 if something is due,
 * WEFT_FOREVER if nothing is scheduled. */
WEFT_API int64_t weft_timers_timeout(weft_timers *timers, int64_t now_ns);

/* The earliest deadline, with a tick the tick at which it is due; false and untouched if nothing is
 * scheduled. */
WEFT_API bool weft_timers_next_deadline(weft_timers *timers, int64_t *deadline_ns_out);

/* How many are still to run. */
static inline size_t weft_timers_len(const weft_timers *timers)
{
    return weft_wheel_len(&timers->wheel);
}

/* Verifies the invariants; on failure *why_out is a static sentence. O(all). */
WEFT_API bool weft_timers_check(const weft_timers *timers, const char **why_out);

#ifdef __cplusplus
}
#endif
#endif
