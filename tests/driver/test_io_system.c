/* test-labels: threads */
/* The poller and the system around it: signals, processes, other threads, limits, many
 * descriptors. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "stream.h"

/* ---- many ------------------------------------------------------------------------------------ */

enum { MANY = 1000 };

static void raise_limit(rlim_t files)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < files) {
        limit.rlim_cur = files < limit.rlim_max ? files : limit.rlim_max;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    }
}

static void a_thousand_sources_are_each_served(void **state)
{
    (void)state;
    static probe p[MANY];
    bench on;
    raise_limit(2 * MANY + 100);
    bench_begin(&on, NULL);
    for (size_t i = 0; i < MANY; i++) {
        p[i] = (probe){ 0 };
        probe_open(&on, &p[i], WEFT_READABLE | WEFT_ONESHOT);
    }
    assert_int_equal(weft_io_len(on.io), MANY);
    assert_int_equal(bench_poll(&on), 0);
    for (size_t i = 0; i < MANY; i += 2)
        probe_feed(&p[i]);
    int count = 0;
    for (int n; (n = bench_poll(&on)) > 0;)
        count += n;
    assert_int_equal(count, MANY / 2);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(p[i].runs, i % 2 == 0);
    for (size_t i = 0; i < MANY; i += 3)
        assert_int_equal(weft_io_remove(on.io, p[i].id), WEFT_OK);
    bench_end(&on);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(p[i].finis, 1);
        probe_close(&p[i]);
    }
}

/* ---- limits ---------------------------------------------------------------------------------- */

/* Takes every descriptor that is left below `files`. */
static size_t exhaust(int *fds, size_t cap)
{
    size_t count = 0;
    while (count < cap && (fds[count] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        count++;
    assert_true(count < cap);
    assert_int_equal(errno, EMFILE);
    return count;
}

/* What a wake takes of them: an event counter is one, a pipe two. */
static int descriptors_of_a_wake(void)
{
    weft_wake wake;
    weft_wake_init(&wake);
    int ends[2], wake_fd;
    assert_true((ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0);
    assert_int_equal(weft_wake_fd(&wake, &wake_fd), WEFT_OK);
    assert_true((ends[1] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0);
    weft_wake_fini(&wake);
    close(ends[0]);
    close(ends[1]);
    return ends[1] - ends[0] - 1;
}

static void without_descriptors_the_poller_is_not_installed(void **state)
{
    (void)state;
    const int needed = descriptors_of_a_wake() + 1; /* the wake's and its own; a ring is one more */
    struct rlimit before, low;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    int fds[128];
    size_t count = exhaust(fds, COUNT(fds));
    weft_io *io = NULL;
    for (int spare = 0; spare < needed + 2; spare++) {
        test_world test;
        test_world_init(&test);
        io = weft_io_install(test.builder, &(weft_io_desc){ .backend = test_backend });
        if (spare < needed) {
            assert_null(io);
            assert_int_equal(test.status, WEFT_ELIMIT);
        } else {
            assert_non_null(io);
            const bool fell_back = spare == needed && test_backend == WEFT_IO_URING;
            assert_int_equal(weft_io_backend(io) != test_backend, fell_back);
            assert_int_equal(test.reports, fell_back);
        }
        test_world_fini(&test);
        close(fds[--count]);
    }
    while (count > 0)
        close(fds[--count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void without_descriptors_one_client_is_sent_away_and_the_loop_rests(void **state)
{
    (void)state;
    /* The limit comes first: io_uring accepts by the one that there was when it was told to. */
    struct rlimit before, low;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { 0 };
    stream_listen(on, &s);
    poll_all(on);
    int clients[3], fds[64];
    clients[0] = stream_connect(&s);
    clients[1] = stream_connect(&s);
    size_t count = 0;
    while ((fds[count] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        count++;
    assert_int_equal(errno, EMFILE);
    await(on, s.refused == 2);
    assert_int_equal(poll_all(on), 0);
    assert_int_equal(s.client_count, 0);
    assert_int_equal(s.status, WEFT_ELIMIT);
    while (count > 0)
        close(fds[--count]);
    clients[2] = stream_connect(&s);
    await(on, s.client_count == 1);
    assert_carries(clients[2], s.clients[0]);
    for (int i = 0; i < 2; i++) {
        wait_for(clients[i], POLLIN);
        assert_ended(clients[i]);
    }
    for (int i = 0; i < 3; i++)
        close(clients[i]);
    close(s.clients[0]);
    bench_end(on);
    close(s.fd);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* ---- signals --------------------------------------------------------------------------------- */

static volatile sig_atomic_t ticks;

static void on_tick(int signo)
{
    (void)signo;
    ticks++;
}

static void an_interrupted_poll_is_no_error(void **state)
{
    (void)state;
    bench on;
    bench_begin(&on, NULL);
    const struct sigaction action = { .sa_handler = on_tick }; /* without SA_RESTART */
    struct sigaction former;
    assert_int_equal(sigaction(SIGALRM, &action, &former), 0);
    const struct itimerval every = { { 0, 2000 }, { 0, 2000 } }, never = { { 0, 0 }, { 0, 0 } };
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
    for (int coarse = 0; coarse < 2; coarse++) {
        on.io->coarse_timeout = coarse;
        for (int i = 0; i < 5; i++)
            assert_int_equal(weft_io_poll(on.io, on.world, -1), 0);
    }
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &former, NULL), 0);
    assert_true(ticks >= 10);
    assert_int_equal(on.test.reports, 0);
    bench_end(&on);
}

/* ---- processes ------------------------------------------------------------------------------- */

/* A process that has all of this one's descriptors until it is told to end. */
typedef struct child {
    pid_t pid;
    int end_fd;
} child;

static child fork_child(void)
{
    child c;
    int end_fd;
    assert_int_equal(weft_pipe(&end_fd, &c.end_fd), WEFT_OK);
    c.pid = fork();
    assert_true(c.pid >= 0);
    if (c.pid == 0) {
        close(c.end_fd);
        wait_for(end_fd, POLLIN);
        _exit(0);
    }
    close(end_fd);
    return c;
}

static void end_child(child c)
{
    int status;
    close(c.end_fd);
    assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
    assert_int_equal(status, 0);
}

static void a_child_that_keeps_out_of_it_does_no_harm(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe old = { 0 }, new = { 0 };
    stream s = { 0 }, listening = { 0 };
    probe_open(on, &old, WEFT_READABLE);
    stream_open(on, &s);
    stream_listen(on, &listening);
    poll_all(on);
    stream_feed(&s, "before ");
    const child c = fork_child();
    /* The child goes on holding a socket that is readable for ever; its number means another. */
    probe_feed(&old);
    assert_int_equal(weft_io_remove(on->io, old.id), WEFT_OK);
    probe_close(&old);
    probe_open(on, &new, WEFT_READABLE);
    stream_feed(&s, "during ");
    const int client = stream_connect(&listening);
    await(on, listening.client_count == 1);
    poll_all(on);
    assert_received(&s, "before during ");
    assert_int_equal(old.runs + new.runs, 0);
    probe_feed(&new);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(new.runs, 1);
    probe_drain(&new);
    end_child(c);
    stream_feed(&s, "after");
    poll_all(on);
    assert_received(&s, "before during after");
    assert_carries(client, listening.clients[0]);
    assert_int_equal(weft_io_backend(on->io), test_backend);
    assert_int_equal(on->test.reports, 0);
    bench_end(on);
    close(client);
    close(listening.clients[0]);
    close(listening.fd);
    stream_close(&s);
    probe_close(&new);
}

/* How many of this process's descriptors a program that it executes would have. */
static int descriptors_for_exec(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++) {
        const int flags = fcntl(fd, F_GETFD);
        count += flags >= 0 && !(flags & FD_CLOEXEC);
    }
    return count;
}

static void no_descriptor_is_left_to_other_programs(void **state)
{
    (void)state;
    const int before = descriptors_for_exec();
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { 0 }, listening = { 0 };
    stream_open(on, &s);
    stream_listen(on, &listening);
    assert_true(weft_io_fd(on->io) >= 0);
    const int client = stream_connect(&listening);
    await(on, listening.client_count == 1);
    assert_int_equal(descriptors_for_exec(), before);
    bench_end(on);
    close(client);
    close(listening.clients[0]);
    close(listening.fd);
    stream_close(&s);
}

/* ---- other threads --------------------------------------------------------------------------- */

typedef struct waker {
    weft_shutdown *shutdown;
    uint32_t asked, answered; /* atomic */
    bool done;                /* atomic */
} waker;

enum { WAKES = 20000 };

/* Wakes once for each time that the loop asks; a wake that is lost leaves the loop asleep. */
static void *waker_main(void *arg)
{
    waker *w = arg;
    for (uint32_t i = 1; i <= WAKES; i++) {
        while (__atomic_load_n(&w->asked, __ATOMIC_ACQUIRE) < i)
            sched_yield();
        __atomic_store_n(&w->answered, i, __ATOMIC_RELEASE);
        weft_wake_signal(weft_shutdown_wake(w->shutdown));
    }
    weft_shutdown_release(w->shutdown);
    return NULL;
}

static void a_wake_ends_a_poll_that_waits_for_ever(void **state)
{
    (void)state;
    bench on;
    bench_begin(&on, NULL);
    waker w = { .shutdown = weft_shutdown_retain(weft_world_shutdown(on.world)) };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, waker_main, &w), 0);
    for (uint32_t i = 1; i <= WAKES; i++) {
        __atomic_store_n(&w.asked, i, __ATOMIC_RELEASE);
        while (__atomic_load_n(&w.answered, __ATOMIC_ACQUIRE) < i)
            assert_int_equal(weft_io_poll(on.io, on.world, -1), 0);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(weft_world_sequence(on.world), 0);
    bench_end(&on);
}

static void *stopper_main(void *arg)
{
    weft_shutdown_trigger(arg);
    weft_shutdown_release(arg);
    return NULL;
}

static void a_shutdown_from_another_thread_ends_a_poll_that_waits_for_ever(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        bench on;
        bench_begin(&on, NULL);
        pthread_t thread;
        weft_shutdown *stop = weft_shutdown_retain(weft_world_shutdown(on.world));
        assert_int_equal(pthread_create(&thread, NULL, stopper_main, stop), 0);
        while (!weft_world_stopping(on.world))
            assert_int_equal(weft_io_poll(on.io, on.world, -1), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        bench_end(&on);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_sources_are_each_served),
        cmocka_unit_test(without_descriptors_the_poller_is_not_installed),
        cmocka_unit_test(without_descriptors_one_client_is_sent_away_and_the_loop_rests),
        cmocka_unit_test(an_interrupted_poll_is_no_error),
        cmocka_unit_test(a_child_that_keeps_out_of_it_does_no_harm),
        cmocka_unit_test(no_descriptor_is_left_to_other_programs),
        cmocka_unit_test(a_wake_ends_a_poll_that_waits_for_ever),
        cmocka_unit_test(a_shutdown_from_another_thread_ends_a_poll_that_waits_for_ever),
    };
    return run_on_every_backend(tests);
}
