/* test-labels: threads */
/* Signals are the process's: who has one, what comes back afterwards, and what stays as it was. */
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "large_handler.h"
#include "signals_fixture.h"

/* ---- what comes back -------------------------------------------------------------------------- */

static int foreign_count;

static void foreign(int signo)
{
    (void)signo;
    foreign_count++;
}

static void the_former_disposition_comes_back(void **state)
{
    (void)state;
    static void (*const former[])(int) = { SIG_DFL, SIG_IGN, foreign };
    for (size_t i = 0; i < COUNT(former); i++) {
        for (int by_end = 0; by_end < 2; by_end++) {
            fixture on;
            catcher c = { 0 };
            set_disposition(SIGUSR2, former[i]);
            begin(&on, NULL);
            assert_int_equal(add(&on, &c, SIGUSR2), WEFT_OK);
            raise(SIGUSR2);
            assert_int_equal(foreign_count, 0);
            if (!by_end) {
                assert_int_equal(weft_signals_remove(on.signals, c.id), WEFT_OK);
                assert_int_equal(c.finis, 1);
                assert_ptr_equal(disposition(SIGUSR2), former[i]);
                assert_int_equal(weft_signals_remove(on.signals, c.id), WEFT_ESTALE);
                assert_int_equal(poll_once(&on), 0); /* what had come is forgotten */
            }
            end(&on);
            assert_int_equal(c.finis, 1);
            assert_ptr_equal(disposition(SIGUSR2), former[i]);
        }
    }
    set_disposition(SIGUSR2, SIG_DFL);
}

static void what_others_put_in_our_place_stays(void **state)
{
    (void)state;
    fixture on;
    catcher c = { 0 };
    begin(&on, NULL);
    assert_int_equal(add(&on, &c, SIGUSR2), WEFT_OK);
    set_disposition(SIGUSR2, foreign);
    end(&on);
    assert_ptr_equal(disposition(SIGUSR2), foreign);
    set_disposition(SIGUSR2, SIG_DFL);
}

static void take_more(catcher *self)
{
    const weft_world *world = self->signals->world;
    struct on_signal handler;
    assert_int_equal(on_signal_init(&handler, world, self->target), WEFT_OK);
    assert_int_equal(weft_signals_add(self->signals, SIGUSR2, &handler.base, NULL), WEFT_ESTALE);
    assert_int_equal(weft_signals_shutdown(self->signals, SIGUSR2), WEFT_ESTALE);
}

static void at_the_worlds_end_no_signal_is_taken(void **state)
{
    (void)state;
    fixture on;
    catcher c = { .at_end = take_more }, none = { .runs = 0 };
    c.target = &none;
    begin(&on, NULL);
    assert_int_equal(add(&on, &c, SIGUSR1), WEFT_OK);
    end(&on);
    assert_int_equal(c.finis, 1);
    assert_true(disposition(SIGUSR2) == SIG_DFL);
}

typedef struct interrupter {
    pthread_t whom;
    int fd;
} interrupter;

static void *interrupter_main(void *arg)
{
    const interrupter *by = arg;
    for (int i = 0; i < 1000; i++) {
        pthread_kill(by->whom, SIGUSR1);
        sched_yield();
    }
    close(by->fd); /* the end of the stream is what is waited for */
    return NULL;
}

static void a_system_call_that_a_signal_interrupts_goes_on(void **state)
{
    (void)state;
    fixture on;
    catcher c = { .runs = 0 };
    int ends[2];
    char byte;
    pthread_t thread;
    begin(&on, NULL);
    assert_int_equal(add(&on, &c, SIGUSR1), WEFT_OK);
    assert_int_equal(pipe(ends), 0);
    interrupter by = { pthread_self(), ends[1] };
    assert_int_equal(pthread_create(&thread, NULL, interrupter_main, &by), 0);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(poll_once(&on), 1);
    assert_true(c.last.count >= 1 && c.last.count <= 1000);
    close(ends[0]);
    end(&on);
}

/* ---- refused --------------------------------------------------------------------------------- */

static void on_wrong(uint32_t event)
{
    (void)event;
}
WEFT_FN(on_wrong, IN(uint32_t));

static void what_cannot_be_caught_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        int signo;
        const char *sentence;
    } cases[] = {
        { 0, "there is no signal 0" },
        { -1, "there is no signal -1" },
        { 65, "there is no signal 65" },
        { SIGKILL, "signal 9 (KILL) cannot be caught" },
        { SIGSTOP, "signal 19 (STOP) cannot be caught" },
        { SIGSEGV, "signal 11 (SEGV) cannot wait for the loop: the program does not get past the "
                   "instruction at fault" },
    };
    fixture on;
    catcher c = { 0 };
    begin(&on, NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(weft_signals_shutdown(on.signals, cases[i].signo), WEFT_EINVAL);
        test_world_expect(&on.test, WEFT_EINVAL, cases[i].sentence);
        assert_int_equal(add(&on, &c, cases[i].signo), WEFT_EINVAL);
        test_world_expect(&on.test, WEFT_EINVAL, cases[i].sentence);
    }
    assert_int_equal(weft_signals_shutdown(on.signals, SIGRTMIN - 1), WEFT_EINVAL); /* the libc's */
    struct on_wrong wrong;
    assert_int_equal(on_wrong_init(&wrong, on.world), WEFT_OK);
    assert_int_equal(weft_signals_add(on.signals, SIGHUP, &wrong.base, NULL), WEFT_ETYPE);
    assert_ptr_equal(disposition(SIGHUP), SIG_DFL);
    end(&on);
    assert_int_equal(c.finis, 0);
}

static void the_first_and_the_last_number_are_signals_too(void **state)
{
    (void)state;
    const int numbers[] = { 1, SIGRTMAX };
    static const int no_numbers[] = { 0, -1, 65, INT_MIN, INT_MAX };
    fixture on;
    catcher c = { 0 };
    begin(&on, NULL);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        assert_int_equal(add(&on, &c, numbers[i]), WEFT_OK);
        assert_int_equal(add(&on, &c, numbers[i]), WEFT_EEXISTS);
        raise(numbers[i]);
        assert_int_equal(poll_once(&on), 1);
        assert_int_equal(c.last.signo, numbers[i]);
        assert_int_equal(weft_signals_remove(on.signals, c.id), WEFT_OK);
        assert_int_equal(weft_signals_shutdown(on.signals, numbers[i]), WEFT_OK);
        assert_int_equal(weft_signals_shutdown(on.signals, numbers[i]), WEFT_OK);
    }
    for (size_t i = 0; i < COUNT(no_numbers); i++) {
        const weft_signal_id id = { no_numbers[i], 0 };
        assert_int_equal(weft_signals_shutdown(on.signals, no_numbers[i]), WEFT_EINVAL);
        assert_int_equal(weft_signals_remove(on.signals, id), WEFT_ESTALE);
    }
    end(&on);
}

static void a_signal_has_one_owner_in_the_process(void **state)
{
    (void)state;
    fixture on, other;
    catcher c = { 0 }, second = { 0 };
    begin(&on, NULL);
    begin(&other, NULL);
    assert_int_equal(add(&on, &c, SIGUSR1), WEFT_OK);
    assert_int_equal(add(&on, &second, SIGUSR1), WEFT_EEXISTS);
    test_world_expect(&on.test, WEFT_EEXISTS,
                      "signal 10 (USR1) is taken already (on_signal); remove that handler, or let "
                      "a broadcast take the signal");
    assert_int_equal(weft_signals_shutdown(on.signals, SIGUSR1), WEFT_EEXISTS);
    assert_int_equal(weft_signals_shutdown(on.signals, SIGTERM), WEFT_OK);
    assert_int_equal(add(&on, &second, SIGTERM), WEFT_EEXISTS);
    assert_non_null(strstr(test_world_sentence(&on.test), "(shutdown)"));
    assert_int_equal(add(&other, &second, SIGUSR1), WEFT_EEXISTS);
    test_world_expect(&other.test, WEFT_EEXISTS,
                      "signal 10 (USR1) belongs to another world; a process has each signal once");
    assert_int_equal(second.finis, 0);
    raise(SIGUSR1);
    assert_int_equal(poll_once(&other), 0);
    assert_int_equal(poll_once(&on), 1);
    assert_int_equal(weft_signals_remove(on.signals, c.id), WEFT_OK);
    assert_int_equal(add(&other, &second, SIGUSR1), WEFT_OK);
    end(&on);
    raise(SIGUSR1);
    assert_int_equal(poll_once(&other), 1);
    end(&other);
    assert_ptr_equal(disposition(SIGUSR1), SIG_DFL);
    assert_ptr_equal(disposition(SIGTERM), SIG_DFL);
}

static void ignored_signals_stay_ignored_if_asked_for(void **state)
{
    (void)state;
    fixture on;
    catcher c = { 0 };
    set_disposition(SIGHUP, SIG_IGN);
    begin(&on, &(weft_signals_desc){ .keep_ignored = true });
    assert_int_equal(add(&on, &c, SIGHUP), WEFT_OK);
    assert_int_equal(weft_signals_shutdown(on.signals, SIGTERM), WEFT_OK);
    raise(SIGHUP);
    assert_int_equal(poll_once(&on), 0);
    raise(SIGTERM);
    assert_true(weft_world_stopping(on.world));
    end(&on);
    assert_ptr_equal(disposition(SIGHUP), SIG_IGN);
    set_disposition(SIGHUP, SIG_DFL);
}

static void without_memory_nothing_is_half_done(void **state)
{
    (void)state;
    bool added = false;
    uint64_t runs = 0;
    for (size_t refuse_after = 0; !added; refuse_after++) {
        test_world test;
        test_world_init(&test);
        weft_signals *signals = weft_signals_install(test.builder, NULL);
        assert_non_null(signals);
        weft_world *world = test_world_build(&test);
        test.heap.refuse_after = refuse_after;
        struct on_large handler;
        assert_int_equal(on_large_init(&handler, world, (large){ .runs = &runs }), WEFT_OK);
        const weft_status status = weft_signals_add(signals, SIGHUP, &handler.base, NULL);
        assert_true(status == WEFT_OK || status == WEFT_ENOMEM);
        added = status == WEFT_OK;
        assert_sound(signals);
        assert_int_equal(disposition(SIGHUP) != SIG_DFL, added);
        if (added)
            raise(SIGHUP);
        assert_int_equal(weft_signals_poll(signals, world), added);
        test_world_fini(&test);
        assert_ptr_equal(disposition(SIGHUP), SIG_DFL);
    }
    assert_int_equal(runs, 1);
}

/* ---- other threads --------------------------------------------------------------------------- */

typedef struct shower {
    bool done; /* atomic */
} shower;

static void *shower_main(void *arg)
{
    shower *s = arg;
    while (!__atomic_load_n(&s->done, __ATOMIC_ACQUIRE)) {
        pthread_kill(pthread_self(), SIGUSR1); /* handled in this thread */
        sched_yield();
    }
    return NULL;
}

/* The signal is ignored whenever no world has it, as it goes on coming. */
static void worlds_come_and_go_under_a_shower_of_signals(void **state)
{
    (void)state;
    shower s = { .done = false };
    pthread_t threads[2];
    set_disposition(SIGUSR1, SIG_IGN);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, shower_main, &s), 0);
    int runs = 0;
    for (int i = 0; i < 300; i++) {
        fixture on;
        catcher c = { 0 };
        begin(&on, NULL);
        assert_int_equal(add(&on, &c, SIGUSR1), WEFT_OK);
        while (c.runs == 0) {
            weft_io_poll(on.io, on.world, -1);
            poll_once(&on);
        }
        runs += c.runs;
        if (i % 2)
            assert_int_equal(weft_signals_remove(on.signals, c.id), WEFT_OK);
        end(&on);
        assert_int_equal(c.finis, 1);
    }
    assert_true(runs >= 300);
    __atomic_store_n(&s.done, true, __ATOMIC_RELEASE);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_ptr_equal(disposition(SIGUSR1), SIG_IGN);
    set_disposition(SIGUSR1, SIG_DFL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_former_disposition_comes_back),
        cmocka_unit_test(what_others_put_in_our_place_stays),
        cmocka_unit_test(at_the_worlds_end_no_signal_is_taken),
        cmocka_unit_test(a_system_call_that_a_signal_interrupts_goes_on),
        cmocka_unit_test(what_cannot_be_caught_is_refused_with_a_reason),
        cmocka_unit_test(the_first_and_the_last_number_are_signals_too),
        cmocka_unit_test(a_signal_has_one_owner_in_the_process),
        cmocka_unit_test(ignored_signals_stay_ignored_if_asked_for),
        cmocka_unit_test(without_memory_nothing_is_half_done),
        cmocka_unit_test(worlds_come_and_go_under_a_shower_of_signals),
    };
    forget_inherited_dispositions();
    return run_on_every_backend(tests);
}
