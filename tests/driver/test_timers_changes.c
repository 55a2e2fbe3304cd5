/* One-shot timers that are cancelled, rescheduled and scheduled, from outside and from inside
 * handlers, and polls inside handlers. */
#include "timers_fixture.h"

/* ---- cancelling ------------------------------------------------------------------------------ */

static void a_cancelled_timer_is_destroyed_at_once_and_never_runs(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    plant(&f, 10, (Tag){ .name = 'a' });
    const weft_timer_id b = plant(&f, 10, (Tag){ .name = 'b' });
    const weft_timer_id c = plant(&f, 500, (Tag){ .name = 'c' });
    assert_true(weft_timers_pending(f.timers, b));
    assert_int_equal(weft_timers_cancel(f.timers, b), WEFT_OK);
    assert_string_equal(f.log.ends, "b");
    assert_false(weft_timers_pending(f.timers, b));
    assert_int_equal(weft_timers_len(f.timers), 2);
    assert_int_equal(weft_timers_cancel(f.timers, b), WEFT_ESTALE);
    assert_int_equal(weft_timers_reschedule(f.timers, b, 1), WEFT_ESTALE);
    assert_int_equal(poll_at(&f, 400), 1); /* time goes on between scheduling and cancelling */
    assert_int_equal(weft_timers_cancel(f.timers, c), WEFT_OK);
    assert_int_equal(poll_at(&f, 1000), 0);
    assert_string_equal(f.log.ends, "bac");
    tear_down(&f);
}

static void ids_of_what_has_run_or_never_was_are_stale(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 1);
    const weft_timer_id ran = plant(&f, 1, (Tag){ .name = 'a' });
    poll_at(&f, 1);
    const weft_timer_id now = plant(&f, 1, (Tag){ .name = 'b' }); /* in the same place */
    assert_int_equal(now.index, ran.index);
    const weft_timer_id stale[] = { ran, { 0, 0 }, { 0, 2 }, { 1, 1 }, { UINT32_MAX, UINT32_MAX } };
    for (size_t i = 0; i < COUNT(stale); i++) {
        assert_int_equal(weft_timers_cancel(f.timers, stale[i]), WEFT_ESTALE);
        assert_int_equal(weft_timers_reschedule(f.timers, stale[i], 0), WEFT_ESTALE);
        assert_false(weft_timers_pending(f.timers, stale[i]));
    }
    assert_true(weft_timers_pending(f.timers, now));
    assert_int_equal(f.reports.count, 0); /* a stale id is no news */
    poll_at(&f, 1);
    assert_string_equal(f.log.runs, "b");
    tear_down(&f);
}

/* Timers a..e due at 1..5, polled at 3, then at 9; c does this to one of them. */
static void handlers_cancel_and_reschedule_any_timer(void **state)
{
    (void)state;
    static const struct {
        tag_act *act;
        char other; /* 0: itself */
        int64_t time_ns;
        const char *first, *second, *ends;
    } table[] = {
        { NULL, 0, 0, "abc", "de", "abcde" },
        { act_cancel, 0, 0, "abc", "de", "abcde" },
        { act_cancel, 'a', 0, "abc", "de", "abcde" },    /* it has run */
        { act_cancel, 'd', 0, "abc", "e", "abdce" },     /* before c, which is still running */
        { act_reschedule, 0, 4, "abc", "dce", "abdec" }, /* as often as it is polled */
        { act_reschedule, 0, 3, "abc", "cde", "abdec" }, /* due at once: the next poll */
        { act_reschedule, 0, -9, "abc", "cde", "abdec" },
        { act_reschedule, 'b', 8, "abc", "de", "abcde" }, /* it has run */
        { act_reschedule, 'e', 4, "abc", "de", "abcde" }, /* a tie, and scheduled later */
        { act_reschedule, 'e', 0, "abc", "ed", "abced" },
        { act_reschedule, 'd', 7, "abc", "ed", "abced" },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        fixture f;
        set_up(&f, 5);
        weft_timer_id ids[5];
        for (int n = 0; n < 5; n++) {
            Tag tag = { .name = (char)('a' + n) };
            if (n == 2) {
                tag.act = table[i].act;
                tag.time_ns = table[i].time_ns;
                tag.arg = table[i].other ? &ids[table[i].other - 'a'] : NULL;
            }
            ids[n] = plant(&f, n + 1, tag);
        }
        poll_at(&f, 3);
        assert_string_equal(f.log.runs, table[i].first);
        poll_at(&f, 9);
        assert_string_equal(f.log.runs, table[i].second);
        weft_harness_fini(&f.harness);
        assert_string_equal(f.log.ends, table[i].ends);
    }
}

/* a, b and c are due in the same poll; a does this to b. */
static void handlers_reach_what_is_due_behind_them_in_the_same_poll(void **state)
{
    (void)state;
    static const struct {
        tag_act *act;
        int64_t time_ns;
        const char *first, *second, *ends_of_first;
    } table[] = {
        { act_cancel, 0, "ac", "", "bac" },
        { act_reschedule, 50, "ac", "b", "ac" },
        { act_reschedule, 1, "ac", "b", "ac" }, /* it is due again, but not in this poll */
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        fixture f;
        set_up(&f, 0);
        weft_timer_id b;
        plant(&f, 1,
              (Tag){ .name = 'a', .act = table[i].act, .arg = &b, .time_ns = table[i].time_ns });
        b = plant(&f, 2, (Tag){ .name = 'b' });
        plant(&f, 3, (Tag){ .name = 'c' });
        poll_at(&f, 10);
        assert_string_equal(f.log.runs, table[i].first);
        assert_string_equal(f.log.ends, table[i].ends_of_first);
        poll_at(&f, 50);
        assert_string_equal(f.log.runs, table[i].second);
        tear_down(&f);
    }
}

static void act_cancel_self_twice(const Tag *tag, weft_timers *timers, weft_world *world,
                                  const weft_timer_event *event)
{
    (void)world;
    assert_int_equal(weft_timers_reschedule(timers, event->id, 77), WEFT_OK);
    assert_true(weft_timers_pending(timers, event->id));
    assert_int_equal(weft_timers_cancel(timers, event->id), WEFT_OK);
    assert_int_equal(weft_timers_cancel(timers, event->id), WEFT_ESTALE);
    assert_int_equal(weft_timers_reschedule(timers, event->id, 78), WEFT_ESTALE);
    assert_false(weft_timers_pending(timers, event->id));
    assert_int_equal(tag->log->end_count, 0); /* it still runs */
    assert_int_equal(tag->name, 'a');
}

static void a_timer_that_cancels_itself_is_destroyed_when_its_handler_returns(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    plant(&f, 1, (Tag){ .name = 'a', .act = act_cancel_self_twice });
    assert_int_equal(poll_at(&f, 1), 1);
    assert_string_equal(f.log.ends, "a");
    assert_int_equal(poll_at(&f, 100), 0);
    tear_down(&f);
}

/* ---- rescheduling ---------------------------------------------------------------------------- */

static void a_rescheduled_timer_runs_at_its_new_deadline_only(void **state)
{
    (void)state;
    static const struct {
        int64_t from, to;
        struct {
            int64_t now;
            size_t runs;
        } polls[3];
    } table[] = {
        { 100, 50, { { 40, 0 }, { 55, 1 }, { 200, 0 } } },
        { 50, 100, { { 55, 0 }, { 99, 0 }, { 100, 1 } } },
        { 50, 50, { { 49, 0 }, { 50, 1 }, { 51, 0 } } },
        { 50, -1, { { -2, 0 }, { -1, 1 }, { 50, 0 } } },
        { 50, INT64_MAX, { { 50, 0 }, { INT64_MAX - 1, 0 }, { INT64_MAX, 1 } } },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        fixture f;
        set_up(&f, 0);
        const weft_timer_id id = plant(&f, table[i].from, (Tag){ .name = 'a' });
        assert_int_equal(weft_timers_reschedule(f.timers, id, table[i].to), WEFT_OK);
        assert_true(weft_timers_pending(f.timers, id)); /* under the same id */
        for (size_t n = 0; n < COUNT(table[i].polls); n++)
            assert_int_equal(poll_at(&f, table[i].polls[n].now), table[i].polls[n].runs);
        tear_down(&f);
    }
}

static void rescheduling_counts_as_scheduling_last(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    const weft_timer_id a = plant(&f, 10, (Tag){ .name = 'a' });
    plant(&f, 10, (Tag){ .name = 'b' });
    plant(&f, 10, (Tag){ .name = 'c' });
    assert_int_equal(weft_timers_reschedule(f.timers, a, 10), WEFT_OK);
    poll_at(&f, 10);
    assert_string_equal(f.log.runs, "bca");
    tear_down(&f);
}

/* Runs three times, one millisecond apart. */
static void act_three_times(const Tag *tag, weft_timers *timers, weft_world *world,
                            const weft_timer_event *event)
{
    int *runs = tag->arg;
    (void)world;
    if (++*runs < 3)
        assert_int_equal(
            weft_timers_reschedule(timers, event->id, event->now_ns + WEFT_MILLISECOND), WEFT_OK);
}

static void a_timer_that_reschedules_itself_runs_as_often_as_it_says(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 1);
    int runs = 0;
    const weft_timer_id id =
        plant(&f, 0, (Tag){ .name = 'a', .act = act_three_times, .arg = &runs });
    for (int64_t n = 0; n < 3; n++) {
        assert_int_equal(f.log.end_count, 0); /* it keeps its context, and its id */
        assert_true(weft_timers_pending(f.timers, id));
        assert_int_equal(poll_at(&f, n * WEFT_MILLISECOND), 1);
    }
    assert_int_equal(runs, 3);
    assert_int_equal(weft_timers_len(f.timers), 0);
    assert_string_equal(f.log.ends, "a");
    assert_int_equal(weft_timers_cancel(f.timers, id), WEFT_ESTALE);
    tear_down(&f);
}

/* ---- scheduling from handlers, and polling from them ------------------------------------------
 */

static void act_schedule(const Tag *tag, weft_timers *timers, weft_world *world,
                         const weft_timer_event *event)
{
    fixture *f = tag->arg;
    (void)timers;
    (void)world;
    (void)event;
    plant(f, tag->time_ns, (Tag){ .name = (char)(tag->name - 'a' + 'A') });
}

static void what_a_handler_schedules_runs_at_the_next_poll_at_the_earliest(void **state)
{
    (void)state;
    static const struct {
        int64_t deadline;
        const char *first, *second, *third; /* at 10, 10, 20 */
    } table[] = {
        { 10, "ab", "A", "" },
        { -5, "ab", "A", "" },
        { 11, "ab", "", "A" },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        fixture f;
        set_up(&f, 0);
        plant(&f, 1,
              (Tag){ .name = 'a', .act = act_schedule, .arg = &f, .time_ns = table[i].deadline });
        plant(&f, 1, (Tag){ .name = 'b' });
        poll_at(&f, 10);
        assert_string_equal(f.log.runs, table[i].first);
        poll_at(&f, 10);
        assert_string_equal(f.log.runs, table[i].second);
        poll_at(&f, 20);
        assert_string_equal(f.log.runs, table[i].third);
        tear_down(&f);
    }
}

static void act_schedule_many(const Tag *tag, weft_timers *timers, weft_world *world,
                              const weft_timer_event *event)
{
    (void)event;
    (void)timers;
    (void)world;
    for (int64_t i = 0; i < 500; i++)
        plant(tag->arg, i, (Tag){ .name = 'x' });
    assert_int_equal(tag->name, 'a'); /* where it was */
}

static void a_running_handler_stays_where_it_is_while_the_timers_grow(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    plant(&f, 0, (Tag){ .name = 'a', .act = act_schedule_many, .arg = &f });
    assert_int_equal(poll_at(&f, 0), 1);
    assert_int_equal(poll_at(&f, 1000), 500);
    tear_down(&f);
}

static void a_poll_inside_a_handler_takes_over_what_was_due(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    plant(&f, 1, (Tag){ .name = 'a', .act = act_poll, .time_ns = 10 });
    plant(&f, 2, (Tag){ .name = 'b', .act = act_poll, .time_ns = 20 });
    plant(&f, 3, (Tag){ .name = 'c' });
    plant(&f, 15, (Tag){ .name = 'd' });
    assert_int_equal(poll_at(&f, 10), 1); /* the others were run by polls within polls */
    assert_string_equal(f.log.runs, "abcd");
    assert_string_equal(f.log.ends, "cdba"); /* the outer ones return last */
    assert_int_equal(weft_world_sequence(f.world), 4);
    tear_down(&f);
}

static void act_poll_one(const Tag *tag, weft_timers *timers, weft_world *world,
                         const weft_timer_event *event)
{
    (void)event;
    weft_timers_poll_most(timers, world, tag->time_ns, 1);
}

/* The poll inside makes b, c and d due, and leaves c and d: the poll outside is too early for d. */
static void what_a_later_poll_inside_a_handler_leaves_is_not_run_early(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    plant(&f, 10, (Tag){ .name = 'a', .act = act_poll_one, .time_ns = 100 });
    plant(&f, 20, (Tag){ .name = 'b' });
    plant(&f, 30, (Tag){ .name = 'c' });
    plant_every(&f, 90, 10, WEFT_MISSED_SKIP, (Tag){ .name = 'd' });
    assert_int_equal(poll_at(&f, 30), 2);
    assert_string_equal(f.log.runs, "abc");
    assert_int_equal(weft_timers_timeout(f.timers, 30), 60);
    assert_int_equal(poll_at(&f, 89), 0);
    assert_int_equal(poll_at(&f, 95), 1);
    assert_int_equal(f.log.event.missed, 0);
    tear_down(&f);
}

static void act_reschedule_and_poll(const Tag *tag, weft_timers *timers, weft_world *world,
                                    const weft_timer_event *event)
{
    int *depth = tag->arg;
    if (++*depth == 3) {
        assert_int_equal(weft_timers_cancel(timers, event->id), WEFT_OK);
        return;
    }
    assert_int_equal(weft_timers_reschedule(timers, event->id, 0), WEFT_OK);
    assert_int_equal(weft_timers_poll(timers, world, event->now_ns), 1);
    assert_int_equal(tag->log->end_count, 0); /* cancelled inside, but it still runs here */
    assert_int_equal(weft_timers_reschedule(timers, event->id, 0), WEFT_ESTALE);
}

static void a_handler_may_run_inside_itself_and_ends_once(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    int depth = 0;
    plant(&f, 0, (Tag){ .name = 'a', .act = act_reschedule_and_poll, .arg = &depth });
    assert_int_equal(poll_at(&f, 5), 1);
    assert_string_equal(f.log.runs, "aaa");
    assert_string_equal(f.log.ends, "a");
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancelled_timer_is_destroyed_at_once_and_never_runs),
        cmocka_unit_test(ids_of_what_has_run_or_never_was_are_stale),
        cmocka_unit_test(handlers_cancel_and_reschedule_any_timer),
        cmocka_unit_test(handlers_reach_what_is_due_behind_them_in_the_same_poll),
        cmocka_unit_test(a_timer_that_cancels_itself_is_destroyed_when_its_handler_returns),
        cmocka_unit_test(a_rescheduled_timer_runs_at_its_new_deadline_only),
        cmocka_unit_test(rescheduling_counts_as_scheduling_last),
        cmocka_unit_test(a_timer_that_reschedules_itself_runs_as_often_as_it_says),
        cmocka_unit_test(what_a_handler_schedules_runs_at_the_next_poll_at_the_earliest),
        cmocka_unit_test(a_running_handler_stays_where_it_is_while_the_timers_grow),
        cmocka_unit_test(a_poll_inside_a_handler_takes_over_what_was_due),
        cmocka_unit_test(what_a_later_poll_inside_a_handler_leaves_is_not_run_early),
        cmocka_unit_test(a_handler_may_run_inside_itself_and_ends_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
