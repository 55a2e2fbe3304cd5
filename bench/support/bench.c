#define _GNU_SOURCE
#include "support/bench.h"

#include "support/report.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

enum {
    MIN_TURNS = 5,
    USUAL_TURNS = 101,
    WARM_UP_MS = 100,
    CALIBRATION_MS = 50,
};

struct bench {
    report report;
    const char *json_path;
    const char *only;
    double ns_per_tick;
};

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t clock_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

#if defined(__x86_64__)
static bool tsc_is_steady(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1U << 8));
}

static bool use_tsc;

uint64_t bench_ticks(void)
{
    if (!use_tsc)
        return clock_ns();
    _mm_lfence();
    const uint64_t ticks = __rdtsc();
    _mm_lfence();
    return ticks;
}
#else
uint64_t bench_ticks(void)
{
    return clock_ns();
}
#endif

double bench_ns(const bench *b, uint64_t ticks)
{
    return (double)ticks * b->ns_per_tick;
}

static void spin_ms(unsigned ms)
{
    const uint64_t end = clock_ns() + ms * UINT64_C(1000000);
    while (clock_ns() < end)
        bench_barrier();
}

/* The clock is read between two ticks; of some tries, the one that nothing came between counts. */
static void look(uint64_t *ticks_out, uint64_t *ns_out)
{
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < 20; i++) {
        const uint64_t before = bench_ticks();
        const uint64_t ns = clock_ns();
        const uint64_t after = bench_ticks();
        if (after - before < best) {
            best = after - before;
            *ticks_out = before + best / 2;
            *ns_out = ns;
        }
    }
}

static double calibrate(void)
{
#if defined(__x86_64__)
    use_tsc = tsc_is_steady();
#endif
    uint64_t ticks[2], ns[2];
    look(&ticks[0], &ns[0]);
    spin_ms(CALIBRATION_MS);
    look(&ticks[1], &ns[1]);
    return (double)(ns[1] - ns[0]) / (double)(ticks[1] - ticks[0]);
}

static void pin(int cpu)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one))
        perror("bench: not pinned");
}

/* ---- opening and closing --------------------------------------------------------------------- */

static _Noreturn void usage(const char *area, int status)
{
    fprintf(status ? stderr : stdout,
            "usage: bench-%s [--only ROW] [--json FILE] [--cpu N]\n"
            "  --only ROW   the row with this id and those below it, as \"timer\" or "
            "\"call.typed.1\"\n"
            "  --json FILE  also write the rows as JSON\n"
            "  --cpu N      run on this CPU; otherwise on the one where it is started\n",
            area);
    exit(status);
}

bench *bench_open(const char *area, int argc, char **argv)
{
    bench *b = bench_alloc(1, sizeof *b);
    int cpu = sched_getcpu();
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--help") == 0)
            usage(area, 0);
        if (!value)
            usage(area, 2);
        if (strcmp(argv[i], "--json") == 0) {
            b->json_path = value;
        } else if (strcmp(argv[i], "--only") == 0) {
            b->only = value;
        } else if (strcmp(argv[i], "--cpu") == 0) {
            char *end;
            const long number = strtol(value, &end, 10);
            if (end == value || *end || number < 0 || number >= CPU_SETSIZE)
                usage(area, 2);
            cpu = (int)number;
        } else {
            usage(area, 2);
        }
    }
    if (cpu >= 0)
        pin(cpu);
    spin_ms(WARM_UP_MS);
    b->ns_per_tick = calibrate();
    report_open(&b->report, area);
    return b;
}

int bench_close(bench *b)
{
    int status = 0;
    if (b->only && report_is_empty(&b->report)) {
        fprintf(stderr, "bench: there is no row \"%s\" here\n", b->only);
        status = 2;
    }
    if (!report_close(&b->report, b->json_path))
        status = 1;
    free(b);
    return status;
}

/* True if `id` is `below` or lies under it: "a.b" under "a". */
static bool is_under(const char *id, const char *above)
{
    const size_t len = strlen(above);
    return strncmp(id, above, len) == 0 && (id[len] == '\0' || id[len] == '.');
}

bool bench_wants(const bench *b, const char *id)
{
    return !b->only || is_under(id, b->only) || is_under(b->only, id);
}

/* ---- contests -------------------------------------------------------------------------------- */

typedef struct result {
    double min, median;
} result;

static void turn(const bench *b, const bench_contest *contest, size_t side, double *ns_out)
{
    const bench_side *s = &contest->sides[side];
    if (s->prepare)
        s->prepare(s->arg);
    const uint64_t begin = bench_ticks();
    s->run(s->arg);
    const uint64_t end = bench_ticks();
    *ns_out = bench_ns(b, end - begin) / contest->operations;
}

static void measure(const bench *b, const bench_contest *contest, size_t turns, result *results)
{
    const size_t sides = contest->side_count;
    double *times = bench_alloc(sides * turns, sizeof *times);
    for (size_t s = 0; s < sides; s++)
        turn(b, contest, s, &times[s * turns]); /* to warm up; overwritten */
    for (size_t t = 0; t < turns; t++) {
        for (size_t s = 0; s < sides; s++)
            turn(b, contest, s, &times[s * turns + t]);
    }
    for (size_t s = 0; s < sides; s++) {
        results[s].median = bench_median(&times[s * turns], turns);
        results[s].min = times[s * turns];
    }
    free(times);
}

/* The index of the first side of that role, or side_count. */
static size_t first_of(const bench_contest *contest, bench_role role)
{
    size_t i = 0;
    while (i < contest->side_count && contest->sides[i].role != role)
        i++;
    return i;
}

/* The row of side `ours` against `peer`, where an index of side_count is nobody. */
static void record(bench *b, const bench_contest *contest, const result *results, size_t ours,
                   size_t peer, const char *suffix)
{
    const bench_side *sides = contest->sides;
    const size_t baseline = first_of(contest, BENCH_BASELINE);
    char id[128], what[256];
    snprintf(id, sizeof id, "%s%s%s", contest->id, suffix ? "." : "", suffix ? suffix : "");
    snprintf(what, sizeof what, "%s: %s", contest->what, sides[ours].name);
    bench_row row = {
        .id = id, .what = what, .ns = results[ours].min, .median_ns = results[ours].median
    };
    if (baseline < contest->side_count) {
        row.baseline = sides[baseline].name;
        row.baseline_ns = results[baseline].min;
        row.baseline_median_ns = results[baseline].median;
    }
    if (peer < contest->side_count) {
        row.peer = sides[peer].name;
        row.peer_ns = results[peer].min;
        row.peer_median_ns = results[peer].median;
    }
    bench_record(b, &row);
}

void bench_compare(bench *b, const bench_contest *contest)
{
    if (!bench_wants(b, contest->id))
        return;
    const size_t ours = first_of(contest, BENCH_OURS);
    const size_t peer = first_of(contest, BENCH_PEER);
    bench_must(ours < contest->side_count, "a contest has a side of ours");

    const size_t asked = contest->turns ? contest->turns : USUAL_TURNS;
    result *results = bench_alloc(contest->side_count, sizeof *results);
    measure(b, contest, asked < MIN_TURNS ? MIN_TURNS : asked, results);
    record(b, contest, results, ours, peer, NULL);
    for (size_t i = 0; i < contest->side_count; i++) {
        const bench_side *side = &contest->sides[i];
        if (side->role == BENCH_OURS && i != ours)
            record(b, contest, results, i, peer, side->suffix);
        else if (side->role == BENCH_PEER && i != peer)
            record(b, contest, results, ours, i, side->suffix);
    }
    free(results);
}

void bench_record(bench *b, const bench_row *row)
{
    if (!b->only || is_under(row->id, b->only))
        report_row(&b->report, row);
}

void bench_note(bench *b, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    report_note(&b->report, text);
}

/* ---- small things ---------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    const size_t half = count / 2;
    return count % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void *bench_alloc(size_t count, size_t size_bytes)
{
    void *memory = calloc(count, size_bytes);
    bench_must(memory != NULL, "there is memory");
    return memory;
}

void bench_must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: this does not hold: %s\n", what);
    exit(1);
}
