/* One-shot timers: when they run and in which order. What their handlers get, and how they end, is
 * in test_timers_handlers.c; what cancelling and rescheduling do in test_timers_changes.c. */
#include "timers_fixture.h"

/* ---- when ------------------------------------------------------------------------------------ */

/* Timers a, b, c ... with these deadlines, which a 0 ends, polled at these times. */
static void timers_run_in_deadline_order_and_never_early(void **state)
{
    (void)state;
    static const struct {
        int64_t deadlines[9];
        struct {
            int64_t now;
            const char *runs;
        } polls[4];
    } table[] = {
        { { 1000 }, { { 1000, "a" }, { 1000, "" } } },
        { { 1000 }, { { 999, "" }, { 1000, "a" }, { 9999, "" } } },
        { { 990, 990, 990 }, { { 1000, "abc" } } },
        { { 61000 }, { { 1000, "" }, { 60999, "" }, { 61001, "a" } } },
        { { 1010, 1050, 1100 }, { { 1020, "a" }, { 1060, "b" }, { 1200, "c" } } },
        { { 1010, 1050, 1100 }, { { 1200, "abc" } } },
        { { 1100, 1050, 1010 }, { { 1200, "cba" } } },
        { { 1005, 1200, 2000 }, { { 1010, "a" }, { 1250, "b" }, { 2500, "c" } } },
        { { 1060, 1065, 1012 }, { { 1009, "" }, { 1070, "cab" } } },
        { { 1607, 1601 }, { { 1600, "" }, { 1610, "ba" } } },
        { { 1063, 1064, 1065 }, { { 1063, "a" }, { 1064, "b" }, { 1065, "c" } } },
        { { 5, 4, 3, 2, 1 }, { { 2, "ed" }, { 1, "" }, { 5, "cba" } } },
        { { 7, 7, 3, 7, 3, 9, 7 }, { { 2, "" }, { 8, "ceabdg" }, { 9, "f" } } },
        { { INT64_MAX, 1000, INT64_MIN },
          { { INT64_MIN, "c" }, { INT64_MAX - 1, "b" }, { INT64_MAX, "a" } } },
        { { -5, -6, 1 }, { { -6, "b" }, { 0, "a" }, { 1, "c" } } },
        { { 1010, 1050, 4000, 101000, 1000000, 100001000, 3000001000 },
          { { 1049, "a" }, { 101000, "bcd" }, { 3000001000, "efg" } } },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        fixture f;
        set_up(&f, 0);
        for (size_t n = 0; table[i].deadlines[n]; n++)
            plant(&f, table[i].deadlines[n], (Tag){ .name = (char)('a' + n) });
        for (size_t n = 0; n < COUNT(table[i].polls) && table[i].polls[n].runs; n++) {
            const int count = poll_at(&f, table[i].polls[n].now);
            assert_string_equal(f.log.runs, table[i].polls[n].runs);
            assert_int_equal(count, strlen(table[i].polls[n].runs));
        }
        assert_int_equal(weft_timers_len(f.timers), 0);
        tear_down(&f);
    }
}

static void equal_deadlines_run_in_the_order_of_scheduling_wherever_they_came_from(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    plant(&f, 100000, (Tag){ .name = 'a' }); /* from far */
    assert_int_equal(poll_at(&f, 99900), 0);
    plant(&f, 100000, (Tag){ .name = 'b' }); /* from near */
    assert_int_equal(poll_at(&f, 99999), 0);
    plant(&f, 100000, (Tag){ .name = 'c' });
    poll_at(&f, 100000);
    assert_string_equal(f.log.runs, "abc");
    tear_down(&f);
}

static void with_a_tick_timers_run_at_its_multiples_in_the_order_of_their_deadlines(void **state)
{
    (void)state;
    fixture f;
    int64_t next = 0;
    set_up_ticking(&f, 0, 1000);
    plant(&f, 1999, (Tag){ .name = 'a' });
    plant(&f, 1001, (Tag){ .name = 'b' });
    plant(&f, 1000, (Tag){ .name = 'c' });
    plant(&f, 2001, (Tag){ .name = 'd' });
    plant_every(&f, 1500, 700, WEFT_MISSED_BURST, (Tag){ .name = 'p' }); /* 1500, 2200, 2900 */
    assert_int_equal(weft_timers_timeout(f.timers, 10), 990);
    assert_int_equal(poll_at(&f, 999), 0);
    assert_int_equal(poll_at(&f, 1400), 1);
    assert_string_equal(f.log.runs, "c");
    assert_int_equal(weft_timers_timeout(f.timers, 1400), 600);
    assert_int_equal(poll_at(&f, 1999), 0);
    assert_int_equal(poll_at(&f, 2000), 3);
    assert_string_equal(f.log.runs, "bpa");
    assert_int_equal(f.log.event.deadline_ns, 1999);
    assert_true(weft_timers_next_deadline(f.timers, &next));
    assert_int_equal(next, 3000);
    assert_int_equal(poll_at(&f, 3000), 2);
    assert_string_equal(f.log.runs, "dp");
    assert_int_equal(f.log.event.missed, 1); /* 2900 */
    assert_int_equal(poll_at(&f, 3001), 1);
    assert_int_equal(weft_timers_len(f.timers), 1);
    tear_down(&f);
}

static void polling_nothing_runs_nothing(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    assert_int_equal(poll_at(&f, 0), 0);
    assert_int_equal(poll_at(&f, INT64_MAX), 0);
    assert_int_equal(poll_at(&f, INT64_MIN), 0);
    assert_int_equal(weft_world_sequence(f.world), 0);
    tear_down(&f);
}

static void a_limited_poll_leaves_the_rest_in_order_ahead_of_what_becomes_due(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    for (char name = 'a'; name <= 'j'; name++)
        plant(&f, 10 + name, (Tag){ .name = name });
    assert_int_equal(weft_timers_poll_most(f.timers, f.world, 1000, 0), 0);
    assert_int_equal(weft_timers_poll_most(f.timers, f.world, 1000, 3), 3);
    assert_string_equal(f.log.runs, "abc");
    assert_int_equal(weft_timers_timeout(f.timers, 1000), 0);
    plant(&f, 5, (Tag){ .name = 'x' }); /* earlier, but due only now */
    assert_int_equal(weft_timers_poll_most(f.timers, f.world, 1000, 3), 3);
    assert_string_equal(f.log.runs, "abcdef");
    assert_sound(&f);
    assert_int_equal(weft_timers_len(f.timers), 5);
    assert_int_equal(weft_timers_poll(f.timers, f.world, 1000), 5);
    assert_string_equal(f.log.runs, "abcdefghijx");

    plant(&f, 2000, (Tag){ .name = 'k' });
    plant(&f, 3000, (Tag){ .name = 'l' });
    plant(&f, 2001, (Tag){ .name = 'm' });
    assert_int_equal(weft_timers_poll_most(f.timers, f.world, 2500, 3), 2);
    assert_int_equal(weft_timers_len(f.timers), 1);
    tear_down(&f);
}

static void what_is_due_no_more_because_time_went_back_waits_again(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    for (char name = 'a'; name <= 'e'; name++)
        plant(&f, 10 * (name - 'a' + 1), (Tag){ .name = name });
    assert_int_equal(weft_timers_poll_most(f.timers, f.world, 100, 1), 1); /* a; the rest is due */
    assert_int_equal(poll_at(&f, 25), 1);
    assert_string_equal(f.log.runs, "b");
    assert_int_equal(weft_timers_timeout(f.timers, 25), 5);
    assert_int_equal(poll_at(&f, 29), 0);
    assert_int_equal(poll_at(&f, 40), 2);
    assert_string_equal(f.log.runs, "cd");
    assert_int_equal(poll_at(&f, 49), 0);
    assert_int_equal(poll_at(&f, 50), 1);
    assert_string_equal(f.log.runs, "e");
    tear_down(&f);
}

static void what_is_left_over_by_a_later_poll_waits_for_its_tick(void **state)
{
    (void)state;
    fixture f;
    set_up_ticking(&f, 0, 1000);
    plant(&f, 1200, (Tag){ .name = 'a' });
    plant(&f, 1300, (Tag){ .name = 'b' });
    plant(&f, INT64_MIN, (Tag){ .name = 'c' });
    plant(&f, INT64_MIN, (Tag){ .name = 'd' });
    assert_int_equal(weft_timers_poll_most(f.timers, f.world, 2000, 1), 1); /* the others are due */
    assert_int_equal(poll_at(&f, INT64_MIN), 0);                            /* before any tick */
    assert_int_equal(weft_timers_poll_most(f.timers, f.world, 2000, 2), 2);
    assert_string_equal(f.log.runs, "da");
    assert_int_equal(poll_at(&f, 1500), 0);
    assert_int_equal(weft_timers_timeout(f.timers, 1500), 500);
    assert_int_equal(poll_at(&f, 1999), 0);
    assert_int_equal(poll_at(&f, 2000), 1);
    assert_string_equal(f.log.runs, "b");
    tear_down(&f);
}

static void a_poll_in_which_nothing_would_run_may_be_left_out(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    assert_true(weft_timers_skip(f.timers, 50));
    assert_int_equal(weft_wheel_now(&f.timers->wheel), 50);
    plant(&f, 100, (Tag){ .name = 'a' });
    plant(&f, 101, (Tag){ .name = 'b' });
    assert_true(weft_timers_skip(f.timers, 99));
    assert_true(weft_timers_skip(f.timers, 60)); /* time may go back */
    assert_false(weft_timers_skip(f.timers, 100));
    assert_int_equal(weft_wheel_now(&f.timers->wheel), 60); /* nothing has happened */
    assert_int_equal(weft_timers_poll_most(f.timers, f.world, 101, 1), 1);
    assert_false(weft_timers_skip(f.timers, 60)); /* b was left over */
    assert_int_equal(poll_at(&f, 60), 0);
    assert_true(weft_timers_skip(f.timers, 60));
    plant(&f, 10, (Tag){ .name = 'c' }); /* in the past: due at the next poll */
    assert_false(weft_timers_skip(f.timers, 60));
    assert_int_equal(poll_at(&f, 60), 1);
    assert_true(weft_timers_skip(f.timers, 60));
    assert_int_equal(poll_at(&f, 101), 1);
    tear_down(&f);
}

/* ---- inspection ------------------------------------------------------------------------------ */

static void next_deadline_and_timeout_are_exact(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    int64_t deadline = 4711;
    assert_false(weft_timers_next_deadline(f.timers, &deadline));
    assert_int_equal(deadline, 4711);
    assert_int_equal(weft_timers_timeout(f.timers, 0), WEFT_FOREVER);

    plant(&f, 100, (Tag){ .name = 'a' });
    const weft_timer_id b = plant(&f, 50, (Tag){ .name = 'b' });
    assert_true(weft_timers_next_deadline(f.timers, &deadline));
    assert_int_equal(deadline, 50);
    weft_timers_cancel(f.timers, b);
    assert_true(weft_timers_next_deadline(f.timers, &deadline));
    assert_int_equal(deadline, 100);
    const weft_timer_id c = plant(&f, 30, (Tag){ .name = 'c' });
    assert_true(weft_timers_next_deadline(f.timers, &deadline));
    assert_int_equal(deadline, 30);
    weft_timers_reschedule(f.timers, c, 200);
    assert_true(weft_timers_next_deadline(f.timers, &deadline));
    assert_int_equal(deadline, 100);
    weft_timers_reschedule(f.timers, c, 25);
    for (int i = 0; i < 3; i++) {
        assert_true(weft_timers_next_deadline(f.timers, &deadline));
        assert_int_equal(deadline, 25);
    }
    static const struct {
        int64_t now, timeout;
    } table[] = { { 0, 25 },
                  { 24, 1 },
                  { 25, 0 },
                  { 26, 0 },
                  { -5, 30 },
                  { INT64_MIN, INT64_MAX },
                  { 25 - INT64_MAX, INT64_MAX } };
    for (size_t i = 0; i < COUNT(table); i++)
        assert_true(weft_timers_timeout(f.timers, table[i].now) == table[i].timeout);
    assert_int_equal(poll_at(&f, 99), 1);
    assert_int_equal(weft_timers_timeout(f.timers, 99), 1);
    assert_int_equal(weft_timers_len(f.timers), 1);
    assert_int_equal(poll_at(&f, 100), 1);
    assert_int_equal(weft_timers_timeout(f.timers, 100), WEFT_FOREVER);
    assert_int_equal(weft_timers_len(f.timers), 0);
    tear_down(&f);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void a_negative_tick_is_refused(void **state)
{
    (void)state;
    weft_test_reports reports = { 0 };
    const weft_world_desc desc = weft_test_reports_desc(&reports);
    weft_builder *builder = weft_builder_new(&desc);
    assert_null(weft_timers_install(builder, &(weft_timers_desc){ .tick_ns = -1 }));
    assert_non_null(weft_test_reports_find(&reports, "the tick of timers is a number of ns"));
    weft_builder_free(builder);
}

static void a_world_has_one_set_of_timers(void **state)
{
    (void)state;
    weft_test_reports reports = { 0 };
    const weft_world_desc desc = weft_test_reports_desc(&reports);
    weft_builder *builder = weft_builder_new(&desc);
    assert_non_null(weft_timers_install(builder, NULL));
    assert_null(weft_timers_install(builder, NULL));
    assert_non_null(weft_test_reports_find(&reports, "weft_timers is already registered"));
    weft_builder_free(builder);
}

static void another_worlds_timers_are_refused(void **state)
{
    (void)state;
    fixture f, other;
    set_up(&f, 0);
    set_up(&other, 0);
    plant(&f, 10, (Tag){ .name = 'a' });
    assert_int_equal(weft_timers_poll(f.timers, other.world, 10), WEFT_EWORLD);
    assert_int_equal(weft_timers_poll_most(f.timers, other.world, 10, 1), WEFT_EWORLD);
    assert_int_equal(weft_timers_poll_most(f.timers, other.world, 10, 0), WEFT_EWORLD);
    assert_int_equal(other.reports.count, 3);
    assert_non_null(weft_test_reports_find(&other.reports, "timers polled belong to another"));
    assert_int_equal(f.log.run_count, 0);
    assert_int_equal(weft_world_sequence(other.world), 0);
    assert_int_equal(poll_at(&f, 10), 1); /* still there */
    tear_down(&other);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_run_in_deadline_order_and_never_early),
        cmocka_unit_test(equal_deadlines_run_in_the_order_of_scheduling_wherever_they_came_from),
        cmocka_unit_test(with_a_tick_timers_run_at_its_multiples_in_the_order_of_their_deadlines),
        cmocka_unit_test(a_negative_tick_is_refused),
        cmocka_unit_test(polling_nothing_runs_nothing),
        cmocka_unit_test(another_worlds_timers_are_refused),
        cmocka_unit_test(a_limited_poll_leaves_the_rest_in_order_ahead_of_what_becomes_due),
        cmocka_unit_test(what_is_due_no_more_because_time_went_back_waits_again),
        cmocka_unit_test(what_is_left_over_by_a_later_poll_waits_for_its_tick),
        cmocka_unit_test(a_poll_in_which_nothing_would_run_may_be_left_out),
        cmocka_unit_test(next_deadline_and_timeout_are_exact),
        cmocka_unit_test(a_world_has_one_set_of_timers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
