/* Pipelines as timers' handlers: run, remembering from one tick to the next, destroyed once. */
#include <weft/pipeline.h>

#include "timers_fixture.h"

typedef struct {
    int64_t *sum;
    int *ends;
} Watch;

static void watch_end(Watch *watch)
{
    ++*watch->ends;
}

static int64_t late_by(weft_timer_event event)
{
    return event.now_ns - event.deadline_ns;
}
WEFT_FN(late_by, IN(weft_timer_event));

static bool is_late(int64_t late_ns)
{
    return late_ns > 0;
}
WEFT_FN(is_late, IN(int64_t));

static void add(Watch *watch, const int64_t *late_ns)
{
    *watch->sum += *late_ns;
}
WEFT_FN(add, CTX(Watch), REF(int64_t));

WEFT_PIPELINE(on_expire, weft_timer_event, void, CTX(Watch, watch_end), THEN(late_by), DEDUP,
              FILTER(is_late), MAP(add));

static void a_pipeline_runs_from_a_timer_and_remembers(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    int64_t sum = 0;
    int ends = 0;
    struct on_expire handler;
    weft_timer_id id;
    assert_int_equal(on_expire_init(&handler, f.world, (Watch){ &sum, &ends }), WEFT_OK);
    assert_int_equal(weft_timers_every(f.timers, 1000, 1000, WEFT_MISSED_SKIP, &handler.base, &id),
                     WEFT_OK);
    static const struct {
        int64_t now_ns, sum;
    } polls[] = { { 1000, 0 }, { 2007, 7 }, { 3007, 7 }, { 4005, 12 }, { 5007, 19 } };
    for (size_t i = 0; i < COUNT(polls); i++) {
        assert_int_equal(weft_timers_poll(f.timers, f.world, polls[i].now_ns), 1);
        assert_int_equal(sum, polls[i].sum);
    }
    assert_int_equal(ends, 0);
    assert_int_equal(weft_timers_cancel(f.timers, id), WEFT_OK);
    assert_int_equal(ends, 1);
    tear_down(&f);
    assert_int_equal(ends, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipeline_runs_from_a_timer_and_remembers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
