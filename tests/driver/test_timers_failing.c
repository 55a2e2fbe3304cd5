/* Handlers that fail, and memory that is not there. */
#include "timers_fixture.h"

/* ---- failing handlers ------------------------------------------------------------------------ */

static void a_failing_handler_is_over_and_the_rest_runs_at_the_next_poll(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    plant(&f, 1, (Tag){ .name = 'a' });
    const weft_timer_id b = plant(&f, 2, (Tag){ .name = 'b', .act = act_fail });
    plant(&f, 3, (Tag){ .name = 'c' });
    plant(&f, 4, (Tag){ .name = 'd', .act = act_fail });
    plant(&f, 5, (Tag){ .name = 'e' });
    assert_int_equal(try_poll_at(&f, 9), WEFT_EFAILED);
    assert_string_equal(f.log.runs, "ab");
    assert_string_equal(f.log.ends, "ab");
    assert_string_equal(weft_world_failure(f.world), "b failed");
    assert_int_equal(weft_timers_cancel(f.timers, b), WEFT_ESTALE);
    assert_int_equal(weft_timers_len(f.timers), 3);
    assert_int_equal(weft_timers_timeout(f.timers, 9), 0);
    plant(&f, 0, (Tag){ .name = 'x' }); /* due later than what is left */
    assert_int_equal(try_poll_at(&f, 9), WEFT_EFAILED);
    assert_string_equal(f.log.runs, "cd");
    assert_int_equal(try_poll_at(&f, 9), WEFT_OK);
    assert_string_equal(f.log.runs, "ex");
    assert_string_equal(f.log.ends, "abcdex");
    assert_int_equal(weft_world_failures(f.world), 2);
    assert_int_equal(weft_world_sequence(f.world), 6);
    tear_down(&f);
}

static void a_periodic_timer_survives_a_run_that_fails(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    const weft_timer_id id =
        plant_every(&f, 10, 10, WEFT_MISSED_SKIP, (Tag){ .name = 'p', .act = act_fail });
    for (int64_t now = 10; now <= 50; now += 10) {
        assert_int_equal(try_poll_at(&f, now), WEFT_EFAILED);
        assert_int_equal(f.log.end_count, 0);
        assert_int_equal(weft_timers_timeout(f.timers, now), 10);
    }
    assert_int_equal(weft_timers_cancel(f.timers, id), WEFT_OK);
    assert_string_equal(f.log.ends, "p");
    assert_int_equal(try_poll_at(&f, 60), WEFT_OK);
    tear_down(&f);
}

static void act_reschedule_then_fail(const Tag *tag, weft_timers *timers, weft_world *world,
                                     const weft_timer_event *event)
{
    act_reschedule(tag, timers, world, event);
    act_fail(tag, timers, world, event);
}

static void act_cancel_then_fail(const Tag *tag, weft_timers *timers, weft_world *world,
                                 const weft_timer_event *event)
{
    act_cancel(tag, timers, world, event);
    act_fail(tag, timers, world, event);
}

static void what_a_handler_did_before_it_failed_stays_done(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    const weft_timer_id again =
        plant(&f, 1, (Tag){ .name = 'a', .act = act_reschedule_then_fail, .time_ns = 20 });
    assert_int_equal(try_poll_at(&f, 10), WEFT_EFAILED);
    assert_true(weft_timers_pending(f.timers, again));
    assert_int_equal(f.log.end_count, 0);
    assert_int_equal(try_poll_at(&f, 19), WEFT_OK);
    assert_int_equal(try_poll_at(&f, 20), WEFT_EFAILED);
    assert_int_equal(weft_timers_cancel(f.timers, again), WEFT_OK);

    plant_every(&f, 1, 5, WEFT_MISSED_BURST, (Tag){ .name = 'p', .act = act_cancel_then_fail });
    assert_int_equal(try_poll_at(&f, 20), WEFT_EFAILED);
    assert_string_equal(f.log.ends, "ap");
    assert_int_equal(weft_timers_len(f.timers), 0);
    tear_down(&f);
}

static void a_failure_in_a_poll_inside_a_handler_ends_both_runs(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    plant(&f, 1, (Tag){ .name = 'a', .act = act_poll, .time_ns = 10 });
    plant(&f, 2, (Tag){ .name = 'b', .act = act_fail });
    plant(&f, 3, (Tag){ .name = 'c' });
    assert_int_equal(try_poll_at(&f, 10), WEFT_EFAILED);
    assert_string_equal(f.log.runs, "ab");
    assert_string_equal(f.log.ends, "ba");
    assert_int_equal(try_poll_at(&f, 10), WEFT_OK);
    assert_string_equal(f.log.runs, "c");
    tear_down(&f);
}

static void act_try_poll(const Tag *tag, weft_timers *timers, weft_world *world,
                         const weft_timer_event *event)
{
    struct tried_poll inner = { tag->arg, tag->time_ns };
    (void)timers;
    (void)event;
    assert_int_equal(weft_try(world, tried_poll_body, &inner), WEFT_EFAILED);
}

/* The inner poll is at a later time; what it leaves is not due for the outer one. */
static void a_failure_that_a_handler_survives_leaves_the_rest_to_whoever_is_late_enough(
    void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    plant(&f, 1, (Tag){ .name = 'a', .act = act_try_poll, .arg = &f, .time_ns = 100 });
    plant(&f, 20, (Tag){ .name = 'b', .act = act_fail });
    plant(&f, 30, (Tag){ .name = 'c' });
    plant_every(&f, 90, 7, WEFT_MISSED_SKIP, (Tag){ .name = 'd' });
    assert_int_equal(try_poll_at(&f, 40), WEFT_OK);
    assert_string_equal(f.log.runs, "bc"); /* poll_at inside forgot a */
    assert_string_equal(f.log.ends, "bac");
    assert_int_equal(weft_timers_timeout(f.timers, 40), 50);
    assert_int_equal(try_poll_at(&f, 92), WEFT_OK);
    assert_int_equal(f.log.event.missed, 0);
    assert_int_equal(weft_timers_timeout(f.timers, 92), 5);
    tear_down(&f);
}

/* ---- memory ---------------------------------------------------------------------------------- */

enum { MANY = 300 };

static void go_around(fixture *f, weft_timer_id ids[MANY])
{
    for (int64_t i = 0; i < MANY; i++) {
        const struct note handler = handler_for(f, (Tag){ .name = 'a' });
        assert_int_equal(weft_timers_schedule(f->timers, i * i, &handler.base, &ids[i]), WEFT_OK);
        f->planted++;
    }
    for (int64_t i = 0; i < MANY; i += 3)
        assert_int_equal(weft_timers_cancel(f->timers, ids[i]), WEFT_OK);
    for (int64_t i = 1; i < MANY; i += 3)
        assert_int_equal(weft_timers_reschedule(f->timers, ids[i], i), WEFT_OK);
    weft_timers_poll(f->timers, f->world, MANY * MANY);
    assert_int_equal(weft_timers_len(f->timers), 0);
}

static void nothing_is_allocated_below_the_high_water_mark(void **state)
{
    (void)state;
    static const uint32_t capacities[] = { 0, MANY };
    for (size_t i = 0; i < COUNT(capacities); i++) {
        fixture f;
        set_up(&f, capacities[i]);
        weft_timer_id ids[MANY];
        const size_t at_start = f.memory.allocations;
        go_around(&f, ids);
        if (capacities[i])
            assert_int_equal(f.memory.allocations, at_start);
        const size_t high_water = f.memory.allocations;
        for (int round = 0; round < 5; round++)
            go_around(&f, ids);
        assert_int_equal(f.memory.allocations, high_water);
        tear_down(&f);
    }
}

static void without_memory_scheduling_fails_and_changes_nothing(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    const struct note handler = handler_for(&f, (Tag){ .name = 'a' });
    weft_timer_id untouched = { 4711, 4711 };
    weft_test_allocator_fail(&f.memory, 1, SIZE_MAX);
    assert_int_equal(weft_timers_schedule(f.timers, 1, &handler.base, &untouched), WEFT_ENOMEM);
    assert_int_equal(untouched.index, 4711);
    assert_string_equal(f.reports.kept[0].sentence,
                        "no memory for a timer for note beside the 0 that there are");
    assert_int_equal(f.log.end_count, 0); /* the handler is still the caller's */
    assert_sound(&f);
    weft_test_allocator_fail(&f.memory, 0, 0);
    plant(&f, 1, (Tag){ .name = 'a' });
    weft_test_allocator_fail(&f.memory, 1, SIZE_MAX);
    for (int i = 1; i < WEFT_SLAB_CHUNK; i++)
        plant(&f, 1, (Tag){ .name = 'a' });
    assert_int_equal(weft_timers_schedule(f.timers, 1, &handler.base, NULL), WEFT_ENOMEM);
    assert_int_equal(poll_at(&f, 1), WEFT_SLAB_CHUNK);
    weft_test_allocator_fail(&f.memory, 0, 0);
    tear_down(&f);
}

typedef struct {
    unsigned char bytes[200];
} Bulk;

static void on_bulk(Bulk *bulk)
{
    bulk->bytes[0]++;
}
WEFT_FN(on_bulk, CTX(Bulk));

static void without_memory_for_a_large_handler_its_place_is_free_again(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 1);
    struct on_bulk handler;
    assert_int_equal(on_bulk_init(&handler, f.world, (Bulk){ { 0 } }), WEFT_OK);
    for (int i = 0; i < 3; i++) {
        weft_test_allocator_fail(&f.memory, 1, 1);
        weft_timer_id untouched = { 4711, 4711 };
        assert_int_equal(weft_timers_schedule(f.timers, 1, &handler.base, &untouched), WEFT_ENOMEM);
        assert_int_equal(untouched.index, 4711);
        assert_sound(&f);
    }
    assert_int_equal(weft_timers_schedule(f.timers, 1, &handler.base, NULL), WEFT_OK);
    assert_int_equal(poll_at(&f, 1), 1);
    tear_down(&f);
}

static void installing_without_memory_fails_as_a_whole(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        weft_test_allocator memory;
        weft_test_reports reports = { 0 };
        weft_test_allocator_init(&memory);
        weft_world_desc desc = weft_test_reports_desc(&reports);
        desc.allocator = &memory.base;
        weft_builder *builder = weft_builder_new(&desc);
        weft_test_allocator_fail(&memory, nth, 1);
        weft_timers *timers = weft_timers_install(builder, &(weft_timers_desc){ .capacity = 200 });
        weft_test_allocator_fail(&memory, 0, 0);
        if (!timers) {
            assert_non_null(weft_test_reports_find(&reports, "no memory"));
            weft_world *world = NULL;
            assert_int_equal(weft_builder_build(builder, &world), WEFT_ENOMEM);
            assert_null(world);
            /* Whoever finds them all the same is refused. */
            timers = WEFT_GET(weft_builder_world(builder), weft_timers);
            struct on_bulk handler;
            if (timers) {
                assert_int_equal(
                    on_bulk_init(&handler, weft_builder_world(builder), (Bulk){ { 0 } }), WEFT_OK);
                assert_int_equal(weft_timers_schedule(timers, 0, &handler.base, NULL), WEFT_ESTALE);
            }
        }
        weft_builder_free(builder);
        const char *why = NULL;
        assert_true(weft_test_allocator_check(&memory, &why));
        if (!reports.count) {
            assert_true(nth > 4); /* the resource, and chunks for 200 timers */
            return;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failing_handler_is_over_and_the_rest_runs_at_the_next_poll),
        cmocka_unit_test(a_periodic_timer_survives_a_run_that_fails),
        cmocka_unit_test(what_a_handler_did_before_it_failed_stays_done),
        cmocka_unit_test(a_failure_in_a_poll_inside_a_handler_ends_both_runs),
        cmocka_unit_test(
            a_failure_that_a_handler_survives_leaves_the_rest_to_whoever_is_late_enough),
        cmocka_unit_test(nothing_is_allocated_below_the_high_water_mark),
        cmocka_unit_test(without_memory_scheduling_fails_and_changes_nothing),
        cmocka_unit_test(without_memory_for_a_large_handler_its_place_is_free_again),
        cmocka_unit_test(installing_without_memory_fails_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
