/* Queues between two threads on two CPUs.
 *
 *     spsc.throughput    a producer pushes as fast as it can, a consumer pops
 *     spsc.rtt           a message there, and its answer back through a second queue: the median
 *     mpsc.*             the same for the rings of several producers, here with one
 *     mpsc.send          what a push costs its producer, while the consumer pops
 *     mpsc.send.calm     the same while the consumer, finding nothing, pauses 16 times, not once
 *     mpsc.send.alone    the same while nobody pops, into a ring that was emptied before
 *     mpsc.send.two      two producers at once, one on each CPU, while nobody pops
 *     bytes.*            messages of 8 to 128 bytes, written and read in place (queue_bytes.c)
 *
 * Messages are numbers of 8 bytes, which is what the peer's queues take; every consumer looks
 * whether they are the right ones. */
#include "queue_duel.h"

#include <weft/mpsc.h>
#include <weft/spsc.h>

#ifdef WEFT_BENCH_HAVE_CK
#include <ck_ring.h>
#endif

enum {
    PLACES = 1024,
    MANY_PLACES = 1 << 16,
    TRIPS = 1 << 15,
    AT_ONCE = 16,
    CALM_PAUSES = 16,
};

/* ---- what all rivals do ---------------------------------------------------------------------- */

/* The loops of a rival, around bool NAME_push(NAME *, uint64_t) and bool NAME_pop(NAME *,
 * uint64_t *), which say whether it went. */
#define STREAM(name)                                                                     \
    static name name##_there QUEUE_APART, name##_back QUEUE_APART;                       \
    static BENCH_LOOP void name##_produce(uint64_t count)                                \
    {                                                                                    \
        for (uint64_t i = 0; i < count; i++)                                             \
            while (!name##_push(&name##_there, i))                                       \
                queue_pause();                                                           \
    }                                                                                    \
    static inline void name##_take(uint64_t count, int pauses)                           \
    {                                                                                    \
        uint64_t number, wrong = 0;                                                      \
        for (uint64_t i = 0; i < count; i++) {                                           \
            while (!name##_pop(&name##_there, &number))                                  \
                for (int pause = 0; pause < pauses; pause++)                             \
                    queue_pause();                                                       \
            wrong |= number ^ i;                                                         \
        }                                                                                \
        bench_must(!wrong, "messages keep order");                                       \
    }                                                                                    \
    static BENCH_LOOP void name##_consume(uint64_t count)                                \
    {                                                                                    \
        name##_take(count, 1);                                                           \
    }                                                                                    \
    static __attribute__((unused)) BENCH_LOOP void name##_consume_calmly(uint64_t count) \
    {                                                                                    \
        name##_take(count, CALM_PAUSES);                                                 \
    }                                                                                    \
    static BENCH_LOOP void name##_call(uint64_t count)                                   \
    {                                                                                    \
        uint64_t number, wrong = 0;                                                      \
        for (uint64_t i = 1; i <= count; i++) {                                          \
            while (!name##_push(&name##_there, i))                                       \
                continue;                                                                \
            while (!name##_pop(&name##_back, &number))                                   \
                continue;                                                                \
            wrong |= number ^ i;                                                         \
            if (i % QUEUE_LAP == 0)                                                      \
                queue_lap();                                                             \
        }                                                                                \
        bench_must(!wrong, "answers keep order");                                        \
    }                                                                                    \
    static BENCH_LOOP void name##_answer(uint64_t count)                                 \
    {                                                                                    \
        uint64_t number;                                                                 \
        for (uint64_t i = 0; i < count; i++) {                                           \
            while (!name##_pop(&name##_there, &number))                                  \
                continue;                                                                \
            while (!name##_push(&name##_back, number))                                   \
                continue;                                                                \
        }                                                                                \
    }

static void nothing(void)
{
}

/* ---- ours ------------------------------------------------------------------------------------ */

WEFT_SPSC(Spsc, uint64_t);
WEFT_MPSC(Mpsc, uint64_t);

#define OURS(name, Queue)                                                  \
    typedef Queue name;                                                    \
    static inline bool name##_push(name *queue, uint64_t number)           \
    {                                                                      \
        return Queue##_push(queue, &number) == WEFT_OK;                    \
    }                                                                      \
    static inline bool name##_pop(name *queue, uint64_t *number)           \
    {                                                                      \
        return Queue##_pop(queue, number) == WEFT_OK;                      \
    }                                                                      \
    STREAM(name)                                                           \
    static BENCH_LOOP void name##_produce_many(uint64_t count)             \
    {                                                                      \
        uint64_t numbers[AT_ONCE];                                         \
        for (uint64_t i = 0; i < count;) {                                 \
            const size_t most = count - i < AT_ONCE ? count - i : AT_ONCE; \
            size_t sent = 0;                                               \
            for (uint64_t j = 0; j < AT_ONCE; j++)                         \
                numbers[j] = i + j;                                        \
            if (Queue##_push_n(&name##_there, numbers, most, &sent))       \
                queue_pause();                                             \
            i += sent;                                                     \
        }                                                                  \
    }                                                                      \
    static BENCH_LOOP void name##_consume_many(uint64_t count)             \
    {                                                                      \
        uint64_t numbers[AT_ONCE], wrong = 0;                              \
        for (uint64_t i = 0; i < count;) {                                 \
            size_t got = 0;                                                \
            if (Queue##_pop_n(&name##_there, numbers, AT_ONCE, &got))      \
                queue_pause();                                             \
            for (size_t j = 0; j < got; j++)                               \
                wrong |= numbers[j] ^ (i + j);                             \
            i += got;                                                      \
        }                                                                  \
        bench_must(!wrong, "messages keep order");                         \
    }

OURS(spsc, Spsc)
OURS(mpsc, Mpsc)

static void make_ours(void)
{
    bench_must(!Spsc_init(&spsc_there, NULL, PLACES) && !Spsc_init(&spsc_back, NULL, PLACES) &&
                   !Mpsc_init(&mpsc_there, NULL, PLACES) && !Mpsc_init(&mpsc_back, NULL, PLACES),
               "there are rings");
}

static void end_ours(void)
{
    Spsc_fini(&spsc_there);
    Spsc_fini(&spsc_back);
    Mpsc_fini(&mpsc_there);
    Mpsc_fini(&mpsc_back);
}

/* ---- by hand --------------------------------------------------------------------------------- */

/* The usual ring of one producer: each side publishes how far it is, and remembers what it last saw
 * of the other. */
typedef struct textbook {
    uint64_t head QUEUE_APART, tail_seen;
    uint64_t tail QUEUE_APART, head_seen;
    uint64_t numbers[PLACES] QUEUE_APART;
} textbook;

static inline bool textbook_push(textbook *ring, uint64_t number)
{
    const uint64_t tail = ring->tail;
    if (tail - ring->head_seen == PLACES) {
        ring->head_seen = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
        if (tail - ring->head_seen == PLACES)
            return false;
    }
    ring->numbers[tail % PLACES] = number;
    __atomic_store_n(&ring->tail, tail + 1, __ATOMIC_RELEASE);
    return true;
}

static inline bool textbook_pop(textbook *ring, uint64_t *number)
{
    const uint64_t head = ring->head;
    if (head == ring->tail_seen) {
        ring->tail_seen = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
        if (head == ring->tail_seen)
            return false;
    }
    *number = ring->numbers[head % PLACES];
    __atomic_store_n(&ring->head, head + 1, __ATOMIC_RELEASE);
    return true;
}

STREAM(textbook)

/* The usual ring of several: Vyukov's, where each slot says whose turn it is, and the consumer
 * writes to it too. */
typedef struct vyukov {
    uint64_t tail QUEUE_APART;
    uint64_t head QUEUE_APART;
    struct {
        uint64_t turn, number;
    } slots[PLACES] QUEUE_APART;
} vyukov;

static inline bool vyukov_push(vyukov *ring, uint64_t number)
{
    uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
    for (;;) {
        const uint64_t turn = __atomic_load_n(&ring->slots[tail % PLACES].turn, __ATOMIC_ACQUIRE);
        if (turn == tail) {
            if (__atomic_compare_exchange_n(&ring->tail, &tail, tail + 1, true, __ATOMIC_RELAXED,
                                            __ATOMIC_RELAXED))
                break;
        } else if ((int64_t)(turn - tail) < 0) {
            return false;
        } else {
            tail = __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
        }
    }
    ring->slots[tail % PLACES].number = number;
    __atomic_store_n(&ring->slots[tail % PLACES].turn, tail + 1, __ATOMIC_RELEASE);
    return true;
}

static inline bool vyukov_pop(vyukov *ring, uint64_t *number)
{
    const uint64_t head = ring->head;
    if (__atomic_load_n(&ring->slots[head % PLACES].turn, __ATOMIC_ACQUIRE) != head + 1)
        return false;
    *number = ring->slots[head % PLACES].number;
    __atomic_store_n(&ring->slots[head % PLACES].turn, head + PLACES, __ATOMIC_RELEASE);
    ring->head = head + 1;
    return true;
}

STREAM(vyukov)

static void make_by_hand(void)
{
    for (uint64_t i = 0; i < PLACES; i++)
        vyukov_there.slots[i].turn = vyukov_back.slots[i].turn = i;
}

/* ---- the peer -------------------------------------------------------------------------------- */

#ifdef WEFT_BENCH_HAVE_CK
#define PEER(name, kind)                                                                       \
    typedef struct name {                                                                      \
        ck_ring_t ring QUEUE_APART;                                                            \
        ck_ring_buffer_t places[PLACES] QUEUE_APART;                                           \
    } name;                                                                                    \
    static inline bool name##_push(name *queue, uint64_t number)                               \
    {                                                                                          \
        return ck_ring_enqueue_##kind(&queue->ring, queue->places, (void *)(uintptr_t)number); \
    }                                                                                          \
    static inline bool name##_pop(name *queue, uint64_t *number)                               \
    {                                                                                          \
        void *out;                                                                             \
        const bool there = ck_ring_dequeue_##kind(&queue->ring, queue->places, &out);          \
        if (there)                                                                             \
            *number = (uintptr_t)out;                                                          \
        return there;                                                                          \
    }                                                                                          \
    STREAM(name)

PEER(ck_one, spsc)
PEER(ck_many, mpsc)

static void make_peers(void)
{
    ck_ring_init(&ck_one_there.ring, PLACES);
    ck_ring_init(&ck_one_back.ring, PLACES);
    ck_ring_init(&ck_many_there.ring, PLACES);
    ck_ring_init(&ck_many_back.ring, PLACES);
}
#else
static void make_peers(void)
{
}
#endif

/* ---- rows of numbers ------------------------------------------------------------------------- */

/* What one side runs and what the other, for each of the rivals that are there. */
#define RIVAL(role, name, queue, one, other)                \
    {                                                       \
        role, name, nothing, queue##_##one, queue##_##other \
    }
#ifdef WEFT_BENCH_HAVE_CK
#define CK_RIVAL(name, queue, one, other) RIVAL(BENCH_PEER, name, queue, one, other),
#else
#define CK_RIVAL(name, queue, one, other)
#endif
#define SPSC_RIVALS(one, other)                                                    \
    RIVAL(BENCH_OURS, "spsc.h", spsc, one, other),                                 \
        RIVAL(BENCH_BASELINE, "head and tail, each cached", textbook, one, other), \
        CK_RIVAL("ck_ring spsc", ck_one, one, other)
#define MPSC_RIVALS(one, other)                                     \
    RIVAL(BENCH_OURS, "mpsc.h", mpsc, one, other),                  \
        RIVAL(BENCH_BASELINE, "Vyukov's ring", vyukov, one, other), \
        CK_RIVAL("ck_ring mpsc", ck_many, one, other)

static void spsc_rows(void)
{
    const queue_rival streams[] = { SPSC_RIVALS(produce, consume) };
    queue_compare(&(queue_duel){ "spsc.throughput", "one producer to one consumer", QUEUE_RATE,
                                 QUEUE_MESSAGES, streams, QUEUE_COUNT(streams) });
    const queue_rival many[] = {
        { BENCH_OURS, "spsc.h, 16 at once", nothing, spsc_produce_many, spsc_consume_many },
    };
    queue_compare(&(queue_duel){ "spsc.batch", "one producer to one consumer, many at once",
                                 QUEUE_RATE, QUEUE_MESSAGES, many, QUEUE_COUNT(many) });
    const queue_rival trips[] = { SPSC_RIVALS(call, answer) };
    queue_compare(&(queue_duel){ "spsc.rtt", "there and back, p50", QUEUE_ROUND_TRIP, TRIPS, trips,
                                 QUEUE_COUNT(trips) });
}

static void mpsc_rows(void)
{
    const queue_rival streams[] = { MPSC_RIVALS(produce, consume) };
    queue_compare(&(queue_duel){ "mpsc.send", "a push of one producer, while the consumer pops",
                                 QUEUE_SEND, QUEUE_MESSAGES, streams, QUEUE_COUNT(streams) });
    const queue_rival calm[] = { MPSC_RIVALS(produce, consume_calmly) };
    queue_compare(&(queue_duel){ "mpsc.send.calm",
                                 "a push of one producer, while a calm consumer pops", QUEUE_SEND,
                                 QUEUE_MESSAGES, calm, QUEUE_COUNT(calm) });
    queue_compare(&(queue_duel){ "mpsc.throughput", "one producer to one consumer", QUEUE_RATE,
                                 QUEUE_MESSAGES, streams, QUEUE_COUNT(streams) });
    const queue_rival many[] = {
        { BENCH_OURS, "mpsc.h, 16 at once", nothing, mpsc_produce_many, mpsc_consume_many },
    };
    queue_compare(&(queue_duel){ "mpsc.batch", "one producer to one consumer, many at once",
                                 QUEUE_RATE, QUEUE_MESSAGES, many, QUEUE_COUNT(many) });
    const queue_rival trips[] = { MPSC_RIVALS(call, answer) };
    queue_compare(&(queue_duel){ "mpsc.rtt", "there and back, p50", QUEUE_ROUND_TRIP, TRIPS, trips,
                                 QUEUE_COUNT(trips) });
}

/* ---- bursts: nobody pops --------------------------------------------------------------------- */

/* A ring with room for all of a turn's messages, emptied before each turn on this CPU. */
static Mpsc burst QUEUE_APART;

static void empty_burst(void)
{
    uint64_t numbers[AT_ONCE];
    size_t count;
    while (Mpsc_pop_n(&burst, numbers, AT_ONCE, &count) == WEFT_OK)
        continue;
}

static BENCH_LOOP void push_burst(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        bench_must(Mpsc_push(&burst, &i) == WEFT_OK, "there is room");
}

#ifdef WEFT_BENCH_HAVE_CK
static struct {
    ck_ring_t ring QUEUE_APART;
    ck_ring_buffer_t places[MANY_PLACES] QUEUE_APART;
} ck_burst;

static void empty_ck_burst(void)
{
    void *out;
    if (ck_burst.ring.size == 0)
        ck_ring_init(&ck_burst.ring, MANY_PLACES);
    while (ck_ring_dequeue_mpsc(&ck_burst.ring, ck_burst.places, &out))
        continue;
}

static BENCH_LOOP void push_ck_burst(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        bench_must(ck_ring_enqueue_mpsc(&ck_burst.ring, ck_burst.places, (void *)(uintptr_t)i),
                   "there is room");
}
#endif

static void burst_rows(void)
{
    bench_must(!Mpsc_init(&burst, NULL, MANY_PLACES), "there is a ring");
    const queue_rival alone[] = {
        { BENCH_OURS, "mpsc.h", empty_burst, push_burst, NULL },
#ifdef WEFT_BENCH_HAVE_CK
        { BENCH_PEER, "ck_ring mpsc", empty_ck_burst, push_ck_burst, NULL },
#endif
    };
    queue_compare(&(queue_duel){ "mpsc.send.alone", "a push of one producer, nobody pops",
                                 QUEUE_SEND, MANY_PLACES / 2, alone, QUEUE_COUNT(alone) });
    const queue_rival two[] = {
        { BENCH_OURS, "mpsc.h", empty_burst, push_burst, push_burst },
#ifdef WEFT_BENCH_HAVE_CK
        { BENCH_PEER, "ck_ring mpsc", empty_ck_burst, push_ck_burst, push_ck_burst },
#endif
    };
    queue_compare(&(queue_duel){ "mpsc.send.two", "a push, two producers at once, nobody pops",
                                 QUEUE_SEND, MANY_PLACES / 2 - 1, two, QUEUE_COUNT(two) });
    Mpsc_fini(&burst);
}

int main(int argc, char **argv)
{
    bench *b = bench_open("queue", argc, argv);
    if (queue_start(b)) {
        make_ours();
        make_by_hand();
        make_peers();
        spsc_rows();
        mpsc_rows();
        burst_rows();
        queue_bytes_rows();
        queue_stop();
        end_ours();
    }
    return bench_close(b);
}
