/* test-labels: threads */
/* test-timeout: 120 */
/* Notifications between threads: nothing is lost, nothing runs too often, whatever meets. A lost
 * wake leaves the loop asleep for ever, which the time limit of the test notices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/time.h>

#include <weft/fn.h>
#include <weft/io.h>
#include <weft/notify.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { PRODUCERS = 4, OBJECTS = 3, SIGNALS = 100000 };

/* What one object's signals announce. */
typedef struct subject {
    uint64_t published; /* atomic: how many signals were announced */
    uint64_t seen;      /* what the last run saw of them */
    uint64_t runs;
    weft_notify *notify;
} subject;

typedef subject *subject_ref;

static void on_subject(subject_ref *self)
{
    subject *s = *self;
    s->seen = __atomic_load_n(&s->published, __ATOMIC_RELAXED);
    s->runs++;
}
WEFT_FN(on_subject, CTX(subject_ref));

typedef struct fixture {
    weft_world *world;
    weft_io *io;
    weft_notifies *notifies;
    subject subjects[OBJECTS];
} fixture;

/* The memory of notifications is given back by whichever thread is the last: malloc can do that. */
static void begin(fixture *on)
{
    weft_builder *builder = weft_builder_new(NULL);
    *on = (fixture){ .io = weft_io_install(builder, NULL),
                     .notifies = weft_notifies_install(builder, NULL) };
    assert_int_equal(weft_builder_build(builder, &on->world), WEFT_OK);
    for (size_t i = 0; i < OBJECTS; i++) {
        struct on_subject handler;
        assert_int_equal(on_subject_init(&handler, on->world, &on->subjects[i]), WEFT_OK);
        assert_int_equal(weft_notify_new(on->notifies, &handler.base, &on->subjects[i].notify),
                         WEFT_OK);
    }
}

/* One pass as a loop makes it, asleep without a timeout if there is nothing to do. */
static void pass(fixture *on)
{
    assert_true(weft_io_poll(on->io, on->world, -1) >= 0);
    weft_notifies_poll(on->notifies, on->world);
}

static void signal_subject(subject *s)
{
    __atomic_fetch_add(&s->published, 1, __ATOMIC_RELAXED);
    weft_notify_signal(s->notify);
}

static void *producer_main(void *arg)
{
    fixture *on = arg;
    for (size_t i = 0; i < SIGNALS; i++) {
        signal_subject(&on->subjects[i % OBJECTS]);
        if (i % 1000 == 0)
            sched_yield();
    }
    for (size_t i = 0; i < OBJECTS; i++)
        weft_notify_release(on->subjects[i].notify);
    return NULL;
}

static uint64_t signals_of(size_t object)
{
    return (uint64_t)PRODUCERS * (SIGNALS / OBJECTS + (object < SIGNALS % OBJECTS ? 1U : 0U));
}

static bool all_seen(const fixture *on)
{
    for (size_t i = 0; i < OBJECTS; i++)
        if (on->subjects[i].seen < signals_of(i))
            return false;
    return true;
}

static void the_last_signal_is_always_followed_by_a_run(void **state)
{
    (void)state;
    fixture on;
    pthread_t threads[PRODUCERS];
    begin(&on);
    for (size_t t = 0; t < PRODUCERS; t++) {
        for (size_t i = 0; i < OBJECTS; i++)
            weft_notify_retain(on.subjects[i].notify);
        assert_int_equal(pthread_create(&threads[t], NULL, producer_main, &on), 0);
    }
    while (!all_seen(&on))
        pass(&on);
    for (size_t t = 0; t < PRODUCERS; t++)
        assert_int_equal(pthread_join(threads[t], NULL), 0);
    weft_notifies_poll(on.notifies, on.world); /* a run may have seen more than it was signalled */
    assert_int_equal(weft_notifies_poll(on.notifies, on.world), 0);
    for (size_t i = 0; i < OBJECTS; i++) {
        assert_int_equal(on.subjects[i].seen, signals_of(i));
        assert_true(on.subjects[i].runs >= 1 && on.subjects[i].runs <= signals_of(i));
    }
    const char *why = NULL;
    assert_true(weft_notifies_check(on.notifies, &why));
    weft_world_free(on.world);
}

/* ---- one at a time --------------------------------------------------------------------------- */

enum { ROUNDS = 5000 };

/* Signals once, waits until the loop has seen it, and so on: each run answers one signal. */
static void *player_main(void *arg)
{
    subject *s = arg;
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        signal_subject(s);
        while (__atomic_load_n(&s->seen, __ATOMIC_ACQUIRE) < i)
            sched_yield();
    }
    weft_notify_release(s->notify);
    return NULL;
}

static void on_player(subject_ref *self)
{
    subject *s = *self;
    s->runs++;
    __atomic_store_n(&s->seen, __atomic_load_n(&s->published, __ATOMIC_RELAXED), __ATOMIC_RELEASE);
}
WEFT_FN(on_player, CTX(subject_ref));

static void each_signal_wakes_a_loop_that_sleeps_for_ever(void **state)
{
    (void)state;
    fixture on;
    subject s = { 0 };
    pthread_t thread;
    begin(&on);
    struct on_player handler;
    assert_int_equal(on_player_init(&handler, on.world, &s), WEFT_OK);
    assert_int_equal(weft_notify_new(on.notifies, &handler.base, &s.notify), WEFT_OK);
    weft_notify_retain(s.notify);
    assert_int_equal(pthread_create(&thread, NULL, player_main, &s), 0);
    while (s.runs < ROUNDS)
        pass(&on);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(weft_notifies_poll(on.notifies, on.world), 0);
    assert_int_equal(s.runs, ROUNDS);
    weft_world_free(on.world);
}

/* ---- closing against signalling -------------------------------------------------------------- */

enum { GENERATIONS = 800, SIGNALLERS = 3 };

typedef struct relay {
    weft_notify *offered; /* atomic: with a reference for each signaller */
    uint32_t generation;  /* atomic: of the one offered */
    uint32_t left;        /* atomic: signallers that have not given it back */
} relay;

/* Signals each notification that is offered until it has seen it end, and some more. */
static void *signaller_main(void *arg)
{
    relay *r = arg;
    for (uint32_t i = 1; i <= GENERATIONS; i++) {
        while (__atomic_load_n(&r->generation, __ATOMIC_ACQUIRE) < i)
            sched_yield();
        weft_notify *notify = __atomic_load_n(&r->offered, __ATOMIC_RELAXED);
        for (int n = 0; n < 20; n++)
            weft_notify_signal(notify);
        weft_notify_release(notify);
        __atomic_fetch_sub(&r->left, 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

typedef struct counted {
    uint32_t *finis;     /* of all generations */
    uint32_t generation; /* of this one */
} counted;

static void counted_fini(counted *self)
{
    ++*self->finis;
}

static void on_counted(counted *self)
{
    assert_int_equal(*self->finis, self->generation - 1); /* not yet its own */
}
WEFT_FN(on_counted, CTX(counted, counted_fini));

static void closing_while_others_signal_is_safe(void **state)
{
    (void)state;
    fixture on;
    relay r = { 0 };
    uint32_t finis = 0;
    pthread_t threads[SIGNALLERS];
    begin(&on);
    for (size_t t = 0; t < SIGNALLERS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, signaller_main, &r), 0);
    for (uint32_t i = 1; i <= GENERATIONS; i++) {
        struct on_counted handler;
        weft_notify *notify;
        assert_int_equal(on_counted_init(&handler, on.world, (counted){ &finis, i }), WEFT_OK);
        assert_int_equal(weft_notify_new(on.notifies, &handler.base, &notify), WEFT_OK);
        for (size_t t = 0; t < SIGNALLERS; t++)
            weft_notify_retain(notify);
        __atomic_store_n(&r.offered, notify, __ATOMIC_RELAXED);
        __atomic_store_n(&r.left, SIGNALLERS, __ATOMIC_RELAXED);
        __atomic_store_n(&r.generation, i, __ATOMIC_RELEASE);
        for (uint32_t polls = i % 4; polls > 0; polls--)
            weft_notifies_poll(on.notifies, on.world);
        assert_int_equal(weft_notify_close(notify), WEFT_OK);
        assert_int_equal(finis, i);
        while (__atomic_load_n(&r.left, __ATOMIC_ACQUIRE) > 0)
            weft_notifies_poll(on.notifies, on.world);
    }
    for (size_t t = 0; t < SIGNALLERS; t++)
        assert_int_equal(pthread_join(threads[t], NULL), 0);
    weft_notifies_poll(on.notifies, on.world);
    assert_int_equal(weft_notifies_len(on.notifies), OBJECTS);
    weft_world_free(on.world);
    assert_int_equal(finis, GENERATIONS);
}

/* ---- the end of the world against signalling ------------------------------------------------- */

enum { LATE = 2000, LATE_ROUNDS = 100 };

typedef struct latecomer {
    weft_notify *notifies[LATE];
    bool begun, over; /* atomic */
} latecomer;

static struct {
    bool holds, let_go; /* atomic: a signal handler has no argument */
} stop;

static void *late_main(void *arg)
{
    latecomer *l = arg;
    __atomic_store_n(&l->begun, true, __ATOMIC_RELAXED);
    for (size_t i = 0; i < LATE; i++) {
        weft_notify_signal(l->notifies[i]);
        weft_notify_release(l->notifies[i]);
    }
    __atomic_store_n(&l->over, true, __ATOMIC_RELEASE);
    return NULL;
}

/* Stops the signaller wherever it is, until the world has ended. */
static void on_stop(int signo)
{
    (void)signo;
    const int saved_errno = errno;
    __atomic_store_n(&stop.holds, true, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&stop.let_go, __ATOMIC_ACQUIRE))
        sched_yield();
    errno = saved_errno;
}

/* Between a signaller's two steps, marking and pushing, the queue may close: then nobody pops what
 * it marked, and its memory is the signaller's to give back. A leak checker tells. Where in its
 * work the signaller is stopped is chance; a hundred of two thousand places are tried. */
static void the_world_may_end_while_others_signal(void **state)
{
    (void)state;
    const struct sigaction action = { .sa_handler = on_stop, .sa_flags = SA_RESTART };
    struct sigaction former;
    assert_int_equal(sigaction(SIGUSR1, &action, &former), 0);
    for (int round = 0; round < LATE_ROUNDS; round++) {
        fixture on;
        latecomer l = { .begun = false };
        pthread_t thread;
        begin(&on);
        for (size_t i = 0; i < LATE; i++) {
            struct on_subject handler;
            assert_int_equal(on_subject_init(&handler, on.world, &on.subjects[0]), WEFT_OK);
            assert_int_equal(weft_notify_new(on.notifies, &handler.base, &l.notifies[i]), WEFT_OK);
            weft_notify_retain(l.notifies[i]);
        }
        __atomic_store_n(&stop.holds, false, __ATOMIC_RELAXED);
        __atomic_store_n(&stop.let_go, false, __ATOMIC_RELAXED);
        assert_int_equal(pthread_create(&thread, NULL, late_main, &l), 0);
        while (!__atomic_load_n(&l.begun, __ATOMIC_RELAXED))
            sched_yield();
        assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
        while (!__atomic_load_n(&stop.holds, __ATOMIC_ACQUIRE) &&
               !__atomic_load_n(&l.over, __ATOMIC_ACQUIRE))
            sched_yield();
        weft_world_free(on.world);
        __atomic_store_n(&stop.let_go, true, __ATOMIC_RELEASE);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
    assert_int_equal(sigaction(SIGUSR1, &former, NULL), 0);
}

/* ---- signal handlers ------------------------------------------------------------------------- */

static subject *of_alarm; /* a signal handler has no argument */

static void on_alarm(int signo)
{
    (void)signo;
    signal_subject(of_alarm);
}

enum { ALARMS = 50 };

static void a_signal_handler_may_signal_whatever_it_interrupts(void **state)
{
    (void)state;
    fixture on;
    begin(&on);
    of_alarm = &on.subjects[0];
    const struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
    struct sigaction former;
    assert_int_equal(sigaction(SIGALRM, &action, &former), 0);
    const struct itimerval every = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
    /* Asleep without a timeout, and busy signalling the same object and others. */
    while (on.subjects[0].seen < ALARMS)
        pass(&on);
    for (uint64_t goal = on.subjects[0].seen + ALARMS; on.subjects[0].seen < goal;) {
        for (size_t i = 0; i < 3 * OBJECTS; i++)
            weft_notify_signal(on.subjects[i % OBJECTS].notify);
        weft_notifies_poll(on.notifies, on.world);
    }
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &former, NULL), 0);
    weft_notifies_poll(on.notifies, on.world);
    assert_int_equal(on.subjects[0].seen, on.subjects[0].published);
    weft_world_free(on.world);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_signal_is_always_followed_by_a_run),
        cmocka_unit_test(each_signal_wakes_a_loop_that_sleeps_for_ever),
        cmocka_unit_test(closing_while_others_signal_is_safe),
        cmocka_unit_test(the_world_may_end_while_others_signal),
        cmocka_unit_test(a_signal_handler_may_signal_whatever_it_interrupts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
