#define _GNU_SOURCE
#include "notify_race.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double NEAR_NS = 200; /* a flag by hand that takes longer comes from afar */

int race_other_cpu(const cpu_set_t *allowed)
{
    const int here = sched_getcpu();
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (cpu != here && CPU_ISSET((size_t)cpu, allowed))
            return cpu;
    return -1;
}

void race_pin(int cpu)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    bench_must(sched_setaffinity(0, sizeof one, &one) == 0, "a thread is pinned");
}

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* ---- running --------------------------------------------------------------------------------- */

void race_arrive(race_side *side)
{
    race_lane *const l = &side->lane;
    l->arrived = bench_ticks();
    __atomic_store_n(&l->acked, l->acked + 1, __ATOMIC_RELEASE);
}

static void pause_for(const bench *b, double ns)
{
    const uint64_t begin = bench_ticks();
    while (bench_ns(b, bench_ticks() - begin) < ns)
        relax();
}

static void send_block(const race *r, race_side *side, uint64_t *random)
{
    race_lane *const l = &side->lane;
    const uint64_t first = __atomic_load_n(&l->acked, __ATOMIC_ACQUIRE);
    for (uint64_t i = first; i < first + r->samples; i++) {
        pause_for(r->bench, r->pause_ns + (double)bench_below(random, r->pause_ns));
        const uint64_t sent = bench_ticks();
        side->signal(side->arg);
        while (__atomic_load_n(&l->acked, __ATOMIC_ACQUIRE) == i)
            continue;
        l->back_ns[i] = bench_ns(r->bench, bench_ticks() - l->arrived);
        l->ns[i] = bench_ns(r->bench, l->arrived - sent);
    }
}

static void *sender_main(void *arg)
{
    race *const r = arg;
    uint64_t random = 1, stage = 0;
    race_pin(r->sender_cpu);
    for (size_t block = 0; block < r->blocks; block++)
        for (size_t s = 0; s < r->side_count; s++) {
            while (__atomic_load_n(&r->stage, __ATOMIC_ACQUIRE) <= stage)
                relax();
            send_block(r, &r->sides[s], &random);
            stage++;
        }
    return NULL;
}

static void receive(race *r)
{
    for (size_t block = 0; block < r->blocks; block++)
        for (size_t s = 0; s < r->side_count; s++) {
            race_side *const side = &r->sides[s];
            const uint64_t end = (block + 1) * r->samples;
            __atomic_fetch_add(&r->stage, 1, __ATOMIC_RELEASE);
            while (side->lane.acked < end)
                side->turn(side->arg);
        }
}

/* ---- telling --------------------------------------------------------------------------------- */

typedef struct result {
    double best_ns, all_ns; /* p50 of the best block, and of all */
    double near_ns, far_ns; /* the median of the p50 of blocks that were near and far; 0: none */
    double p99_ns, back_ns;
} result;

/* The middle of the values, sorted. They come in steps of the counter, of 10 ns perhaps: those of
 * the middle step count as spread over it evenly. */
static double p50_of(double *ns, size_t count)
{
    const double middle = bench_median(ns, count);
    size_t below = 0, same = 0;
    double lower = 0, upper = 0;
    for (size_t i = 0; i < count; i++) {
        if (ns[i] < middle - 1) {
            below++;
            lower = ns[i];
        } else if (ns[i] <= middle + 1) {
            same++;
        } else if (upper == 0) {
            upper = ns[i];
        }
    }
    if (!below || upper == 0 || !same)
        return middle;
    const double from = (lower + middle) / 2, to = (middle + upper) / 2;
    return from + (to - from) * ((double)count / 2 - (double)below) / (double)same;
}

static result *results_of(race *r, size_t *near_count_out)
{
    result *results = bench_alloc(r->side_count, sizeof *results);
    double *p50 = bench_alloc(r->blocks * r->side_count, sizeof *p50);
    double *picked = bench_alloc(r->blocks, sizeof *picked);
    size_t flag = 0;
    while (flag + 1 < r->side_count && r->sides[flag].role != BENCH_BASELINE)
        flag++;
    for (size_t s = 0; s < r->side_count; s++)
        for (size_t i = 0; i < r->blocks; i++)
            p50[s * r->blocks + i] = p50_of(r->sides[s].lane.ns + i * r->samples, r->samples);
    for (size_t s = 0; s < r->side_count; s++) {
        result *const to = &results[s];
        const size_t total = r->blocks * r->samples;
        size_t counts[2] = { 0, 0 };
        for (int far = 0; far < 2; far++) {
            for (size_t i = 0; i < r->blocks; i++)
                if ((p50[flag * r->blocks + i] >= NEAR_NS) == (far == 1))
                    picked[counts[far]++] = p50[s * r->blocks + i];
            if (counts[far])
                *(far ? &to->far_ns : &to->near_ns) = bench_median(picked, counts[far]);
        }
        *near_count_out = counts[0];
        to->best_ns = p50[s * r->blocks];
        for (size_t i = 1; i < r->blocks; i++)
            if (p50[s * r->blocks + i] < to->best_ns)
                to->best_ns = p50[s * r->blocks + i];
        to->all_ns = p50_of(r->sides[s].lane.ns, total); /* sorts */
        to->p99_ns = r->sides[s].lane.ns[total * 99 / 100];
        to->back_ns = bench_median(r->sides[s].lane.back_ns, total);
    }
    free(p50);
    free(picked);
    return results;
}

static size_t first_of(const race *r, bench_role role)
{
    size_t i = 0;
    while (i < r->side_count && r->sides[i].role != role)
        i++;
    return i;
}

static void record(bench *b, const race *r, const result *results, size_t ours, size_t peer,
                   const char *suffix)
{
    const size_t flag = first_of(r, BENCH_BASELINE);
    char id[128], what[256];
    snprintf(id, sizeof id, "%s%s%s", r->id, suffix ? "." : "", suffix ? suffix : "");
    snprintf(what, sizeof what, "%s: %s", r->what, r->sides[ours].name);
    bench_row row = { .id = id,
                      .what = what,
                      .ns = results[ours].best_ns,
                      .median_ns = results[ours].all_ns,
                      .baseline = r->sides[flag].name,
                      .baseline_ns = results[flag].best_ns,
                      .baseline_median_ns = results[flag].all_ns };
    if (peer < r->side_count) {
        row.peer = r->sides[peer].name;
        row.peer_ns = results[peer].best_ns;
        row.peer_median_ns = results[peer].all_ns;
    }
    bench_record(b, &row);
}

static void tell(bench *b, race *r)
{
    size_t near_count = 0;
    result *const results = results_of(r, &near_count);
    const size_t ours = first_of(r, BENCH_OURS), peer = first_of(r, BENCH_PEER);
    record(b, r, results, ours, peer, NULL);
    for (size_t s = 0; s < r->side_count; s++)
        if (r->sides[s].role == BENCH_OURS && s != ours)
            record(b, r, results, s, peer, r->sides[s].suffix);
    for (size_t s = 0; s < r->side_count; s++) {
        const result *const of = &results[s];
        if (r->by_distance)
            bench_note(b,
                       "%s, %s: p50 %.0f near (%zu blocks), %.0f far (%zu); p99 %.0f; "
                       "back p50 %.0f ns",
                       r->id, r->sides[s].name, of->near_ns, near_count, of->far_ns,
                       r->blocks - near_count, of->p99_ns, of->back_ns);
        else
            bench_note(b, "%s, %s: p50 %.0f, p99 %.0f ns", r->id, r->sides[s].name, of->all_ns,
                       of->p99_ns);
    }
    free(results);
}

/* What there is between two readings with nothing between. */
static double reading_ns(const bench *b)
{
    double ns[1001];
    for (size_t i = 0; i < sizeof ns / sizeof *ns; i++) {
        const uint64_t begin = bench_ticks();
        ns[i] = bench_ns(b, bench_ticks() - begin);
    }
    double sum = 0;
    const size_t count = sizeof ns / sizeof *ns;
    bench_median(ns, count);
    for (size_t i = 0; i < count * 9 / 10; i++)
        sum += ns[i];
    return sum / (double)(count * 9 / 10);
}

void race_run(bench *b, race *r, int sender_cpu)
{
    const size_t total = r->blocks * r->samples;
    r->bench = b;
    r->sender_cpu = sender_cpu;
    for (size_t s = 0; s < r->side_count; s++) {
        r->sides[s].lane.ns = bench_alloc(total, sizeof(double));
        r->sides[s].lane.back_ns = bench_alloc(total, sizeof(double));
        memset(r->sides[s].lane.ns, 0xff, total * sizeof(double)); /* touched before it counts */
        memset(r->sides[s].lane.back_ns, 0xff, total * sizeof(double));
    }
    pthread_t thread;
    bench_must(pthread_create(&thread, NULL, sender_main, r) == 0, "a sender runs");
    receive(r);
    pthread_join(thread, NULL);
    tell(b, r);
    bench_note(b,
               "%s: two readings of the counter with nothing between them are %.0f ns apart; "
               "that is in all sides",
               r->id, reading_ns(b));
    for (size_t s = 0; s < r->side_count; s++) {
        free(r->sides[s].lane.ns);
        free(r->sides[s].lane.back_ns);
    }
}
