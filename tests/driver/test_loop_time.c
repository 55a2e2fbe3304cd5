/* test-labels: threads */
/* The loop and time: when it looks at the clock, what time its handlers see, when it goes to sleep,
 * and what it must not pass by when it looks at nothing but flags. */
#define _GNU_SOURCE
#include <weft/testing.h>
#include <weft/weft.h>

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* What the handlers saw. */
typedef struct {
    char letters[16]; /* in order, one each */
    size_t len;
    int64_t now_ns;
    int64_t until_ns;
    weft_world *world;
} Trace;
WEFT_RESOURCE_DEFINE(Trace);

static void trace(Trace *t, char letter)
{
    assert_true(t->len < sizeof t->letters - 1);
    t->letters[t->len++] = letter;
}

static weft_world *build(const weft_loop_desc *desc, weft_loop **loop_out)
{
    weft_builder *builder = weft_builder_new(NULL);
    assert_non_null(builder);
    WEFT_REGISTER_DEFAULT(builder, Trace);
    *loop_out = weft_loop_install(builder, desc);
    weft_world *world;
    assert_int_equal(weft_builder_build(builder, &world), WEFT_OK);
    WEFT_GET(world, Trace)->world = world;
    return world;
}

static int64_t monotonic_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * WEFT_SECOND + at.tv_nsec;
}

static void letter_t(Trace *t)
{
    trace(t, 't');
}
WEFT_FN(letter_t, MUT(Trace));

static void letter_n(Trace *t)
{
    trace(t, 'n');
}
WEFT_FN(letter_n, MUT(Trace));

/* ---- what time handlers see ------------------------------------------------------------------ */

static void look(Trace *t, const weft_clock *clock)
{
    trace(t, 'l');
    t->now_ns = clock->now_ns;
}
WEFT_FN(look, MUT(Trace), RES(weft_clock));

static void look_and_read(Trace *t, const weft_clock *clock, weft_io_event event)
{
    char byte;
    size_t got;
    assert_int_equal(weft_read(event.fd, &byte, 1, &got), WEFT_OK);
    look(t, clock);
}
WEFT_FN(look_and_read, MUT(Trace), RES(weft_clock), IN(weft_io_event));

enum { NOTIFY, SIGNAL, READABLE };

/* Brings something about; the handler that answers must see a time behind it. */
static void handlers_see_a_time_after_what_woke_them(void **state)
{
    (void)state;
    static const weft_loop_mode modes[] = { WEFT_PARK, WEFT_SPIN };
    for (size_t m = 0; m < 2; m++) {
        weft_loop *loop;
        weft_world *world = build(&(weft_loop_desc){ .mode = modes[m] }, &loop);
        Trace *seen = WEFT_GET(world, Trace);
        struct look handler;
        struct look_and_read readable;
        weft_notify *notify;
        int ours, theirs;
        assert_int_equal(look_init(&handler, world), WEFT_OK);
        assert_int_equal(look_and_read_init(&readable, world), WEFT_OK);
        assert_int_equal(weft_notify_new(loop->notifies, &handler.base, &notify), WEFT_OK);
        assert_int_equal(weft_signals_add(loop->signals, SIGUSR1, &handler.base, NULL), WEFT_OK);
        assert_int_equal(weft_socketpair(&ours, &theirs), WEFT_OK);
        assert_int_equal(weft_io_add(loop->io, ours, WEFT_READABLE, &readable.base, NULL), WEFT_OK);
        for (int i = 0; i < 12; i++) {
            const int64_t before_ns = monotonic_ns();
            while (monotonic_ns() < before_ns + 10 * WEFT_CLOCK_COUNTER_ERROR_NS)
                continue;
            switch (i % 3) {
            case NOTIFY: weft_notify_signal(notify); break;
            case SIGNAL: assert_int_equal(raise(SIGUSR1), 0); break;
            case READABLE: assert_int_equal(write(theirs, "i", 1), 1); break;
            }
            seen->len = 0;
            while (!seen->len)
                assert_true(weft_loop_turn(loop, world) >= 0);
            assert_int_equal(seen->len, 1);
            assert_true(seen->now_ns >= before_ns + 8 * WEFT_CLOCK_COUNTER_ERROR_NS);
        }
        weft_world_free(world);
        close(ours);
        close(theirs);
    }
}

static void a_turn_that_has_nothing_to_run_need_not_look_at_the_clock_but_a_poll_does(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(&(weft_loop_desc){ .mode = WEFT_SPIN }, &loop);
    struct letter_t timer;
    assert_int_equal(letter_t_init(&timer, world), WEFT_OK);
    const int64_t installed_ns = loop->clock->now_ns;
    assert_int_equal(weft_loop_turn(loop, world), 0);
    assert_int_equal(loop->clock->now_ns, installed_ns);
    assert_int_equal(weft_loop_poll(loop, world), 0);
    assert_true(loop->clock->now_ns > installed_ns);
    /* A pending timer is compared with the time, and is not passed by. */
    const int64_t deadline_ns = loop->clock->now_ns + 100000;
    assert_int_equal(weft_timers_schedule(loop->timers, deadline_ns, &timer.base, NULL), WEFT_OK);
    int ran = 0;
    for (int64_t last_ns = 0; !ran; last_ns = loop->clock->now_ns) {
        ran = weft_loop_turn(loop, world);
        assert_true(loop->clock->now_ns >= last_ns);
        assert_true(ran || loop->clock->now_ns < deadline_ns);
    }
    assert_int_equal(ran, 1);
    weft_world_free(world);
}

/* ---- what is left over ----------------------------------------------------------------------- */

/* What a failing or limited poll has left over is due, though nothing pending is. */
static void fail_once(Trace *t)
{
    trace(t, 'f');
    weft_fail(t->world, "on purpose");
}
WEFT_FN(fail_once, MUT(Trace));

static void turn_body(weft_world *world, void *arg)
{
    (void)weft_loop_turn(arg, world);
}

static void what_a_failed_pass_left_over_runs_in_the_next(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(&(weft_loop_desc){ .mode = WEFT_SPIN }, &loop);
    WEFT_GET(world, Trace)->world = world;
    struct fail_once failing;
    struct letter_t timer;
    struct letter_n notified;
    weft_notify *notifies[2];
    assert_int_equal(fail_once_init(&failing, world), WEFT_OK);
    assert_int_equal(letter_t_init(&timer, world), WEFT_OK);
    assert_int_equal(letter_n_init(&notified, world), WEFT_OK);
    assert_int_equal(weft_timers_schedule(loop->timers, 0, &failing.base, NULL), WEFT_OK);
    assert_int_equal(weft_timers_schedule(loop->timers, 0, &timer.base, NULL), WEFT_OK);
    assert_int_equal(weft_try(world, turn_body, loop), WEFT_EFAILED);
    assert_string_equal(WEFT_GET(world, Trace)->letters, "f");
    assert_int_equal(weft_loop_turn(loop, world), 1);
    assert_string_equal(WEFT_GET(world, Trace)->letters, "ft");

    assert_int_equal(weft_notify_new(loop->notifies, &failing.base, &notifies[0]), WEFT_OK);
    assert_int_equal(weft_notify_new(loop->notifies, &notified.base, &notifies[1]), WEFT_OK);
    weft_notify_signal(notifies[0]);
    weft_notify_signal(notifies[1]);
    assert_int_equal(weft_try(world, turn_body, loop), WEFT_EFAILED);
    assert_int_equal(weft_loop_turn(loop, world), 1);
    assert_string_equal(WEFT_GET(world, Trace)->letters, "ftfn");
    assert_int_equal(weft_loop_turn(loop, world), 0);
    weft_world_free(world);
}

static void what_a_failed_pass_left_over_runs_while_the_clock_stands_still(void **state)
{
    (void)state;
    weft_clock clock;
    weft_clock_init_test(&clock, 0);
    weft_loop *loop;
    weft_world *world = build(&(weft_loop_desc){ .clock = &clock }, &loop);
    struct fail_once failing;
    struct letter_t timer;
    assert_int_equal(fail_once_init(&failing, world), WEFT_OK);
    assert_int_equal(letter_t_init(&timer, world), WEFT_OK);
    assert_int_equal(weft_timers_schedule(loop->timers, 100, &failing.base, NULL), WEFT_OK);
    assert_int_equal(weft_timers_schedule(loop->timers, 20000, &timer.base, NULL), WEFT_OK);
    assert_int_equal(weft_clock_advance(loop->clock, 1000000), WEFT_OK);
    assert_int_equal(weft_try(world, turn_body, loop), WEFT_EFAILED);
    assert_int_equal(weft_loop_turn(loop, world), 1);
    assert_string_equal(WEFT_GET(world, Trace)->letters, "ft");
    weft_world_free(world);
}

/* ---- when it sleeps -------------------------------------------------------------------------- */

/* These take the place of the C library's, and pass the calls on. */
static int sleeps;

int epoll_pwait2(int fd, struct epoll_event *events, int cap, const struct timespec *timeout,
                 const sigset_t *mask)
{
    int (*real)(int, struct epoll_event *, int, const struct timespec *, const sigset_t *);
    *(void **)&real = dlsym(RTLD_NEXT, "epoll_pwait2");
    sleeps += !timeout || timeout->tv_sec || timeout->tv_nsec;
    return real(fd, events, cap, timeout, mask);
}

int epoll_wait(int fd, struct epoll_event *events, int cap, int timeout_ms)
{
    int (*real)(int, struct epoll_event *, int, int);
    *(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
    sleeps += timeout_ms != 0;
    return real(fd, events, cap, timeout_ms);
}

static void work_long(Trace *t)
{
    trace(t, 'l');
    while (monotonic_ns() < t->until_ns)
        continue;
}
WEFT_FN(work_long, MUT(Trace));

static void stop(Trace *t, weft_shutdown *shutdown)
{
    trace(t, 's');
    weft_shutdown_trigger(shutdown);
}
WEFT_FN(stop, MUT(Trace), SHUTDOWN);

static void the_time_that_handlers_took_is_not_slept_again(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(NULL, &loop);
    struct work_long working;
    struct stop stopper;
    assert_int_equal(work_long_init(&working, world), WEFT_OK);
    assert_int_equal(stop_init(&stopper, world), WEFT_OK);
    const int64_t now_ns = weft_clock_now(loop->clock);
    Trace *t = WEFT_GET(world, Trace);
    t->until_ns = now_ns + WEFT_MILLISECOND;
    assert_int_equal(weft_timers_schedule(loop->timers, now_ns, &working.base, NULL), WEFT_OK);
    assert_int_equal(weft_timers_schedule(loop->timers, t->until_ns, &stopper.base, NULL), WEFT_OK);
    sleeps = 0;
    assert_int_equal(weft_loop_run(loop, world), WEFT_OK);
    assert_string_equal(t->letters, "ls");
    assert_int_equal(sleeps, 0);
    weft_world_free(world);
}

static void a_loop_that_is_to_stop_sleeps_no_more(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(NULL, &loop);
    weft_shutdown_trigger(weft_world_shutdown(world));
    for (int i = 0; i < 3; i++) /* for ever, if one of them slept: nothing is scheduled */
        assert_int_equal(weft_loop_turn(loop, world), 0);
    assert_int_equal(weft_loop_prepare(loop, world), 0);
    assert_int_equal(weft_loop_run(loop, world), WEFT_OK);
    weft_world_free(world);
}

static void another_loop_may_not_sleep_when_somebody_has_notified(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(NULL, &loop);
    struct letter_n notified;
    weft_notify *notify;
    assert_int_equal(letter_n_init(&notified, world), WEFT_OK);
    assert_int_equal(weft_notify_new(loop->notifies, &notified.base, &notify), WEFT_OK);
    assert_int_equal(weft_loop_prepare(loop, world), WEFT_FOREVER);
    assert_int_equal(weft_loop_poll(loop, world), 0);
    weft_notify_signal(notify);
    assert_int_equal(weft_loop_prepare(loop, world), 0);
    assert_int_equal(weft_loop_poll(loop, world), 1);
    assert_int_equal(weft_loop_prepare(loop, world), WEFT_FOREVER);
    assert_int_equal(weft_loop_poll(loop, world), 0);
    weft_world_free(world);
}

/* Stops the loop, but not before it sleeps: it would not stop if it never did. */
static void *stop_when_asleep(void *arg)
{
    weft_shutdown *shutdown = arg;
    while (!__atomic_load_n(&weft_shutdown_wake(shutdown)->asleep, __ATOMIC_RELAXED))
        sched_yield();
    weft_shutdown_trigger(shutdown);
    weft_shutdown_release(shutdown);
    return NULL;
}

/* With and without a timer, which decides whether a turn looks at the clock anyway. */
static void another_loop_is_told_to_sleep_from_now_on(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(NULL, &loop);
    struct letter_t timer;
    const int64_t passed_ns = 3000000;
    const int64_t before_ns = weft_clock_now(loop->clock);
    assert_int_equal(letter_t_init(&timer, world), WEFT_OK);
    assert_int_equal(
        weft_timers_schedule(loop->timers, before_ns + 60 * WEFT_SECOND, &timer.base, NULL),
        WEFT_OK);
    for (const int64_t end_ns = monotonic_ns() + passed_ns; monotonic_ns() < end_ns;)
        continue;
    const int64_t timeout_ns = weft_loop_prepare(loop, world);
    assert_true(timeout_ns > 0);
    assert_true(timeout_ns <= 60 * WEFT_SECOND - passed_ns);
    assert_int_equal(weft_loop_poll(loop, world), 0);
    weft_world_free(world);
}

static void a_loop_that_spins_has_the_fast_clock_if_there_is_one(void **state)
{
    (void)state;
    weft_clock fast, slow;
    assert_int_equal(
        weft_clock_init_realtime(&fast, &(weft_realtime_desc){ .source = WEFT_CLOCK_COUNTER }),
        WEFT_OK);
    assert_int_equal(weft_clock_init_realtime(&slow, NULL), WEFT_OK);
    const struct {
        weft_loop_desc desc;
        int source;
    } rows[] = { { { .mode = WEFT_PARK }, WEFT_CLOCK_SYSTEM },
                 { { .mode = WEFT_SPIN }, (int)fast.source },
                 { { .mode = WEFT_SPIN, .clock = &slow }, WEFT_CLOCK_SYSTEM } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weft_loop *loop;
        weft_world *world = build(&rows[i].desc, &loop);
        assert_int_equal(loop->clock->source, rows[i].source);
        weft_world_free(world);
    }
}

static void a_parked_loop_sleeps_when_it_has_looked_for_work_long_enough(void **state)
{
    (void)state;
    static const int64_t spin_ns[] = { 0, 1, WEFT_MILLISECOND };
    for (size_t i = 0; i < 6; i++) {
        weft_loop *loop;
        weft_world *world = build(&(weft_loop_desc){ .spin_ns = spin_ns[i / 2] }, &loop);
        struct look handler;
        weft_notify *notify;
        pthread_t thread;
        assert_int_equal(look_init(&handler, world), WEFT_OK);
        assert_int_equal(weft_notify_new(loop->notifies, &handler.base, &notify), WEFT_OK);
        if (i % 2)
            assert_int_equal(weft_timers_schedule(loop->timers, monotonic_ns() + 3600 * WEFT_SECOND,
                                                  &handler.base, NULL),
                             WEFT_OK);
        weft_notify_signal(notify);
        assert_int_equal(pthread_create(&thread, NULL, stop_when_asleep,
                                        weft_shutdown_retain(weft_world_shutdown(world))),
                         0);
        assert_int_equal(weft_loop_run(loop, world), WEFT_OK);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_string_equal(WEFT_GET(world, Trace)->letters, "l");
        assert_true(monotonic_ns() - WEFT_GET(world, Trace)->now_ns >= spin_ns[i / 2]);
        weft_world_free(world);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(handlers_see_a_time_after_what_woke_them),
        cmocka_unit_test(a_turn_that_has_nothing_to_run_need_not_look_at_the_clock_but_a_poll_does),
        cmocka_unit_test(what_a_failed_pass_left_over_runs_in_the_next),
        cmocka_unit_test(what_a_failed_pass_left_over_runs_while_the_clock_stands_still),
        cmocka_unit_test(the_time_that_handlers_took_is_not_slept_again),
        cmocka_unit_test(a_loop_that_is_to_stop_sleeps_no_more),
        cmocka_unit_test(another_loop_may_not_sleep_when_somebody_has_notified),
        cmocka_unit_test(another_loop_is_told_to_sleep_from_now_on),
        cmocka_unit_test(a_loop_that_spins_has_the_fast_clock_if_there_is_one),
        cmocka_unit_test(a_parked_loop_sleeps_when_it_has_looked_for_work_long_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
