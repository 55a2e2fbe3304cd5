/* The key-value example beside redis-server: both run as programs of their own on loopback ports
 * and are driven by redis-benchmark with 50 clients in turns, each turn of ours next to one of the
 * peer's, with the same number of requests. Of a row the median of the turns is reported.
 *
 *     kv.pN          requests per second with N requests in a pipeline, over all loads together:
 *                    the same number of each (SET and GET of 3 bytes and of 1 KiB, INCR)
 *     kv.pN.p99      99th percentile of a round trip, of the load where ours is worst beside the
 *                    peer's
 *     kv.pN.cpu      CPU time of the server per request, over all loads, which tells servers apart
 *                    that answer faster than redis-benchmark, on its one CPU, can ask
 *     kv.pN.park     as kv.pN where ours sleeps at once when there is nothing to do, instead of
 *                    looking for work for a while first; and kv.pN.park.cpu
 *     kv.pN.uring    as kv.pN where ours asks the kernel by io_uring; and kv.pN.uring.cpu
 *     kv.pN.LOAD     requests per second of one load: set.3, set.1k, get.3, get.1k, incr
 *     kv.pN.LOAD.p50, .p99   percentiles of its round trips
 *
 * The keys are there before anything is timed. redis-benchmark takes one of the machine's CPUs;
 * where there are two, the server has the other, whichever server it is.
 *
 *     --rounds N     turns of each, 5 unless given
 *     --quick        one short turn of each: to see that it works, not how fast
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kv_processes.h"
#include "support/bench.h"

enum {
    MAX_ROUNDS = 50,
    CLIENTS = 50,
    KEYS = 100000,
    LOADS = 5,
};

static const load loads[LOADS] = {
    { "set.3", "set", 3, 0 },     { "get.3", "get", 3, 0 }, { "set.1k", "set", 1024, 1 },
    { "get.1k", "get", 1024, 1 }, { "incr", "incr", 3, 0 },
};

typedef enum side { OURS, PEER, PARKED, URING, SIDES } side;

typedef struct options {
    unsigned rounds;
    unsigned turn_ms; /* of ours, about */
} options;

typedef struct figures {
    double rate[MAX_ROUNDS];
    double p50_ns[MAX_ROUNDS];
    double p99_ns[MAX_ROUNDS];
} figures;

typedef struct contest {
    bench *b;
    options with;
    unsigned pipeline;
    const server *servers[SIDES]; /* NULL: there is none */
    figures of[SIDES][LOADS];
    double rate[SIDES][MAX_ROUNDS];   /* over all loads */
    double cpu_ns[SIDES][MAX_ROUNDS]; /* per request */
} contest;

/* ---- measuring ------------------------------------------------------------------------------- */

/* So many that few of the keys are missed. */
static void fill(const server *s)
{
    for (size_t i = 0; i < LOADS; i++)
        if (strcmp(loads[i].test, "get") != 0)
            (void)drive(s, &loads[i], CLIENTS, KEYS, 64, 6 * KEYS);
}

static bool wants(const contest *c, const char *suffix)
{
    char id[32];
    snprintf(id, sizeof id, "kv.p%u.%s", c->pipeline, suffix);
    return bench_wants(c->b, id);
}

/* All loads are needed for that. */
static bool wants_summary(const contest *c)
{
    return wants(c, "p99") || wants(c, "cpu") || wants(c, "park") || wants(c, "uring");
}

static void measure_load(contest *c, size_t at, const unsigned requests[SIDES], unsigned round,
                         double seconds[SIDES])
{
    for (side s = OURS; s < SIDES; s++) {
        if (!c->servers[s])
            continue;
        const double before_ns = server_cpu_ns(c->servers[s]);
        const outcome o =
            drive(c->servers[s], &loads[at], CLIENTS, KEYS, c->pipeline, requests[at]);
        c->cpu_ns[s][round] +=
            (server_cpu_ns(c->servers[s]) - before_ns) / ((double)requests[at] * LOADS);
        seconds[s] += 1 / o.rate;
        figures *const f = &c->of[s][at];
        f->rate[round] = o.rate;
        f->p50_ns[round] = o.p50_ns;
        f->p99_ns[round] = o.p99_ns;
    }
}

static void measure(contest *c)
{
    unsigned requests[LOADS];
    const bool all = wants_summary(c);
    for (size_t at = 0; at < LOADS; at++) {
        /* What a turn takes is found out on ours, and all get the same. */
        const outcome trial =
            drive(c->servers[OURS], &loads[at], CLIENTS, KEYS, c->pipeline, 5000 * c->pipeline);
        requests[at] = (unsigned)(trial.rate * c->with.turn_ms / 1000);
        requests[at] += c->pipeline - requests[at] % c->pipeline;
    }
    for (unsigned round = 0; round < c->with.rounds; round++) {
        double seconds[SIDES] = { 0 };
        for (size_t at = 0; at < LOADS; at++)
            if (all || wants(c, loads[at].id))
                measure_load(c, at, requests, round, seconds);
        for (side s = OURS; s < SIDES; s++)
            c->rate[s][round] = seconds[s] > 0 ? LOADS / seconds[s] : 0;
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

static const char *peer_name(const contest *c)
{
    return c->servers[PEER] ? c->servers[PEER]->name : NULL;
}

static void record_rate(contest *c, const char *suffix, const char *what, double *ours,
                        double *peers)
{
    char id[32], text[128];
    snprintf(id, sizeof id, "kv.p%u%s", c->pipeline, suffix);
    snprintf(text, sizeof text, "%s, pipeline of %u, %d clients", what, c->pipeline, CLIENTS);
    bench_record(c->b,
                 &(bench_row){ .id = id,
                               .what = text,
                               .unit = "requests/s",
                               .ns = bench_median(ours, c->with.rounds),
                               .peer = peer_name(c),
                               .peer_ns = peer_name(c) ? bench_median(peers, c->with.rounds) : 0 });
}

static void record_time(contest *c, const char *suffix, const char *what, double ours_ns,
                        double peers_ns)
{
    char id[32];
    snprintf(id, sizeof id, "kv.p%u%s", c->pipeline, suffix);
    bench_record(c->b, &(bench_row){ .id = id,
                                     .what = what,
                                     .ns = ours_ns,
                                     .median_ns = ours_ns,
                                     .peer = peer_name(c),
                                     .peer_ns = peer_name(c) ? peers_ns : 0,
                                     .peer_median_ns = peer_name(c) ? peers_ns : 0 });
}

static void record_load(contest *c, size_t at)
{
    const load *const l = &loads[at];
    const unsigned rounds = c->with.rounds;
    figures *const ours = &c->of[OURS][at];
    figures *const peers = &c->of[PEER][at];
    char suffix[24], what[64];
    snprintf(suffix, sizeof suffix, ".%s", l->id);
    snprintf(what, sizeof what, "%s of %u bytes", l->test, l->value_bytes);
    record_rate(c, suffix, strcmp(l->test, "incr") ? what : "incr", ours->rate, peers->rate);
    snprintf(suffix, sizeof suffix, ".%s.p50", l->id);
    record_time(c, suffix, "median of its round trips", bench_median(ours->p50_ns, rounds),
                bench_median(peers->p50_ns, rounds));
    snprintf(suffix, sizeof suffix, ".%s.p99", l->id);
    record_time(c, suffix, "99th percentile of its round trips", bench_median(ours->p99_ns, rounds),
                bench_median(peers->p99_ns, rounds));
}

static void record_worst_p99(contest *c)
{
    char what[96];
    double ours_ns = 0, peers_ns = 0;
    size_t worst = 0;
    for (size_t at = 0; at < LOADS; at++) {
        const double ours = bench_median(c->of[OURS][at].p99_ns, c->with.rounds);
        const double peers = bench_median(c->of[PEER][at].p99_ns, c->with.rounds);
        if (at == 0 || ours * peers_ns > ours_ns * peers) {
            worst = at;
            ours_ns = ours;
            peers_ns = peers;
        }
    }
    snprintf(what, sizeof what, "99th percentile of a round trip, where ours is worst: %s",
             loads[worst].id);
    record_time(c, ".p99", what, ours_ns, peers_ns);
}

static void record(contest *c)
{
    const unsigned rounds = c->with.rounds;
    for (size_t at = 0; at < LOADS; at++)
        if (wants(c, loads[at].id))
            record_load(c, at);
    if (!wants_summary(c))
        return;
    const double peer_cpu_ns = bench_median(c->cpu_ns[PEER], rounds);
    record_rate(c, "", "all loads together", c->rate[OURS], c->rate[PEER]);
    record_worst_p99(c);
    record_time(c, ".cpu", "CPU time of the server per request, looking for work included",
                bench_median(c->cpu_ns[OURS], rounds), peer_cpu_ns);
    record_rate(c, ".park", "all loads together, weft-kv --spin 0", c->rate[PARKED], c->rate[PEER]);
    record_time(c, ".park.cpu", "CPU time of the server per request, weft-kv --spin 0",
                bench_median(c->cpu_ns[PARKED], rounds), peer_cpu_ns);
    record_rate(c, ".uring", "all loads together, weft-kv --backend uring", c->rate[URING],
                c->rate[PEER]);
    record_time(c, ".uring.cpu", "CPU time of the server per request, weft-kv --backend uring",
                bench_median(c->cpu_ns[URING], rounds), peer_cpu_ns);
}

/* ---- the program ----------------------------------------------------------------------------- */

/* Takes what is ours out of the command line; bench_open knows the rest. */
static options take_options(int *argc, char **argv)
{
    options with = { .rounds = 5, .turn_ms = 120 };
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            with = (options){ .rounds = 1, .turn_ms = 20 };
        } else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < *argc) {
            const long rounds = strtol(argv[++i], NULL, 10);
            bench_must(rounds >= 1 && rounds <= MAX_ROUNDS, "--rounds takes a number up to 50");
            with.rounds = (unsigned)rounds;
        } else {
            if (strcmp(argv[i], "--help") == 0)
                printf("options of bench-kv alone:\n"
                       "  --rounds N   turns of each, up to %d; 5 unless given\n"
                       "  --quick      one short turn of each\n",
                       MAX_ROUNDS);
            argv[kept++] = argv[i];
        }
    }
    *argc = kept;
    argv[kept] = NULL;
    return with;
}

static void compare(bench *b, options with, unsigned pipeline, const server *const servers[SIDES])
{
    char id[16];
    snprintf(id, sizeof id, "kv.p%u", pipeline);
    if (!bench_wants(b, id))
        return;
    contest *const c = bench_alloc(1, sizeof *c);
    c->b = b;
    c->with = with;
    c->pipeline = pipeline;
    memcpy(c->servers, servers, sizeof c->servers);
    measure(c);
    record(c);
    free(c);
}

int main(int argc, char **argv)
{
    const options with = take_options(&argc, argv);
    /* The servers and redis-benchmark need more than the one CPU that a bench is pinned to. */
    cpu_set_t all;
    bench_must(sched_getaffinity(0, sizeof all, &all) == 0, "the CPUs are known");
    bench *b = bench_open("kv", argc, argv);
    bench_must(sched_setaffinity(0, sizeof all, &all) == 0, "the CPUs can be used");

    char our_program[PATH_MAX], peer_program[PATH_MAX], driver[PATH_MAX];
    own_program(our_program, "weft-kv");
    if (!find_program(driver, (const char *const[]){ "redis-benchmark", NULL })) {
        bench_note(b, "nothing was measured: there is no redis-benchmark (Debian: redis-tools)");
        return bench_close(b);
    }
    server ours = { .name = "weft-kv", .program = our_program };
    server parked = ours, uring = ours;
    server peer = { .name = "redis-server", .program = peer_program };
    const bool has_peer = find_program(
        peer_program, (const char *const[]){ "redis-server", "redis-check-rdb", NULL });
    server_start(&ours, (const char *const[]){ NULL });
    server_start(&parked, (const char *const[]){ "--spin", "0", NULL });
    server_start(&uring, (const char *const[]){ "--backend", "uring", NULL });
    if (has_peer)
        server_start(&peer, (const char *const[]){ "--bind", "127.0.0.1", "--save", "",
                                                   "--appendonly", "no", "--dir", "/tmp", NULL });
    const server *const servers[SIDES] = { &ours, has_peer ? &peer : NULL, &parked, &uring };
    for (side s = OURS; s < SIDES; s++)
        if (servers[s])
            fill(servers[s]);
    static const unsigned pipelines[] = { 1, 16, 64 };
    for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++)
        compare(b, with, pipelines[i], servers);
    for (side s = OURS; s < SIDES; s++)
        if (servers[s])
            server_stop(servers[s]);
    if (!has_peer)
        bench_note(b, "there is no redis-server to compare with (Debian: redis-tools)");
    bench_note(b, "redis-benchmark has one CPU, so rates meet where it is the slower side; the "
                  "servers have the other CPU, or the others, each while it is driven");
    return bench_close(b);
}
