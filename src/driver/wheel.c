/* A hierarchical timing wheel of nanoseconds, kept as a radix heap.
 *
 * Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987; Ahuja, Mehlhorn, Orlin
 * and Tarjan, "Faster Algorithms for the Shortest Path Problem", JACM 37(2), 1990. Where an entry
 * belongs is told in wheel_lists.h.
 *
 * Moving base up. As long as base stays below the start of the first slot in use (`fence`), the
 * level and slot of every entry stay the same, so base follows time for free. To pass a start, that
 * slot is emptied: base moves to the slot's earliest deadline and the slot's entries are placed
 * again, each on a lower level. All those lists are empty at that moment, as the slot was the
 * first: order is kept. No entry moves more often than there are levels below it.
 *
 * A slot of a few entries is sorted instead, where it is. A slot in deadline order (a few entries,
 * one nanosecond, equal timeouts) never has to be emptied: what is due is its front.
 *
 * Being due. `reached_ns` is the time up to which entries have become due. What lies in the slots
 * up to there stays there until it is popped, so that a slot is emptied, put in order and popped
 * while it is in the cache, however far time has jumped. weft_wheel_expire, which counts, goes
 * through all of it at once and moves it to the due list; that comes before the slots.
 *
 * The past. What is scheduled up to reached_ns waits in the overdue list, in no order. It is
 * earlier than all that will become due, and the next expire that reaches any of it sorts it and
 * takes what is due. Something can be left only if reached_ns was ahead of time, because time went
 * backwards or next_deadline looked ahead: then base and reached_ns move down to now and the rest
 * is placed in slots.
 *
 * Moving base down. If base and the new base first differ on level n, only the levels below n
 * change: their entries all belong in the slot on level n that base is leaving, which is empty by
 * placement. The lists are joined into it whole, first to last.
 */
#include <assert.h>

#include "wheel_lists.h"

/* ---- sorting -------------------------------------------------------------------------- */

/* Merges two chains linked by next alone; of equal deadlines, those of `before` come first. */
static weft_wheel_node *merge(weft_wheel_node *before, weft_wheel_node *after)
{
    weft_wheel_node *merged = NULL;
    weft_wheel_node **end = &merged;
    while (before && after) {
        weft_wheel_node **least = after->deadline_ns < before->deadline_ns ? &after : &before;
        *end = *least;
        end = &(*least)->next;
        *least = *end;
    }
    *end = before ? before : after;
    return merged;
}

/* Sorts a list that has entries by deadline, ties as they are, in O(n log n). */
static void sort(weft_wheel *wheel, unsigned list)
{
    weft_wheel_node *head = head_of(wheel, list);
    weft_wheel_node *sorted[64] = {
        NULL
    }; /* [i] has 2^i entries or none, older ones at higher i */
    for (weft_wheel_node *node = head->next, *next; node != head; node = next) {
        next = node->next;
        node->next = NULL;
        size_t i = 0;
        for (; sorted[i]; i++) {
            node = merge(sorted[i], node);
            sorted[i] = NULL;
        }
        sorted[i] = node;
    }
    weft_wheel_node *all = NULL;
    for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++)
        all = merge(sorted[i], all);

    weft_wheel_node *last = head;
    for (weft_wheel_node *node = all; node; node = node->next) {
        last->next = node;
        node->prev = last;
        last = node;
    }
    last->next = head;
    head->prev = last;
    head->deadline_ns = all->deadline_ns;
    head->state = 0;
}

/* Sorts a list of few entries. False, and nothing happens, if it has, or had, more. */
static bool sort_few(weft_wheel *wheel, unsigned list)
{
    weft_wheel_node *const head = head_of(wheel, list);
    weft_wheel_node *found[FEW], *sorted[FEW];
    int64_t deadlines_ns[FEW];
    unsigned ranks[FEW], count = 0;
    if (head->trail > FEW)
        return false;
    for (weft_wheel_node *node = head->next; node != head; node = node->next) {
        if (count == FEW)
            return false;
        unsigned rank = 0;
        for (unsigned i = 0; i < count; i++) {
            const bool later = node->deadline_ns >= deadlines_ns[i];
            rank += later;
            ranks[i] += !later;
        }
        __builtin_prefetch((const char *)node + wheel->beside_bytes, 1);
        found[count] = node;
        deadlines_ns[count] = node->deadline_ns;
        ranks[count++] = rank;
    }
    for (unsigned i = 0; i < count; i++)
        sorted[ranks[i]] = found[i];

    weft_wheel_node *last = head;
    for (unsigned i = 0; i < count; i++) {
        sorted[i]->prev = last;
        last->next = sorted[i];
        last = sorted[i];
    }
    last->next = head;
    head->prev = last;
    head->deadline_ns = head->next->deadline_ns;
    head->state &= REVERSED;
    return true;
}

/* ---- placement ------------------------------------------------------------------------ */

static inline void place(weft_wheel *wheel, weft_wheel_node *node, bool front)
{
    const uint64_t key = key_of(node->deadline_ns);
    const unsigned level = level_of(key, wheel->base);
    const uint64_t start = slot_start(key, level);
    if (start < wheel->fence)
        wheel->fence = start;
    add(wheel, slot_list(key, level), node, PENDING, front);
}

/* Places an entry of a slot that is emptied: it goes to a slot again, reached or not. */
static inline void place_lower(weft_wheel *wheel, weft_wheel_node *node, bool front)
{
    const uint64_t key = key_of(node->deadline_ns);
    add(wheel, slot_list(key, level_of(key, wheel->base)), node, PENDING, front);
}

static __attribute__((noinline)) void add_overdue(weft_wheel *wheel, weft_wheel_node *node)
{
    add(wheel, OVERDUE, node, PAST, false);
}

/* Empties a list and places its entries where the present base wants them, in their order. */
static void place_again(weft_wheel *wheel, unsigned list)
{
    const weft_wheel_list *from = &wheel->lists[list];
    const chain all = take_all(wheel, list);
    for (unsigned i = 0; i < WEFT_WHEEL_TRAIL; i++)
        fetch(all.last, from->latest[i]);
    if (all.order & REVERSED) {
        for (weft_wheel_node *node = all.first, *next;; node = next) {
            next = node->next;
            fetch(node, node->trail);
            place_lower(wheel, node, false);
            if (node == all.last)
                break;
        }
    } else {
        for (weft_wheel_node *node = all.last, *prev;; node = prev) {
            prev = node->prev;
            fetch(node, node->trail);
            place_lower(wheel, node, true);
            if (node == all.first)
                break;
        }
    }
}

/* Moves base down to `key`. */
static void move_back(weft_wheel *wheel, uint64_t key)
{
    const unsigned level = level_of(key, wheel->base);
    const unsigned left_behind = slot_list(wheel->base, level);
    for (unsigned lower = 0; lower < level; lower++) {
        for (uint64_t bits = wheel->occupied[lower]; bits; bits &= bits - 1) {
            const unsigned slot = (unsigned)__builtin_ctzll(bits);
            append(wheel, left_behind, take_all(wheel, lower * WEFT_WHEEL_SLOTS + slot));
        }
    }
    wheel->base = key;
}

/* ---- expiry --------------------------------------------------------------------------- */

/* Cuts what is due off the front of a sorted list that has entries, and returns how many. */
static size_t cut_due(weft_wheel *wheel, unsigned list, int64_t until_ns)
{
    weft_wheel_node *head = head_of(wheel, list);
    weft_wheel_node *first = head->next;
    weft_wheel_node *rest = first;
    size_t count = 0;
    for (; rest != head && rest->deadline_ns <= until_ns; rest = rest->next) {
        rest->state = IS_DUE;
        count++;
    }
    if (!count)
        return 0;

    weft_wheel_node *last = rest->prev;
    if (rest == head) {
        mark_empty(wheel, list);
    } else {
        head->next = rest;
        rest->prev = head;
        head->deadline_ns = rest->deadline_ns;
    }
    append(wheel, DUE, (chain){ first, last, first->deadline_ns, 0 });
    wheel->ready = true;
    return count;
}

/* Brings the first slot into order. */
static void put_in_order(weft_wheel *wheel, unsigned list)
{
    if (sort_few(wheel, list))
        return;
    wheel->base = key_of(head_of(wheel, list)->deadline_ns);
    place_again(wheel, list);
}

/* The list of the earliest slot, in order, if anything in it has been reached, else NO_LIST. */
static inline unsigned reached_slot(weft_wheel *wheel)
{
    for (;;) {
        const unsigned list = first_slot(wheel);
        if (list == NO_LIST || head_of(wheel, list)->deadline_ns > wheel->reached_ns)
            return NO_LIST;
        if (!(head_of(wheel, list)->state & MIXED))
            return list;
        put_in_order(wheel, list);
    }
}

/* Moves everything in the slots that has been reached to the due list. */
static size_t make_due(weft_wheel *wheel)
{
    size_t count = 0;
    for (unsigned list; (list = reached_slot(wheel)) != NO_LIST;)
        count += cut_due(wheel, list, wheel->reached_ns);
    return count;
}

/* Nothing in the slots has been reached: finds out how long nothing will be. */
static void settle(weft_wheel *wheel)
{
    const unsigned list = first_slot(wheel);
    int64_t earliest_ns = INT64_MAX;
    wheel->fence = UINT64_MAX;
    if (list != NO_LIST) {
        earliest_ns = head_of(wheel, list)->deadline_ns;
        wheel->fence = slot_start(key_of(earliest_ns), list / WEFT_WHEEL_SLOTS);
    }
    if (is_occupied(wheel, OVERDUE) && head_of(wheel, OVERDUE)->deadline_ns < earliest_ns)
        earliest_ns = head_of(wheel, OVERDUE)->deadline_ns;
    wheel->quiet_until_ns = tick_after(wheel, earliest_ns);
}

static size_t expire_overdue(weft_wheel *wheel, int64_t now_ns)
{
    if (head_of(wheel, OVERDUE)->state & MIXED)
        sort(wheel, OVERDUE);
    const size_t count = cut_due(wheel, OVERDUE, now_ns);
    if (is_occupied(wheel, OVERDUE)) {
        if (key_of(now_ns) < wheel->base)
            move_back(wheel, key_of(now_ns));
        wheel->reached_ns = now_ns;
        const chain rest = take_all(wheel, OVERDUE);
        for (weft_wheel_node *node = rest.last, *prev;; node = prev) {
            prev = node->prev;
            place(wheel, node, true);
            if (node == rest.first)
                break;
        }
    }
    return count;
}

/* Moves time on to now_ns, where something may be due: what is overdue goes to the due list, what
 * is due in the slots stays there. Returns how many went. */
static __attribute__((noinline)) size_t reach(weft_wheel *wheel, int64_t now_ns)
{
    const int64_t until_ns = tick_before(wheel, now_ns);
    size_t count = 0;
    if (is_occupied(wheel, OVERDUE) && head_of(wheel, OVERDUE)->deadline_ns <= until_ns) {
        make_due(wheel);
        count = expire_overdue(wheel, until_ns);
    }
    if (until_ns > wheel->reached_ns)
        wheel->reached_ns = until_ns;

    const unsigned list = first_slot(wheel);
    if (list == NO_LIST || head_of(wheel, list)->deadline_ns > wheel->reached_ns) {
        settle(wheel);
        return count;
    }
    wheel->ready = true;
    /* How long it will be quiet is found out when what is due has been popped. */
    int64_t quiet_until_ns =
        wheel->reached_ns == INT64_MAX ? INT64_MAX : tick_after(wheel, wheel->reached_ns + 1);
    if (is_occupied(wheel, OVERDUE) && head_of(wheel, OVERDUE)->deadline_ns < quiet_until_ns)
        quiet_until_ns = tick_after(wheel, head_of(wheel, OVERDUE)->deadline_ns);
    wheel->quiet_until_ns = quiet_until_ns;
    return count;
}

/* ---- operations ----------------------------------------------------------------------- */

void weft_wheel_init_ticking(weft_wheel *wheel, int64_t now_ns, int64_t tick_ns)
{
    assert(tick_ns >= 0);
    wheel->now_ns = now_ns;
    wheel->quiet_until_ns = INT64_MAX;
    wheel->reached_ns = now_ns == INT64_MIN ? INT64_MIN : now_ns - 1;
    wheel->tick_ns = tick_ns > 1 ? tick_ns : 1;
    wheel->base = key_of(now_ns);
    wheel->fence = UINT64_MAX;
    wheel->len = 0;
    wheel->beside_bytes = 0;
    wheel->ready = false;
    wheel->levels = 0;
    for (size_t i = 0; i < sizeof wheel->occupied / sizeof *wheel->occupied; i++)
        wheel->occupied[i] = 0;
}

void weft_wheel_init(weft_wheel *wheel, int64_t now_ns)
{
    weft_wheel_init_ticking(wheel, now_ns, 1);
}

void weft_wheel_schedule(weft_wheel *wheel, weft_wheel_node *node, int64_t deadline_ns)
{
    assert(node->state == IDLE);
    const uint64_t now = key_of(wheel->now_ns);
    if (wheel->base < now && now < wheel->fence) {
        wheel->base = now;
        if (wheel->reached_ns < wheel->now_ns - 1)
            wheel->reached_ns = wheel->now_ns - 1;
    }

    node->deadline_ns = deadline_ns;
    wheel->len++;
    if (deadline_ns < wheel->quiet_until_ns)
        wheel->quiet_until_ns = tick_after(wheel, deadline_ns);
    if (deadline_ns > wheel->reached_ns)
        place(wheel, node, false);
    else
        add_overdue(wheel, node);
}

bool weft_wheel_cancel(weft_wheel *wheel, weft_wheel_node *node)
{
    if (weft_wheel_take_inner(wheel, node))
        return true;
    if (node->state == IDLE)
        return false;
    take_known(wheel, list_of(wheel, node), node);
    return true;
}

bool weft_wheel_pending(const weft_wheel_node *node)
{
    return node->state != IDLE;
}

size_t weft_wheel_expire(weft_wheel *wheel, int64_t now_ns)
{
    wheel->now_ns = now_ns;
    if (now_ns < wheel->quiet_until_ns)
        return 0;
    make_due(wheel); /* what weft_wheel_advance left to be popped is not counted */
    size_t count = reach(wheel, now_ns);
    count += make_due(wheel);
    settle(wheel);
    return count;
}

bool weft_wheel_advance(weft_wheel *wheel, int64_t now_ns)
{
    wheel->now_ns = now_ns;
    if (now_ns >= wheel->quiet_until_ns)
        reach(wheel, now_ns);
    return wheel->ready;
}

weft_wheel_node *weft_wheel_pop(weft_wheel *wheel)
{
    if (!wheel->ready)
        return NULL;
    unsigned list = DUE;
    if (!is_occupied(wheel, DUE)) {
        list = reached_slot(wheel);
        if (list == NO_LIST) {
            wheel->ready = false;
            settle(wheel);
            return NULL;
        }
    }
    weft_wheel_node *const node = head_of(wheel, list)->next;
    /* For the next pop, if it takes from the same list. */
    __builtin_prefetch((const char *)node->next + wheel->beside_bytes, 1);
    __builtin_prefetch(node->next->next, 1);
    take_known(wheel, list, node);
    return node;
}

/* ---- inspection ----------------------------------------------------------------------- */

/* The exact earliest deadline of the due list, which has entries. */
static int64_t earliest_due(weft_wheel *wheel)
{
    weft_wheel_node *head = head_of(wheel, DUE);
    if (!(head->state & STALE))
        return head->deadline_ns;

    weft_wheel_node *earliest = head->next;
    bool sorted = true;
    for (weft_wheel_node *node = head->next->next; node != head; node = node->next) {
        sorted = sorted && node->prev->deadline_ns <= node->deadline_ns;
        if (node->deadline_ns < earliest->deadline_ns)
            earliest = node;
    }
    earliest->state |= EARLIEST;
    head->deadline_ns = earliest->deadline_ns;
    head->state = sorted ? 0 : MIXED;
    return earliest->deadline_ns;
}

/* The exact earliest deadline of the slots, if it is before `than_ns`, else than_ns. */
static int64_t earlier_in_slots(weft_wheel *wheel, int64_t than_ns)
{
    for (unsigned list; (list = first_slot(wheel)) != NO_LIST;) {
        const int64_t bound_ns = head_of(wheel, list)->deadline_ns;
        if (bound_ns >= than_ns)
            break;
        if (!(head_of(wheel, list)->state & STALE))
            return bound_ns;
        if (bound_ns != INT64_MIN && wheel->reached_ns < bound_ns - 1)
            wheel->reached_ns = bound_ns - 1;
        put_in_order(wheel, list);
    }
    return than_ns;
}

bool weft_wheel_next_deadline(weft_wheel *wheel, int64_t *deadline_ns_out)
{
    if (!wheel->len)
        return false;
    int64_t deadline_ns = INT64_MAX;
    if (is_occupied(wheel, OVERDUE)) {
        if (head_of(wheel, OVERDUE)->state & STALE)
            sort(wheel, OVERDUE);
        deadline_ns = head_of(wheel, OVERDUE)->deadline_ns;
    }
    if (is_occupied(wheel, DUE)) {
        const int64_t due_ns = earliest_due(wheel);
        deadline_ns = due_ns < deadline_ns ? due_ns : deadline_ns;
    }
    *deadline_ns_out = tick_after(wheel, earlier_in_slots(wheel, deadline_ns));
    return true;
}

int64_t weft_wheel_now(const weft_wheel *wheel)
{
    return wheel->now_ns;
}
