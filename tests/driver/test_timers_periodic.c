/* Periodic timers: what runs when, what is missed when polls are late, and where the grid is. */
#include "timers_fixture.h"

typedef struct {
    int64_t now_ns;
    size_t runs;
    int64_t deadline_ns; /* of the run; in no row if nothing runs */
    uint64_t missed;
    int64_t next_ns; /* deadline afterwards */
} periodic_poll;

typedef struct {
    const char *name;
    weft_missed policy;
    int64_t first_ns, period_ns;
    periodic_poll polls[8]; /* next_ns 0 ends them */
} periodic_row;

static const periodic_row rows[] = {
    { "on time, burst",
      WEFT_MISSED_BURST,
      10,
      10,
      { { 9, 0, 0, 0, 10 }, { 10, 1, 10, 0, 20 }, { 20, 1, 20, 0, 30 }, { 30, 1, 30, 0, 40 } } },
    { "on time, skip",
      WEFT_MISSED_SKIP,
      10,
      10,
      { { 9, 0, 0, 0, 10 }, { 10, 1, 10, 0, 20 }, { 20, 1, 20, 0, 30 }, { 30, 1, 30, 0, 40 } } },
    { "on time, delay",
      WEFT_MISSED_DELAY,
      10,
      10,
      { { 9, 0, 0, 0, 10 }, { 10, 1, 10, 0, 20 }, { 20, 1, 20, 0, 30 }, { 30, 1, 30, 0, 40 } } },

    { "late within the period, burst",
      WEFT_MISSED_BURST,
      10,
      10,
      { { 13, 1, 10, 0, 20 }, { 29, 1, 20, 0, 30 }, { 31, 1, 30, 0, 40 } } },
    { "late within the period, skip",
      WEFT_MISSED_SKIP,
      10,
      10,
      { { 13, 1, 10, 0, 20 }, { 29, 1, 20, 0, 30 }, { 31, 1, 30, 0, 40 } } },
    { "late within the period, delay",
      WEFT_MISSED_DELAY,
      10,
      10,
      { { 13, 1, 10, 0, 23 }, { 20, 0, 0, 0, 23 }, { 29, 1, 23, 0, 39 }, { 39, 1, 39, 0, 49 } } },

    { "the example of the header, burst",
      WEFT_MISSED_BURST,
      10,
      10,
      { { 37, 1, 10, 2, 20 },
        { 37, 1, 20, 1, 30 },
        { 37, 1, 30, 0, 40 },
        { 37, 0, 0, 0, 40 },
        { 40, 1, 40, 0, 50 } } },
    { "the example of the header, skip",
      WEFT_MISSED_SKIP,
      10,
      10,
      { { 37, 1, 10, 2, 40 }, { 37, 0, 0, 0, 40 }, { 40, 1, 40, 0, 50 } } },
    { "the example of the header, delay",
      WEFT_MISSED_DELAY,
      10,
      10,
      { { 37, 1, 10, 2, 47 }, { 40, 0, 0, 0, 47 }, { 47, 1, 47, 0, 57 } } },

    { "exactly one period late, burst",
      WEFT_MISSED_BURST,
      10,
      10,
      { { 20, 1, 10, 1, 20 }, { 20, 1, 20, 0, 30 }, { 20, 0, 0, 0, 30 } } },
    { "exactly one period late, skip",
      WEFT_MISSED_SKIP,
      10,
      10,
      { { 20, 1, 10, 1, 30 }, { 20, 0, 0, 0, 30 } } },
    { "exactly one period late, delay",
      WEFT_MISSED_DELAY,
      10,
      10,
      { { 20, 1, 10, 1, 30 }, { 20, 0, 0, 0, 30 } } },

    { "every nanosecond, burst",
      WEFT_MISSED_BURST,
      1,
      1,
      { { 3, 1, 1, 2, 2 }, { 4, 1, 2, 2, 3 }, { 4, 1, 3, 1, 4 }, { 4, 1, 4, 0, 5 } } },
    { "every nanosecond, skip",
      WEFT_MISSED_SKIP,
      1,
      1,
      { { 3, 1, 1, 2, 4 }, { 1000000, 1, 4, 999996, 1000001 } } },
    { "a start in the past, skip",
      WEFT_MISSED_SKIP,
      -95,
      10,
      { { 0, 1, -95, 9, 5 }, { 5, 1, 5, 0, 15 } } },

    { "over all of time, skip",
      WEFT_MISSED_SKIP,
      INT64_MIN,
      10,
      { { INT64_MAX - 9, 1, INT64_MIN, UINT64_C(1844674407370955160), INT64_MAX - 5 } } },
    { "over all of time, a nanosecond, skip",
      WEFT_MISSED_SKIP,
      INT64_MIN,
      1,
      { { INT64_MAX - 1, 1, INT64_MIN, UINT64_MAX - 1, INT64_MAX } } },
    { "the end of time holds the grid, burst",
      WEFT_MISSED_BURST,
      INT64_MAX - 5,
      10,
      { { INT64_MAX - 6, 0, 0, 0, INT64_MAX - 5 },
        { INT64_MAX - 5, 1, INT64_MAX - 5, 0, INT64_MAX },
        { INT64_MAX - 1, 0, 0, 0, INT64_MAX },
        { INT64_MAX, 1, INT64_MAX, 0, INT64_MAX },
        { INT64_MAX, 1, INT64_MAX, 0, INT64_MAX } } },
    { "the end of time holds the grid, skip",
      WEFT_MISSED_SKIP,
      0,
      INT64_MAX,
      { { 0, 1, 0, 0, INT64_MAX }, { INT64_MAX, 1, INT64_MAX, 0, INT64_MAX } } },
    { "the end of time holds the grid, delay",
      WEFT_MISSED_DELAY,
      1,
      INT64_MAX,
      { { 5, 1, 1, 0, INT64_MAX }, { INT64_MAX, 1, INT64_MAX, 0, INT64_MAX } } },
};

static void ticks_follow_the_grid_and_the_policy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const periodic_row *row = &rows[i];
        print_message("%s\n", row->name);
        fixture f;
        set_up(&f, 1);
        const weft_timer_id id =
            plant_every(&f, row->first_ns, row->period_ns, row->policy, (Tag){ .name = 'p' });
        for (const periodic_poll *poll = row->polls; poll->next_ns; poll++) {
            assert_int_equal(poll_at(&f, poll->now_ns), poll->runs);
            int64_t next_ns = 0;
            assert_true(weft_timers_next_deadline(f.timers, &next_ns));
            assert_true(next_ns == poll->next_ns);
            if (!poll->runs)
                continue;
            assert_true(f.log.event.deadline_ns == poll->deadline_ns);
            assert_true(f.log.event.now_ns == poll->now_ns);
            assert_true(f.log.event.missed == poll->missed);
            assert_int_equal(f.log.event.id.index, id.index);
            assert_int_equal(f.log.event.id.generation, id.generation);
        }
        assert_true(weft_timers_pending(f.timers, id));
        assert_int_equal(f.log.end_count, 0);
        tear_down(&f);
    }
}

/* Each poll is late by something else; a grid that followed the polls would be far off at the end.
 */
static void a_grid_does_not_drift_over_many_late_polls(void **state)
{
    (void)state;
    enum { POLLS = 100000 };
    static const weft_missed policies[] = { WEFT_MISSED_BURST, WEFT_MISSED_SKIP };
    static const int64_t period = 1000003, first = 17;
    for (size_t i = 0; i < COUNT(policies); i++) {
        fixture f;
        set_up(&f, 1);
        const struct note handler = handler_for(&f, (Tag){ .name = 'p' });
        assert_int_equal(
            weft_timers_every(f.timers, first, period, policies[i], &handler.base, NULL), WEFT_OK);
        f.planted++;
        for (int64_t n = 0; n < POLLS; n++) {
            const int64_t late = n * 7919 % period;
            assert_int_equal(weft_timers_poll(f.timers, f.world, first + n * period + late), 1);
            assert_true(f.log.event.deadline_ns == first + n * period);
        }
        assert_int_equal(f.log.run_count, POLLS);
        int64_t next_ns = 0;
        assert_true(weft_timers_next_deadline(f.timers, &next_ns));
        assert_true(next_ns == first + POLLS * period);
        tear_down(&f);
    }
}

static void a_burst_catches_up_one_tick_per_poll_and_lets_others_in_between(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    plant_every(&f, 10, 10, WEFT_MISSED_BURST, (Tag){ .name = 'p' });
    plant(&f, 15, (Tag){ .name = 'a' });
    plant(&f, 25, (Tag){ .name = 'b' });
    poll_at(&f, 30);
    assert_string_equal(f.log.runs, "pab");
    assert_int_equal(weft_timers_timeout(f.timers, 30), 0);
    plant(&f, 5, (Tag){ .name = 'c' });
    poll_at(&f, 30);
    assert_string_equal(f.log.runs, "cp");
    poll_at(&f, 30);
    assert_string_equal(f.log.runs, "p");
    poll_at(&f, 30);
    assert_string_equal(f.log.runs, "");
    tear_down(&f);
}

static void cancelling_ends_a_periodic_timer(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    const weft_timer_id a = plant_every(&f, 0, 10, WEFT_MISSED_BURST, (Tag){ .name = 'a' });
    plant_every(&f, 0, 10, WEFT_MISSED_BURST, (Tag){ .name = 'b', .act = act_cancel });
    for (int64_t now = 0; now <= 20; now += 10)
        poll_at(&f, now);
    assert_string_equal(f.log.runs, "a");
    assert_string_equal(f.log.ends, "b"); /* by itself, after its first run */
    assert_int_equal(weft_timers_cancel(f.timers, a), WEFT_OK);
    assert_string_equal(f.log.ends, "ba");
    assert_int_equal(weft_timers_cancel(f.timers, a), WEFT_ESTALE);
    assert_int_equal(poll_at(&f, 1000), 0);
    assert_int_equal(weft_timers_len(f.timers), 0);
    tear_down(&f);
}

static void rescheduling_moves_the_grid(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    const weft_timer_id id = plant_every(&f, 10, 10, WEFT_MISSED_SKIP, (Tag){ .name = 'a' });
    assert_int_equal(poll_at(&f, 10), 1);
    assert_int_equal(weft_timers_reschedule(f.timers, id, 33), WEFT_OK);
    assert_int_equal(poll_at(&f, 32), 0);
    assert_int_equal(poll_at(&f, 33), 1);
    assert_int_equal(poll_at(&f, 42), 0);
    assert_int_equal(poll_at(&f, 43), 1);
    tear_down(&f);

    /* from inside: instead of the next tick, not beside it */
    set_up(&f, 0);
    plant_every(&f, 10, 10, WEFT_MISSED_SKIP,
                (Tag){ .name = 'a', .act = act_reschedule, .time_ns = 15 });
    assert_int_equal(poll_at(&f, 10), 1);
    assert_int_equal(weft_timers_len(f.timers), 1);
    assert_int_equal(weft_timers_timeout(f.timers, 10), 5);
    tear_down(&f);
}

/* The second run starts inside the first, as the handler polls and a tick was missed. */
static void act_poll_now(const Tag *tag, weft_timers *timers, weft_world *world,
                         const weft_timer_event *event)
{
    int *inside = tag->arg;
    *inside += weft_timers_poll(timers, world, event->now_ns);
}

static void a_burst_inside_its_own_handler_runs_each_tick_once(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    int inside = 0;
    plant_every(&f, 10, 10, WEFT_MISSED_BURST,
                (Tag){ .name = 'a', .act = act_poll_now, .arg = &inside });
    assert_int_equal(poll_at(&f, 45), 1);
    assert_int_equal(inside, 3);
    assert_string_equal(f.log.runs, "aaaa");
    assert_int_equal(f.log.event.deadline_ns, 40);
    assert_int_equal(weft_timers_timeout(f.timers, 45), 5);
    assert_int_equal(f.log.end_count, 0);
    tear_down(&f);
}

static void impossible_periods_and_policies_are_refused(void **state)
{
    (void)state;
    static const struct {
        int64_t period;
        int policy;
        const char *sentence;
    } table[] = {
        { 0, WEFT_MISSED_SKIP, "note: a periodic timer's period is at least 1 ns, not 0" },
        { -5, WEFT_MISSED_SKIP, "note: a periodic timer's period is at least 1 ns, not -5" },
        { 1, 3, "note: 3 is no policy for missed ticks; take one of weft_missed" },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        fixture f;
        set_up(&f, 0);
        const struct note handler = handler_for(&f, (Tag){ .name = 'a' });
        weft_timer_id untouched = { 4711, 4711 };
        assert_int_equal(weft_timers_every(f.timers, 0, table[i].period,
                                           (weft_missed)table[i].policy, &handler.base, &untouched),
                         WEFT_EINVAL);
        assert_int_equal(untouched.index, 4711);
        assert_string_equal(f.reports.kept[0].sentence, table[i].sentence);
        assert_int_equal(weft_timers_len(f.timers), 0);
        tear_down(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_follow_the_grid_and_the_policy),
        cmocka_unit_test(a_grid_does_not_drift_over_many_late_polls),
        cmocka_unit_test(a_burst_catches_up_one_tick_per_poll_and_lets_others_in_between),
        cmocka_unit_test(cancelling_ends_a_periodic_timer),
        cmocka_unit_test(rescheduling_moves_the_grid),
        cmocka_unit_test(a_burst_inside_its_own_handler_runs_each_tick_once),
        cmocka_unit_test(impossible_periods_and_policies_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
