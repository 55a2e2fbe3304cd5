/* The clock on the CPU's counter, on a machine that is made up here: its counter runs at any rate,
 * jumps and stands still, its system clock is slewed, and reading either takes as long as we say.
 * The clock must stay near the system's all the same, and never go back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <weft/clock.h>
#include <weft/world.h>

#include "random.h"

/* ---- the machine ----------------------------------------------------------------------------- */

static struct {
    double now_ns;           /* CLOCK_MONOTONIC */
    double ticks;            /* the counter */
    double ticks_per_ns;     /* its rate */
    double slew;             /* how much the system's clock is sped up */
    double reading_ns;       /* what a reading of the clock takes */
    unsigned interrupted;    /* so many readings to come take a tenth of a millisecond more */
    const char *clocksource; /* what the kernel keeps time with; NULL: it does not say */
    unsigned readings;       /* of the system's clock */
} machine;

static void pass_time(double ns)
{
    machine.ticks += ns * machine.ticks_per_ns;
    machine.now_ns += ns * (1 + machine.slew);
}

static int machine_gettime(clockid_t id, struct timespec *at)
{
    machine.readings++;
    pass_time(machine.reading_ns / 2);
    const double ns = machine.now_ns + (id == CLOCK_REALTIME ? 1e18 : 0);
    at->tv_sec = (time_t)((int64_t)ns / WEFT_SECOND);
    at->tv_nsec = (long)((int64_t)ns % WEFT_SECOND);
    pass_time(machine.reading_ns / 2);
    if (machine.interrupted) {
        machine.interrupted--;
        pass_time(100000);
    }
    return 0;
}

static uint64_t machine_counter(void)
{
    pass_time(10);
    return (uint64_t)machine.ticks;
}

static FILE *machine_open(const char *path, const char *mode)
{
    static char text[64];
    (void)path;
    if (!machine.clocksource)
        return NULL;
    snprintf(text, sizeof text, "%s\n", machine.clocksource);
    return fmemopen(text, strlen(text), strcmp(mode, "re") == 0 ? "r" : mode);
}

#include "driver/counter.h"

#define clock_gettime     machine_gettime
#define weft_counter_read machine_counter
#define fopen             machine_open
#include "driver/clock.c"
#undef clock_gettime
#undef weft_counter_read
#undef fopen

#ifndef WEFT_COUNTER_CLOCKSOURCE
#define WEFT_COUNTER_CLOCKSOURCE "none"
#endif

/* An ordinary one. */
static void machine_boot(double ticks_per_ns)
{
    memset(&machine, 0, sizeof machine);
    machine.now_ns = 5e12;
    machine.ticks = 9e12;
    machine.ticks_per_ns = ticks_per_ns;
    machine.reading_ns = 20;
    machine.clocksource = WEFT_COUNTER_CLOCKSOURCE;
}

static weft_clock clock_on_counter(void)
{
    weft_clock clock;
    const weft_realtime_desc desc = { .source = WEFT_CLOCK_COUNTER };
    assert_int_equal(weft_clock_init_realtime(&clock, &desc), WEFT_OK);
    return clock;
}

/* Reads the clock; true if it did not need the system for that. */
static bool read_checked(weft_clock *clock)
{
    const unsigned readings = machine.readings;
    const int64_t before_ns = clock->now_ns;
    const double earliest_ns = machine.now_ns - (double)WEFT_CLOCK_COUNTER_ERROR_NS;
    const int64_t now_ns = weft_clock_now(clock);
    assert_true(now_ns >= before_ns);
    assert_true((double)now_ns >= earliest_ns);
    assert_true((double)now_ns <= machine.now_ns + (double)WEFT_CLOCK_COUNTER_ERROR_NS);
    assert_true(clock->unix_ns - now_ns == clock->offset_ns);
    return machine.readings == readings;
}

/* Reads it for a while, each `every_ns`; how many readings did without the system. */
static unsigned read_for(weft_clock *clock, double ns, double every_ns)
{
    unsigned count = 0;
    for (const double end_ns = machine.now_ns + ns; machine.now_ns < end_ns; pass_time(every_ns))
        count += read_checked(clock);
    return count;
}

/* ---- the ordinary ---------------------------------------------------------------------------- */

static void the_system_is_asked_once_in_a_millisecond(void **state)
{
    (void)state;
    static const double rates[] = { 0.024, 0.1, 1.0, 2.6, 5.0 };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        machine_boot(rates[i]);
        weft_clock clock = clock_on_counter();
        assert_int_equal(clock.source, WEFT_CLOCK_COUNTER);
        read_for(&clock, 3e6, 990); /* it gets to know the counter */
        const unsigned before = machine.readings;
        const unsigned without = read_for(&clock, 100e6, 990);
        assert_in_range(without, 98000, 101000);
        assert_in_range(machine.readings - before, 150, 250); /* two for each pair */
    }
}

static void a_clock_that_is_seldom_read_asks_the_system(void **state)
{
    (void)state;
    machine_boot(2.6);
    weft_clock clock = clock_on_counter();
    assert_int_equal(read_for(&clock, 100e6, 2e6), 0);
}

static void the_default_is_the_system(void **state)
{
    (void)state;
    machine_boot(2.6);
    weft_clock clock;
    assert_int_equal(weft_clock_init_realtime(&clock, NULL), WEFT_OK);
    assert_int_equal(clock.source, WEFT_CLOCK_SYSTEM);
    assert_int_equal(read_for(&clock, 10e6, 1000), 0);
}

static void an_unknown_source_is_refused(void **state)
{
    (void)state;
    machine_boot(2.6);
    weft_clock clock = { .now_ns = 4711 };
    const weft_realtime_desc desc = { .source = (weft_clock_source)2 };
    assert_int_equal(weft_clock_init_realtime(&clock, &desc), WEFT_EINVAL);
    assert_int_equal(clock.now_ns, 4711);
}

/* ---- machines without a good counter --------------------------------------------------------- */

static void a_counter_that_the_kernel_does_not_trust_is_not_used(void **state)
{
    (void)state;
    static const char *const sources[] = { "hpet", "", "ts", "tsc2", "jiffies", NULL };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        machine_boot(2.6);
        machine.clocksource = sources[i];
        weft_clock clock = clock_on_counter();
        assert_int_equal(clock.source, WEFT_CLOCK_SYSTEM);
        assert_int_equal(read_for(&clock, 10e6, 1000), 0);
    }
}

/* Pairs would be too wide; after some attempts it costs nothing more than the system's clock. */
static void where_the_system_is_slow_it_alone_is_asked(void **state)
{
    (void)state;
    machine_boot(2.6);
    machine.reading_ns = 300;
    weft_clock clock = clock_on_counter();
    assert_int_equal(read_for(&clock, 20e6, 1000), 0);
    assert_int_equal(clock.source, WEFT_CLOCK_SYSTEM);
    const unsigned before = machine.readings;
    assert_int_equal(read_for(&clock, 1e6, 700), 0);
    assert_in_range(machine.readings - before, 900, 1100);
}

static void a_counter_that_stands_creeps_or_races_is_not_used(void **state)
{
    (void)state;
    static const double rates[] = { 0, 0.001, 0.009, 110, 1000 };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        machine_boot(rates[i]);
        weft_clock clock = clock_on_counter();
        assert_int_equal(read_for(&clock, 20e6, 1000), 0);
    }
}

/* ---- the time of day ------------------------------------------------------------------------- */

/* A double has steps of 128 ns there. */
enum { DAY_STEP_NS = 128 };

static void the_time_of_day_is_that_of_the_best_attempt(void **state)
{
    (void)state;
    static const struct {
        double reading_ns;
        unsigned interrupted, attempts; /* readings at the beginning; attempts asked for */
        unsigned made;                  /* attempts */
        int64_t gap_ns;
    } rows[] = {
        { 20, 0, 5, 1, 40 },                                /* the first is good enough */
        { 20, 3, 5, 2, 40 },                                /* the second */
        { 125, 0, 5, 1, 250 },                              /* just so */
        { 2000, 0, 5, 5, 4000 },                            /* none: all are made */
        { 2000, 0, 1, 1, 4000 },   { 2000, 3, 2, 2, 4000 }, /* the second is better */
        { 2000, 4, 2, 2, 104000 }, /* or less bad: one interruption of three */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        machine_boot(2.6);
        machine.reading_ns = rows[i].reading_ns;
        machine.interrupted = rows[i].interrupted;
        weft_clock clock;
        const weft_realtime_desc desc = { .max_attempts = rows[i].attempts };
        assert_int_equal(weft_clock_init_realtime(&clock, &desc), WEFT_OK);
        assert_int_equal(machine.readings, 3 * rows[i].made + 2); /* when again, and what time */
        assert_in_range(weft_clock_gap(&clock), rows[i].gap_ns - 1, rows[i].gap_ns + 1);
        assert_true(weft_clock_accurate(&clock) == (rows[i].gap_ns <= 250));
        if (rows[i].gap_ns < 100000) /* read in the middle, without an interruption */
            assert_in_range(clock.offset_ns, INT64_C(1000000000000000000) - 2 * DAY_STEP_NS,
                            INT64_C(1000000000000000000) + 2 * DAY_STEP_NS);
    }
}

/* ---- what may happen to a machine ------------------------------------------------------------ */

static void suspend(void)
{
    machine.ticks += 3600e9 * machine.ticks_per_ns; /* the counter went on, the clock did not */
}

static void suspend_shortly(void)
{
    pass_time(1e6);
    machine.ticks += 2e6 * machine.ticks_per_ns; /* the next slope is wrong, but not absurd */
}

static void migrate_ahead(void)
{
    machine.ticks += 1e15;
}

static void migrate_back(void)
{
    machine.ticks = 17;
}

static void change_rate(void)
{
    machine.ticks_per_ns *= 1.5;
}

static void change_rate_a_little(void)
{
    machine.ticks_per_ns *= 1.002;
}

static void stay_away(void)
{
    pass_time(3600e9); /* descheduled, stopped in a debugger */
}

static void be_interrupted(void)
{
    machine.interrupted = 7;
}

static void a_broken_counter_is_seen_at_once_and_used_again_when_it_is_steady(void **state)
{
    (void)state;
    static void (*const events[])(void) = { suspend,      suspend_shortly, migrate_ahead,
                                            migrate_back, stay_away,       be_interrupted };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        machine_boot(2.6);
        weft_clock clock = clock_on_counter();
        read_for(&clock, 3e6, 990);
        for (int round = 0; round < 3; round++) {
            assert_true(read_for(&clock, 5e6, 990) > 4000);
            events[i]();
            read_for(&clock, 5e6, 990); /* checks each reading */
        }
        assert_true(read_for(&clock, 5e6, 990) > 4900);
        assert_int_equal(clock.source, WEFT_CLOCK_COUNTER);
    }
}

/* As where the kernel has given the counter up and keeps time with another one. */
static void a_counter_that_changes_its_rate_is_seen_within_a_millisecond(void **state)
{
    (void)state;
    static void (*const events[])(void) = { change_rate, change_rate_a_little };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        machine_boot(2.6);
        weft_clock clock = clock_on_counter();
        read_for(&clock, 5e6, 990);
        events[i]();
        for (const double end_ns = machine.now_ns + 1.1e6; machine.now_ns < end_ns;) {
            const int64_t before_ns = clock.now_ns;
            assert_true(weft_clock_now(&clock) >= before_ns);
        }
        for (int64_t ahead_ns = clock.now_ns; machine.now_ns < (double)ahead_ns;)
            assert_true(weft_clock_now(&clock) >= ahead_ns); /* it stands until time has come */
        read_for(&clock, 5e6, 990);
        assert_true(read_for(&clock, 5e6, 990) > 4900);
    }
}

static double random_below(uint64_t *state, double limit)
{
    return (double)test_random_below(state, UINT64_C(1) << 31) / 2147483648.0 * limit;
}

/* As adjtimex allows, from one end of its range to the other at any moment. */
static void the_error_stays_in_its_bound_while_the_system_slews(void **state)
{
    (void)state;
    uint64_t random = 1;
    static const double rates[] = { 0.024, 1.0, 2.6, 5.0 };
    for (unsigned i = 0; i < 400; i++) {
        machine_boot(rates[i % 4] * (1 + random_below(&random, 0.01)));
        machine.reading_ns = 15 + random_below(&random, 150);
        weft_clock clock = clock_on_counter();
        unsigned without = 0;
        for (int step = 0; step < 30; step++) {
            machine.slew = random_below(&random, 0.001) - 0.0005;
            if (random_below(&random, 1) < 0.3)
                machine.slew = machine.slew < 0 ? -0.0005 : 0.0005;
            if (random_below(&random, 1) < 0.1)
                machine.interrupted = 1;
            without += read_for(&clock, random_below(&random, 2e6), random_below(&random, 20000));
        }
        assert_true(without > 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#if defined(__x86_64__) || defined(__aarch64__)
        cmocka_unit_test(the_system_is_asked_once_in_a_millisecond),
        cmocka_unit_test(a_broken_counter_is_seen_at_once_and_used_again_when_it_is_steady),
        cmocka_unit_test(a_counter_that_changes_its_rate_is_seen_within_a_millisecond),
        cmocka_unit_test(the_error_stays_in_its_bound_while_the_system_slews),
#endif
        cmocka_unit_test(a_clock_that_is_seldom_read_asks_the_system),
        cmocka_unit_test(the_default_is_the_system),
        cmocka_unit_test(an_unknown_source_is_refused),
        cmocka_unit_test(a_counter_that_the_kernel_does_not_trust_is_not_used),
        cmocka_unit_test(where_the_system_is_slow_it_alone_is_asked),
        cmocka_unit_test(a_counter_that_stands_creeps_or_races_is_not_used),
        cmocka_unit_test(the_time_of_day_is_that_of_the_best_attempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
