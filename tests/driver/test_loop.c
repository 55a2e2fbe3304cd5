/* test-labels: threads */
/* The loop over all drivers: by itself, parked and spinning, in replay, and inside a plain poll(2)
 * loop that belongs to somebody else. */
#include <weft/testing.h>
#include <weft/weft.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends.h"

/* What the handlers saw, in order: one letter each. */
typedef struct {
    char letters[64];
    size_t len;
    int64_t times_ns[64];
    size_t time_count;
    uint32_t ticks;
} Trace;
WEFT_RESOURCE_DEFINE(Trace);

static void trace(Trace *t, char letter)
{
    assert_true(t->len < sizeof t->letters - 1);
    t->letters[t->len++] = letter;
}

static void on_timer(Trace *t, const weft_clock *clock, weft_timer_event event)
{
    assert_true(event.deadline_ns <= event.now_ns);
    assert_int_equal(event.now_ns, clock->now_ns);
    t->times_ns[t->time_count++] = event.now_ns;
    trace(t, 't');
}
WEFT_FN(on_timer, MUT(Trace), RES(weft_clock), IN(weft_timer_event));

static void on_readable(Trace *t, weft_io_event event)
{
    char byte;
    size_t got;
    assert_int_equal(weft_read(event.fd, &byte, 1, &got), WEFT_OK);
    trace(t, byte);
}
WEFT_FN(on_readable, MUT(Trace), IN(weft_io_event));

static void on_notify(Trace *t)
{
    trace(t, 'n');
}
WEFT_FN(on_notify, MUT(Trace));

static void on_signal(Trace *t, const weft_signal_event *event)
{
    assert_int_equal(event->signo, SIGUSR1);
    trace(t, 's');
}
WEFT_FN(on_signal, MUT(Trace), REF(weft_signal_event));

static void stop(weft_shutdown *shutdown)
{
    weft_shutdown_trigger(shutdown);
}
WEFT_FN(stop, SHUTDOWN);

static weft_world *build(const weft_loop_desc *desc, weft_loop **loop_out)
{
    weft_loop_desc with = desc ? *desc : (weft_loop_desc){ .mode = WEFT_PARK };
    with.io.backend = test_backend;
    weft_builder *builder = weft_builder_new(NULL);
    assert_non_null(builder);
    WEFT_REGISTER_DEFAULT(builder, Trace);
    *loop_out = weft_loop_install(builder, &with);
    weft_world *world;
    assert_int_equal(weft_builder_build(builder, &world), WEFT_OK);
    return world;
}

static const char *seen(weft_world *world)
{
    return WEFT_GET(world, Trace)->letters;
}

/* ---- by itself ------------------------------------------------------------------------------- */

static void a_pass_runs_timers_then_notifications_then_signals_then_io(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(NULL, &loop);
    struct on_timer timer;
    struct on_readable readable;
    struct on_notify notified;
    struct on_signal signalled;
    assert_int_equal(on_timer_init(&timer, world), WEFT_OK);
    assert_int_equal(on_readable_init(&readable, world), WEFT_OK);
    assert_int_equal(on_notify_init(&notified, world), WEFT_OK);
    assert_int_equal(on_signal_init(&signalled, world), WEFT_OK);

    int ours, theirs;
    weft_notify *notify;
    assert_int_equal(weft_socketpair(&ours, &theirs), WEFT_OK);
    assert_int_equal(weft_io_add(loop->io, ours, WEFT_READABLE, &readable.base, NULL), WEFT_OK);
    assert_int_equal(weft_notify_new(loop->notifies, &notified.base, &notify), WEFT_OK);
    assert_int_equal(weft_signals_add(loop->signals, SIGUSR1, &signalled.base, NULL), WEFT_OK);

    assert_int_equal(weft_loop_poll(loop, world), 0);
    assert_int_equal(write(theirs, "i", 1), 1);
    weft_notify_signal(notify);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(weft_timers_schedule(loop->timers, 0, &timer.base, NULL), WEFT_OK);
    assert_int_equal(weft_loop_poll(loop, world), 4);
    assert_string_equal(seen(world), "tnsi");
    assert_int_equal(weft_world_sequence(world), 4);
    assert_int_equal(weft_loop_poll(loop, world), 0);

    weft_world_free(world);
    close(ours);
    close(theirs);
}

static void a_parked_loop_sleeps_until_a_timer_and_no_shorter(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(&(weft_loop_desc){ .mode = WEFT_PARK }, &loop);
    struct stop stopper;
    assert_int_equal(stop_init(&stopper, world), WEFT_OK);
    const int64_t deadline_ns = weft_clock_now(loop->clock) + 3 * WEFT_MILLISECOND;
    assert_int_equal(weft_timers_schedule(loop->timers, deadline_ns, &stopper.base, NULL), WEFT_OK);
    int turns = 0;
    while (!weft_world_stopping(world)) {
        assert_true(weft_loop_turn(loop, world) >= 0);
        turns++;
    }
    assert_true(loop->clock->now_ns >= deadline_ns);
    /* It slept: one turn to fall asleep, one to run, a few for wakes that the system may add. */
    assert_true(turns <= 10);
    weft_world_free(world);
}

static void a_spinning_loop_never_sleeps(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(&(weft_loop_desc){ .mode = WEFT_SPIN }, &loop);
    (void)weft_loop_fd(loop);
    for (int i = 0; i < 1000; i++) /* for ever, if one of them slept: nothing is scheduled */
        assert_int_equal(weft_loop_turn(loop, world), 0);
    weft_world_free(world);
}

static void a_parked_loop_looks_for_work_for_a_while_after_it_had_some(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(&(weft_loop_desc){ .spin_ns = 3600 * WEFT_SECOND }, &loop);
    struct on_timer timer;
    assert_int_equal(on_timer_init(&timer, world), WEFT_OK);
    assert_int_equal(weft_timers_schedule(loop->timers, 0, &timer.base, NULL), WEFT_OK);
    assert_int_equal(weft_loop_turn(loop, world), 1);
    for (int i = 0; i < 1000; i++) /* for ever, if one of them slept: nothing is scheduled */
        assert_int_equal(weft_loop_turn(loop, world), 0);
    weft_world_free(world);
}

static void late(Trace *t, const weft_clock *clock, weft_io_event event)
{
    char byte;
    size_t got;
    assert_int_equal(weft_read(event.fd, &byte, 1, &got), WEFT_OK);
    t->times_ns[t->time_count++] = clock->now_ns;
}
WEFT_FN(late, MUT(Trace), RES(weft_clock), IN(weft_io_event));

static void *write_later(void *arg)
{
    const struct timespec a_while = { .tv_nsec = 5000000 };
    nanosleep(&a_while, NULL);
    assert_int_equal(write(*(const int *)arg, "i", 1), 1);
    return NULL;
}

static void io_handlers_see_a_time_after_the_sleep(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(NULL, &loop);
    struct late handler;
    int ours, theirs;
    assert_int_equal(late_init(&handler, world), WEFT_OK);
    assert_int_equal(weft_socketpair(&ours, &theirs), WEFT_OK);
    assert_int_equal(weft_io_add(loop->io, ours, WEFT_READABLE, &handler.base, NULL), WEFT_OK);
    pthread_t thread;
    const int64_t before_ns = weft_clock_now(loop->clock);
    assert_int_equal(pthread_create(&thread, NULL, write_later, &theirs), 0);
    while (WEFT_GET(world, Trace)->time_count == 0)
        assert_true(weft_loop_turn(loop, world) >= 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(WEFT_GET(world, Trace)->times_ns[0] - before_ns >= 5 * WEFT_MILLISECOND);
    weft_world_free(world);
    close(ours);
    close(theirs);
}

static void a_test_clock_is_never_waited_for(void **state)
{
    (void)state;
    weft_clock clock;
    weft_clock_init_test(&clock, 0);
    weft_loop *loop;
    weft_world *world = build(&(weft_loop_desc){ .clock = &clock }, &loop);
    struct on_timer timer;
    assert_int_equal(on_timer_init(&timer, world), WEFT_OK);
    assert_int_equal(weft_timers_schedule(loop->timers, WEFT_SECOND, &timer.base, NULL), WEFT_OK);
    assert_int_equal(weft_loop_turn(loop, world), 0);
    assert_int_equal(weft_clock_advance(loop->clock, WEFT_SECOND), WEFT_OK);
    assert_int_equal(weft_loop_turn(loop, world), 1);
    assert_string_equal(seen(world), "t");
    weft_world_free(world);
}

static void a_replay_jumps_from_deadline_to_deadline_and_ends(void **state)
{
    (void)state;
    static const int64_t century_ns = 36500 * (86400 * WEFT_SECOND);
    const int64_t deadlines_ns[] = { 7, 1000000, 1000000, century_ns - 1, century_ns };
    weft_clock clock;
    assert_int_equal(
        weft_clock_init_historical(&clock, &(weft_historical_desc){ .end_ns = century_ns }),
        WEFT_OK);
    weft_loop *loop;
    weft_world *world = build(&(weft_loop_desc){ .clock = &clock }, &loop);
    struct on_timer timer;
    assert_int_equal(on_timer_init(&timer, world), WEFT_OK);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(weft_timers_schedule(loop->timers, deadlines_ns[4 - i], &timer.base, NULL),
                         WEFT_OK);
    assert_int_equal(weft_loop_run(loop, world), WEFT_OK);
    const Trace *t = WEFT_GET(world, Trace);
    assert_int_equal(t->time_count, 5);
    assert_memory_equal(t->times_ns, deadlines_ns, sizeof deadlines_ns);
    assert_true(weft_clock_exhausted(loop->clock));
    weft_world_free(world);
}

static void a_replay_in_steps_runs_each_timer_at_the_first_step_behind_it(void **state)
{
    (void)state;
    const int64_t expected_ns[] = { 10, 20, 100 };
    weft_clock clock;
    assert_int_equal(
        weft_clock_init_historical(&clock, &(weft_historical_desc){ .end_ns = 100, .step_ns = 10 }),
        WEFT_OK);
    weft_loop *loop;
    weft_world *world = build(&(weft_loop_desc){ .clock = &clock }, &loop);
    struct on_timer timer;
    assert_int_equal(on_timer_init(&timer, world), WEFT_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            weft_timers_schedule(loop->timers, (int64_t[]){ 1, 20, 91 }[i], &timer.base, NULL),
            WEFT_OK);
    assert_int_equal(weft_loop_run(loop, world), WEFT_OK);
    assert_memory_equal(WEFT_GET(world, Trace)->times_ns, expected_ns, sizeof expected_ns);
    weft_world_free(world);
}

static void a_replay_under_another_loop_jumps_from_deadline_to_deadline(void **state)
{
    (void)state;
    const int64_t deadlines_ns[] = { 7, 1000, 5000000 };
    weft_clock clock;
    assert_int_equal(weft_clock_init_historical(
                         &clock, &(weft_historical_desc){ .end_ns = 86400 * WEFT_SECOND }),
                     WEFT_OK);
    weft_loop *loop;
    weft_world *world = build(&(weft_loop_desc){ .clock = &clock }, &loop);
    struct on_timer timer;
    assert_int_equal(on_timer_init(&timer, world), WEFT_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(weft_timers_schedule(loop->timers, deadlines_ns[i], &timer.base, NULL),
                         WEFT_OK);
    int polls = 0;
    for (; !weft_clock_exhausted(loop->clock) && polls < 10; polls++) {
        assert_int_equal(weft_loop_prepare(loop, world), 0);
        assert_true(weft_loop_poll(loop, world) >= 0);
    }
    assert_int_equal(polls, 5); /* the start, three deadlines, the end */
    assert_int_equal(WEFT_GET(world, Trace)->time_count, 3);
    assert_memory_equal(WEFT_GET(world, Trace)->times_ns, deadlines_ns, sizeof deadlines_ns);
    assert_true(loop->clock->now_ns == 86400 * WEFT_SECOND);
    weft_world_free(world);
}

static void its_parts_are_made_as_described(void **state)
{
    (void)state;
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before, now;
    assert_int_equal(sigaction(SIGUSR1, &ignore, &before), 0);
    weft_loop *loop;
    weft_world *world = build(&(weft_loop_desc){ .timers.capacity = 1,
                                                 .io.max_sources = 1,
                                                 .notifies.limit = 1,
                                                 .signals.keep_ignored = true },
                              &loop);
    struct on_notify first, second;
    weft_notify *notifies[2];
    assert_int_equal(on_notify_init(&first, world), WEFT_OK);
    assert_int_equal(on_notify_init(&second, world), WEFT_OK);
    assert_int_equal(weft_notify_new(loop->notifies, &first.base, &notifies[0]), WEFT_OK);
    assert_int_equal(weft_notify_new(loop->notifies, &second.base, &notifies[1]), WEFT_OK);
    weft_notify_signal(notifies[0]);
    weft_notify_signal(notifies[1]);
    assert_int_equal(weft_loop_poll(loop, world), 1);
    assert_int_equal(weft_loop_poll(loop, world), 1);
    assert_int_equal(weft_loop_poll(loop, world), 0);

    assert_int_equal(weft_signals_shutdown(loop->signals, SIGUSR1), WEFT_OK);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_false(weft_world_stopping(world));
    weft_world_free(world);
    assert_int_equal(sigaction(SIGUSR1, &before, &now), 0);
    assert_true(now.sa_handler == SIG_IGN);
}

static void another_worlds_loop_is_refused(void **state)
{
    (void)state;
    weft_test_reports reports = { 0 };
    const weft_world_desc desc = weft_test_reports_desc(&reports);
    weft_world *other;
    assert_int_equal(weft_builder_build(weft_builder_new(&desc), &other), WEFT_OK);
    weft_loop *loop;
    weft_world *world = build(NULL, &loop);
    struct on_timer timer;
    assert_int_equal(on_timer_init(&timer, world), WEFT_OK);
    assert_int_equal(weft_timers_schedule(loop->timers, 0, &timer.base, NULL), WEFT_OK);
    assert_int_equal(weft_loop_poll(loop, other), WEFT_EWORLD);
    assert_int_equal(weft_loop_turn(loop, other), WEFT_EWORLD);
    assert_int_equal(weft_loop_run(loop, other), WEFT_EWORLD);
    assert_int_equal(weft_loop_prepare(loop, other), 0);
    assert_int_equal(reports.count, 4);
    assert_int_equal(weft_loop_poll(loop, world), 1); /* nothing was lost */
    weft_world_free(world);
    weft_world_free(other);
}

static void a_poller_that_fails_is_not_turned_on(void **state)
{
    (void)state;
    weft_test_reports reports = { 0 };
    const weft_world_desc desc = weft_test_reports_desc(&reports);
    weft_builder *builder = weft_builder_new(&desc);
    weft_loop *loop =
        weft_loop_install(builder, &(weft_loop_desc){ .io = { .backend = WEFT_IO_EPOLL } });
    weft_world *world;
    assert_non_null(loop);
    if (weft_io_backend(loop->io) != WEFT_IO_EPOLL) {
        weft_builder_free(builder);
        skip();
    }
    assert_int_equal(weft_builder_build(builder, &world), WEFT_OK);
    const int fd = weft_loop_fd(loop), kept_fd = dup(fd);
    close(fd);
    assert_int_equal(weft_loop_turn(loop, world), WEFT_ESYSTEM);
    assert_int_equal(weft_loop_poll(loop, world), WEFT_ESYSTEM);
    assert_int_equal(weft_loop_run(loop, world), WEFT_ESYSTEM);
    assert_int_equal(reports.count, 3);
    assert_int_equal(dup2(kept_fd, fd), fd); /* for the world to close */
    close(kept_fd);
    weft_world_free(world);
}

static void a_signal_stops_a_parked_loop(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(NULL, &loop);
    assert_int_equal(weft_signals_shutdown(loop->signals, SIGTERM), WEFT_OK);
    assert_int_equal(raise(SIGTERM), 0);
    assert_int_equal(weft_loop_run(loop, world), WEFT_OK);
    assert_true(weft_world_stopping(world));
    weft_world_free(world);
}

/* ---- with other threads ---------------------------------------------------------------------- */

static void *trigger(void *arg)
{
    weft_shutdown_trigger(arg);
    weft_shutdown_release(arg);
    return NULL;
}

static void another_thread_stops_a_parked_loop(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) { /* for ever, if one wake were lost */
        weft_loop *loop;
        weft_world *world = build(NULL, &loop);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, trigger,
                                        weft_shutdown_retain(weft_world_shutdown(world))),
                         0);
        assert_int_equal(weft_loop_run(loop, world), WEFT_OK);
        assert_int_equal(pthread_join(thread, NULL), 0);
        weft_world_free(world);
    }
}

enum { PINGS = 2000 };

typedef struct {
    weft_notify *notify;
    uint32_t seen; /* atomic: what the loop has answered */
} PingPong;
WEFT_RESOURCE_DEFINE(PingPong);

static void on_ping(PingPong *pong, weft_shutdown *shutdown)
{
    if (__atomic_add_fetch(&pong->seen, 1, __ATOMIC_RELEASE) == PINGS)
        weft_shutdown_trigger(shutdown);
}
WEFT_FN(on_ping, MUT(PingPong), SHUTDOWN);

static void *ping(void *arg)
{
    PingPong *pong = arg;
    for (uint32_t i = 1; i <= PINGS; i++) {
        weft_notify_signal(pong->notify);
        while (__atomic_load_n(&pong->seen, __ATOMIC_ACQUIRE) < i)
            sched_yield();
    }
    return NULL;
}

static void every_notification_of_another_thread_wakes_a_parked_loop(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, PingPong);
    weft_loop *loop = weft_loop_install(builder, &(weft_loop_desc){ .io.backend = test_backend });
    weft_world *world;
    assert_int_equal(weft_builder_build(builder, &world), WEFT_OK);
    struct on_ping pinged;
    assert_int_equal(on_ping_init(&pinged, world), WEFT_OK);
    PingPong *pong = WEFT_GET(world, PingPong);
    assert_int_equal(weft_notify_new(loop->notifies, &pinged.base, &pong->notify), WEFT_OK);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ping, pong), 0);
    assert_int_equal(weft_loop_run(loop, world), WEFT_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pong->seen, PINGS);
    weft_world_free(world);
}

/* ---- inside a plain poll(2) loop ------------------------------------------------------------- */

typedef struct {
    weft_notify *notify;
    int foreign_fd; /* what only the other loop knows of */
    int weft_fd;
} Outside;

static void *disturb(void *arg)
{
    const Outside *outside = arg;
    assert_int_equal(write(outside->weft_fd, "i", 1), 1);
    weft_notify_signal(outside->notify);
    assert_int_equal(write(outside->foreign_fd, "f", 1), 1);
    return NULL;
}

static int milliseconds(int64_t timeout_ns)
{
    return timeout_ns < 0 ? -1 : (int)((timeout_ns + WEFT_MILLISECOND - 1) / WEFT_MILLISECOND);
}

static void weft_runs_inside_a_plain_poll_loop(void **state)
{
    (void)state;
    weft_loop *loop;
    weft_world *world = build(NULL, &loop);
    struct on_timer timer;
    struct on_readable readable;
    struct on_notify notified;
    assert_int_equal(on_timer_init(&timer, world), WEFT_OK);
    assert_int_equal(on_readable_init(&readable, world), WEFT_OK);
    assert_int_equal(on_notify_init(&notified, world), WEFT_OK);

    int ours, theirs, foreign_read, foreign_write;
    Outside outside;
    assert_int_equal(weft_socketpair(&ours, &theirs), WEFT_OK);
    assert_int_equal(weft_pipe(&foreign_read, &foreign_write), WEFT_OK);
    outside.weft_fd = theirs;
    outside.foreign_fd = foreign_write;
    assert_int_equal(weft_notify_new(loop->notifies, &notified.base, &outside.notify), WEFT_OK);
    assert_int_equal(weft_io_add(loop->io, ours, WEFT_READABLE, &readable.base, NULL), WEFT_OK);
    assert_int_equal(weft_timers_schedule(loop->timers,
                                          weft_clock_now(loop->clock) + 2 * WEFT_MILLISECOND,
                                          &timer.base, NULL),
                     WEFT_OK);

    pthread_t thread;
    bool foreign_ran = false;
    assert_int_equal(pthread_create(&thread, NULL, disturb, &outside), 0);
    while (!foreign_ran || strlen(seen(world)) < 3) {
        struct pollfd fds[] = { { foreign_read, POLLIN, 0 }, { weft_loop_fd(loop), POLLIN, 0 } };
        const int timeout_ms = milliseconds(weft_loop_prepare(loop, world));
        assert_true(poll(fds, 2, timeout_ms) >= 0 || errno == EINTR);
        if (fds[0].revents & POLLIN) {
            char byte;
            assert_int_equal(read(foreign_read, &byte, 1), 1);
            foreign_ran = true;
        }
        assert_true(weft_loop_poll(loop, world) >= 0);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_non_null(strchr(seen(world), 't'));
    assert_non_null(strchr(seen(world), 'i'));
    assert_non_null(strchr(seen(world), 'n'));
    assert_int_equal(weft_loop_prepare(loop, world), WEFT_FOREVER);
    assert_int_equal(weft_loop_poll(loop, world), 0);

    weft_world_free(world);
    close(ours);
    close(theirs);
    close(foreign_read);
    close(foreign_write);
}

/* ---- failing to install ---------------------------------------------------------------------- */

static void install_survives_every_failing_allocation(void **state)
{
    (void)state;
    weft_test_allocator allocator;
    weft_test_allocator_init(&allocator);
    weft_test_reports reports = { 0 };
    weft_world_desc desc = weft_test_reports_desc(&reports);
    desc.allocator = &allocator.base;
    const char *why = "";
    for (size_t nth = 1;; nth++) {
        weft_test_allocator_fail(&allocator, nth, 1);
        weft_builder *builder = weft_builder_new(&desc);
        weft_world *world;
        if (builder) {
            weft_loop *loop =
                weft_loop_install(builder, &(weft_loop_desc){ .io.backend = test_backend });
            if (weft_builder_build(builder, &world) == WEFT_OK) {
                assert_non_null(loop);
                weft_world_free(world);
                break;
            }
            assert_null(loop);
            weft_builder_free(builder);
        }
        assert_true(weft_test_allocator_check(&allocator, &why));
        assert_true(nth < 100);
    }
    assert_true(weft_test_allocator_check(&allocator, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_runs_timers_then_notifications_then_signals_then_io),
        cmocka_unit_test(a_parked_loop_sleeps_until_a_timer_and_no_shorter),
        cmocka_unit_test(a_spinning_loop_never_sleeps),
        cmocka_unit_test(a_parked_loop_looks_for_work_for_a_while_after_it_had_some),
        cmocka_unit_test(io_handlers_see_a_time_after_the_sleep),
        cmocka_unit_test(a_test_clock_is_never_waited_for),
        cmocka_unit_test(a_replay_jumps_from_deadline_to_deadline_and_ends),
        cmocka_unit_test(a_replay_in_steps_runs_each_timer_at_the_first_step_behind_it),
        cmocka_unit_test(a_replay_under_another_loop_jumps_from_deadline_to_deadline),
        cmocka_unit_test(its_parts_are_made_as_described),
        cmocka_unit_test(another_worlds_loop_is_refused),
        cmocka_unit_test(a_poller_that_fails_is_not_turned_on),
        cmocka_unit_test(a_signal_stops_a_parked_loop),
        cmocka_unit_test(another_thread_stops_a_parked_loop),
        cmocka_unit_test(every_notification_of_another_thread_wakes_a_parked_loop),
        cmocka_unit_test(weft_runs_inside_a_plain_poll_loop),
        cmocka_unit_test(install_survives_every_failing_allocation),
    };
    return run_on_every_backend(tests);
}
