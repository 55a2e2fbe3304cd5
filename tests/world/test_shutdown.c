/* test-labels: threads */
/* The shutdown flag: triggered from everywhere, outliving its world. */
#include <weft/fn.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "world_check.h"

static test_world test;
static weft_world *world;

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    world = test_world_build(&test);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

static void stop(weft_shutdown *shutdown)
{
    weft_shutdown_trigger(shutdown);
}
WEFT_FN(stop, SHUTDOWN);

static void it_is_not_triggered_at_first(void **state)
{
    (void)state;
    assert_false(weft_world_stopping(world));
    assert_false(weft_shutdown_triggered(weft_world_shutdown(world)));
}

static void a_handler_triggers_it_through_its_parameter(void **state)
{
    (void)state;
    struct stop handler;
    assert_int_equal(stop_init(&handler, world), WEFT_OK);
    assert_true(weft_run(&handler.base, world, NULL));
    assert_true(weft_world_stopping(world));
}

static void triggering_again_does_nothing(void **state)
{
    (void)state;
    weft_shutdown_trigger(weft_world_shutdown(world));
    weft_shutdown_trigger(weft_world_shutdown(world));
    assert_true(weft_world_stopping(world));
}

static void a_reference_sees_and_triggers_the_same_flag(void **state)
{
    (void)state;
    weft_shutdown *handle = weft_shutdown_retain(weft_world_shutdown(world));
    assert_false(weft_shutdown_triggered(handle));
    weft_shutdown_trigger(handle);
    assert_true(weft_world_stopping(world));
    weft_shutdown_release(handle);
    assert_true(weft_world_stopping(world));
}

static void a_reference_outlives_its_world(void **state)
{
    (void)state;
    weft_shutdown *one = weft_shutdown_retain(weft_world_shutdown(world));
    weft_shutdown *two = weft_shutdown_retain(one);
    weft_world_free(world);
    test.world = NULL;
    assert_false(weft_shutdown_triggered(one));
    weft_shutdown_trigger(two);
    assert_true(weft_shutdown_triggered(one));
    weft_shutdown_release(one);
    assert_int_equal(test.heap.live, 1);
    weft_shutdown_release(two);
    assert_int_equal(test.heap.live, 0);
    weft_shutdown_release(NULL);
}

static void its_end_closes_the_descriptor_of_its_wake(void **state)
{
    (void)state;
    int fd = -1;
    weft_shutdown *shutdown = weft_shutdown_new(NULL);
    assert_non_null(shutdown);
    assert_int_equal(weft_wake_fd(weft_shutdown_wake(shutdown), &fd), WEFT_OK);
    weft_shutdown_release(weft_shutdown_retain(shutdown));
    assert_true(fcntl(fd, F_GETFD) >= 0);
    weft_shutdown_release(shutdown);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void *trigger_and_release(void *arg)
{
    weft_shutdown_trigger(arg);
    weft_shutdown_release(arg);
    return NULL;
}

static void another_thread_triggers_it(void **state)
{
    (void)state;
    pthread_t thread;
    weft_shutdown *handle = weft_shutdown_retain(weft_world_shutdown(world));
    assert_int_equal(pthread_create(&thread, NULL, trigger_and_release, handle), 0);
    while (!weft_world_stopping(world))
        sched_yield();
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void threads_that_outlive_the_world_free_the_flag_once(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        weft_shutdown *handle = weft_shutdown_retain(weft_world_shutdown(world));
        assert_int_equal(pthread_create(&threads[i], NULL, trigger_and_release, handle), 0);
    }
    weft_shutdown_release(weft_shutdown_retain(weft_world_shutdown(world)));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(weft_world_stopping(world));
}

static weft_shutdown *for_signals;
static void on_signal(int number)
{
    (void)number;
    weft_shutdown_trigger(for_signals);
}

static void a_signal_handler_triggers_it_and_errno_is_kept(void **state)
{
    (void)state;
    for_signals = weft_shutdown_retain(weft_world_shutdown(world));
    int fd;
    assert_int_equal(weft_wake_fd(weft_shutdown_wake(for_signals), &fd), WEFT_OK);
    assert_true(weft_wake_sleep(weft_shutdown_wake(for_signals)));
    struct sigaction action = { .sa_handler = on_signal }, before;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    errno = EBADF;
    raise(SIGUSR1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    assert_true(weft_world_stopping(world));
    weft_shutdown_release(for_signals);
}

static void a_trigger_wakes_a_sleeping_loop(void **state)
{
    (void)state;
    weft_wake *wake = weft_shutdown_wake(weft_world_shutdown(world));
    struct pollfd entry = { .events = POLLIN };
    assert_int_equal(weft_wake_fd(wake, &entry.fd), WEFT_OK);
    assert_true(weft_wake_sleep(wake));
    assert_int_equal(poll(&entry, 1, 0), 0);
    weft_shutdown_trigger(weft_world_shutdown(world));
    assert_int_equal(poll(&entry, 1, 0), 1);
    weft_wake_rouse(wake);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_is_not_triggered_at_first),
        TEST(a_handler_triggers_it_through_its_parameter),
        TEST(triggering_again_does_nothing),
        TEST(a_reference_sees_and_triggers_the_same_flag),
        TEST(a_reference_outlives_its_world),
        TEST(its_end_closes_the_descriptor_of_its_wake),
        TEST(another_thread_triggers_it),
        TEST(threads_that_outlive_the_world_free_the_flag_once),
        TEST(a_signal_handler_triggers_it_and_errno_is_kept),
        TEST(a_trigger_wakes_a_sleeping_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
