/* A record is a header and the message's bytes, padded to a multiple of 8:
 *
 *     | extent: 32 bits | size: 32 bits | bytes ... | padding |
 *
 * `extent` is the length of the whole record and is written last: while it is 0, the record is not
 * there. Its lowest bit marks a gap: a claim that was aborted, or the end of the ring where the
 * record behind it did not fit. While a record is claimed, its `size` is the extent to be.
 *
 * So the consumer needs an extent of 0 wherever the next record may begin. With one producer, that
 * is behind the last record, and the producer writes the 0 before it publishes that record; so it
 * needs 8 bytes more than the record. With several, any of them may be the one whose record begins
 * there, and it may publish before its predecessor gets to it; so all that is free is zero, and the
 * consumer sees to that.
 *
 * Why half the ring: a record of `extent` bytes that does not fit into the rest before the end
 * takes rest + extent <= (extent - 8) + extent, and 8 for the zero: no more than the ring if extent
 * is half of it.
 */
#include <weft/bytes.h>

#include <assert.h>
#include <string.h>

enum { CACHE_LINE_BYTES = 64, GAP = 1 };

typedef struct header {
    uint32_t extent; /* atomic */
    uint32_t size_bytes;
} header;

static_assert(sizeof(header) == WEFT_BYTES_ALIGN, "a header keeps what follows it aligned");

static header *header_at(const weft_bytes *queue, uint64_t position)
{
    return (header *)(void *)(queue->bytes + ((uint32_t)position & queue->mask));
}

static header *header_of(void *data)
{
    return (header *)(void *)((unsigned char *)data - sizeof(header));
}

static uint32_t extent_for(size_t size_bytes)
{
    const size_t whole = sizeof(header) + size_bytes + WEFT_BYTES_ALIGN - 1;
    return (uint32_t)whole & ~(uint32_t)(WEFT_BYTES_ALIGN - 1);
}

/* ---- life ------------------------------------------------------------------------------------ */

weft_status weft_bytes_init(weft_bytes *queue, const weft_allocator *allocator,
                            size_t capacity_bytes, weft_bytes_kind kind)
{
    memset(queue, 0, sizeof *queue);
    if (capacity_bytes == 0 || capacity_bytes > WEFT_BYTES_MOST || (unsigned)kind > WEFT_BYTES_MPSC)
        return WEFT_EINVAL;
    size_t size = WEFT_BYTES_LEAST;
    while (size < capacity_bytes)
        size *= 2;
    const weft_allocator from = weft_allocator_or_default(allocator);
    unsigned char *bytes = weft_alloc(&from, size, CACHE_LINE_BYTES);
    if (!bytes)
        return WEFT_ENOMEM;
    memset(bytes, 0, size);
    queue->bytes = bytes;
    queue->mask = (uint32_t)(size - 1);
    queue->kind = kind;
    queue->allocator = from;
    return WEFT_OK;
}

void weft_bytes_fini(weft_bytes *queue)
{
    if (!queue)
        return;
    if (queue->bytes)
        weft_free(&queue->allocator, queue->bytes, weft_bytes_capacity(queue), CACHE_LINE_BYTES);
    memset(queue, 0, sizeof *queue);
}

void weft_x_bytes_start_at(weft_bytes *queue, uint64_t position)
{
    queue->head = queue->tail = queue->head_seen = position;
    memset(queue->bytes, 0, weft_bytes_capacity(queue));
}

size_t weft_bytes_used(const weft_bytes *queue)
{
    const uint64_t head = __atomic_load_n(&queue->head, __ATOMIC_ACQUIRE);
    const uint64_t tail = __atomic_load_n(&queue->tail, __ATOMIC_ACQUIRE) & ~WEFT_X_RING_ENDED;
    const uint64_t used = tail - head;
    return (size_t)(used <= queue->mask ? used : (uint64_t)queue->mask + 1);
}

/* ---- claiming -------------------------------------------------------------------------------- */

/* How much a record at `tail` leaves unused before the ring's end, so as to lie in one piece. */
static uint32_t gap_before(const weft_bytes *queue, uint64_t tail, uint32_t extent)
{
    const uint32_t rest = queue->mask + 1 - ((uint32_t)tail & queue->mask);
    return extent <= rest ? 0 : rest;
}

/* The bytes of the record at `at` are the claimer's. */
static void *open_record(const weft_bytes *queue, uint64_t at, uint32_t extent)
{
    header *record = header_at(queue, at);
    record->size_bytes = extent;
    return record + 1;
}

static weft_status claim_alone(weft_bytes *queue, uint32_t extent, void **data_out)
{
    if (__atomic_load_n(&queue->state, __ATOMIC_ACQUIRE) != WEFT_X_RING_OPEN) {
        __atomic_store_n(&queue->state, (uint32_t)WEFT_X_RING_CLOSED, __ATOMIC_RELEASE);
        return WEFT_ECLOSED;
    }
    const uint64_t tail = __atomic_load_n(&queue->tail, __ATOMIC_RELAXED);
    const uint32_t gap = gap_before(queue, tail, extent);
    const uint64_t most_used = (uint64_t)queue->mask + 1 - gap - extent - sizeof(header);
    if (tail - queue->head_seen > most_used) {
        queue->head_seen = __atomic_load_n(&queue->head, __ATOMIC_ACQUIRE);
        if (tail - queue->head_seen > most_used)
            return WEFT_EFULL;
    }
    *data_out = open_record(queue, tail + gap, extent);
    return WEFT_OK;
}

static weft_status claim_among_many(weft_bytes *queue, uint32_t extent, void **data_out)
{
    const uint64_t capacity = (uint64_t)queue->mask + 1;
    uint64_t tail = __atomic_load_n(&queue->tail, __ATOMIC_ACQUIRE);
    uint32_t gap;
    do {
        if (tail & WEFT_X_RING_ENDED)
            return WEFT_ECLOSED;
        gap = gap_before(queue, tail, extent);
        const int64_t most_used = (int64_t)(capacity - gap - extent);
        /* See weft_x_mpsc_claim: a head that is newer than the tail fails the exchange. */
        uint64_t used = tail - __atomic_load_n(&queue->head_seen, __ATOMIC_ACQUIRE);
        if ((int64_t)used > most_used) {
            const uint64_t head = __atomic_load_n(&queue->head, __ATOMIC_ACQUIRE);
            used = tail - head;
            if ((int64_t)used > most_used)
                return WEFT_EFULL;
            __atomic_store_n(&queue->head_seen, head, __ATOMIC_RELEASE);
        }
    } while (!__atomic_compare_exchange_n(&queue->tail, &tail, tail + gap + extent, true,
                                          __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE));
    *data_out = open_record(queue, tail + gap, extent);
    if (gap)
        __atomic_store_n(&header_at(queue, tail)->extent, gap | GAP, __ATOMIC_RELEASE);
    return WEFT_OK;
}

weft_status weft_bytes_claim(weft_bytes *queue, size_t size_bytes, void **data_out)
{
    if (size_bytes > weft_bytes_max_message(queue))
        return WEFT_ETOOBIG;
    const uint32_t extent = extent_for(size_bytes);
    return queue->kind == WEFT_BYTES_SPSC ? claim_alone(queue, extent, data_out)
                                          : claim_among_many(queue, extent, data_out);
}

/* ---- committing ------------------------------------------------------------------------------ */

/* Publishes the record by one store: that of its own extent, or that of the gap before it. */
static void commit_alone(weft_bytes *queue, header *record, uint32_t size_bytes)
{
    const uint64_t tail = __atomic_load_n(&queue->tail, __ATOMIC_RELAXED);
    header *const at_tail = header_at(queue, tail);
    const uint32_t rest = queue->mask + 1 - ((uint32_t)tail & queue->mask);
    const uint32_t gap = record == at_tail ? 0 : rest;
    const uint32_t extent = extent_for(size_bytes);
    const uint64_t end = tail + gap + extent;
    assert(record == header_at(queue, tail + gap));
    assert(__atomic_load_n(&queue->state, __ATOMIC_RELAXED) != WEFT_X_RING_CLOSED);
    record->size_bytes = size_bytes;
    __atomic_store_n(&header_at(queue, end)->extent, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&queue->tail, end, __ATOMIC_RELAXED);
    if (gap) {
        __atomic_store_n(&record->extent, extent, __ATOMIC_RELAXED);
        __atomic_store_n(&at_tail->extent, gap | GAP, __ATOMIC_RELEASE);
    } else {
        __atomic_store_n(&record->extent, extent, __ATOMIC_RELEASE);
    }
}

void weft_bytes_commit(weft_bytes *queue, void *data, size_t size_bytes)
{
    header *const record = header_of(data);
    const uint32_t claimed = record->size_bytes;
    assert(size_bytes <= claimed - sizeof(header));
    if (queue->kind == WEFT_BYTES_SPSC) {
        commit_alone(queue, record, (uint32_t)size_bytes);
    } else {
        record->size_bytes = (uint32_t)size_bytes;
        __atomic_store_n(&record->extent, claimed, __ATOMIC_RELEASE);
    }
}

void weft_bytes_abort(weft_bytes *queue, void *data)
{
    header *const record = header_of(data);
    if (queue->kind == WEFT_BYTES_MPSC)
        __atomic_store_n(&record->extent, record->size_bytes | GAP, __ATOMIC_RELEASE);
}

weft_status weft_bytes_push(weft_bytes *queue, const void *data, size_t size_bytes)
{
    void *room;
    const weft_status status = weft_bytes_claim(queue, size_bytes, &room);
    if (status)
        return status;
    if (size_bytes)
        memcpy(room, data, size_bytes);
    weft_bytes_commit(queue, room, size_bytes);
    return WEFT_OK;
}

/* ---- consuming ------------------------------------------------------------------------------- */

static void give_back(weft_bytes *queue, uint64_t head, uint32_t extent)
{
    if (queue->kind == WEFT_BYTES_MPSC)
        memset(header_at(queue, head), 0, extent);
    __atomic_store_n(&queue->head, head + extent, __ATOMIC_RELEASE);
}

/* What peek says if there was no record at `head`: WEFT_OK if it has to look again. See ring.c. */
static weft_status not_ready(const weft_bytes *queue, uint64_t head)
{
    if (__atomic_load_n(&queue->state, __ATOMIC_ACQUIRE) != WEFT_X_RING_CLOSED)
        return WEFT_EAGAIN;
    const uint64_t tail = __atomic_load_n(&queue->tail, __ATOMIC_ACQUIRE) & ~WEFT_X_RING_ENDED;
    if (__atomic_load_n(&header_at(queue, head)->extent, __ATOMIC_ACQUIRE))
        return WEFT_OK;
    return tail == head ? WEFT_ECLOSED : WEFT_EAGAIN;
}

weft_status weft_bytes_peek(weft_bytes *queue, weft_bytes_message *message_out)
{
    for (;;) {
        const uint64_t head = __atomic_load_n(&queue->head, __ATOMIC_RELAXED);
        header *const record = header_at(queue, head);
        const uint32_t extent = __atomic_load_n(&record->extent, __ATOMIC_ACQUIRE);
        if (extent == 0) {
            const weft_status status = not_ready(queue, head);
            if (status)
                return status;
        } else if (extent & GAP) {
            give_back(queue, head, extent - GAP);
        } else {
            *message_out = (weft_bytes_message){ record + 1, record->size_bytes };
            return WEFT_OK;
        }
    }
}

void weft_bytes_release(weft_bytes *queue)
{
    const uint64_t head = __atomic_load_n(&queue->head, __ATOMIC_RELAXED);
    const uint32_t extent = __atomic_load_n(&header_at(queue, head)->extent, __ATOMIC_RELAXED);
    assert(extent && !(extent & GAP));
    give_back(queue, head, extent);
}

weft_status weft_bytes_pop(weft_bytes *queue, void *data_out, size_t most_bytes, size_t *size_out)
{
    weft_bytes_message message;
    const weft_status status = weft_bytes_peek(queue, &message);
    if (status)
        return status;
    if (message.size_bytes > most_bytes)
        return WEFT_ETOOBIG;
    if (message.size_bytes)
        memcpy(data_out, message.data, message.size_bytes);
    *size_out = message.size_bytes;
    weft_bytes_release(queue);
    return WEFT_OK;
}

/* ---- closing --------------------------------------------------------------------------------- */

void weft_bytes_close(weft_bytes *queue)
{
    if (queue->kind == WEFT_BYTES_MPSC)
        (void)__atomic_fetch_or(&queue->tail, WEFT_X_RING_ENDED, __ATOMIC_ACQ_REL);
    __atomic_store_n(&queue->state, (uint32_t)WEFT_X_RING_CLOSED, __ATOMIC_RELEASE);
}

void weft_bytes_refuse(weft_bytes *queue)
{
    uint32_t open = WEFT_X_RING_OPEN;
    if (queue->kind == WEFT_BYTES_MPSC)
        weft_bytes_close(queue);
    else
        (void)__atomic_compare_exchange_n(&queue->state, &open, (uint32_t)WEFT_X_RING_REFUSED,
                                          false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* ---- inspection ------------------------------------------------------------------------------ */

/* What is wrong with the record at `at`, or NULL and its extent. */
static const char *record_fault(const weft_bytes *queue, uint64_t at, uint32_t *extent_out)
{
    const header *record = header_at(queue, at);
    const uint32_t word = __atomic_load_n(&record->extent, __ATOMIC_ACQUIRE);
    const uint32_t extent = word & ~(uint32_t)GAP;
    const uint32_t rest = queue->mask + 1 - ((uint32_t)at & queue->mask);
    if (extent == 0)
        return "a record before the tail is not published";
    if (extent % WEFT_BYTES_ALIGN || extent > rest)
        return "a record has an odd extent, or goes beyond the ring's end";
    if (word == extent && record->size_bytes > extent - sizeof(header))
        return "a message is larger than its record";
    *extent_out = extent;
    return NULL;
}

/* What is free and should be zero. */
static const char *free_fault(const weft_bytes *queue, uint64_t head, uint64_t tail)
{
    const uint64_t capacity = (uint64_t)queue->mask + 1;
    const uint64_t until = queue->kind == WEFT_BYTES_MPSC ? head + capacity : tail + 1;
    if (queue->kind == WEFT_BYTES_SPSC && tail - head > capacity - sizeof(header))
        return "there is no room behind the last record";
    for (uint64_t at = tail; at < until; at += WEFT_BYTES_ALIGN) {
        if (__atomic_load_n(&header_at(queue, at)->extent, __ATOMIC_ACQUIRE))
            return "what is free has something in it";
    }
    return NULL;
}

bool weft_bytes_check(const weft_bytes *queue, const char **why_out)
{
    const uint64_t head = __atomic_load_n(&queue->head, __ATOMIC_ACQUIRE);
    const uint64_t word = __atomic_load_n(&queue->tail, __ATOMIC_ACQUIRE);
    const uint64_t tail = word & ~WEFT_X_RING_ENDED;
    const char *why = NULL;
    if (tail - head > (uint64_t)queue->mask + 1 || (head | tail) % WEFT_BYTES_ALIGN)
        why = "there is more than the ring holds, or the head has passed the tail";
    else if (head < queue->head_seen)
        why = "the producers have seen a head that is still to come";
    else if (word != tail && queue->state != WEFT_X_RING_CLOSED)
        why = "the tail has ended, and the ring is not closed";
    uint64_t at = head;
    for (uint32_t extent = 0; !why && at < tail; at += extent)
        why = record_fault(queue, at, &extent);
    if (!why && at != tail)
        why = "the records do not add up";
    if (!why)
        why = free_fault(queue, head, tail);
    if (why)
        *why_out = why;
    return !why;
}
