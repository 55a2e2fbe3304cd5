/* test-labels: threads */
/* Signals: to the shutdown, to handlers, whose they are, and what comes back afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <weft/fn.h>
#include <weft/io.h>
#include <weft/signals.h>

#include "backends.h"
#include "large_handler.h"
#include "soundness.h"
#include "world_check.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct fixture {
    test_world test;
    weft_world *world;
    weft_signals *signals;
    weft_io *io;
} fixture;

typedef struct catcher catcher;

struct catcher {
    weft_signals *signals;
    int runs, finis;
    int64_t sequence;
    weft_signal_event last;
    weft_signal_id id;
    void (*act)(catcher *self, weft_world *world);
    catcher *target; /* for act */
    void (*at_end)(catcher *self);
};

typedef catcher *catcher_ref;

static void catcher_fini(catcher_ref *self)
{
    if ((*self)->at_end)
        (*self)->at_end(*self);
    (*self)->finis++;
}

static void on_signal(catcher_ref *self, weft_world *world, const weft_signal_event *event)
{
    catcher *c = *self;
    c->runs++;
    c->last = *event;
    c->sequence = weft_world_sequence(world);
    if (c->act)
        c->act(c, world);
}
WEFT_FN(on_signal, CTX(catcher_ref, catcher_fini), WORLD, REF(weft_signal_event));

#define assert_sound(signals) assert_sound_by(weft_signals_check, signals)

static void begin(fixture *on, const weft_signals_desc *desc)
{
    test_world_init(&on->test);
    on->signals = weft_signals_install(on->test.builder, desc);
    on->io = weft_io_install(on->test.builder, &(weft_io_desc){ .backend = test_backend });
    assert_non_null(on->signals);
    assert_non_null(on->io);
    on->world = test_world_build(&on->test);
}

static void end(fixture *on)
{
    assert_sound(on->signals);
    test_world_fini(&on->test);
}

static int poll_once(fixture *on)
{
    const int count = weft_signals_poll(on->signals, on->world);
    assert_sound(on->signals);
    return count;
}

static weft_status add(fixture *on, catcher *c, int signo)
{
    struct on_signal handler;
    c->signals = on->signals;
    assert_int_equal(on_signal_init(&handler, on->world, c), WEFT_OK);
    const weft_status status = weft_signals_add(on->signals, signo, &handler.base, &c->id);
    assert_sound(on->signals);
    return status;
}

static void (*disposition(int signo))(int)
{
    struct sigaction action;
    assert_int_equal(sigaction(signo, NULL, &action), 0);
    return action.sa_handler;
}

static void set_disposition(int signo, void (*to)(int))
{
    const struct sigaction action = { .sa_handler = to };
    assert_int_equal(sigaction(signo, &action, NULL), 0);
}

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
        cmocka_unit_test(the_former_disposition_comes_back),
        cmocka_unit_test(what_others_put_in_our_place_stays),
        cmocka_unit_test(at_the_worlds_end_no_signal_is_taken),
        cmocka_unit_test(a_system_call_that_a_signal_interrupts_goes_on),
        cmocka_unit_test(stale_ids_reach_nobody),
        cmocka_unit_test(a_handler_removes_itself_so_that_the_second_signal_ends_the_program),
        cmocka_unit_test(a_removed_handler_does_not_run_for_what_had_come),
        cmocka_unit_test(a_new_handler_does_not_run_for_what_the_old_one_missed),
        cmocka_unit_test(a_failing_handler_does_not_take_the_others_along),
        cmocka_unit_test(what_cannot_be_caught_is_refused_with_a_reason),
        cmocka_unit_test(a_signal_has_one_owner_in_the_process),
        cmocka_unit_test(ignored_signals_stay_ignored_if_asked_for),
        cmocka_unit_test(without_memory_nothing_is_half_done),
        cmocka_unit_test(worlds_come_and_go_under_a_shower_of_signals),
    };
    return run_on_every_backend(tests);
}
