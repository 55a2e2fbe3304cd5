/* Notifications in one thread, where every order can be told: coalescing, order, failing. What
 * closing one does is in test_notify_closing.c. */
#include "large_handler.h"
#include "notify_fixture.h"

#include <errno.h>

/* ---- coalescing and order -------------------------------------------------------------------- */

static void any_number_of_signals_before_a_poll_is_one_run(void **state)
{
    (void)state;
    fixture on;
    listener l = { 0 };
    begin(&on, NULL);
    open_one(&on, &l, 'a');
    assert_int_equal(poll_once(&on), 0);
    for (int signals = 1; signals <= 100; signals *= 10) {
        const int before = l.runs;
        for (int i = 0; i < signals; i++)
            weft_notify_signal(l.notify);
        assert_int_equal(poll_once(&on), 1);
        assert_int_equal(poll_once(&on), 0);
        assert_int_equal(l.runs, before + 1);
    }
    assert_int_equal(weft_world_sequence(on.world), 3);
    assert_int_equal(l.sequence, 3);
    end(&on);
}

static void handlers_run_in_the_order_of_the_first_signal(void **state)
{
    (void)state;
    static const struct {
        const char *signals, *runs;
    } cases[] = {
        { "", "" },           { "a", "a" },
        { "cab", "cab" },     { "aaa", "a" },
        { "abcabc", "abc" },  { "caabbccab", "cab" },
        { "edcba", "edcba" }, { "aebdcedcba", "aebdc" },
    };
    fixture on;
    listener l[5] = { { 0 } };
    begin(&on, NULL);
    open_all(&on, l, COUNT(l));
    for (size_t i = 0; i < COUNT(cases); i++) {
        signal_by_name(l, cases[i].signals);
        assert_int_equal(poll_once(&on), strlen(cases[i].runs));
        assert_string_equal(on.order, cases[i].runs);
    }
    end(&on);
}

static void signal_self(listener *self, weft_world *world)
{
    (void)world;
    for (int i = 0; i < 3; i++)
        weft_notify_signal(self->notify);
}

static void signals_during_a_run_are_one_more_run_in_the_next_poll(void **state)
{
    (void)state;
    fixture on;
    listener l = { .act = signal_self };
    begin(&on, NULL);
    open_one(&on, &l, 'a');
    weft_notify_signal(l.notify);
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(poll_once(&on), 1);
        assert_int_equal(l.runs, i);
    }
    l.act = NULL;
    assert_int_equal(poll_once(&on), 1);
    assert_int_equal(poll_once(&on), 0);
    end(&on);
}

static void signal_target(listener *self, weft_world *world)
{
    (void)world;
    weft_notify_signal(self->target->notify);
}

static void what_is_signalled_in_a_poll_waits_for_the_next(void **state)
{
    (void)state;
    fixture on;
    listener l[3] = { { .act = signal_target }, { .act = signal_target }, { 0 } };
    l[0].target = &l[2];
    l[1].target = &l[0];
    begin(&on, NULL);
    open_all(&on, l, COUNT(l));
    signal_by_name(l, "ab");
    assert_int_equal(poll_once(&on), 2);
    assert_string_equal(on.order, "ab");
    assert_int_equal(poll_once(&on), 2);
    assert_string_equal(on.order, "ca");
    end(&on);
}

static void what_a_limit_leaves_over_comes_first(void **state)
{
    (void)state;
    fixture on;
    listener l[6] = { { 0 } };
    begin(&on, &(weft_notifies_desc){ .limit = 2 });
    open_all(&on, l, COUNT(l));
    signal_by_name(l, "abcde");
    assert_int_equal(poll_once(&on), 2);
    assert_string_equal(on.order, "ab");
    signal_by_name(l, "afc"); /* c still waits: the same run */
    assert_int_equal(poll_once(&on), 2);
    assert_string_equal(on.order, "cd");
    assert_int_equal(poll_once(&on), 2);
    assert_string_equal(on.order, "ea");
    assert_int_equal(poll_once(&on), 1);
    assert_string_equal(on.order, "f");
    assert_int_equal(poll_once(&on), 0);
    end(&on);
}

static void the_greatest_limit_is_none(void **state)
{
    (void)state;
    fixture on;
    listener l[3] = { { 0 } };
    begin(&on, &(weft_notifies_desc){ .limit = UINT32_MAX });
    open_all(&on, l, COUNT(l));
    signal_by_name(l, "abc");
    assert_int_equal(poll_once(&on), 3);
    end(&on);
}

static bool may_sleep(fixture *on)
{
    weft_wake *wake = weft_shutdown_wake(weft_world_shutdown(on->world));
    int fd;
    assert_int_equal(weft_wake_fd(wake, &fd), WEFT_OK);
    const bool may = weft_wake_sleep(wake);
    weft_wake_rouse(wake);
    return may;
}

static void poll_body(weft_world *world, void *arg)
{
    fixture *on = arg;
    weft_notifies_poll(on->notifies, world);
}

static void fail_once(listener *self, weft_world *world)
{
    self->act = NULL;
    weft_fail(world, "no good");
}

static void the_loop_does_not_sleep_on_what_was_left_over(void **state)
{
    (void)state;
    fixture on;
    listener l[3] = { { 0 } };
    begin(&on, &(weft_notifies_desc){ .limit = 2 });
    open_all(&on, l, COUNT(l));
    signal_by_name(l, "abc");
    assert_false(may_sleep(&on));
    assert_int_equal(poll_once(&on), 2);
    assert_false(may_sleep(&on));
    assert_int_equal(poll_once(&on), 1);
    assert_true(may_sleep(&on));
    l[0].act = fail_once;
    signal_by_name(l, "ab");
    assert_false(may_sleep(&on));
    assert_int_equal(weft_try(on.world, poll_body, &on), WEFT_EFAILED);
    assert_false(may_sleep(&on));
    assert_int_equal(poll_once(&on), 1);
    assert_true(may_sleep(&on));
    end(&on);
}

static void a_signal_wakes_the_loop_once_and_keeps_errno(void **state)
{
    (void)state;
    fixture on;
    listener l = { 0 };
    begin(&on, NULL);
    open_one(&on, &l, 'a');
    weft_wake *wake = weft_shutdown_wake(weft_world_shutdown(on.world));
    int fd;
    assert_int_equal(weft_wake_fd(wake, &fd), WEFT_OK);
    assert_true(weft_wake_sleep(wake));
    errno = EDOM;
    weft_notify_signal(l.notify);
    assert_int_equal(errno, EDOM);
    weft_wake_rouse(wake);
    assert_int_equal(poll_once(&on), 1);
    weft_notify_signal(l.notify);
    assert_false(weft_wake_sleep(wake)); /* signalled while awake: it must not sleep */
    weft_wake_rouse(wake);
    assert_int_equal(poll_once(&on), 1);
    end(&on);
}

/* ---- failing --------------------------------------------------------------------------------- */

static void fail_now(listener *self, weft_world *world)
{
    if (self->target == self)
        assert_int_equal(weft_notify_close(self->notify), WEFT_OK);
    weft_fail(world, "no good");
}

static void those_behind_a_failing_handler_run_in_the_next_poll(void **state)
{
    (void)state;
    fixture on;
    listener l[5] = { { 0 }, { .act = fail_now }, { 0 }, { .act = fail_now }, { 0 } };
    begin(&on, NULL);
    open_all(&on, l, COUNT(l));
    l[3].target = &l[3]; /* closes itself first */
    signal_by_name(l, "abcd");
    assert_int_equal(weft_try(on.world, poll_body, &on), WEFT_EFAILED);
    assert_string_equal(on.order, "ab");
    assert_sound(on.notifies);
    signal_by_name(l, "eb");
    assert_int_equal(weft_try(on.world, poll_body, &on), WEFT_EFAILED);
    assert_string_equal(on.order, "abcd");
    assert_int_equal(l[3].finis, 1);
    assert_int_equal(l[1].finis, 0);
    l[1].act = NULL;
    assert_int_equal(poll_once(&on), 2);
    assert_string_equal(on.order, "eb");
    end(&on);
}

/* ---- refused --------------------------------------------------------------------------------- */

static void on_wrong(int *event)
{
    (void)event;
}
WEFT_FN(on_wrong, CTX(int));
static void on_other_event(uint64_t event)
{
    (void)event;
}
WEFT_FN(on_other_event, IN(uint64_t));

static void the_event_is_checked_and_not_required(void **state)
{
    (void)state;
    fixture on;
    begin(&on, NULL);
    weft_notify *notify = NULL;
    struct on_other_event other;
    assert_int_equal(on_other_event_init(&other, on.world), WEFT_OK);
    assert_int_equal(weft_notify_new(on.notifies, &other.base, &notify), WEFT_ETYPE);
    assert_null(notify);
    assert_non_null(strstr(test_world_sentence(&on.test), "weft_notify gives weft_notify_event"));
    struct on_wrong none;
    assert_int_equal(on_wrong_init(&none, on.world, 0), WEFT_OK);
    assert_int_equal(weft_notify_new(on.notifies, &none.base, &notify), WEFT_OK);
    weft_notify_signal(notify);
    assert_int_equal(poll_once(&on), 1);
    end(&on);
}

static void without_memory_nothing_is_half_done(void **state)
{
    (void)state;
    bool opened = false;
    uint64_t runs = 0;
    for (size_t refuse_after = 0; !opened; refuse_after++) {
        test_world test;
        test_world_init(&test);
        test.heap.refuse_after = refuse_after;
        weft_notifies *notifies = weft_notifies_install(test.builder, NULL);
        assert_true(notifies || test.status == WEFT_ENOMEM);
        if (notifies) {
            weft_world *world = test_world_build(&test);
            struct on_large handler;
            weft_notify *notify = NULL;
            assert_int_equal(on_large_init(&handler, world, (large){ .runs = &runs }), WEFT_OK);
            const weft_status status = weft_notify_new(notifies, &handler.base, &notify);
            assert_true(status == WEFT_OK || status == WEFT_ENOMEM);
            opened = status == WEFT_OK;
            assert_int_equal(notify != NULL, opened);
            assert_int_equal(weft_notifies_len(notifies), opened);
            assert_sound(notifies);
            if (opened)
                weft_notify_signal(notify);
            assert_int_equal(weft_notifies_poll(notifies, world), opened);
        }
        test_world_fini(&test);
    }
    assert_int_equal(runs, 1);
}

static void another_worlds_notifications_are_refused(void **state)
{
    (void)state;
    fixture on, other;
    listener l = { 0 };
    begin(&on, NULL);
    begin(&other, NULL);
    open_all(&on, &l, 1);
    assert_int_equal(weft_notifies_poll(on.notifies, other.world), WEFT_EWORLD); /* even of none */
    weft_notify_signal(l.notify);
    assert_int_equal(weft_notifies_poll(on.notifies, other.world), WEFT_EWORLD);
    assert_int_equal(other.test.reports, 2);
    test_world_expect(&other.test, WEFT_EWORLD, "the notifications polled belong to another world");
    assert_int_equal(l.runs, 0);
    assert_int_equal(weft_world_sequence(other.world), 0);
    assert_int_equal(poll_once(&on), 1); /* still there */
    end(&other);
    end(&on);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_signals_before_a_poll_is_one_run),
        cmocka_unit_test(handlers_run_in_the_order_of_the_first_signal),
        cmocka_unit_test(another_worlds_notifications_are_refused),
        cmocka_unit_test(signals_during_a_run_are_one_more_run_in_the_next_poll),
        cmocka_unit_test(what_is_signalled_in_a_poll_waits_for_the_next),
        cmocka_unit_test(what_a_limit_leaves_over_comes_first),
        cmocka_unit_test(the_greatest_limit_is_none),
        cmocka_unit_test(the_loop_does_not_sleep_on_what_was_left_over),
        cmocka_unit_test(a_signal_wakes_the_loop_once_and_keeps_errno),
        cmocka_unit_test(those_behind_a_failing_handler_run_in_the_next_poll),
        cmocka_unit_test(the_event_is_checked_and_not_required),
        cmocka_unit_test(without_memory_nothing_is_half_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
