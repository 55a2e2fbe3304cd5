/* The states of an entry of a wheel, when it is due, and how most entries are cancelled. */
#ifndef WEFT_DRIVER_WHEEL_ENTRY_H
#define WEFT_DRIVER_WHEEL_ENTRY_H

#include <weft/wheel.h>

/* weft_wheel_node.state of an entry: idle, in a slot, in the overdue list, in the due list; and
 * whether it may be the earliest of a list that is not in order. */
enum { IDLE, PENDING, PAST, IS_DUE, KIND = 3, EARLIEST = 4 };

/* The first tick from a time on. */
static __attribute__((noinline, unused)) int64_t tick_after(const weft_wheel *wheel,
                                                            int64_t time_ns)
{
    if (wheel->tick_ns == 1)
        return time_ns;
    const int64_t into_ns = time_ns % wheel->tick_ns;
    int64_t tick_ns = 0;
    if (into_ns <= 0)
        return time_ns - into_ns;
    return __builtin_add_overflow(time_ns - into_ns, wheel->tick_ns, &tick_ns) ? INT64_MAX
                                                                               : tick_ns;
}

/* Whether what has this deadline is due at now_ns. */
static inline bool is_due_at(const weft_wheel *wheel, int64_t deadline_ns, int64_t now_ns)
{
    return deadline_ns <= now_ns &&
           (wheel->tick_ns == 1 || tick_after(wheel, deadline_ns) <= now_ns);
}

static inline bool is_head(const weft_wheel *wheel, const weft_wheel_node *node)
{
    return (uintptr_t)node - (uintptr_t)wheel->lists < sizeof wheel->lists;
}

/* Takes an entry out without a look at its list, as can be done with all but the first of a list
 * and those that are marked as earliest. False, and nothing happens, for those, and if it is idle.
 * Inlined where timers are cancelled: each waits for the cache, and the fewer instructions one
 * takes, the more of them wait at the same time. */
static inline bool weft_wheel_take_inner(weft_wheel *wheel, weft_wheel_node *node)
{
    weft_wheel_node *const before = node->prev;
    weft_wheel_node *const after = node->next;
    if (node->state - PENDING > IS_DUE - PENDING || is_head(wheel, before))
        return false;
    before->next = after;
    after->prev = before;
    node->state = IDLE;
    wheel->len--;
    return true;
}

#endif
