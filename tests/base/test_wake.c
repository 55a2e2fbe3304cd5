/* test-labels: threads */
/* The handshake of a sleeping loop: nothing is lost, nothing is written that nobody waits for. */
#include <weft/wake.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static weft_wake wake;
static int fd;

static int setup(void **state)
{
    (void)state;
    weft_wake_init(&wake);
    assert_int_equal(weft_wake_fd(&wake, &fd), WEFT_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    weft_wake_fini(&wake);
    return 0;
}

static bool readable(void)
{
    struct pollfd entry = { .fd = fd, .events = POLLIN };
    return poll(&entry, 1, 0) == 1;
}

/* How many signals were written since the last call. */
static uint64_t written(void)
{
    uint64_t count = 0;
    return read(fd, &count, sizeof count) == sizeof count ? count : 0;
}

static void without_a_descriptor_a_loop_may_not_sleep(void **state)
{
    (void)state;
    weft_wake bare;
    weft_wake_init(&bare);
    assert_false(weft_wake_sleep(&bare));
    weft_wake_rouse(&bare);
    weft_wake_signal(&bare);
    assert_false(weft_wake_sleep(&bare));
    weft_wake_fini(&bare);
}

static void the_descriptor_stays_the_same(void **state)
{
    (void)state;
    int again = -1;
    assert_int_equal(weft_wake_fd(&wake, &again), WEFT_OK);
    assert_int_equal(again, fd);
}

static void a_signal_before_sleep_forbids_it_and_writes_nothing(void **state)
{
    (void)state;
    weft_wake_signal(&wake);
    assert_false(weft_wake_sleep(&wake));
    weft_wake_rouse(&wake);
    assert_false(readable());
    assert_true(weft_wake_sleep(&wake));
    weft_wake_rouse(&wake);
}

static void a_signal_during_sleep_writes_once_however_often(void **state)
{
    (void)state;
    assert_true(weft_wake_sleep(&wake));
    assert_false(readable());
    for (int i = 0; i < 10; i++)
        weft_wake_signal(&wake);
    assert_true(readable());
    assert_int_equal(written(), 1);
    weft_wake_rouse(&wake);
    assert_true(weft_wake_sleep(&wake));
    weft_wake_signal(&wake);
    assert_int_equal(written(), 1);
    weft_wake_rouse(&wake);
}

static void a_signal_to_a_loop_that_runs_is_kept_for_its_next_sleep(void **state)
{
    (void)state;
    assert_true(weft_wake_sleep(&wake));
    weft_wake_rouse(&wake);
    weft_wake_signal(&wake);
    assert_false(readable());
    assert_false(weft_wake_sleep(&wake));
    weft_wake_rouse(&wake);
    assert_true(weft_wake_sleep(&wake));
    weft_wake_rouse(&wake);
}

static void an_edge_triggered_poller_wakes_though_nobody_reads(void **state)
{
    (void)state;
    const int poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN | EPOLLET };
    assert_int_equal(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event), 0);
    enum { TIMES = 10000 }; /* more than a pipe holds */
    for (int i = 0; i < TIMES; i++) {
        assert_true(weft_wake_sleep(&wake));
        assert_int_equal(epoll_wait(poller, &event, 1, 0), 0);
        weft_wake_signal(&wake);
        assert_int_equal(epoll_wait(poller, &event, 1, 0), 1);
        weft_wake_rouse(&wake);
    }
    char left[64]; /* a counter is one word; in a pipe wakes could pile up */
    assert_true(read(fd, left, sizeof left) <= (ssize_t)sizeof(uint64_t));
    close(poller);
}

static volatile sig_atomic_t errno_was_kept;

static void signal_woke(int number)
{
    (void)number;
    const int before = errno;
    errno = EBADF;
    weft_wake_signal(&wake);
    errno_was_kept = errno == EBADF;
    errno = before;
}

static void a_signal_handler_may_signal_and_errno_is_kept(void **state)
{
    (void)state;
    struct sigaction action = { .sa_handler = signal_woke }, before;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_true(weft_wake_sleep(&wake));
    errno_was_kept = 0;
    raise(SIGUSR1);
    assert_true(errno_was_kept);
    assert_int_equal(written(), 1);
    weft_wake_rouse(&wake);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

static void without_free_descriptors_it_says_so(void **state)
{
    (void)state;
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    weft_wake bare;
    weft_wake_init(&bare);
    int untouched = 4711;
    const weft_status status = weft_wake_fd(&bare, &untouched);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(status, WEFT_ELIMIT);
    assert_int_equal(untouched, 4711);
    weft_wake_fini(&bare);
}

static void its_end_closes_its_descriptor_once(void **state)
{
    (void)state;
    weft_wake ended;
    int its_fd = -1;
    weft_wake_init(&ended);
    assert_int_equal(weft_wake_fd(&ended, &its_fd), WEFT_OK);
    weft_wake_fini(&ended);
    assert_int_equal(fcntl(its_fd, F_GETFD), -1);
    assert_false(weft_wake_sleep(&ended)); /* nothing could wake it */
    const int next_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    weft_wake_fini(&ended);
    assert_true(fcntl(next_fd, F_GETFD) >= 0);
    close(next_fd);
}

static void a_zeroed_wake_has_no_descriptor(void **state)
{
    (void)state;
    const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int stdin_fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
    assert_int_equal(dup2(null_fd, 0), 0);
    weft_wake zeroed = { 0 };
    assert_false(weft_wake_sleep(&zeroed));
    weft_wake_rouse(&zeroed);
    weft_wake_fini(&zeroed);
    weft_wake_fini(NULL);
    const bool is_open = fcntl(0, F_GETFD) >= 0;
    /* But one that was given number 0 has it, and closes it. */
    int its_fd = -1;
    close(0);
    const weft_status status = weft_wake_fd(&zeroed, &its_fd);
    const bool may_sleep = weft_wake_sleep(&zeroed);
    weft_wake_fini(&zeroed);
    weft_wake_fini(&zeroed);
    const bool is_still_open = fcntl(0, F_GETFD) >= 0;
    if (stdin_fd >= 0) {
        assert_int_equal(dup2(stdin_fd, 0), 0);
        close(stdin_fd);
    }
    if (null_fd > 0)
        close(null_fd);
    assert_true(is_open);
    assert_int_equal(status, WEFT_OK);
    assert_int_equal(its_fd, 0);
    assert_true(may_sleep);
    assert_false(is_still_open);
}

/* ---- two threads and more ------------------------------------------------------------------- */

enum { WAKERS = 2, ITEMS = 20000, PATIENCE_MS = 20000 };

static uint64_t published[WAKERS]; /* the work: how many items each waker has published */
static uint64_t consumed_total;

static void *waker(void *arg)
{
    uint64_t *mine = arg;
    for (uint64_t i = 1; i <= ITEMS; i++) {
        __atomic_store_n(mine, i, __ATOMIC_RELEASE);
        weft_wake_signal(&wake);
        /* Now and then let the loop fall asleep, so that both paths are taken. */
        while (i % 64 == 0 && __atomic_load_n(&consumed_total, __ATOMIC_RELAXED) < i)
            sched_yield();
    }
    return NULL;
}

static uint64_t drain(void)
{
    uint64_t total = 0;
    for (int i = 0; i < WAKERS; i++)
        total += __atomic_load_n(&published[i], __ATOMIC_ACQUIRE);
    __atomic_store_n(&consumed_total, total, __ATOMIC_RELAXED);
    return total;
}

static void no_wake_is_lost_between_threads(void **state)
{
    (void)state;
    const int poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN | EPOLLET };
    assert_int_equal(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event), 0);
    pthread_t threads[WAKERS];
    for (int i = 0; i < WAKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, waker, &published[i]), 0);
    /* If a wake were lost, the loop would block with work left until the time is over. */
    while (drain() < (uint64_t)WAKERS * ITEMS) {
        if (weft_wake_sleep(&wake))
            assert_int_equal(epoll_wait(poller, &event, 1, PATIENCE_MS), 1);
        weft_wake_rouse(&wake);
    }
    for (int i = 0; i < WAKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    close(poller);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(without_a_descriptor_a_loop_may_not_sleep),
        TEST(the_descriptor_stays_the_same),
        TEST(a_signal_before_sleep_forbids_it_and_writes_nothing),
        TEST(a_signal_during_sleep_writes_once_however_often),
        TEST(a_signal_to_a_loop_that_runs_is_kept_for_its_next_sleep),
        TEST(an_edge_triggered_poller_wakes_though_nobody_reads),
        TEST(a_signal_handler_may_signal_and_errno_is_kept),
        TEST(without_free_descriptors_it_says_so),
        TEST(its_end_closes_its_descriptor_once),
        TEST(a_zeroed_wake_has_no_descriptor),
        TEST(no_wake_is_lost_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
