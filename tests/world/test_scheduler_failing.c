/* A system that fails, or that runs a scheduler itself: what becomes of the pass. */
#include <weft/guard.h>

#include "scheduler_fixture.h"

static void nothing_at_all(void)
{
}
WEFT_FN(nothing_at_all);

/* ---- failing -------------------------------------------------------------------------------- */

static void run_pass(weft_world *w, void *arg)
{
    *(int *)arg = weft_scheduler_run(&scheduler, w);
}

/* Expects the pass to fail. */
static void fail_pass(const char *who, const char *expected)
{
    int ran = 4711;
    failing = who;
    assert_int_equal(weft_try(world, run_pass, &ran), WEFT_EFAILED);
    assert_int_equal(ran, 4711);
    expect_trace(expected);
    failing = "";
    check();
}

static void pass(const char *who_is_unchanged, const char *expected)
{
    unchanged = who_is_unchanged;
    assert_int_equal(weft_scheduler_run(&scheduler, world), strlen(expected));
    expect_trace(expected);
    check();
}

static void a_pass_ends_where_a_system_fails_and_the_next_makes_up_for_it(void **state)
{
    (void)state;
    /* a changed, b failed: c and d, which a made run, are not lost, though a changes no more. */
    build_letters("abcd", "a>b a>c c>d");
    fail_pass("b", "ab");
    pass("a", "acd");
    pass("a", "a");

    /* Who fails counts as unchanged. */
    build_letters("abc", "a>b b>c");
    fail_pass("b", "ab");
    pass("a", "a");

    /* What is made up for runs once, also if its upstream changes again. */
    build_letters("abc", "a>b a>c");
    fail_pass("b", "ab");
    pass("", "abc");
    pass("a", "a");

    /* A root that fails, before and behind others. */
    build_letters("abc", "");
    fail_pass("b", "ab");
    pass("abc", "abc");

    /* Twice in a row. */
    build_letters("abcd", "a>b a>c a>d");
    fail_pass("b", "ab");
    unchanged = "a";
    fail_pass("c", "ac");
    pass("a", "ad");
    pass("a", "a");
}

static void a_failed_pass_is_made_up_for_across_words(void **state)
{
    (void)state;
    renew();
    add_letters("ax");
    for (int i = 0; i < 70; i++)
        assert_int_equal(WEFT_SYSTEM(&scheduler, nothing_at_all, NULL), WEFT_OK);
    add_letters("bcd");
    add_edges("a>b a>c c>d");
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);

    /* It ends in the second word, where c waits. */
    fail_pass("b", "axb");
    unchanged = "a";
    assert_int_equal(weft_scheduler_run(&scheduler, world), 70 + 4);
    expect_trace("axcd");

    /* It ends in the first word, after a has made b and c run in the second. */
    unchanged = "";
    fail_pass("x", "ax");
    unchanged = "a";
    assert_int_equal(weft_scheduler_run(&scheduler, world), 70 + 5);
    expect_trace("axbcd");
    assert_int_equal(weft_scheduler_run(&scheduler, world), 70 + 2);
    expect_trace("ax");
}

static void a_system_in_a_guard_fails_alone(void **state)
{
    (void)state;
    renew();
    struct act system;
    weft_guard guard;
    weft_system_id guarded;
    add_letters("ab");
    assert_int_equal(act_init(&system, world, (Actor){ 'g' }), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard, &system.base, world), WEFT_OK);
    assert_int_equal(weft_scheduler_add(&scheduler, &guard.base, &guarded), WEFT_OK);
    weft_scheduler_after(&scheduler, guarded, ids['a']);
    weft_scheduler_after(&scheduler, ids['b'], guarded);
    add_letters("c");
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
    failing = "g";
    pass("", "agc");
    assert_int_equal(weft_guard_failures(&guard), 1);
    failing = "";
    pass("", "agbc");
}

/* ---- inside of itself ----------------------------------------------------------------------- */

static int answer_to_nested;
static bool run_again(weft_world *w)
{
    answer_to_nested = weft_scheduler_run(&scheduler, w);
    return true;
}
WEFT_FN(run_again, WORLD);

static void a_system_cannot_run_its_own_scheduler(void **state)
{
    (void)state;
    renew();
    weft_system_id again;
    WEFT_SYSTEM(&scheduler, run_again, &again);
    add_letters("a");
    weft_scheduler_after(&scheduler, ids['a'], again);
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
    for (int i = 0; i < 2; i++) {
        answer_to_nested = 4711;
        assert_int_equal(weft_scheduler_run(&scheduler, world), 2);
        assert_int_equal(answer_to_nested, WEFT_EINVAL);
        test_world_expect(&test, WEFT_EINVAL,
                          "a scheduler of 2 systems runs already: a system cannot run its own "
                          "scheduler");
        expect_trace("a");
    }
}

static weft_scheduler inner;
static bool run_inner(weft_world *w)
{
    return weft_scheduler_run(&inner, w) > 1;
}
WEFT_FN(run_inner, WORLD);

static void a_system_may_run_another_scheduler(void **state)
{
    (void)state;
    build_letters("xy", "x>y");
    inner = scheduler; /* moved */
    weft_scheduler_init(&scheduler, world);
    weft_system_id runs_inner;
    WEFT_SYSTEM(&scheduler, run_inner, &runs_inner);
    add_letters("a");
    weft_scheduler_after(&scheduler, ids['a'], runs_inner);
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
    assert_int_equal(weft_scheduler_run(&scheduler, world), 2);
    expect_trace("xya");
    unchanged = "x";
    assert_int_equal(weft_scheduler_run(&scheduler, world), 1);
    expect_trace("x");

    /* A failure passes through both, and both begin afresh. */
    fail_pass("x", "x");
    unchanged = "";
    assert_int_equal(weft_scheduler_run(&scheduler, world), 2);
    expect_trace("xya");
    weft_scheduler_fini(&inner);
}

int main(void)
{
#define IN_A_WORLD(f) cmocka_unit_test_setup_teardown(f, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(a_pass_ends_where_a_system_fails_and_the_next_makes_up_for_it),
        IN_A_WORLD(a_failed_pass_is_made_up_for_across_words),
        IN_A_WORLD(a_system_in_a_guard_fails_alone),
        IN_A_WORLD(a_system_cannot_run_its_own_scheduler),
        IN_A_WORLD(a_system_may_run_another_scheduler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
