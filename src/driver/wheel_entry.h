/* The states of an entry of a wheel, and how most entries are cancelled. */
#ifndef WEFT_DRIVER_WHEEL_ENTRY_H
#define WEFT_DRIVER_WHEEL_ENTRY_H

#include <weft/wheel.h>

/* weft_wheel_node.state of an entry: idle, in a slot, in the overdue list, in the due list; and
 * whether it may be the earliest of a list that is not in order. */
enum { IDLE, PENDING, PAST, IS_DUE, KIND = 3, EARLIEST = 4 };

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
