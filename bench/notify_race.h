/* Sides that carry a signal from one thread to another, timed one way, in turns. */
#ifndef WEFT_BENCH_NOTIFY_RACE_H
#define WEFT_BENCH_NOTIFY_RACE_H

#include "support/bench.h"

#include <sched.h>

enum { RACE_LINE_BYTES = 64, RACE_SIDES_MAX = 4 };

/* What the two threads share: one line, which the receiver writes. What a sender hands over besides
 * its signal costs more: a line for itself. */
typedef struct race_lane {
    uint64_t acked __attribute__((aligned(RACE_LINE_BYTES))); /* atomic: how many have arrived */
    uint64_t arrived;                                         /* ticks: when the last one did */
    double *ns __attribute__((aligned(RACE_LINE_BYTES)));     /* of each sample; the sender's */
    double *back_ns;                                          /* of each acknowledgement */
} race_lane;

typedef struct race_side {
    bench_role role;
    const char *name, *suffix; /* as in bench_side */
    void (*signal)(void *arg); /* in the sender's thread */
    void (*turn)(void *arg);   /* in the receiver's, over and over; calls race_arrive */
    void *arg;
    race_lane lane;
} race_side;

typedef struct race {
    const char *id, *what;
    size_t blocks, samples; /* samples per block and side */
    bool by_distance;       /* notes tell near from far */
    unsigned pause_ns;      /* between two signals at least, and up to twice that */
    race_side sides[RACE_SIDES_MAX];
    size_t side_count;
    const bench *bench;
    int sender_cpu;
    uint64_t stage; /* atomic: up to which block of a side may be sent */
} race;

/* What a side's handler does first. */
void race_arrive(race_side *side);

/* Runs the race with the sender on that CPU and the caller as receiver, and records its rows. */
void race_run(bench *b, race *r, int sender_cpu);

/* Of the CPUs allowed one that this thread is not on; -1 if there is none. */
int race_other_cpu(const cpu_set_t *allowed);

/* Moves the calling thread to that CPU. */
void race_pin(int cpu);

#endif
