/* test-labels: threads */
/* Signals: to the shutdown, and to handlers that run, end and fail. */
#include <pthread.h>

#include "signals_fixture.h"

/* ---- shutdown -------------------------------------------------------------------------------- */

static void a_signal_stops_the_world_without_a_poll(void **state)
{
    (void)state;
    fixture on;
    begin(&on, NULL);
    assert_int_equal(weft_signals_shutdown(on.signals, SIGTERM), WEFT_OK);
    assert_int_equal(weft_signals_shutdown(on.signals, SIGINT), WEFT_OK);
    assert_int_equal(weft_signals_shutdown(on.signals, SIGTERM), WEFT_OK); /* again: the same */
    assert_sound(on.signals);
    assert_false(weft_world_stopping(on.world));
    raise(SIGTERM);
    assert_true(weft_world_stopping(on.world));
    assert_int_equal(poll_once(&on), 0); /* a request, not an event */
    raise(SIGINT);
    end(&on);
    assert_ptr_equal(disposition(SIGTERM), SIG_DFL);
    assert_ptr_equal(disposition(SIGINT), SIG_DFL);
}

static void *killer_main(void *arg)
{
    pthread_t *loop = arg;
    pthread_kill(*loop, SIGTERM);
    return NULL;
}

static void a_signal_ends_a_sleep_that_is_for_ever(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        fixture on;
        begin(&on, NULL);
        assert_int_equal(weft_signals_shutdown(on.signals, SIGTERM), WEFT_OK);
        pthread_t thread, self = pthread_self();
        assert_int_equal(pthread_create(&thread, NULL, killer_main, &self), 0);
        while (!weft_world_stopping(on.world))
            assert_int_equal(weft_io_poll(on.io, on.world, -1), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        end(&on);
    }
}

/* ---- handlers -------------------------------------------------------------------------------- */

static void a_handler_runs_in_the_poll_and_not_before(void **state)
{
    (void)state;
    fixture on;
    catcher c = { 0 };
    begin(&on, NULL);
    assert_int_equal(poll_once(&on), 0);
    assert_int_equal(add(&on, &c, SIGHUP), WEFT_OK);
    raise(SIGHUP);
    assert_int_equal(c.runs, 0);
    assert_int_equal(poll_once(&on), 1);
    assert_int_equal(c.runs, 1);
    assert_int_equal(c.last.signo, SIGHUP);
    assert_int_equal(c.last.count, 1);
    assert_int_equal(c.last.id.signo, c.id.signo);
    assert_int_equal(c.last.id.serial, c.id.serial);
    assert_int_equal(c.sequence, 1);
    assert_int_equal(poll_once(&on), 0);
    assert_false(weft_world_stopping(on.world));
    end(&on);
    assert_int_equal(c.finis, 1);
}

static void signals_before_a_poll_are_one_run_with_a_count(void **state)
{
    (void)state;
    fixture on;
    catcher c = { 0 };
    begin(&on, NULL);
    assert_int_equal(add(&on, &c, SIGUSR1), WEFT_OK);
    for (uint32_t n = 1; n <= 5; n++) {
        for (uint32_t i = 0; i < n; i++)
            raise(SIGUSR1); /* handled before it returns: none is merged by the kernel */
        assert_int_equal(poll_once(&on), 1);
        assert_int_equal(c.last.count, n);
    }
    end(&on);
}

static void handlers_run_by_number(void **state)
{
    (void)state;
    static const int signos[] = { SIGUSR2, SIGHUP, SIGWINCH, SIGUSR1 };
    fixture on;
    catcher c[COUNT(signos)] = { { 0 } };
    begin(&on, NULL);
    for (size_t i = 0; i < COUNT(signos); i++)
        assert_int_equal(add(&on, &c[i], signos[i]), WEFT_OK);
    for (size_t i = 0; i < COUNT(signos); i++)
        raise(signos[i]);
    assert_int_equal(poll_once(&on), COUNT(signos));
    for (size_t i = 0; i < COUNT(signos); i++)
        for (size_t j = 0; j < COUNT(signos); j++)
            if (signos[i] < signos[j])
                assert_true(c[i].sequence < c[j].sequence);
    end(&on);
}

static void every_real_time_signal_can_be_taken(void **state)
{
    (void)state;
    fixture on;
    static catcher c[65];
    int count = 0;
    begin(&on, NULL);
    for (int signo = SIGRTMIN; signo <= SIGRTMAX; signo++, count++) {
        c[signo] = (catcher){ 0 };
        assert_int_equal(add(&on, &c[signo], signo), WEFT_OK);
        raise(signo);
    }
    assert_true(count > 0);
    assert_int_equal(poll_once(&on), count);
    end(&on);
    for (int signo = SIGRTMIN; signo <= SIGRTMAX; signo++)
        assert_ptr_equal(disposition(signo), SIG_DFL);
}

static void raise_again(catcher *self, weft_world *world)
{
    (void)world;
    self->act = NULL;
    raise(self->last.signo);
}

static void a_signal_in_its_own_run_is_for_the_next_poll(void **state)
{
    (void)state;
    fixture on;
    catcher c = { .act = raise_again };
    begin(&on, NULL);
    assert_int_equal(add(&on, &c, SIGUSR1), WEFT_OK);
    raise(SIGUSR1);
    assert_int_equal(poll_once(&on), 1);
    assert_int_equal(poll_once(&on), 1);
    assert_int_equal(c.last.count, 1);
    assert_int_equal(poll_once(&on), 0);
    end(&on);
}

/* ---- removing -------------------------------------------------------------------------------- */

static void stale_ids_reach_nobody(void **state)
{
    (void)state;
    fixture on;
    catcher old = { 0 }, new = { 0 };
    begin(&on, NULL);
    assert_int_equal(add(&on, &old, SIGUSR1), WEFT_OK);
    assert_int_equal(weft_signals_remove(on.signals, old.id), WEFT_OK);
    assert_int_equal(add(&on, &new, SIGUSR1), WEFT_OK);
    const weft_signal_id none[] = { old.id, { 0, 0 }, { -1, 1 }, { 65, 1 }, { SIGUSR2, 2 } };
    for (size_t i = 0; i < COUNT(none); i++)
        assert_int_equal(weft_signals_remove(on.signals, none[i]), WEFT_ESTALE);
    raise(SIGUSR1);
    assert_int_equal(poll_once(&on), 1);
    assert_int_equal(new.runs, 1);
    end(&on);
}

static void remove_self(catcher *self, weft_world *world)
{
    (void)world;
    assert_int_equal(weft_signals_remove(self->signals, self->id), WEFT_OK);
    assert_int_equal(self->finis, 0);
    assert_ptr_equal(disposition(self->last.signo), SIG_DFL);
}

static void a_handler_removes_itself_so_that_the_second_signal_ends_the_program(void **state)
{
    (void)state;
    fixture on;
    catcher c = { .act = remove_self };
    begin(&on, NULL);
    assert_int_equal(add(&on, &c, SIGINT), WEFT_OK);
    raise(SIGINT);
    assert_int_equal(poll_once(&on), 1);
    assert_int_equal(c.finis, 1);
    assert_ptr_equal(disposition(SIGINT), SIG_DFL);
    end(&on);
}

static void remove_target(catcher *self, weft_world *world)
{
    (void)world;
    assert_int_equal(weft_signals_remove(self->signals, self->target->id), WEFT_OK);
    assert_sound(self->signals);
}

static void replace_target(catcher *self, weft_world *world)
{
    const int signo = self->target->id.signo;
    remove_target(self, world);
    struct on_signal handler;
    assert_int_equal(on_signal_init(&handler, world, self->target), WEFT_OK);
    assert_int_equal(weft_signals_add(self->signals, signo, &handler.base, &self->target->id),
                     WEFT_OK);
}

static void a_new_handler_does_not_run_for_what_the_old_one_missed(void **state)
{
    (void)state;
    fixture on;
    catcher c[2] = { { .act = replace_target }, { 0 } };
    c[0].target = &c[1];
    begin(&on, NULL);
    assert_int_equal(add(&on, &c[0], SIGUSR1), WEFT_OK);
    assert_int_equal(add(&on, &c[1], SIGUSR2), WEFT_OK);
    raise(SIGUSR1);
    raise(SIGUSR2);
    assert_int_equal(poll_once(&on), 1);
    assert_int_equal(poll_once(&on), 0);
    assert_int_equal(c[1].runs, 0);
    raise(SIGUSR2);
    assert_int_equal(poll_once(&on), 1);
    assert_int_equal(c[1].runs, 1);
    end(&on);
}

static void a_removed_handler_does_not_run_for_what_had_come(void **state)
{
    (void)state;
    fixture on;
    catcher c[2] = { { .act = remove_target }, { 0 } };
    c[0].target = &c[1];
    begin(&on, NULL);
    assert_int_equal(add(&on, &c[0], SIGUSR1), WEFT_OK); /* 10 */
    assert_int_equal(add(&on, &c[1], SIGUSR2), WEFT_OK); /* 12 */
    raise(SIGUSR1);
    raise(SIGUSR2);
    assert_int_equal(poll_once(&on), 1);
    assert_int_equal(c[1].runs, 0);
    assert_int_equal(c[1].finis, 1);
    end(&on);
}

/* ---- failing --------------------------------------------------------------------------------- */

static void fail_now(catcher *self, weft_world *world)
{
    if (self->target == self)
        remove_self(self, world);
    weft_fail(world, "no good");
}

static void poll_body(weft_world *world, void *arg)
{
    weft_signals_poll(arg, world);
}

static void a_failing_handler_does_not_take_the_others_along(void **state)
{
    (void)state;
    fixture on;
    catcher c[3] = { { .act = fail_now }, { .act = fail_now }, { 0 } };
    c[1].target = &c[1];
    begin(&on, NULL);
    assert_int_equal(add(&on, &c[0], SIGHUP), WEFT_OK);
    assert_int_equal(add(&on, &c[1], SIGUSR1), WEFT_OK);
    assert_int_equal(add(&on, &c[2], SIGUSR2), WEFT_OK);
    raise(SIGHUP);
    raise(SIGUSR1);
    raise(SIGUSR2);
    assert_int_equal(weft_try(on.world, poll_body, on.signals), WEFT_EFAILED);
    weft_wake_rouse(weft_shutdown_wake(weft_world_shutdown(on.world))); /* forget the signals' */
    assert_int_equal(weft_try(on.world, poll_body, on.signals), WEFT_EFAILED);
    assert_int_equal(c[1].finis, 1);
    assert_sound(on.signals);
    /* The loop does not sleep on what was left over. */
    weft_wake *wake = weft_shutdown_wake(weft_world_shutdown(on.world));
    assert_false(weft_wake_sleep(wake));
    weft_wake_rouse(wake);
    c[0].act = NULL;
    raise(SIGHUP); /* comes after what was left over */
    assert_int_equal(poll_once(&on), 2);
    assert_true(c[2].sequence < c[0].sequence);
    end(&on);
}

/* ---- refused --------------------------------------------------------------------------------- */

static void another_worlds_signals_are_refused(void **state)
{
    (void)state;
    fixture on, other;
    catcher c = { 0 };
    begin(&on, NULL);
    begin(&other, NULL);
    assert_int_equal(add(&on, &c, SIGUSR1), WEFT_OK);
    assert_int_equal(weft_signals_poll(on.signals, other.world), WEFT_EWORLD); /* even of none */
    raise(SIGUSR1);
    assert_int_equal(weft_signals_poll(on.signals, other.world), WEFT_EWORLD);
    assert_int_equal(other.test.reports, 2);
    test_world_expect(&other.test, WEFT_EWORLD, "the signals polled belong to another world");
    assert_int_equal(c.runs, 0);
    assert_int_equal(weft_world_sequence(other.world), 0);
    assert_int_equal(poll_once(&on), 1); /* still there */
    assert_int_equal(c.last.count, 1);
    end(&other);
    end(&on);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_stops_the_world_without_a_poll),
        cmocka_unit_test(a_signal_ends_a_sleep_that_is_for_ever),
        cmocka_unit_test(a_handler_runs_in_the_poll_and_not_before),
        cmocka_unit_test(signals_before_a_poll_are_one_run_with_a_count),
        cmocka_unit_test(handlers_run_by_number),
        cmocka_unit_test(another_worlds_signals_are_refused),
        cmocka_unit_test(every_real_time_signal_can_be_taken),
        cmocka_unit_test(a_signal_in_its_own_run_is_for_the_next_poll),
        cmocka_unit_test(stale_ids_reach_nobody),
        cmocka_unit_test(a_handler_removes_itself_so_that_the_second_signal_ends_the_program),
        cmocka_unit_test(a_removed_handler_does_not_run_for_what_had_come),
        cmocka_unit_test(a_new_handler_does_not_run_for_what_the_old_one_missed),
        cmocka_unit_test(a_failing_handler_does_not_take_the_others_along),
    };
    forget_inherited_dispositions();
    return run_on_every_backend(tests);
}
