#define _GNU_SOURCE
#include "queue_duel.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    TURNS = 15,
    MOST_RIVALS = 5,
    MOST_LAPS = 4096,
    FLOOR_TRIPS = 2000,
};

/* Round trips below are between near CPUs. */
static const double NEAR_NS = 250;

/* ---- the other thread ------------------------------------------------------------------------ */

static struct {
    bench *b;
    pthread_t thread;
    int cpu;
    queue_job *job;
    uint64_t count;
    uint32_t asked QUEUE_APART; /* atomic */
    uint32_t done QUEUE_APART;  /* atomic */
} other;

static bool pin(int cpu)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0;
}

static void *work(void *arg)
{
    (void)arg;
    bench_must(pin(other.cpu), "the second thread can be pinned");
    for (uint32_t round = 1;; round++) {
        while (__atomic_load_n(&other.asked, __ATOMIC_ACQUIRE) != round)
            queue_pause();
        if (!other.job)
            return NULL;
        other.job(other.count);
        __atomic_store_n(&other.done, round, __ATOMIC_RELEASE);
    }
}

static void ask(queue_job *job, uint64_t count)
{
    other.job = job;
    other.count = count;
    __atomic_store_n(&other.asked, other.asked + 1, __ATOMIC_RELEASE);
}

static void await(void)
{
    while (__atomic_load_n(&other.done, __ATOMIC_ACQUIRE) != other.asked)
        queue_pause();
}

/* A CPU besides this one that the program may run on; -1: there is none. */
static int another_cpu(void)
{
    const int here = sched_getcpu();
    const int count = (int)sysconf(_SC_NPROCESSORS_CONF);
    int found = -1;
    for (int cpu = 0; cpu < count && found < 0; cpu++) {
        if (cpu != here && pin(cpu))
            found = cpu;
    }
    bench_must(pin(here), "the first thread can be pinned");
    return found;
}

bool queue_start(bench *b)
{
    other.b = b;
    other.cpu = another_cpu();
    if (other.cpu < 0) {
        bench_note(b, "there is one CPU only; queues between threads need two");
        return false;
    }
    bench_must(pthread_create(&other.thread, NULL, work, NULL) == 0, "there is a second thread");
    return true;
}

void queue_stop(void)
{
    ask(NULL, 0);
    pthread_join(other.thread, NULL);
}

/* ---- laps ------------------------------------------------------------------------------------ */

static struct {
    double ns[MOST_LAPS];
    size_t count;
    uint64_t last;
} laps;

static void start_laps(void)
{
    laps.count = 0;
    laps.last = bench_ticks();
}

void queue_lap(void)
{
    const uint64_t now = bench_ticks();
    if (laps.count < MOST_LAPS)
        laps.ns[laps.count++] = bench_ns(other.b, now - laps.last) / QUEUE_LAP;
    laps.last = now;
}

/* ---- the floor ------------------------------------------------------------------------------- */

static struct {
    uint64_t there QUEUE_APART;
    uint64_t back QUEUE_APART;
} words;

static void floor_prepare(void)
{
    words.there = words.back = 0;
}

static void floor_here(uint64_t count)
{
    for (uint64_t i = 1; i <= count; i++) {
        __atomic_store_n(&words.there, i, __ATOMIC_RELEASE);
        while (__atomic_load_n(&words.back, __ATOMIC_ACQUIRE) != i)
            continue;
        if (i % QUEUE_LAP == 0)
            queue_lap();
    }
}

static void floor_there(uint64_t count)
{
    for (uint64_t i = 1; i <= count; i++) {
        while (__atomic_load_n(&words.there, __ATOMIC_ACQUIRE) != i)
            continue;
        __atomic_store_n(&words.back, i, __ATOMIC_RELEASE);
    }
}

static const queue_rival the_floor = { BENCH_BASELINE, "a word there and back, without a queue",
                                       floor_prepare, floor_here, floor_there };

/* ---- turns ----------------------------------------------------------------------------------- */

static double turn(const queue_rival *rival, queue_measure measure, uint64_t count)
{
    rival->prepare();
    if (rival->there)
        ask(rival->there, count);
    start_laps();
    const uint64_t begin = bench_ticks();
    rival->here(count);
    const uint64_t sent = bench_ticks();
    if (rival->there)
        await();
    const uint64_t end = bench_ticks();
    switch (measure) {
    case QUEUE_RATE: return (double)count / bench_ns(other.b, end - begin) * 1000;
    case QUEUE_SEND: return bench_ns(other.b, sent - begin) / (double)count;
    case QUEUE_ROUND_TRIP: break;
    }
    return bench_median(laps.ns, laps.count);
}

typedef struct turns {
    double values[MOST_RIVALS][TURNS];
    double floors[TURNS]; /* 0: it was near before and far behind, or the other way round */
} turns;

static void run_turns(const queue_duel *duel, turns *t)
{
    for (size_t i = 0; i < TURNS; i++) {
        const double before = turn(&the_floor, QUEUE_ROUND_TRIP, FLOOR_TRIPS);
        for (size_t r = 0; r < duel->rival_count; r++)
            t->values[r][i] = turn(&duel->rivals[r], duel->measure, duel->count);
        const double after = turn(&the_floor, QUEUE_ROUND_TRIP, FLOOR_TRIPS);
        t->floors[i] = (before < NEAR_NS) == (after < NEAR_NS) ? (before + after) / 2 : 0;
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

typedef enum distance { ANY, NEAR, FAR } distance;

static bool is_at(double floor_ns, distance where)
{
    return where == ANY || (floor_ns > 0 && (floor_ns < NEAR_NS) == (where == NEAR));
}

/* Of the values of the turns at that distance, the best and the median; how many there are. */
static size_t sum_up(const queue_duel *duel, const turns *t, const double *values, distance where,
                     double *best_out, double *median_out)
{
    double some[TURNS];
    size_t count = 0;
    for (size_t i = 0; i < TURNS; i++) {
        if (is_at(t->floors[i], where))
            some[count++] = values[i];
    }
    if (count) {
        *median_out = bench_median(some, count);
        *best_out = some[duel->measure == QUEUE_RATE ? count - 1 : 0];
    }
    return count;
}

static void record(const queue_duel *duel, const turns *t, distance where)
{
    static const char *const suffixes[] = { "", ".near", ".far" };
    static const char *const words_of[] = { "", ", CPUs near", ", CPUs far" };
    char id[128], what[256];
    double floor_best = 0, floor_median = 0;
    const size_t count = sum_up(duel, t, t->floors, where, &floor_best, &floor_median);
    if (count == 0 || (where != ANY && count == TURNS))
        return; /* nothing to say, or nothing new */
    snprintf(id, sizeof id, "%s%s", duel->id, suffixes[where]);
    snprintf(what, sizeof what, "%s%s: %s", duel->what, words_of[where], duel->rivals[0].name);
    bench_row row = { .id = id,
                      .what = what,
                      .unit = duel->measure == QUEUE_RATE ? "M msg/s" : NULL };
    for (size_t r = 0; r < duel->rival_count; r++) {
        const queue_rival *rival = &duel->rivals[r];
        double best = 0, median = 0;
        sum_up(duel, t, t->values[r], where, &best, &median);
        if (rival->role == BENCH_OURS) {
            row.ns = best;
            row.median_ns = median;
        } else if (rival->role == BENCH_BASELINE) {
            row.baseline = rival->name;
            row.baseline_ns = best;
            row.baseline_median_ns = median;
        } else {
            row.peer = rival->name;
            row.peer_ns = best;
            row.peer_median_ns = median;
        }
    }
    bench_record(other.b, &row);
    if (where != ANY || sum_up(duel, t, t->floors, floor_median < NEAR_NS ? NEAR : FAR, &floor_best,
                               &floor_median) == TURNS)
        bench_note(other.b, "%s: %zu turns of %d, CPUs %s: a word there and back %.0f ns", id,
                   count, TURNS, floor_median < NEAR_NS ? "near" : "far", floor_median);
}

void queue_compare(const queue_duel *duel)
{
    if (!bench_wants(other.b, duel->id))
        return;
    bench_must(duel->rival_count <= MOST_RIVALS, "a duel has no more rivals than there is room");
    bench_must(duel->rivals[0].role == BENCH_OURS, "the first rival is ours");
    turns *t = bench_alloc(1, sizeof *t);
    run_turns(duel, t);
    record(duel, t, ANY);
    record(duel, t, NEAR);
    record(duel, t, FAR);
    free(t);
}
