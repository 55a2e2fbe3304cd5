/* Two threads on two CPUs, and rivals that take turns between them: what the rows of bench-queue.c
 * have in common.
 *
 * How long a cache line takes from one CPU to the other depends on where the host has put the two,
 * and may change while a bench runs. So each turn also measures the floor: a word that goes to the
 * other thread and back, with no queue at all. Turns with a low floor (near) and with a high one
 * (far) are told apart in the notes, and in rows of their own where both were seen. */
#ifndef WEFT_BENCH_QUEUE_DUEL_H
#define WEFT_BENCH_QUEUE_DUEL_H

#include "support/bench.h"

/* What one thread of a rival does, `count` times. */
typedef void queue_job(uint64_t count);

typedef enum queue_measure {
    QUEUE_RATE,      /* messages per microsecond, that is millions per second */
    QUEUE_SEND,      /* nanoseconds per message that the producer spends */
    QUEUE_ROUND_TRIP /* nanoseconds from a message to its answer; the median of the turn */
} queue_measure;

typedef struct queue_rival {
    bench_role role;
    const char *name;
    void (*prepare)(void); /* before each turn, not timed */
    queue_job *here;       /* a round trip's calls queue_lap() after each QUEUE_LAP of them */
    queue_job *there;      /* at the same time, on the other CPU; may be NULL */
} queue_rival;

typedef struct queue_duel {
    const char *id;
    const char *what;
    queue_measure measure;
    uint64_t count; /* of messages or round trips in a turn */
    const queue_rival *rivals;
    size_t rival_count;
} queue_duel;

enum {
    QUEUE_LAP = 16,
    QUEUE_MESSAGES = 1 << 20,
    QUEUE_APART_BYTES = 128, /* what two threads write lies so far apart: two cache lines */
};

#define QUEUE_APART __attribute__((aligned(QUEUE_APART_BYTES)))

#define QUEUE_COUNT(array) (sizeof(array) / sizeof *(array))

/* False, with a note, if there is no second CPU to run on. */
bool queue_start(bench *b);
void queue_stop(void);

/* Runs the turns and prints the rows, if they are wanted. */
void queue_compare(const queue_duel *duel);

/* In a round trip's `here`. */
void queue_lap(void);

/* The rows bytes.*. */
void queue_bytes_rows(void);

/* Between two looks at a queue that is empty or full; the same for all. */
static inline void queue_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
