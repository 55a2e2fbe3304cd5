/* What is seldom done to a ring. The order of the stores in closing is what pop relies on:
 *
 *     closing                              pop
 *     the last message is published        the message is not there
 *     the tail is final                    closed?
 *     closed                               then look at the tail, and again for the message
 *
 * So whoever sees `closed` also sees all that was claimed before. With a single producer all of it
 * is published as well. With several, those that had claimed a slot may still be filling it: the
 * tail says that they are to be waited for.
 */
#include <weft/ring.h>

#include <string.h>

enum { CACHE_LINE_BYTES = 64 };

/* The least power of two that is no less, but 2 for 1; `count` is 1 to WEFT_X_RING_MOST. */
static uint32_t round_up(uint32_t count)
{
    return count <= 2 ? 2 : UINT32_C(1) << (32 - __builtin_clz(count - 1));
}

static uint32_t *word_of(const weft_ring *ring, uint64_t position)
{
    return weft_x_ring_word(ring, ring->slot_bytes, position);
}

static size_t slots_bytes(const weft_ring *ring)
{
    return ((size_t)ring->mask + 1) * ring->slot_bytes;
}

weft_status weft_x_ring_init(weft_ring *ring, const weft_allocator *allocator, size_t capacity,
                             size_t slot_bytes, size_t slot_align)
{
    memset(ring, 0, sizeof *ring);
    if (capacity == 0 || capacity > WEFT_X_RING_MOST)
        return WEFT_EINVAL;
    const weft_allocator from = weft_allocator_or_default(allocator);
    const size_t align = slot_align > CACHE_LINE_BYTES ? slot_align : CACHE_LINE_BYTES;
    const uint32_t count = round_up((uint32_t)capacity);
    size_t bytes;
    if (__builtin_mul_overflow((size_t)count, slot_bytes, &bytes))
        return WEFT_ENOMEM;
    void *slots = weft_alloc(&from, bytes, align);
    if (!slots)
        return WEFT_ENOMEM;
    memset(slots, 0, bytes);
    ring->slots = slots;
    ring->mask = count - 1;
    ring->capacity = (uint32_t)capacity;
    ring->slot_bytes = (uint32_t)slot_bytes;
    ring->slot_align = (uint32_t)align;
    ring->allocator = from;
    weft_x_ring_start_at(ring, 0);
    return WEFT_OK;
}

void weft_x_ring_fini(weft_ring *ring)
{
    if (!ring)
        return;
    if (ring->slots)
        weft_free(&ring->allocator, ring->slots, slots_bytes(ring), ring->slot_align);
    memset(ring, 0, sizeof *ring);
}

void weft_x_ring_start_at(weft_ring *ring, uint64_t position)
{
    ring->head = ring->tail = position;
    for (uint64_t i = 0; i <= ring->mask; i++)
        *word_of(ring, position + i) = (uint32_t)(position + i);
}

bool weft_x_ring_is_over(const weft_ring *ring, uint64_t at)
{
    return __atomic_load_n(&ring->state, __ATOMIC_ACQUIRE) == WEFT_X_RING_CLOSED &&
           (__atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) & ~WEFT_X_RING_ENDED) == at;
}

void weft_x_spsc_refused(weft_ring *ring)
{
    __atomic_store_n(&ring->state, WEFT_X_RING_CLOSED, __ATOMIC_RELEASE);
}

void weft_x_spsc_refuse(weft_ring *ring)
{
    uint32_t open = WEFT_X_RING_OPEN;
    (void)__atomic_compare_exchange_n(&ring->state, &open, WEFT_X_RING_REFUSED, false,
                                      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

void weft_x_mpsc_close(weft_ring *ring)
{
    (void)__atomic_fetch_or(&ring->tail, WEFT_X_RING_ENDED, __ATOMIC_ACQ_REL);
    __atomic_store_n(&ring->state, WEFT_X_RING_CLOSED, __ATOMIC_RELEASE);
}

/* ---- inspection ------------------------------------------------------------------------------ */

bool weft_x_ring_check(const weft_ring *ring, const char **why_out)
{
    const uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
    const uint64_t word = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
    const uint64_t tail = word & ~WEFT_X_RING_ENDED;
    const char *why = NULL;
    if (ring->mask & (ring->mask + 1) || ring->capacity > (uint64_t)ring->mask + 1)
        why = "the slots are no power of two, or fewer than the capacity";
    else if (tail - head > ring->capacity)
        why = "there are more messages than the capacity, or the head has passed the tail";
    else if (word != tail && ring->state != WEFT_X_RING_CLOSED)
        why = "the tail has ended, and the ring is not closed";
    for (uint64_t at = head; !why && at - head <= ring->mask; at++) {
        const uint32_t expected = (uint32_t)at + (at < tail);
        if (__atomic_load_n(word_of(ring, at), __ATOMIC_ACQUIRE) != expected)
            why = at < tail ? "a message between head and tail is not published"
                            : "a free slot does not say which message it waits for";
    }
    if (why)
        *why_out = why;
    return !why;
}
