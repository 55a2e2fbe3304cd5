/* Guards: a failing handler survives, is counted, and takes nobody along. */
#include <weft/fn.h>
#include <weft/guard.h>
#include <weft/storage.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world_check.h"

typedef struct {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DEFINE(Counter);

static test_world test;
static weft_world *world;
static Counter *counter;

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Counter), WEFT_OK);
    world = test_world_build(&test);
    counter = WEFT_GET(world, Counter);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_null(world->trying);
    test_world_fini(&test);
    return 0;
}

static void add(Counter *c, uint64_t event)
{
    c->n += event;
}
WEFT_FN(add, MUT(Counter), IN(uint64_t));

/* Writes, then fails on odd events. */
static bool picky(uint64_t *runs, Counter *c, weft_world *w, uint64_t event)
{
    ++*runs;
    c->n += 3;
    if (event % 2 == 1)
        weft_fail(w, "%d is odd", (int)event);
    return event > 0;
}
WEFT_FN(picky, LOCAL(uint64_t), MUT(Counter), WORLD, IN(uint64_t));

/* Both bound; the guard holds picky. */
static weft_guard guarded_picky(void)
{
    struct picky handler;
    weft_guard guard;
    assert_int_equal(picky_init(&handler, world), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard, &handler.base, world), WEFT_OK);
    return guard;
}

static void a_guard_runs_what_it_holds_and_returns_its_result(void **state)
{
    (void)state;
    weft_guard guard = guarded_picky();
    assert_true(weft_run(&guard.base, world, &(uint64_t){ 2 }));
    assert_false(weft_run(&guard.base, world, &(uint64_t){ 0 }));
    assert_int_equal(counter->n, 6);
    assert_int_equal(weft_guard_failures(&guard), 0);
    weft_handler_fini(&guard.base);
}

static void a_failing_handler_survives_and_is_counted(void **state)
{
    (void)state;
    weft_guard guard = guarded_picky();
    assert_false(weft_run(&guard.base, world, &(uint64_t){ 7 }));
    assert_false(weft_run(&guard.base, world, &(uint64_t){ 9 }));
    assert_true(weft_run(&guard.base, world, &(uint64_t){ 8 }));
    assert_int_equal(weft_guard_failures(&guard), 2);
    assert_int_equal(weft_world_failures(world), 2);
    assert_string_equal(weft_world_failure(world), "9 is odd");
    assert_int_equal(test.reports, 0);
    weft_handler_fini(&guard.base);
}

static void what_was_written_before_the_failure_stays(void **state)
{
    (void)state;
    weft_guard guard = guarded_picky();
    struct add other;
    assert_int_equal(add_init(&other, world), WEFT_OK);
    counter->n = 7;
    assert_false(weft_run(&guard.base, world, &(uint64_t){ 1 }));
    assert_int_equal(counter->n, 10);
    weft_run(&other.base, world, &(uint64_t){ 5 });
    assert_int_equal(counter->n, 15);
    assert_false(weft_run(&guard.base, world, &(uint64_t){ 1 }));
    assert_int_equal(counter->n, 18);
    weft_handler_fini(&guard.base);
}

static void name_and_event_are_those_of_the_handler_inside(void **state)
{
    (void)state;
    weft_guard guard = guarded_picky();
    assert_string_equal(weft_handler_name(&guard.base), "picky");
    assert_true(weft_handler_takes(&guard.base, WEFT_EVENT(uint64_t)));
    assert_false(weft_handler_takes(&guard.base, WEFT_EVENT(Counter)));
    weft_handler_fini(&guard.base);
}

static void the_original_still_counts_after_a_copy_was_handed_over(void **state)
{
    (void)state;
    weft_guard guard = guarded_picky();
    weft_handler *box;
    assert_int_equal(weft_box(&guard.base, world, &box), WEFT_OK);
    for (uint64_t event = 1; event <= 5; event++)
        weft_run(box, world, &event);
    assert_int_equal(weft_guard_failures(&guard), 3);
    assert_int_equal(counter->n, 15);
    weft_handler_fini(box); /* the box owns the guard's copy now */
}

/* ---- nesting -------------------------------------------------------------------------------- */

static void run_guarded(weft_world *w, void *arg)
{
    counter->n = 100;
    weft_run(arg, w, &(uint64_t){ 1 });
    counter->n++;
}
static void run_guarded_then_fail(weft_world *w, void *arg)
{
    run_guarded(w, arg);
    weft_fail(w, "after the guard");
}

static void a_guard_inside_a_try_keeps_the_failure_from_it(void **state)
{
    (void)state;
    weft_guard guard = guarded_picky();
    assert_int_equal(weft_try(world, run_guarded, &guard.base), WEFT_OK);
    assert_int_equal(counter->n, 104);
    assert_int_equal(weft_try(world, run_guarded_then_fail, &guard.base), WEFT_EFAILED);
    assert_string_equal(weft_world_failure(world), "after the guard");
    assert_int_equal(counter->n, 104);
    assert_int_equal(weft_guard_failures(&guard), 2);
    weft_handler_fini(&guard.base);
}

static void a_guard_in_a_guard_counts_where_the_failure_is(void **state)
{
    (void)state;
    weft_guard inner = guarded_picky(), outer;
    assert_int_equal(weft_guard_init(&outer, &inner.base, world), WEFT_OK);
    assert_false(weft_run(&outer.base, world, &(uint64_t){ 1 }));
    assert_int_equal(weft_guard_failures(&inner), 1);
    assert_int_equal(weft_guard_failures(&outer), 0);
    assert_string_equal(weft_handler_name(&outer.base), "picky");
    weft_handler_fini(&outer.base);
}

/* Runs another guarded handler, then fails itself. */
static weft_guard *to_run_inside;
static void runs_another(weft_world *w)
{
    counter->n++;
    weft_run(&to_run_inside->base, w, &(uint64_t){ 1 });
    counter->n += 10;
    weft_fail(w, "the outer one");
}
WEFT_FN(runs_another, WORLD);

static void handlers_that_run_handlers_fail_one_by_one(void **state)
{
    (void)state;
    weft_guard inner = guarded_picky(), outer;
    struct runs_another handler;
    to_run_inside = &inner;
    assert_int_equal(runs_another_init(&handler, world), WEFT_OK);
    assert_int_equal(weft_guard_init(&outer, &handler.base, world), WEFT_OK);
    for (int i = 0; i < 3; i++)
        assert_false(weft_run(&outer.base, world, NULL));
    assert_int_equal(counter->n, 3 * 14);
    assert_int_equal(weft_guard_failures(&inner), 3);
    assert_int_equal(weft_guard_failures(&outer), 3);
    weft_handler_fini(&outer.base);
    weft_handler_fini(&inner.base);
}

/* ---- what it owns --------------------------------------------------------------------------- */

typedef struct {
    int id;
} Context;
static int ended;
static void context_end(Context *context)
{
    ended += context->id;
}
static void owning(Context *context, weft_world *w)
{
    weft_fail(w, "%d", context->id);
}
WEFT_FN(owning, CTX(Context, context_end), WORLD);

static void fini_destroys_the_handler_inside_and_frees_all(void **state)
{
    (void)state;
    struct owning handler;
    weft_guard guard;
    const size_t live = test.heap.live;
    ended = 0;
    assert_int_equal(owning_init(&handler, world, (Context){ 5 }), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard, &handler.base, world), WEFT_OK);
    assert_false(weft_run(&guard.base, world, NULL));
    assert_int_equal(ended, 0);
    weft_handler_fini(&guard.base);
    assert_int_equal(ended, 5);
    assert_int_equal(test.heap.live, live);
}

static void without_memory_the_handler_stays_the_callers(void **state)
{
    (void)state;
    struct owning handler;
    assert_int_equal(owning_init(&handler, world, (Context){ 5 }), WEFT_OK);
    for (size_t granted = 0; granted < 2; granted++) {
        weft_guard guard;
        test.heap.refuse_after = granted;
        assert_int_equal(weft_guard_init(&guard, &handler.base, world), WEFT_ENOMEM);
        assert_non_null(strstr(test_world_sentence(&test), "owning"));
    }
    test.heap.refuse_after = SIZE_MAX;
    ended = 0;
    weft_handler_fini(&handler.base);
    assert_int_equal(ended, 5);
}

static void a_retained_count_can_be_read_when_the_guard_is_gone(void **state)
{
    (void)state;
    struct owning handler;
    weft_guard guard;
    weft_handler *box; /* as a driver that drops its copy after one run */
    const size_t live = test.heap.live;
    ended = 0;
    assert_int_equal(owning_init(&handler, world, (Context){ 5 }), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard, &handler.base, world), WEFT_OK);
    weft_guard_retain(&guard);
    assert_int_equal(weft_box(&guard.base, world, &box), WEFT_OK);
    weft_run(box, world, NULL);
    weft_handler_fini(box);
    assert_int_equal(ended, 5); /* the context does not wait for the count */
    assert_int_equal(weft_guard_failures(&guard), 1);
    assert_false(weft_run(&guard.base, world, NULL)); /* there is nothing left to run */
    assert_int_equal(weft_guard_failures(&guard), 1);
    assert_string_equal(weft_handler_name(&guard.base), "weft_guard");
    weft_handler_fini(&guard.base); /* nor to end */
    assert_int_equal(ended, 5);
    weft_guard_release(&guard);
    assert_int_equal(test.heap.live, live);
}

static void a_count_may_be_released_before_the_guard_ends(void **state)
{
    (void)state;
    weft_guard guard = guarded_picky();
    weft_guard_retain(&guard);
    weft_guard_retain(&guard);
    weft_guard_release(&guard);
    weft_guard_release(&guard);
    assert_false(weft_run(&guard.base, world, &(uint64_t){ 7 }));
    assert_int_equal(weft_guard_failures(&guard), 1);
    weft_handler_fini(&guard.base);
    weft_guard_release(NULL);
    weft_guard_release(&(weft_guard){ .guarded = NULL });
}

static void an_unbound_handler_is_not_guarded(void **state)
{
    (void)state;
    const weft_handler zeroed = { NULL, NULL };
    weft_guard untouched = { .guarded = NULL };
    assert_int_equal(weft_guard_init(&untouched, &zeroed, world), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "a handler that was not bound, or could not be, was given to a guard");
    assert_int_equal(weft_guard_init(&untouched, NULL, world), WEFT_EINVAL);
    assert_null(untouched.guarded);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_guard_runs_what_it_holds_and_returns_its_result),
        TEST(a_failing_handler_survives_and_is_counted),
        TEST(what_was_written_before_the_failure_stays),
        TEST(name_and_event_are_those_of_the_handler_inside),
        TEST(the_original_still_counts_after_a_copy_was_handed_over),
        TEST(a_guard_inside_a_try_keeps_the_failure_from_it),
        TEST(a_guard_in_a_guard_counts_where_the_failure_is),
        TEST(handlers_that_run_handlers_fail_one_by_one),
        TEST(fini_destroys_the_handler_inside_and_frees_all),
        TEST(without_memory_the_handler_stays_the_callers),
        TEST(a_retained_count_can_be_read_when_the_guard_is_gone),
        TEST(a_count_may_be_released_before_the_guard_ends),
        TEST(an_unbound_handler_is_not_guarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
