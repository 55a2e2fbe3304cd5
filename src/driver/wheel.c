/* A hierarchical timing wheel with a tick of one nanosecond, kept as a radix heap.
 *
 * Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987; Ahuja, Mehlhorn, Orlin
 * and Tarjan, "Faster Algorithms for the Shortest Path Problem", JACM 37(2), 1990.
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
 * key and base, so equal deadlines always share a list, and appending keeps them in scheduling
 * order.
 *
 * Moving base up. As long as base stays below the start of the first slot in use (`fence`), the
 * level and slot of every entry stay the same, so base follows time for free. To pass a start, that
 * slot is emptied: base moves to the slot's earliest deadline and the slot's entries are placed
 * again, each on a lower level. All those lists are empty at that moment, as the slot was the
 * first: order is kept. No entry moves more often than there are levels below it.
 *
 * A list that happens to be in deadline order (a single entry, one nanosecond, equal timeouts)
 * never has to be emptied like that: what is due is its front, cut off. So every list head knows
 * whether its list is sorted, and its earliest deadline. If an unsorted list loses its earliest
 * entry, that becomes a lower bound ("stale"), good enough to expire by; only next_deadline needs
 * to look again.
 *
 * The past. Deadlines below base go to the overdue list, unsorted. It is earlier than all slots,
 * and the next expire that reaches any of it sorts it and takes what is due. Something can be left
 * only if time went backwards (now < base): then base moves down to now and the rest is placed in
 * slots.
 *
 * Moving base down. If base and the new base first differ on level n, only the levels below n
 * change: their entries all belong in the slot on level n that base is leaving, which is empty by
 * placement. The lists are joined into it whole, first to last. */
#include <weft/wheel.h>

#include <assert.h>

enum {
    DIGIT_BITS = 6,
    OVERDUE = WEFT_WHEEL_LEVELS * WEFT_WHEEL_SLOTS,
    DUE,
    NO_LIST,
};

/* weft_wheel_node.state of an entry. */
enum { IDLE, PENDING, IS_DUE };

/* weft_wheel_node.state of a list head: what is known of the order of its list, and whether the
 * head's deadline_ns is the earliest in it or only a lower bound of that. */
enum { SORTED_EXACT, MIXED_EXACT, MIXED_STALE };

/* A chain of linked entries with what a list head says of it; the outer links are not set. */
typedef struct {
    weft_wheel_node *first, *last;
    int64_t earliest_ns;
    uint32_t order;
} chain;

/* ---- keys and lists ------------------------------------------------------------------- */

static uint64_t key_of(int64_t time_ns)
{
    return (uint64_t)time_ns ^ (UINT64_C(1) << 63);
}

static unsigned level_of(uint64_t key, uint64_t base)
{
    return (63U - (unsigned)__builtin_clzll((key ^ base) | 1)) / DIGIT_BITS;
}

static unsigned slot_list(uint64_t key, unsigned level)
{
    const uint64_t digit = (key >> (level * DIGIT_BITS)) % WEFT_WHEEL_SLOTS;
    return level * WEFT_WHEEL_SLOTS + (unsigned)digit;
}

/* The lowest key that belongs into the slot in which `key` is, on that level. */
static uint64_t slot_start(uint64_t key, unsigned level)
{
    const unsigned shift = level * DIGIT_BITS;
    return key >> shift << shift;
}

static unsigned list_of(const weft_wheel *wheel, const weft_wheel_node *node)
{
    if (node->state == IS_DUE)
        return DUE;
    const uint64_t key = key_of(node->deadline_ns);
    return key < wheel->base ? OVERDUE : slot_list(key, level_of(key, wheel->base));
}

static uint64_t list_bit(unsigned list)
{
    return UINT64_C(1) << (list % WEFT_WHEEL_SLOTS);
}

static bool is_occupied(const weft_wheel *wheel, unsigned list)
{
    return (wheel->occupied[list / WEFT_WHEEL_SLOTS] & list_bit(list)) != 0;
}

static void mark_empty(weft_wheel *wheel, unsigned list)
{
    wheel->occupied[list / WEFT_WHEEL_SLOTS] &= ~list_bit(list);
}

/* The list of the slot with the earliest entries, or NO_LIST. */
static unsigned first_slot(const weft_wheel *wheel)
{
    for (unsigned level = 0; level < WEFT_WHEEL_LEVELS; level++) {
        const uint64_t bits = wheel->occupied[level];
        if (bits)
            return level * WEFT_WHEEL_SLOTS + (unsigned)__builtin_ctzll(bits);
    }
    return NO_LIST;
}

static void append(weft_wheel *wheel, unsigned list, chain added)
{
    weft_wheel_node *head = &wheel->lists[list];
    if (!is_occupied(wheel, list)) {
        wheel->occupied[list / WEFT_WHEEL_SLOTS] |= list_bit(list);
        *head = (weft_wheel_node){ head, head, added.earliest_ns, added.order };
    } else {
        const bool sorted = head->state == SORTED_EXACT && added.order == SORTED_EXACT &&
                            head->prev->deadline_ns <= added.first->deadline_ns;
        uint32_t earliest_from = head->state;
        if (added.earliest_ns <= head->deadline_ns) {
            head->deadline_ns = added.earliest_ns;
            earliest_from = added.order;
        }
        if (!sorted)
            head->state = earliest_from == MIXED_STALE ? MIXED_STALE : MIXED_EXACT;
    }
    added.first->prev = head->prev;
    added.last->next = head;
    head->prev->next = added.first;
    head->prev = added.last;
}

/* All of a list as a chain; the list is empty then. */
static chain take_all(weft_wheel *wheel, unsigned list)
{
    const weft_wheel_node *head = &wheel->lists[list];
    mark_empty(wheel, list);
    return (chain){ head->next, head->prev, head->deadline_ns, head->state };
}

/* Takes one entry out of its list and makes it idle. */
static void take_out(weft_wheel *wheel, unsigned list, weft_wheel_node *node)
{
    weft_wheel_node *head = &wheel->lists[list];
    node->prev->next = node->next;
    node->next->prev = node->prev;
    if (head->next == head)
        mark_empty(wheel, list);
    else if (head->state != SORTED_EXACT && node->deadline_ns == head->deadline_ns)
        head->state = MIXED_STALE;
    else if (head->state == SORTED_EXACT && node->prev == head)
        head->deadline_ns = node->next->deadline_ns;
    node->next = node->prev = NULL;
    node->state = IDLE;
    wheel->len--;
}

/* The exact earliest deadline of a list that has entries. */
static int64_t earliest_of(weft_wheel *wheel, unsigned list)
{
    weft_wheel_node *head = &wheel->lists[list];
    if (head->state != MIXED_STALE)
        return head->deadline_ns;

    int64_t earliest_ns = head->next->deadline_ns;
    bool sorted = true;
    for (const weft_wheel_node *node = head->next->next; node != head; node = node->next) {
        sorted = sorted && node->prev->deadline_ns <= node->deadline_ns;
        if (node->deadline_ns < earliest_ns)
            earliest_ns = node->deadline_ns;
    }
    head->deadline_ns = earliest_ns;
    head->state = sorted ? SORTED_EXACT : MIXED_EXACT;
    return earliest_ns;
}

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
    weft_wheel_node *head = &wheel->lists[list];
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
    head->state = SORTED_EXACT;
}

/* ---- placement ------------------------------------------------------------------------ */

static void place(weft_wheel *wheel, weft_wheel_node *node)
{
    const uint64_t key = key_of(node->deadline_ns);
    unsigned list = OVERDUE;
    if (key >= wheel->base) {
        const unsigned level = level_of(key, wheel->base);
        const uint64_t start = slot_start(key, level);
        list = slot_list(key, level);
        if (start < wheel->fence)
            wheel->fence = start;
    }
    append(wheel, list, (chain){ node, node, node->deadline_ns, SORTED_EXACT });
}

/* Empties a list and places its entries where the present base wants them, in their order. */
static void place_again(weft_wheel *wheel, unsigned list)
{
    const chain all = take_all(wheel, list);
    for (weft_wheel_node *node = all.first, *next;; node = next) {
        next = node->next;
        place(wheel, node);
        if (node == all.last)
            break;
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
static size_t cut_due(weft_wheel *wheel, unsigned list, int64_t now_ns)
{
    weft_wheel_node *head = &wheel->lists[list];
    weft_wheel_node *first = head->next;
    weft_wheel_node *rest = first;
    size_t count = 0;
    for (; rest != head && rest->deadline_ns <= now_ns; rest = rest->next) {
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
    append(wheel, DUE, (chain){ first, last, first->deadline_ns, SORTED_EXACT });
    return count;
}

static size_t expire_overdue(weft_wheel *wheel, int64_t now_ns)
{
    if (!is_occupied(wheel, OVERDUE) || now_ns < wheel->lists[OVERDUE].deadline_ns)
        return 0;
    if (wheel->lists[OVERDUE].state != SORTED_EXACT)
        sort(wheel, OVERDUE);
    const size_t count = cut_due(wheel, OVERDUE, now_ns);
    if (is_occupied(wheel, OVERDUE)) {
        move_back(wheel, key_of(now_ns));
        place_again(wheel, OVERDUE);
    }
    return count;
}

/* The rest of expire, if something may be due; kept apart so that the idle poll stays short. */
static __attribute__((noinline)) size_t expire_some(weft_wheel *wheel, int64_t now_ns)
{
    size_t count = expire_overdue(wheel, now_ns);
    unsigned list = first_slot(wheel);
    for (; list != NO_LIST && wheel->lists[list].deadline_ns <= now_ns; list = first_slot(wheel)) {
        if (wheel->lists[list].state == SORTED_EXACT) {
            count += cut_due(wheel, list, now_ns);
        } else {
            wheel->base = key_of(wheel->lists[list].deadline_ns);
            place_again(wheel, list);
        }
    }

    wheel->fence = UINT64_MAX;
    wheel->quiet_until_ns = INT64_MAX;
    if (list != NO_LIST) {
        wheel->quiet_until_ns = wheel->lists[list].deadline_ns;
        wheel->fence = slot_start(key_of(wheel->quiet_until_ns), list / WEFT_WHEEL_SLOTS);
    }
    if (is_occupied(wheel, OVERDUE))
        wheel->quiet_until_ns = wheel->lists[OVERDUE].deadline_ns;
    return count;
}

/* ---- operations ----------------------------------------------------------------------- */

void weft_wheel_init(weft_wheel *wheel, int64_t now_ns)
{
    wheel->now_ns = now_ns;
    wheel->quiet_until_ns = INT64_MAX;
    wheel->base = key_of(now_ns);
    wheel->fence = UINT64_MAX;
    wheel->len = 0;
    for (size_t i = 0; i < sizeof wheel->occupied / sizeof *wheel->occupied; i++)
        wheel->occupied[i] = 0;
}

void weft_wheel_schedule(weft_wheel *wheel, weft_wheel_node *node, int64_t deadline_ns)
{
    assert(node->state == IDLE);
    const uint64_t now = key_of(wheel->now_ns);
    if (wheel->base < now && now < wheel->fence)
        wheel->base = now;

    node->deadline_ns = deadline_ns;
    node->state = PENDING;
    place(wheel, node);
    wheel->len++;
    if (deadline_ns < wheel->quiet_until_ns)
        wheel->quiet_until_ns = deadline_ns;
}

bool weft_wheel_cancel(weft_wheel *wheel, weft_wheel_node *node)
{
    if (node->state == IDLE)
        return false;
    take_out(wheel, list_of(wheel, node), node);
    return true;
}

bool weft_wheel_pending(const weft_wheel_node *node)
{
    return node->state != IDLE;
}

size_t weft_wheel_expire(weft_wheel *wheel, int64_t now_ns)
{
    wheel->now_ns = now_ns;
    return now_ns < wheel->quiet_until_ns ? 0 : expire_some(wheel, now_ns);
}

weft_wheel_node *weft_wheel_pop(weft_wheel *wheel)
{
    if (!is_occupied(wheel, DUE))
        return NULL;
    weft_wheel_node *node = wheel->lists[DUE].next;
    take_out(wheel, DUE, node);
    return node;
}

/* ---- inspection ----------------------------------------------------------------------- */

size_t weft_wheel_len(const weft_wheel *wheel)
{
    return wheel->len;
}

bool weft_wheel_next_deadline(weft_wheel *wheel, int64_t *deadline_ns_out)
{
    if (!wheel->len)
        return false;
    int64_t deadline_ns = INT64_MAX;
    const unsigned earliest = is_occupied(wheel, OVERDUE) ? OVERDUE : first_slot(wheel);
    if (earliest != NO_LIST)
        deadline_ns = earliest_of(wheel, earliest);
    if (is_occupied(wheel, DUE)) {
        const int64_t due_ns = earliest_of(wheel, DUE);
        deadline_ns = due_ns < deadline_ns ? due_ns : deadline_ns;
    }
    *deadline_ns_out = deadline_ns;
    return true;
}

int64_t weft_wheel_now(const weft_wheel *wheel)
{
    return wheel->now_ns;
}

/* What is wrong with one entry of `list`, seen alone, or NULL. */
static const char *check_entry(const weft_wheel *wheel, unsigned list, const weft_wheel_node *node)
{
    if (node->next->prev != node || node->prev->next != node)
        return "the neighbours of an entry do not link back to it";
    if (node->state != (list == DUE ? IS_DUE : PENDING))
        return "an entry's state does not fit its list";
    if (list_of(wheel, node) != list)
        return "an entry is not in the list that its deadline and base place it in";
    if (node->deadline_ns < wheel->lists[list].deadline_ns)
        return "an entry is earlier than its list's head says";
    if (list != DUE && node->deadline_ns < wheel->quiet_until_ns)
        return "a pending entry is earlier than quiet_until_ns";
    return NULL;
}

/* What is wrong with a list that should have entries, or NULL; adds their number to *count. */
static const char *check_list(const weft_wheel *wheel, unsigned list, size_t *count)
{
    const weft_wheel_node *head = &wheel->lists[list];
    if (head->next == head)
        return "a list that is marked as occupied is empty";
    if (head->state > MIXED_STALE)
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
        exact = exact || node->deadline_ns == head->deadline_ns;
    }
    if (head->state == SORTED_EXACT && !sorted)
        return "a list that is marked as sorted is not";
    if (head->state != MIXED_STALE && !exact)
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
