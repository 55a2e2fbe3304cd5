#include "wheel_lists.h"

/* What is wrong with one entry of `list`, seen alone, or NULL. */
static const char *check_entry(const weft_wheel *wheel, unsigned list, const weft_wheel_node *node)
{
    if (node->next->prev != node || node->prev->next != node)
        return "the neighbours of an entry do not link back to it";
    if ((node->state & KIND) != (list == DUE ? IS_DUE : list == OVERDUE ? PAST : PENDING))
        return "an entry's state does not fit its list";
    if (list < OVERDUE && key_of(node->deadline_ns) < wheel->base)
        return "an entry in a slot is earlier than base";
    if (list_of(wheel, node) != list)
        return "an entry is not in the list that its deadline and base place it in";
    if (list == OVERDUE && node->deadline_ns > wheel->reached_ns)
        return "an overdue entry has not been reached";
    if (node->deadline_ns < wheel->lists[list].head.deadline_ns)
        return "an entry is earlier than its list's head says";
    if (list < OVERDUE && node->deadline_ns <= wheel->reached_ns)
        return wheel->ready ? NULL : "an entry is due, but the wheel is not marked as ready";
    if (list != DUE && tick_after(wheel, node->deadline_ns) < wheel->quiet_until_ns)
        return "a pending entry is earlier than quiet_until_ns";
    return NULL;
}

/* What is wrong with a list that should have entries, or NULL; adds their number to *count. */
static const char *check_list(const weft_wheel *wheel, unsigned list, size_t *count)
{
    const weft_wheel_node *head = &wheel->lists[list].head;
    if (head->next == head)
        return "a list that is marked as occupied is empty";
    if (head->state > (MIXED | STALE | REVERSED) || (head->state & (MIXED | STALE)) == STALE)
        return "a list head's state is none of the known ones";

    bool sorted = true;
    bool exact = false;
    for (const weft_wheel_node *node = head->next; node != head; node = node->next) {
        if (++*count > wheel->len)
            return "the lists hold more entries than len";
        const char *fault = check_entry(wheel, list, node);
        if (fault)
            return fault;
        sorted = sorted && (node->prev == head || node->prev->deadline_ns <= node->deadline_ns);
        exact = exact || (node->deadline_ns == head->deadline_ns &&
                          (node->prev == head || (node->state & EARLIEST)));
    }
    if (!(head->state & MIXED) && !sorted)
        return "a list that is marked as sorted is not";
    if (!(head->state & STALE) && !exact)
        return "a list's earliest deadline is marked as exact and is not";
    if (list < OVERDUE) {
        const unsigned level = list / WEFT_WHEEL_SLOTS;
        const uint64_t start = slot_start(key_of(head->next->deadline_ns), level);
        if (slot_start(key_of(head->deadline_ns), level) != start)
            return "a slot's lower bound lies outside the slot";
        if (start < wheel->fence)
            return "a slot in use starts before the fence";
    }
    return NULL;
}

bool weft_wheel_check(const weft_wheel *wheel, const char **why_out)
{
    const char *fault = NULL;
    size_t count = 0;
    if (wheel->occupied[WEFT_WHEEL_LEVELS] & ~(list_bit(OVERDUE) | list_bit(DUE)))
        fault = "a list that does not exist is marked as occupied";
    for (unsigned level = 0; level <= WEFT_WHEEL_LEVELS && !fault; level++) {
        if ((wheel->occupied[level] != 0) != (wheel->levels >> level & 1))
            fault = "a level with entries is not marked, or one without is";
    }
    if (!fault && wheel->reached_ns != INT64_MAX && wheel->base > key_of(wheel->reached_ns) + 1)
        fault = "base is ahead of what has been reached";
    if (!fault && is_occupied(wheel, DUE) && !wheel->ready)
        fault = "an entry is due, but the wheel is not marked as ready";
    for (unsigned list = 0; list < WEFT_WHEEL_LISTS && !fault; list++) {
        if (is_occupied(wheel, list))
            fault = check_list(wheel, list, &count);
    }
    if (!fault && count != wheel->len)
        fault = "the lists hold fewer entries than len";
    if (fault)
        *why_out = fault;
    return !fault;
}
