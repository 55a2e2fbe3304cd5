/* Timer wheel: what is scheduled, in the order in which it becomes due.
 *
 * The caller embeds a node in whatever should happen later, and asks what is due:
 *
 *     typedef struct { weft_wheel_node node; const char *text; } reminder;  // node first: it casts
 *
 *     weft_wheel wheel;
 *     reminder tea = { .text = "tea" };
 *     weft_wheel_init(&wheel, 0);
 *     weft_wheel_schedule(&wheel, &tea.node, 250);
 *     weft_wheel_advance(&wheel, 300);
 *     for (weft_wheel_node *node; (node = weft_wheel_pop(&wheel));)
 *         puts(((reminder *)node)->text);
 *
 * What it promises, to the nanosecond and for every int64_t:
 * - never early: an entry becomes due in the first expire whose now >= its deadline;
 * - in order: by deadline, and by order of scheduling where deadlines are equal;
 * - exactly once: each entry is popped once or cancelled once, whatever time does (it may jump
 *   ahead by centuries, and it may go backwards);
 * - cheap: an expire with nothing due is one comparison. Otherwise an entry is moved at most once
 *   per level (11) between scheduling and firing, however far time jumps, unless it goes back;
 *   what is scheduled in the past is sorted among its like, in O(log k) each. Cancelling touches
 *   an entry and its two neighbours.
 *
 * A wheel may have a tick: then time moves in steps. Entries become due at multiples of the tick
 * alone, each at the first that is not before its deadline; those of one tick become due together,
 * still in the order of their deadlines. A loop that sleeps until the next deadline wakes once per
 * tick at most.
 *
 * What this does not do: know what time it is (it is passed in), run handlers (timers.h, which is
 * built on this), allocate. NULL is not accepted anywhere. All functions belong to one thread at a
 * time, the one that owns the wheel. [loop]
 */
#ifndef WEFT_WHEEL_H
#define WEFT_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One entry, owned by the caller. Zeroed, it is idle. While it is scheduled it belongs to one
 * wheel: it must stay where it is, and only that wheel's functions may write to it. */
typedef struct weft_wheel_node {
    struct weft_wheel_node *next, *prev; /* private */
    int64_t deadline_ns; /* read only; after pop and cancel still the last deadline */
    uint32_t state;      /* private: idle, pending or due */
    uint32_t trail;      /* private: what to prefetch when the wheel comes by */
} weft_wheel_node;

#define WEFT_WHEEL_LEVELS 11 /* digits of 6 bits in 64 bits; the last one has 4 */
#define WEFT_WHEEL_SLOTS  64
#define WEFT_WHEEL_LISTS  (WEFT_WHEEL_LEVELS * WEFT_WHEEL_SLOTS + 2)
#define WEFT_WHEEL_TRAIL  8 /* entries that are fetched ahead of their turn */

/* Private. */
typedef struct weft_wheel_list {
    weft_wheel_node head;              /* of a ring; set up when first occupied */
    uint32_t latest[WEFT_WHEEL_TRAIL]; /* where the entries lie that were added last */
} weft_wheel_list;

/* The wheel, about 45 KB, to be embedded anywhere; only the lists in use are ever touched. It may
 * be moved or forgotten only while it is empty (weft_wheel_len() == 0). Everything is private. */
typedef struct weft_wheel {
    int64_t now_ns;
    int64_t quiet_until_ns; /* until then no expire makes anything due */
    int64_t reached_ns;     /* what is scheduled up to here waits for the next expire */
    int64_t tick_ns;
    uint64_t base;  /* the key that placement refers to; see wheel.c */
    uint64_t fence; /* no slot in use starts earlier */
    size_t len;
    size_t beside_bytes; /* from an entry: what else is fetched before it is popped */
    bool ready;          /* there may be something to pop */
    uint32_t levels;     /* a bit for each word of occupied that is not 0 */
    uint64_t occupied[WEFT_WHEEL_LEVELS + 1]; /* a bit for each list that has entries */
    weft_wheel_list lists[WEFT_WHEEL_LISTS];
} weft_wheel;

/* Makes an empty wheel, in O(1). now_ns is a hint that saves work if it is near the deadlines to
 * come; it makes nothing due. Whatever was scheduled in an earlier life of the wheel is forgotten,
 * its nodes stay marked as scheduled. Never fails; nothing has to be released. */
WEFT_API void weft_wheel_init(weft_wheel *wheel, int64_t now_ns);

/* The same with a tick; 0 is 1, a nanosecond, which is what weft_wheel_init gives. Time before 0
 * has ticks too, and INT64_MAX is one. Negative ticks are asserted against. */
WEFT_API void weft_wheel_init_ticking(weft_wheel *wheel, int64_t now_ns, int64_t tick_ns);

/* Schedules an idle node (asserted) for any deadline: one in the past becomes due in the next
 * expire, not now. To move an entry, cancel it and schedule it again; it then counts as scheduled
 * last. Never fails. O(1). */
WEFT_API void weft_wheel_schedule(weft_wheel *wheel, weft_wheel_node *node, int64_t deadline_ns);

/* Makes the node idle. True if it was pending, or due but not popped yet: it will not be popped.
 * False, and nothing happens, if it was idle. The node must not be in another wheel. O(1). */
WEFT_API bool weft_wheel_cancel(weft_wheel *wheel, weft_wheel_node *node);

/* Whether the node is scheduled: pending, or due but not popped yet. */
WEFT_API bool weft_wheel_pending(const weft_wheel_node *node);

/* Moves every pending entry with deadline <= now_ns to the end of the due list, in deadline order,
 * and returns how many. What an earlier expire made due and nobody popped stays ahead of them.
 * now_ns may be anything, also less than before. With a tick, now_ns counts as the last tick up to
 * it. */
WEFT_API size_t weft_wheel_expire(weft_wheel *wheel, int64_t now_ns);

/* Makes the same due in the same order, but does not count: putting it in order is left to
 * weft_wheel_pop, piece by piece. For who pops all of it, this is the faster way, and it goes on
 * evenly where much is due at once. False if there is nothing to pop; true if there was, though it
 * may have been cancelled since. */
WEFT_API bool weft_wheel_advance(weft_wheel *wheel, int64_t now_ns);

/* Leaves out an advance that has nothing to do: if nothing becomes due up to now_ns and nothing is
 * left to be popped, takes the time down as the advance would, and is true. Else false, and nothing
 * happens. Two loads, for who asks very often. */
static inline bool weft_wheel_skip(weft_wheel *wheel, int64_t now_ns);

/* Takes the first entry that is due; it is idle then, and may be scheduled again at once. NULL if
 * nothing is due. O(1) behind weft_wheel_expire; behind weft_wheel_advance it does the work that
 * was left. */
WEFT_API weft_wheel_node *weft_wheel_pop(weft_wheel *wheel);

/* The number of entries that are pending or due. */
static inline size_t weft_wheel_len(const weft_wheel *wheel);

/* Stores the exact earliest deadline of all that is pending or due; with a tick, the tick at which
 * it becomes due. False if there is nothing, and the output is untouched. O(1), unless the earliest
 * entry of the first slot was cancelled and the slot is not in order: then its entries move on as
 * in an expire, which they need not do again. So asking after each cancel costs what expiry saves.
 * (Of what was scheduled in the past and of a due list with entries from several expires, the same
 * reads through the list.) */
WEFT_API bool weft_wheel_next_deadline(weft_wheel *wheel, int64_t *deadline_ns_out);

/* The now_ns of the latest expire or advance, or of init if there was none. */
WEFT_API int64_t weft_wheel_now(const weft_wheel *wheel);

/* Verifies every invariant of the structure, in O(len). False if one is broken; *why_out then says
 * which (static text), and is untouched otherwise. For tests and debugging. */
WEFT_API bool weft_wheel_check(const weft_wheel *wheel, const char **why_out);

/* ---- internal from here on ------------------------------------------------------------------- */

static inline bool weft_wheel_skip(weft_wheel *wheel, int64_t now_ns)
{
    if (wheel->ready || now_ns >= wheel->quiet_until_ns)
        return false;
    wheel->now_ns = now_ns;
    return true;
}

static inline size_t weft_wheel_len(const weft_wheel *wheel)
{
    return wheel->len;
}

#ifdef __cplusplus
}
#endif
#endif
