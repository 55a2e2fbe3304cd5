/* Clocks: the machine's time that never goes back, time that stands still, and time that walks. */
#include <weft/clock.h>
#include <weft/fn.h>
#include <weft/testing.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- realtime -------------------------------------------------------------------------------- */

static void assert_near_wall_time(const weft_clock *clock)
{
    const int64_t off_ns = clock->unix_ns - (int64_t)time(NULL) * WEFT_SECOND;
    assert_true(off_ns > -WEFT_SECOND && off_ns < 2 * WEFT_SECOND); /* time() cuts its second off */
}

static void realtime_never_goes_backwards_and_follows_the_wall_clock(void **state)
{
    (void)state;
    weft_clock clock;
    assert_int_equal(weft_clock_init_realtime(&clock, NULL), WEFT_OK);
    assert_near_wall_time(&clock); /* before anybody has asked */
    int64_t before_ns = clock.now_ns;
    for (int i = 0; i < 100000; i++) {
        const int64_t unix_ns = clock.unix_ns;
        assert_true(weft_clock_now(&clock) >= before_ns);
        assert_true(clock.unix_ns >= unix_ns); /* no calibration falls into this hour */
        before_ns = clock.now_ns;
    }
    assert_near_wall_time(&clock);
    assert_false(weft_clock_exhausted(&clock));
}

static void realtime_is_the_monotonic_clock(void **state)
{
    (void)state;
    weft_clock clock;
    assert_int_equal(weft_clock_init_realtime(&clock, NULL), WEFT_OK);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    const int64_t now_ns = weft_clock_now(&clock);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(now_ns >= (int64_t)before.tv_sec * WEFT_SECOND + before.tv_nsec);
    assert_true(now_ns <= (int64_t)after.tv_sec * WEFT_SECOND + after.tv_nsec);
    assert_true(now_ns == clock.now_ns);
}

/* Over the joints of many lines; test_clock_counter.c has the machines that are worse than this. */
static void on_the_counter_it_stays_near_the_monotonic_clock_and_never_goes_back(void **state)
{
    (void)state;
    weft_clock clock;
    assert_int_equal(
        weft_clock_init_realtime(&clock, &(weft_realtime_desc){ .source = WEFT_CLOCK_COUNTER }),
        WEFT_OK);
    const int64_t end_ns = clock.now_ns + 100 * WEFT_MILLISECOND;
    for (int64_t last_ns = clock.now_ns; last_ns < end_ns; last_ns = clock.now_ns) {
        struct timespec before, after;
        clock_gettime(CLOCK_MONOTONIC, &before);
        const int64_t now_ns = weft_clock_now(&clock);
        clock_gettime(CLOCK_MONOTONIC, &after);
        assert_true(now_ns >= last_ns);
        assert_true(now_ns >= (int64_t)before.tv_sec * WEFT_SECOND + before.tv_nsec -
                                  WEFT_CLOCK_COUNTER_ERROR_NS);
        assert_true(now_ns <= (int64_t)after.tv_sec * WEFT_SECOND + after.tv_nsec +
                                  WEFT_CLOCK_COUNTER_ERROR_NS);
    }
    assert_near_wall_time(&clock);
}

static void realtime_calibrates_until_the_gap_is_small_or_attempts_are_used_up(void **state)
{
    (void)state;
    weft_clock clock;
    /* Any machine reads three clocks within a minute, none within a nanosecond. */
    assert_int_equal(
        weft_clock_init_realtime(
            &clock, &(weft_realtime_desc){ .threshold_ns = 60 * WEFT_SECOND, .max_attempts = 1 }),
        WEFT_OK);
    assert_true(weft_clock_accurate(&clock));
    assert_true(weft_clock_gap(&clock) >= 0 && weft_clock_gap(&clock) < 60 * WEFT_SECOND);
    assert_near_wall_time(&clock);

    assert_int_equal(weft_clock_init_realtime(
                         &clock, &(weft_realtime_desc){ .threshold_ns = 1, .max_attempts = 3 }),
                     WEFT_OK);
    assert_true(weft_clock_accurate(&clock) == (weft_clock_gap(&clock) <= 1));
    assert_near_wall_time(&clock);
}

/* A wrong offset stands for a wall clock that was set while the program ran. */
static void realtime_follows_steps_of_the_wall_clock_when_it_resyncs(void **state)
{
    (void)state;
    weft_clock clock;
    assert_int_equal(
        weft_clock_init_realtime(&clock, &(weft_realtime_desc){ .resync_interval_ns = 1 }),
        WEFT_OK);
    clock.offset_ns += 1000 * WEFT_SECOND;
    int64_t before_ns = clock.now_ns;
    do
        assert_true(weft_clock_now(&clock) >= before_ns);
    while (clock.now_ns == before_ns); /* until a nanosecond has passed */
    assert_near_wall_time(&clock);

    assert_int_equal(weft_clock_init_realtime(&clock, NULL), WEFT_OK);
    clock.offset_ns += 1000 * WEFT_SECOND;
    weft_clock_now(&clock); /* an hour has not passed */
    assert_true(clock.unix_ns / WEFT_SECOND > time(NULL) + 900);
    assert_int_equal(weft_clock_reset(&clock), WEFT_OK);
    weft_clock_now(&clock);
    assert_near_wall_time(&clock);
}

static void realtime_accepts_never_as_the_resync_interval(void **state)
{
    (void)state;
    weft_clock clock;
    assert_int_equal(
        weft_clock_init_realtime(&clock, &(weft_realtime_desc){ .resync_interval_ns = INT64_MAX }),
        WEFT_OK);
    clock.offset_ns += 1000 * WEFT_SECOND;
    for (int i = 0; i < 1000; i++)
        weft_clock_now(&clock);
    assert_true(clock.unix_ns / WEFT_SECOND > time(NULL) + 900);
}

static void realtime_cannot_be_moved(void **state)
{
    (void)state;
    weft_clock clock;
    assert_int_equal(weft_clock_init_realtime(&clock, NULL), WEFT_OK);
    assert_int_equal(weft_clock_advance(&clock, 1), WEFT_EINVAL);
    assert_int_equal(weft_clock_set(&clock, 1), WEFT_EINVAL);
    assert_int_equal(weft_clock_jump(&clock, INT64_MAX), WEFT_EINVAL);
    assert_true(weft_clock_now(&clock) < INT64_MAX);
}

/* ---- test ------------------------------------------------------------------------------------ */

static void a_test_clock_stands_until_it_is_moved(void **state)
{
    (void)state;
    enum action { ADVANCE, SET, JUMP };
    static const struct {
        int64_t start;
        enum action action;
        int64_t value, expected;
    } table[] = {
        { 0, ADVANCE, 100 * WEFT_MILLISECOND, 100000000 },
        { 1000000000, ADVANCE, 0, 1000000000 },
        { 1000000000, ADVANCE, 1, 1000000001 },
        { 500, ADVANCE, -600, -100 },
        { 500, SET, 42, 42 },
        { 500, SET, 0, 0 },
        { 500, SET, INT64_MIN, INT64_MIN },
        { 500, JUMP, 501, 501 },
        { 500, JUMP, 500, 500 },
        { 500, JUMP, 499, 500 },
        { INT64_MAX - 1, ADVANCE, 1, INT64_MAX },
        { INT64_MAX - 1, ADVANCE, 2, INT64_MAX },
        { INT64_MIN + 1, ADVANCE, -2, INT64_MIN },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        weft_clock clock;
        weft_clock_init_test(&clock, table[i].start);
        for (int n = 0; n < 3; n++)
            assert_true(weft_clock_now(&clock) == table[i].start);
        weft_status (*const act[])(weft_clock *, int64_t) = { weft_clock_advance, weft_clock_set,
                                                              weft_clock_jump };
        assert_int_equal(act[table[i].action](&clock, table[i].value), WEFT_OK);
        assert_true(clock.now_ns == table[i].start); /* not before somebody looks */
        assert_true(weft_clock_now(&clock) == table[i].expected);
        assert_true(clock.now_ns == table[i].expected);
        assert_true(clock.unix_ns == table[i].expected);
        assert_true(weft_clock_now(&clock) == table[i].expected);
        assert_false(weft_clock_exhausted(&clock));
    }
}

static void moves_of_a_test_clock_add_up(void **state)
{
    (void)state;
    weft_clock clock;
    weft_clock_init_test(&clock, 10);
    weft_clock_advance(&clock, 5);
    weft_clock_advance(&clock, 7);
    assert_int_equal(weft_clock_now(&clock), 22);
    weft_clock_set(&clock, 100);
    weft_clock_advance(&clock, 1);
    assert_int_equal(weft_clock_now(&clock), 101);
    assert_int_equal(weft_clock_reset(&clock), WEFT_EINVAL);
    assert_int_equal(weft_clock_gap(&clock), 0);
    assert_true(weft_clock_accurate(&clock));
}

/* ---- historical ------------------------------------------------------------------------------ */

static weft_clock historical(int64_t start_ns, int64_t end_ns, int64_t step_ns)
{
    weft_clock clock;
    assert_int_equal(
        weft_clock_init_historical(&clock, &(weft_historical_desc){ start_ns, end_ns, step_ns }),
        WEFT_OK);
    return clock;
}

static void a_historical_clock_walks_in_steps_to_its_end(void **state)
{
    (void)state;
    static const struct {
        int64_t start, end, step;
        int64_t says[6];
        size_t exhausted_after; /* how many of them */
    } table[] = {
        { 1000, 2000, 100, { 1000, 1100, 1200, 1300, 1400, 1500 }, 0 },
        { 0, 200, 100, { 0, 100, 200, 200, 200, 200 }, 3 },
        { 0, 250, 100, { 0, 100, 200, 250, 250, 250 }, 4 },
        { 0, 1, 100, { 0, 1, 1, 1, 1, 1 }, 2 },
        { 5, 100, 0, { 5, 5, 5, 5, 5, 5 }, 0 },
        { -3, 0, 1, { -3, -2, -1, 0, 0, 0 }, 4 },
        { 0,
          INT64_MAX,
          INT64_MAX - 1,
          { 0, INT64_MAX - 1, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX },
          3 },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        weft_clock clock = historical(table[i].start, table[i].end, table[i].step);
        assert_true(clock.now_ns == table[i].start);
        for (int round = 0; round < 2; round++) { /* a reset repeats it */
            assert_false(weft_clock_exhausted(&clock));
            for (size_t n = 0; n < COUNT(table[i].says); n++) {
                assert_true(weft_clock_now(&clock) == table[i].says[n]);
                assert_true(clock.unix_ns == clock.now_ns);
                const size_t after = table[i].exhausted_after;
                assert_true(weft_clock_exhausted(&clock) == (after && n + 1 >= after));
            }
            assert_int_equal(weft_clock_reset(&clock), WEFT_OK);
            assert_true(clock.now_ns == table[i].start);
        }
    }
}

static void a_historical_clock_jumps(void **state)
{
    (void)state;
    static const struct {
        int64_t step;
        int64_t first; /* jumped to before anybody has looked; -1: no jump */
        int64_t to[2]; /* jumped to after the first look; -1: no jump */
        int64_t says[3];
    } table[] = {
        { 0, -1, { 50, -1 }, { 0, 50, 50 } },
        { 0, 30, { 50, -1 }, { 30, 50, 50 } },
        { 0, -1, { 1000, -1 }, { 0, 1000, 1000 } },
        { 0, -1, { 1001, -1 }, { 0, 1000, 1000 } }, /* the end */
        { 0, -1, { INT64_MAX, -1 }, { 0, 1000, 1000 } },
        { 0, 60, { 50, -1 }, { 60, 60, 60 } }, /* the past */
        { 0, -1, { 70, 50 }, { 0, 50, 50 } },  /* the last one counts */
        { 0, -1, { 50, 70 }, { 0, 70, 70 } },
        { 100, -1, { -1, -1 }, { 0, 100, 200 } },
        { 100, -1, { 50, -1 }, { 0, 50, 150 } }, /* instead of the step */
        { 100, -1, { 500, -1 }, { 0, 500, 600 } },
        { 100, -1, { 0, -1 }, { 0, 0, 100 } }, /* now is not the past */
        { 100, 950, { -1, -1 }, { 950, 1000, 1000 } },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        weft_clock clock = historical(0, 1000, table[i].step);
        if (table[i].first >= 0)
            assert_int_equal(weft_clock_jump(&clock, table[i].first), WEFT_OK);
        assert_true(weft_clock_now(&clock) == table[i].says[0]);
        for (size_t n = 0; n < 2; n++)
            if (table[i].to[n] >= 0)
                assert_int_equal(weft_clock_jump(&clock, table[i].to[n]), WEFT_OK);
        assert_true(weft_clock_now(&clock) == table[i].says[1]);
        assert_true(weft_clock_now(&clock) == table[i].says[2]);
        assert_true(weft_clock_exhausted(&clock) == (table[i].says[2] == 1000));
    }
}

static void a_historical_clock_refuses_what_is_no_history(void **state)
{
    (void)state;
    static const weft_historical_desc bad[] = {
        { 0, 0, 1 }, { 1, 0, 1 }, { INT64_MAX, INT64_MIN, 1 }, { 0, 100, -1 }, { 0, 0, 0 },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        weft_clock clock = { .now_ns = 4711 };
        assert_int_equal(weft_clock_init_historical(&clock, &bad[i]), WEFT_EINVAL);
        assert_int_equal(clock.now_ns, 4711);
    }
    weft_clock clock = historical(0, 10, 1);
    assert_int_equal(weft_clock_advance(&clock, 1), WEFT_EINVAL);
    assert_int_equal(weft_clock_set(&clock, 1), WEFT_EINVAL);
    assert_int_equal(weft_clock_now(&clock), 0);
}

static void realtime_refuses_negative_settings(void **state)
{
    (void)state;
    static const weft_realtime_desc bad[] = { { .threshold_ns = -1 },
                                              { .resync_interval_ns = -1 } };
    for (size_t i = 0; i < COUNT(bad); i++) {
        weft_clock clock = { .now_ns = 4711 };
        assert_int_equal(weft_clock_init_realtime(&clock, &bad[i]), WEFT_EINVAL);
        assert_int_equal(clock.now_ns, 4711);
    }
}

/* ---- as a resource --------------------------------------------------------------------------- */

typedef struct {
    int64_t now_ns, unix_ns;
} Seen;
WEFT_RESOURCE_DEFINE(Seen);

static void look(Seen *seen, const weft_clock *clock)
{
    *seen = (Seen){ clock->now_ns, clock->unix_ns };
}
WEFT_FN(look, MUT(Seen), RES(weft_clock));

static void handlers_read_the_clock_of_their_world(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Seen);
    weft_clock given;
    weft_clock_init_test(&given, 7);
    weft_clock *clock = weft_clock_install(builder, &given);
    assert_non_null(clock);
    weft_harness harness;
    assert_int_equal(weft_harness_init(&harness, builder), WEFT_OK);
    struct look handler;
    assert_int_equal(look_init(&handler, harness.world), WEFT_OK);
    weft_clock_advance(clock, 35);
    weft_clock_now(clock);
    weft_harness_dispatch(&harness, &handler.base, NULL);
    assert_int_equal(WEFT_GET(harness.world, Seen)->now_ns, 42);
    assert_int_equal(WEFT_GET(harness.world, Seen)->unix_ns, 42);
    assert_int_equal(given.next_ns, 7); /* the world has a copy */
    weft_harness_fini(&harness);
}

static void the_default_clock_of_a_world_is_real_and_there_is_one(void **state)
{
    (void)state;
    weft_test_reports reports = { 0 };
    const weft_world_desc desc = weft_test_reports_desc(&reports);
    weft_builder *builder = weft_builder_new(&desc);
    weft_clock *clock = weft_clock_install(builder, NULL);
    assert_non_null(clock);
    assert_int_equal(clock->kind, WEFT_CLOCK_REALTIME);
    assert_near_wall_time(clock);
    assert_null(weft_clock_install(builder, NULL));
    assert_non_null(weft_test_reports_find(&reports, "weft_clock is already registered"));
    weft_harness harness;
    assert_int_equal(weft_harness_init(&harness, builder), WEFT_EEXISTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(realtime_never_goes_backwards_and_follows_the_wall_clock),
        cmocka_unit_test(realtime_is_the_monotonic_clock),
        cmocka_unit_test(on_the_counter_it_stays_near_the_monotonic_clock_and_never_goes_back),
        cmocka_unit_test(realtime_calibrates_until_the_gap_is_small_or_attempts_are_used_up),
        cmocka_unit_test(realtime_follows_steps_of_the_wall_clock_when_it_resyncs),
        cmocka_unit_test(realtime_accepts_never_as_the_resync_interval),
        cmocka_unit_test(realtime_cannot_be_moved),
        cmocka_unit_test(a_test_clock_stands_until_it_is_moved),
        cmocka_unit_test(moves_of_a_test_clock_add_up),
        cmocka_unit_test(a_historical_clock_walks_in_steps_to_its_end),
        cmocka_unit_test(a_historical_clock_jumps),
        cmocka_unit_test(a_historical_clock_refuses_what_is_no_history),
        cmocka_unit_test(realtime_refuses_negative_settings),
        cmocka_unit_test(handlers_read_the_clock_of_their_world),
        cmocka_unit_test(the_default_clock_of_a_world_is_real_and_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
