#include <weft/clock.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "counter.h"

WEFT_RESOURCE_DEFINE(weft_clock);

/* a + b, held at the ends of the range. */
static int64_t add_saturating(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return b < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

/* ---- realtime ------------------------------------------------------------------------------- */

static int64_t read_clock(clockid_t id)
{
    struct timespec at;
    clock_gettime(id, &at);
    return (int64_t)at.tv_sec * WEFT_SECOND + at.tv_nsec;
}

/* Whether the kernel itself keeps time with the counter. */
static bool counter_is_good(void)
{
    bool good = false;
#ifdef WEFT_COUNTER_CLOCKSOURCE
    FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
    if (!file)
        return false;
    char line[64];
    good = fgets(line, sizeof line, file) && !strcmp(line, WEFT_COUNTER_CLOCKSOURCE "\n");
    fclose(file);
#endif
    return good;
}

enum { PAIR_ATTEMPTS = 3, MISSES_MAX = 16 };

/* Asks the system, and takes a pair by the way if the counter needs one. */
static __attribute__((noinline)) int64_t counter_resync(weft_clock *clock)
{
    weft_counter *counter = &clock->counter;
    int64_t ns = read_clock(CLOCK_MONOTONIC);
    if (weft_counter_waits(counter, ns))
        return ns;
    for (int i = 0; i < PAIR_ATTEMPTS; i++) {
        const int64_t before_ns = ns;
        const uint64_t ticks = weft_counter_read();
        ns = read_clock(CLOCK_MONOTONIC);
        if (ns - before_ns <= WEFT_COUNTER_GAP_NS) {
            weft_counter_take(counter, ticks, before_ns + (ns - before_ns) / 2);
            return ns;
        }
    }
    counter->span_ticks = 0;
    if (++counter->misses >= MISSES_MAX) /* reading the clock takes too long here */
        clock->source = WEFT_CLOCK_SYSTEM;
    return ns;
}

static int64_t monotonic_now(weft_clock *clock)
{
    int64_t ns;
    if (clock->source == WEFT_CLOCK_SYSTEM)
        return read_clock(CLOCK_MONOTONIC);
    return weft_counter_says(&clock->counter, weft_counter_read(), &ns) ? ns
                                                                        : counter_resync(clock);
}

static void calibrate(weft_clock *clock)
{
    clock->gap_ns = INT64_MAX;
    for (uint32_t i = 0; i < clock->max_attempts && clock->gap_ns > clock->threshold_ns; i++) {
        const int64_t before = read_clock(CLOCK_MONOTONIC);
        const int64_t wall = read_clock(CLOCK_REALTIME);
        const int64_t after = read_clock(CLOCK_MONOTONIC);
        if (after - before >= clock->gap_ns)
            continue;
        clock->gap_ns = after - before;
        clock->offset_ns = wall - (before + (after - before) / 2);
    }
    clock->resync_at_ns = add_saturating(read_clock(CLOCK_MONOTONIC), clock->interval_ns);
}

weft_status weft_clock_init_realtime(weft_clock *clock, const weft_realtime_desc *desc)
{
    const weft_realtime_desc with = desc ? *desc : (weft_realtime_desc){ 0 };
    if (with.threshold_ns < 0 || with.resync_interval_ns < 0 ||
        (unsigned)with.source > WEFT_CLOCK_COUNTER)
        return WEFT_EINVAL;
    *clock = (weft_clock){
        .kind = WEFT_CLOCK_REALTIME,
        .threshold_ns = with.threshold_ns ? with.threshold_ns : 250,
        .max_attempts = with.max_attempts ? with.max_attempts : 20,
        .interval_ns = with.resync_interval_ns ? with.resync_interval_ns : 3600 * WEFT_SECOND,
    };
    if (with.source == WEFT_CLOCK_COUNTER && counter_is_good()) {
        clock->source = WEFT_CLOCK_COUNTER;
        weft_counter_begin(&clock->counter, weft_counter_read(), read_clock(CLOCK_MONOTONIC));
    }
    calibrate(clock);
    weft_clock_now(clock);
    return WEFT_OK;
}

static int64_t realtime_now(weft_clock *clock)
{
    const int64_t now_ns = monotonic_now(clock);
    if (now_ns > clock->now_ns)
        clock->now_ns = now_ns;
    if (clock->now_ns >= clock->resync_at_ns)
        calibrate(clock);
    clock->unix_ns = clock->now_ns + clock->offset_ns;
    return clock->now_ns;
}

int64_t weft_clock_gap(const weft_clock *clock)
{
    return clock->gap_ns;
}

bool weft_clock_accurate(const weft_clock *clock)
{
    return clock->gap_ns <= clock->threshold_ns;
}

/* ---- test and historical -------------------------------------------------------------------- */

void weft_clock_init_test(weft_clock *clock, int64_t start_ns)
{
    *clock = (weft_clock){
        .kind = WEFT_CLOCK_TEST, .now_ns = start_ns, .unix_ns = start_ns, .next_ns = start_ns
    };
}

weft_status weft_clock_init_historical(weft_clock *clock, const weft_historical_desc *desc)
{
    if (desc->start_ns >= desc->end_ns || desc->step_ns < 0)
        return WEFT_EINVAL;
    *clock = (weft_clock){ .kind = WEFT_CLOCK_HISTORICAL,
                           .now_ns = desc->start_ns,
                           .unix_ns = desc->start_ns,
                           .start_ns = desc->start_ns,
                           .end_ns = desc->end_ns,
                           .step_ns = desc->step_ns,
                           .next_ns = desc->start_ns };
    return WEFT_OK;
}

static int64_t virtual_now(weft_clock *clock)
{
    clock->now_ns = clock->unix_ns = clock->next_ns;
    if (clock->kind == WEFT_CLOCK_HISTORICAL)
        weft_clock_jump(clock, add_saturating(clock->now_ns, clock->step_ns));
    return clock->now_ns;
}

weft_status weft_clock_set(weft_clock *clock, int64_t now_ns)
{
    if (clock->kind != WEFT_CLOCK_TEST)
        return WEFT_EINVAL;
    clock->next_ns = now_ns;
    return WEFT_OK;
}

weft_status weft_clock_advance(weft_clock *clock, int64_t by_ns)
{
    return weft_clock_set(clock, add_saturating(clock->next_ns, by_ns));
}

weft_status weft_clock_jump(weft_clock *clock, int64_t to_ns)
{
    if (clock->kind == WEFT_CLOCK_REALTIME)
        return WEFT_EINVAL;
    if (clock->kind == WEFT_CLOCK_HISTORICAL && to_ns > clock->end_ns)
        to_ns = clock->end_ns;
    if (to_ns >= clock->now_ns)
        clock->next_ns = to_ns;
    return WEFT_OK;
}

/* ---- all ------------------------------------------------------------------------------------ */

int64_t weft_clock_now(weft_clock *clock)
{
    return clock->kind == WEFT_CLOCK_REALTIME ? realtime_now(clock) : virtual_now(clock);
}

bool weft_clock_exhausted(const weft_clock *clock)
{
    return clock->kind == WEFT_CLOCK_HISTORICAL && clock->now_ns == clock->end_ns;
}

weft_status weft_clock_reset(weft_clock *clock)
{
    switch (clock->kind) {
    case WEFT_CLOCK_REALTIME: calibrate(clock); return WEFT_OK;
    case WEFT_CLOCK_HISTORICAL:
        clock->now_ns = clock->unix_ns = clock->next_ns = clock->start_ns;
        return WEFT_OK;
    case WEFT_CLOCK_TEST: break;
    }
    return WEFT_EINVAL;
}

weft_clock *weft_clock_install(weft_builder *builder, const weft_clock *clock)
{
    weft_clock realtime;
    if (!clock) {
        weft_status status = weft_clock_init_realtime(&realtime, NULL);
        if (status)
            return NULL;
        clock = &realtime;
    }
    if (WEFT_REGISTER_FROM(builder, weft_clock, clock))
        return NULL;
    return WEFT_GET(weft_builder_world(builder), weft_clock);
}
