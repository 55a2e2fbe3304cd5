/* The conflating queue in one thread: literal cases, a model with random operations, memory that is
 * refused. What threads do to it is in test_conflate_threads.c. */
#include <weft/conflate.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "heap_check.h"
#include "random.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void check(const weft_conflate *queue)
{
    const char *why = NULL;
    if (!weft_conflate_check(queue, &why))
        fail_msg("%s", why);
}

static weft_conflate *make(uint32_t tokens)
{
    weft_conflate *queue = NULL;
    assert_int_equal(weft_conflate_new(&(weft_conflate_desc){ .tokens = tokens }, &queue), WEFT_OK);
    assert_int_equal(weft_conflate_tokens(queue), tokens);
    return queue;
}

/* ---- notified, polled with a limit, and again -------------------------------------------------
 */

enum { MOST = 8, TURNS = 3 };

typedef struct {
    uint32_t notify[MOST];
    size_t notify_len;
    size_t limit;
    uint32_t expected[MOST];
    size_t expected_len;
} turn;

typedef struct {
    const char *what;
    uint32_t tokens;
    turn turns[TURNS];
} row;

static const row rows[] = {
    { "in the order of notifying", 64, { { { 0, 3, 63 }, 3, 8, { 0, 3, 63 }, 3 } } },
    { "the last first", 64, { { { 63, 0, 3 }, 3, 8, { 63, 0, 3 }, 3 } } },
    { "twice is once, at its first place", 4, { { { 2, 1, 2, 2 }, 4, 8, { 2, 1 }, 2 } } },
    { "one token", 1, { { { 0, 0 }, 2, 8, { 0 }, 1 }, { { 0 }, 1, 8, { 0 }, 1 } } },
    { "nothing", 4, { { { 0 }, 0, 8, { 0 }, 0 } } },
    { "again once it is out", 4, { { { 1 }, 1, 8, { 1 }, 1 }, { { 1 }, 1, 8, { 1 }, 1 } } },
    { "limit: exact", 4, { { { 0, 1, 2 }, 3, 3, { 0, 1, 2 }, 3 }, { { 0 }, 0, 8, { 0 }, 0 } } },
    { "limit: larger", 4, { { { 0, 1 }, 2, 7, { 0, 1 }, 2 } } },
    { "limit: none", 4, { { { 0, 1 }, 2, 0, { 0 }, 0 }, { { 0 }, 0, 8, { 0, 1 }, 2 } } },
    { "limit: the rest is carried over, in order",
      8,
      { { { 5, 4, 3, 2 }, 4, 2, { 5, 4 }, 2 },
        { { 1, 0 }, 2, 3, { 3, 2, 1 }, 3 },
        { { 7 }, 1, 8, { 0, 7 }, 2 } } },
    { "limit: what is carried over still conflates, what is out does not",
      8,
      { { { 5, 4, 3 }, 3, 1, { 5 }, 1 }, { { 3, 5, 4 }, 3, 8, { 4, 3, 5 }, 3 } } },
};

static void tokens_come_out_once_and_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        weft_conflate *queue = make(rows[i].tokens);
        for (size_t t = 0; t < TURNS; t++) {
            const turn *at = &rows[i].turns[t];
            uint32_t tokens[MOST] = { 0 };
            for (size_t n = 0; n < at->notify_len; n++)
                assert_int_equal(weft_conflate_notify(queue, at->notify[n]), WEFT_OK);
            check(queue);
            if (weft_conflate_poll(queue, tokens, at->limit) != at->expected_len ||
                memcmp(tokens, at->expected, at->expected_len * sizeof *tokens) != 0)
                fail_msg("%s, turn %zu", rows[i].what, t);
            check(queue);
        }
        weft_conflate_free(queue);
    }
}

static void a_hundred_notifications_are_one(void **state)
{
    (void)state;
    weft_conflate *queue = make(8);
    uint32_t tokens[8];
    for (int i = 0; i < 100; i++)
        assert_int_equal(weft_conflate_notify(queue, 5), WEFT_OK);
    assert_int_equal(weft_conflate_poll(queue, tokens, 8), 1);
    assert_int_equal(tokens[0], 5);
    weft_conflate_free(queue);
}

static void bad_numbers_are_refused(void **state)
{
    (void)state;
    weft_conflate *queue = NULL;
    assert_int_equal(weft_conflate_new(&(weft_conflate_desc){ .tokens = 0 }, &queue), WEFT_EINVAL);
    assert_int_equal(weft_conflate_new(&(weft_conflate_desc){ .tokens = UINT32_MAX }, &queue),
                     WEFT_EINVAL);
    assert_null(queue);
    queue = make(4);
    uint32_t tokens[4];
    size_t count = 77;
    assert_int_equal(weft_conflate_notify(queue, 4), WEFT_EINVAL);
    assert_int_equal(weft_conflate_notify(queue, UINT32_MAX), WEFT_EINVAL);
    assert_int_equal(weft_conflate_receive(queue, tokens, 0, 0, &count), WEFT_EINVAL);
    assert_int_equal(weft_conflate_receive(queue, tokens, 4, 0, &count), WEFT_EAGAIN);
    assert_int_equal(count, 77);
    check(queue);
    weft_conflate_free(queue);
    weft_conflate_free(NULL);
}

static void a_large_queue_holds_every_token(void **state)
{
    (void)state;
    enum { TOKENS = 100000 };
    weft_conflate *queue = make(TOKENS);
    uint32_t *tokens = calloc(TOKENS, sizeof *tokens);
    for (int cycle = 0; cycle < 2; cycle++) {
        for (uint32_t i = 0; i < TOKENS; i++)
            assert_int_equal(weft_conflate_notify(queue, i * 7919 % TOKENS), WEFT_OK);
        check(queue);
        assert_int_equal(weft_conflate_poll(queue, tokens, TOKENS), TOKENS);
        for (uint32_t i = 0; i < TOKENS; i++)
            assert_int_equal(tokens[i], i * 7919 % TOKENS);
    }
    free(tokens);
    weft_conflate_free(queue);
}

/* ---- receiving, alone -------------------------------------------------------------------------
 */

static void receiving_takes_what_is_there_without_waiting(void **state)
{
    (void)state;
    static const int64_t timeouts_ns[] = { 0, 1, INT64_MAX, -1 };
    weft_conflate *queue = make(8);
    for (size_t i = 0; i < COUNT(timeouts_ns); i++) {
        uint32_t tokens[2];
        size_t count;
        for (uint32_t token = 0; token < 3; token++)
            assert_int_equal(weft_conflate_notify(queue, token), WEFT_OK);
        assert_int_equal(weft_conflate_receive(queue, tokens, 2, timeouts_ns[i], &count), WEFT_OK);
        assert_int_equal(count, 2);
        assert_true(tokens[0] == 0 && tokens[1] == 1);
        assert_int_equal(weft_conflate_receive(queue, tokens, 2, timeouts_ns[i], &count), WEFT_OK);
        assert_int_equal(count, 1);
        assert_int_equal(tokens[0], 2);
    }
    weft_conflate_free(queue);
}

static void receiving_from_nobody_times_out(void **state)
{
    (void)state;
    static const int64_t timeouts_ns[] = { 0, 1, 2000000 };
    weft_conflate *queue = make(8);
    for (size_t i = 0; i < COUNT(timeouts_ns); i++) {
        uint32_t tokens[2];
        size_t count = 77;
        assert_int_equal(weft_conflate_receive(queue, tokens, 2, timeouts_ns[i], &count),
                         WEFT_EAGAIN);
        assert_int_equal(count, 77);
    }
    weft_conflate_free(queue);
}

/* A token that was polled has left a wake behind. It must not be taken for news. */
static void an_old_wake_is_not_news(void **state)
{
    (void)state;
    weft_conflate *queue = make(8);
    uint32_t tokens[8];
    size_t count;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(weft_conflate_notify(queue, 1), WEFT_OK);
        assert_int_equal(weft_conflate_poll(queue, tokens, 8), 1);
        assert_int_equal(weft_conflate_receive(queue, tokens, 8, 100000, &count), WEFT_EAGAIN);
    }
    weft_conflate_free(queue);
}

static void a_queue_wakes_the_loop_that_it_was_given(void **state)
{
    (void)state;
    weft_wake wake;
    weft_wake_init(&wake);
    int fd;
    assert_int_equal(weft_wake_fd(&wake, &fd), WEFT_OK);
    weft_conflate *queue = NULL;
    assert_int_equal(weft_conflate_new(&(weft_conflate_desc){ .tokens = 4, .wake = &wake }, &queue),
                     WEFT_OK);
    uint32_t tokens[4];
    size_t count;
    assert_int_equal(weft_conflate_receive(queue, tokens, 4, 0, &count), WEFT_EINVAL);

    assert_true(weft_wake_sleep(&wake));
    errno = 4711;
    assert_int_equal(weft_conflate_notify(queue, 2), WEFT_OK);
    assert_int_equal(errno, 4711);
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&ready, 1, 0), 1);
    weft_wake_rouse(&wake);
    assert_int_equal(weft_conflate_poll(queue, tokens, 4), 1);
    weft_conflate_free(queue);
    weft_wake_fini(&wake);
}

static weft_conflate *signalled;

static void on_signal(int number)
{
    (void)number;
    (void)weft_conflate_notify(signalled, 3);
}

static void a_signal_handler_may_notify(void **state)
{
    (void)state;
    signalled = make(4);
    struct sigaction action = { .sa_handler = on_signal }, before;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_int_equal(weft_conflate_notify(signalled, 1), WEFT_OK);
    assert_int_equal(raise(SIGUSR1), 0);
    uint32_t tokens[4];
    assert_int_equal(weft_conflate_poll(signalled, tokens, 4), 2);
    assert_true(tokens[0] == 1 && tokens[1] == 3);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    weft_conflate_free(signalled);
}

static int64_t now_ns(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static volatile sig_atomic_t alarms, notify_at_alarm;

static void on_alarm(int number)
{
    (void)number;
    if (++alarms == notify_at_alarm)
        (void)weft_conflate_notify(signalled, 3);
}

/* Signals that bring nothing neither end the waiting nor prolong it; the one that notifies does end
 * it. */
static void signals_interrupt_the_sleep_but_not_the_waiting(void **state)
{
    (void)state;
    const int64_t timeout_ns = 30000000;
    const struct itimerval each_ms = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
    struct sigaction action = { .sa_handler = on_alarm }, before;
    uint32_t tokens[4];
    size_t count = 77;
    signalled = make(4);
    alarms = notify_at_alarm = 0;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &each_ms, NULL), 0);

    const int64_t begin_ns = now_ns();
    assert_int_equal(weft_conflate_receive(signalled, tokens, 4, timeout_ns, &count), WEFT_EAGAIN);
    assert_true(now_ns() - begin_ns >= timeout_ns);
    assert_int_equal(count, 77);

    notify_at_alarm = alarms + 5;
    assert_int_equal(weft_conflate_receive(signalled, tokens, 4, -1, &count), WEFT_OK);
    assert_int_equal(count, 1);
    assert_int_equal(tokens[0], 3);

    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    weft_conflate_free(signalled);
}

/* The descriptor that the next open would get. */
static int next_fd(void)
{
    const int fd = dup(STDOUT_FILENO);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    return fd;
}

static void a_descriptor_is_taken_by_the_first_wait_and_given_back(void **state)
{
    (void)state;
    const int free_fd = next_fd();
    weft_conflate *queue = make(4);
    uint32_t tokens[4];
    size_t count = 77;
    struct rlimit usual;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    const struct rlimit tight = { (rlim_t)free_fd, usual.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    const weft_status none = weft_conflate_receive(queue, tokens, 4, 1, &count);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(none, WEFT_ELIMIT);
    assert_int_equal(count, 77);

    assert_int_equal(weft_conflate_receive(queue, tokens, 4, 0, &count), WEFT_EAGAIN);
    assert_int_equal(next_fd(), free_fd);
    assert_int_equal(weft_conflate_receive(queue, tokens, 4, 1, &count), WEFT_EAGAIN);
    assert_true(next_fd() > free_fd);
    weft_conflate_free(queue);
    assert_int_equal(next_fd(), free_fd);
}

static void refused_memory_is_said(void **state)
{
    (void)state;
    test_heap heap;
    test_heap_init(&heap);
    heap.refuse_after = 0;
    weft_conflate *queue = NULL;
    const weft_conflate_desc desc = { .tokens = 4, .allocator = &heap.allocator };
    assert_int_equal(weft_conflate_new(&desc, &queue), WEFT_ENOMEM);
    assert_null(queue);
    heap.refuse_after = 1;
    assert_int_equal(weft_conflate_new(&desc, &queue), WEFT_OK);
    assert_int_equal(weft_conflate_notify(queue, 1), WEFT_OK);
    weft_conflate_free(queue);
    assert_int_equal(heap.live, 0);
    assert_int_equal(heap.mistakes, 0);
}

/* ---- a model ----------------------------------------------------------------------------------
 */

enum { MODEL_TOKENS = 40, OPERATIONS = 300000 };

static void random_operations_do_what_a_list_does(void **state)
{
    (void)state;
    uint64_t random = 1;
    uint32_t list[MODEL_TOKENS];
    size_t len = 0;
    weft_conflate *queue = make(MODEL_TOKENS);
    for (int i = 0; i < OPERATIONS; i++) {
        if (test_random_below(&random, 4)) {
            const uint32_t token = (uint32_t)test_random_below(&random, MODEL_TOKENS);
            size_t at = 0;
            while (at < len && list[at] != token)
                at++;
            if (at == len)
                list[len++] = token;
            assert_int_equal(weft_conflate_notify(queue, token), WEFT_OK);
        } else {
            uint32_t tokens[MODEL_TOKENS];
            const size_t mostly = test_random_below(&random, 8) ? 6 : MODEL_TOKENS + 1;
            const size_t most = test_random_below(&random, mostly);
            const size_t expected = most < len ? most : len;
            assert_int_equal(weft_conflate_poll(queue, tokens, most), expected);
            assert_memory_equal(tokens, list, expected * sizeof *tokens);
            len -= expected;
            memmove(list, list + expected, len * sizeof *list);
        }
        check(queue);
    }
    weft_conflate_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_come_out_once_and_in_order),
        cmocka_unit_test(a_hundred_notifications_are_one),
        cmocka_unit_test(bad_numbers_are_refused),
        cmocka_unit_test(a_large_queue_holds_every_token),
        cmocka_unit_test(receiving_takes_what_is_there_without_waiting),
        cmocka_unit_test(receiving_from_nobody_times_out),
        cmocka_unit_test(an_old_wake_is_not_news),
        cmocka_unit_test(a_queue_wakes_the_loop_that_it_was_given),
        cmocka_unit_test(a_signal_handler_may_notify),
        cmocka_unit_test(signals_interrupt_the_sleep_but_not_the_waiting),
        cmocka_unit_test(a_descriptor_is_taken_by_the_first_wait_and_given_back),
        cmocka_unit_test(refused_memory_is_said),
        cmocka_unit_test(random_operations_do_what_a_list_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
