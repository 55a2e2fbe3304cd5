/* The lists of a timer wheel, and where an entry belongs; what wheel.c and wheel_check.c share.
 *
 * Placement. A deadline becomes an unsigned key in the same order by flipping its sign bit. A key
 * is eleven digits of six bits. The wheel has a position, `base`, which no key in the slots is
 * below. An entry's level is that of the highest digit in which its key differs from base, its slot
 * there is that digit of its key:
 *
 *     base      3 . 17 . 40                level 2 . . . x . .      (digit > 3)
 *     key       3 . 21 . 05   level 1      level 1 . . . . x x      (digit > 17, above as base)
 *     key       5 . 00 . 63   level 2      level 0 . . x . . .      (digit >= 40, above as base)
 *
 * Hence all of a level is earlier than all of the levels above it, and the lowest slot in use on
 * the lowest level in use holds the earliest key: two bit scans. Placement is a pure function of
 * key and base, so equal deadlines always share a list.
 *
 * What a list knows. Its head knows whether the list is in deadline order, and its earliest
 * deadline. An entry that ever was the earliest is marked. So cancelling any other entry touches
 * that entry and its neighbours and nothing else, not even its deadline: what cancelling costs is
 * the misses of the cache, and the fewer instructions each takes, the more of them overlap. If a
 * list out of order loses a marked entry, its earliest deadline becomes a lower bound ("stale").
 *
 * Trails. To empty a list is to visit entries that were scheduled long ago and lie anywhere: each a
 * miss, one after another, as only an entry knows where the next is. So an entry keeps beside its
 * links a note of where the one lies that was added WEFT_WHEEL_TRAIL before it. The visit starts
 * with those added last and fetches ahead along the notes. A note is for fetching alone, nobody
 * reads through it: it may well name an entry that has left, or has been freed. Half an address
 * suffices, as the rest is near enough.
 */
#ifndef WEFT_DRIVER_WHEEL_LISTS_H
#define WEFT_DRIVER_WHEEL_LISTS_H

#include <weft/wheel.h>

#include "wheel_entry.h"

enum {
    DIGIT_BITS = 6,
    OVERDUE = WEFT_WHEEL_LEVELS * WEFT_WHEEL_SLOTS,
    DUE,
    NO_LIST,
    FEW = 16, /* so many entries are put in order where they are */
};

/* Bits of weft_wheel_node.state of a list head. */
enum {
    MIXED = 1,    /* the list may be out of deadline order */
    STALE = 2,    /* its deadline_ns is only a lower bound of the earliest; MIXED as well */
    REVERSED = 4, /* what was added last is at the front */
};

/* A chain of linked entries with what a list head says of it; the outer links are not set. */
typedef struct {
    weft_wheel_node *first, *last;
    int64_t earliest_ns;
    uint32_t order;
} chain;

/* ---- keys and lists ------------------------------------------------------------------- */

static inline uint64_t key_of(int64_t time_ns)
{
    return (uint64_t)time_ns ^ (UINT64_C(1) << 63);
}

static inline unsigned level_of(uint64_t key, uint64_t base)
{
    return (63U - (unsigned)__builtin_clzll((key ^ base) | 1)) / DIGIT_BITS;
}

static inline unsigned slot_list(uint64_t key, unsigned level)
{
    const uint64_t digit = (key >> (level * DIGIT_BITS)) % WEFT_WHEEL_SLOTS;
    return level * WEFT_WHEEL_SLOTS + (unsigned)digit;
}

/* The lowest key that belongs into the slot in which `key` is, on that level. */
static inline uint64_t slot_start(uint64_t key, unsigned level)
{
    const unsigned shift = level * DIGIT_BITS;
    return key >> shift << shift;
}

static inline unsigned list_of(const weft_wheel *wheel, const weft_wheel_node *node)
{
    if ((node->state & KIND) == PENDING) {
        const uint64_t key = key_of(node->deadline_ns);
        return slot_list(key, level_of(key, wheel->base));
    }
    return (node->state & KIND) == PAST ? OVERDUE : DUE;
}

static inline weft_wheel_node *head_of(weft_wheel *wheel, unsigned list)
{
    return &wheel->lists[list].head;
}

static inline uint64_t list_bit(unsigned list)
{
    return UINT64_C(1) << (list % WEFT_WHEEL_SLOTS);
}

static inline bool is_occupied(const weft_wheel *wheel, unsigned list)
{
    return (wheel->occupied[list / WEFT_WHEEL_SLOTS] & list_bit(list)) != 0;
}

static inline void mark_occupied(weft_wheel *wheel, unsigned list)
{
    wheel->occupied[list / WEFT_WHEEL_SLOTS] |= list_bit(list);
    wheel->levels |= 1U << (list / WEFT_WHEEL_SLOTS);
}

static inline void mark_empty(weft_wheel *wheel, unsigned list)
{
    uint64_t *const word = &wheel->occupied[list / WEFT_WHEEL_SLOTS];
    *word &= ~list_bit(list);
    if (!*word)
        wheel->levels &= ~(1U << (list / WEFT_WHEEL_SLOTS));
}

/* The list of the slot with the earliest entries, or NO_LIST. */
static inline unsigned first_slot(const weft_wheel *wheel)
{
    const uint32_t levels = wheel->levels & ((1U << WEFT_WHEEL_LEVELS) - 1);
    if (!levels)
        return NO_LIST;
    const unsigned level = (unsigned)__builtin_ctz(levels);
    return level * WEFT_WHEEL_SLOTS + (unsigned)__builtin_ctzll(wheel->occupied[level]);
}

/* ---- trails ---------------------------------------------------------------------------- */

static inline uint32_t trail_to(const weft_wheel_node *node)
{
    return (uint32_t)((uintptr_t)node / 8);
}

/* Both ends, as an entry may lie across two lines. */
static inline void fetch(const weft_wheel_node *near, uint32_t trail)
{
    const int32_t apart = (int32_t)(trail - trail_to(near));
    const uintptr_t at = (uintptr_t)near + (uintptr_t)((intptr_t)apart * 8);
    __builtin_prefetch((const void *)at, 1);
    __builtin_prefetch((const void *)(at + sizeof(weft_wheel_node) - 1), 1);
}

static __attribute__((noinline, unused)) void add_first(weft_wheel *wheel, unsigned list,
                                                        weft_wheel_node *node, uint32_t kind,
                                                        bool front)
{
    weft_wheel_list *const to = &wheel->lists[list];
    mark_occupied(wheel, list);
    to->head = (weft_wheel_node){ node, node, node->deadline_ns, front ? REVERSED : 0, 1 };
    node->trail = trail_to(node);
    for (unsigned i = 0; i < WEFT_WHEEL_TRAIL; i++)
        to->latest[i] = node->trail;
    node->next = node->prev = &to->head;
    node->state = kind | EARLIEST;
}

/* Adds one entry, at the end or at the front. What is not needed is not stored: a store to a head
 * has the next load from it wait. */
static inline __attribute__((always_inline)) void add(weft_wheel *wheel, unsigned list,
                                                      weft_wheel_node *node, uint32_t kind,
                                                      bool front)
{
    weft_wheel_list *const to = &wheel->lists[list];
    weft_wheel_node *const head = &to->head;
    if (!is_occupied(wheel, list)) {
        add_first(wheel, list, node, kind, front);
        return;
    }
    weft_wheel_node *const before = front ? head : head->prev;
    weft_wheel_node *const after = front ? head->next : head;
    node->next = after;
    node->prev = before;
    before->next = node;
    after->prev = node;

    uint32_t *const oldest = &to->latest[head->trail++ % WEFT_WHEEL_TRAIL];
    node->trail = *oldest;
    *oldest = trail_to(node);

    const int64_t deadline_ns = node->deadline_ns;
    if (deadline_ns <= head->deadline_ns) {
        head->deadline_ns = deadline_ns;
        head->state &= ~(uint32_t)STALE;
        kind |= EARLIEST;
    }
    node->state = kind;
    if (!(head->state & MIXED) &&
        (front ? deadline_ns > after->deadline_ns : before->deadline_ns > deadline_ns))
        head->state |= MIXED;
}

static inline void append(weft_wheel *wheel, unsigned list, chain added)
{
    weft_wheel_list *const to = &wheel->lists[list];
    weft_wheel_node *const head = &to->head;
    if (!is_occupied(wheel, list)) {
        mark_occupied(wheel, list);
        *head = (weft_wheel_node){ head, head, added.earliest_ns, added.order, FEW + 1 };
        for (unsigned i = 0; i < WEFT_WHEEL_TRAIL; i++)
            to->latest[i] = trail_to(added.last);
    } else {
        const bool in_order = head->prev->deadline_ns <= added.first->deadline_ns;
        uint32_t stale = head->state & STALE;
        if (added.earliest_ns <= head->deadline_ns) {
            head->deadline_ns = added.earliest_ns;
            stale = added.order & STALE;
        }
        const uint32_t mixed = ((head->state | added.order) & MIXED) | (in_order ? 0 : MIXED);
        head->state = (head->state & REVERSED) | mixed | stale;
        head->trail += FEW + 1;
    }
    added.first->state |= EARLIEST;
    added.first->prev = head->prev;
    added.last->next = head;
    head->prev->next = added.first;
    head->prev = added.last;
}

/* All of a list as a chain; the list is empty then. */
static inline chain take_all(weft_wheel *wheel, unsigned list)
{
    const weft_wheel_node *head = head_of(wheel, list);
    mark_empty(wheel, list);
    return (chain){ head->next, head->prev, head->deadline_ns, head->state };
}

/* Takes an entry out of a list that knows it: as its first, or perhaps its earliest. */
static inline void take_known(weft_wheel *wheel, unsigned list, weft_wheel_node *node)
{
    weft_wheel_node *const head = head_of(wheel, list);
    weft_wheel_node *const before = node->prev;
    weft_wheel_node *const after = node->next;
    before->next = after;
    after->prev = before;
    if (before == after)
        mark_empty(wheel, list);
    else if (!(head->state & MIXED))
        head->deadline_ns = head->next->deadline_ns;
    else if (node->deadline_ns == head->deadline_ns)
        head->state |= STALE;
    node->state = IDLE;
    wheel->len--;
}

/* ---- ticks ---------------------------------------------------------------------------- */

/* The last tick up to a time that is not before the first tick that int64_t holds. Ticks are the
 * multiples of tick_ns, and the end of time. */
static inline int64_t tick_before(const weft_wheel *wheel, int64_t time_ns)
{
    if (wheel->tick_ns == 1 || time_ns == INT64_MAX)
        return time_ns;
    const int64_t into_ns = time_ns % wheel->tick_ns;
    return time_ns - into_ns - (into_ns < 0 ? wheel->tick_ns : 0);
}

#endif
