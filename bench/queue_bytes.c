/* Messages of 8 to 128 bytes, written and read in place. */
#include "queue_duel.h"

#include <string.h>

#include <weft/bytes.h>

enum {
    RING_BYTES = 1 << 16,
    LEAST_BYTES = 8,
    MOST_BYTES = 128,
};

static void nothing(void)
{
}

static weft_bytes alone_bytes QUEUE_APART, many_bytes QUEUE_APART;

/* Message i has so many bytes, its first eight being i. */
static inline size_t size_of(uint64_t i)
{
    return LEAST_BYTES + (i * 40503 >> 4) % (MOST_BYTES - LEAST_BYTES + 1);
}

static inline void produce_bytes(weft_bytes *queue, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        void *room;
        while (weft_bytes_claim(queue, size_of(i), &room))
            queue_pause();
        memset(room, (int)i, size_of(i));
        memcpy(room, &i, sizeof i);
        weft_bytes_commit(queue, room, size_of(i));
    }
}

static inline void consume_bytes(weft_bytes *queue, uint64_t count)
{
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < count; i++) {
        weft_bytes_message message;
        uint64_t number;
        while (weft_bytes_peek(queue, &message))
            queue_pause();
        memcpy(&number, message.data, sizeof number);
        wrong |= (number ^ i) | (message.size_bytes ^ size_of(i));
        weft_bytes_release(queue);
    }
    bench_must(!wrong, "messages keep order");
}

/* The usual ring by hand: a length, the bytes, padded to 8; head and tail, each cached. What does
 * not fit before the end goes to the beginning, behind a length of UINT64_MAX. */
typedef struct plain_bytes {
    uint64_t head QUEUE_APART, tail_seen;
    uint64_t tail QUEUE_APART, head_seen;
    unsigned char bytes[RING_BYTES] QUEUE_APART;
} plain_bytes;

static plain_bytes by_hand;

static BENCH_LOOP void by_hand_produce(uint64_t count)
{
    plain_bytes *ring = &by_hand;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t size = size_of(i), whole = (8 + size + 7) & ~UINT64_C(7);
        uint64_t tail = ring->tail;
        const uint64_t rest = RING_BYTES - tail % RING_BYTES, skip = whole > rest ? rest : 0;
        while (tail + skip + whole - ring->head_seen > RING_BYTES) {
            ring->head_seen = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
            if (tail + skip + whole - ring->head_seen > RING_BYTES)
                queue_pause();
        }
        if (skip)
            memset(&ring->bytes[tail % RING_BYTES], 0xff, 8);
        tail += skip;
        memcpy(&ring->bytes[tail % RING_BYTES], &size, 8);
        memset(&ring->bytes[tail % RING_BYTES + 8], (int)i, size);
        memcpy(&ring->bytes[tail % RING_BYTES + 8], &i, 8);
        __atomic_store_n(&ring->tail, tail + whole, __ATOMIC_RELEASE);
    }
}

static BENCH_LOOP void by_hand_consume(uint64_t count)
{
    plain_bytes *ring = &by_hand;
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t size, number, head = ring->head;
        while (head == ring->tail_seen) {
            ring->tail_seen = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
            if (head == ring->tail_seen)
                queue_pause();
        }
        memcpy(&size, &ring->bytes[head % RING_BYTES], 8);
        if (size == UINT64_MAX) {
            head += RING_BYTES - head % RING_BYTES;
            memcpy(&size, &ring->bytes[head % RING_BYTES], 8);
        }
        memcpy(&number, &ring->bytes[head % RING_BYTES + 8], 8);
        wrong |= (number ^ i) | (size ^ size_of(i));
        __atomic_store_n(&ring->head, head + ((8 + size + 7) & ~UINT64_C(7)), __ATOMIC_RELEASE);
    }
    bench_must(!wrong, "messages keep order");
}

static BENCH_LOOP void alone_produce(uint64_t count)
{
    produce_bytes(&alone_bytes, count);
}

static BENCH_LOOP void alone_consume(uint64_t count)
{
    consume_bytes(&alone_bytes, count);
}

static BENCH_LOOP void many_produce(uint64_t count)
{
    produce_bytes(&many_bytes, count);
}

static BENCH_LOOP void many_consume(uint64_t count)
{
    consume_bytes(&many_bytes, count);
}

void queue_bytes_rows(void)
{
    bench_must(!weft_bytes_init(&alone_bytes, NULL, RING_BYTES, WEFT_BYTES_SPSC) &&
                   !weft_bytes_init(&many_bytes, NULL, RING_BYTES, WEFT_BYTES_MPSC),
               "there are rings");
    const queue_rival plain = { BENCH_BASELINE, "head and tail, each cached", nothing,
                                by_hand_produce, by_hand_consume };
    const queue_rival alone[] = {
        { BENCH_OURS, "bytes.h, one producer", nothing, alone_produce, alone_consume }, plain
    };
    const queue_rival many[] = {
        { BENCH_OURS, "bytes.h, one of many producers", nothing, many_produce, many_consume }, plain
    };
    queue_compare(&(queue_duel){ "bytes.spsc", "messages of 8 to 128 bytes", QUEUE_RATE,
                                 QUEUE_MESSAGES / 2, alone, QUEUE_COUNT(alone) });
    queue_compare(&(queue_duel){ "bytes.mpsc", "messages of 8 to 128 bytes", QUEUE_RATE,
                                 QUEUE_MESSAGES / 2, many, QUEUE_COUNT(many) });
    weft_bytes_fini(&alone_bytes);
    weft_bytes_fini(&many_bytes);
}
