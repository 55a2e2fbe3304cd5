/* test-labels: threads */
/* A ring whose world goes to another thread, or ends, while it has completions that nobody has
 * seen. */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <time.h>

#include "stream.h"

static void in_another_thread(void *(*work)(void *), void *arg)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, work, arg), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

typedef struct two_streams {
    bench on;
    stream a, b;
} two_streams;

/* A second operation on the same socket would be left when the stream is removed, and hold it. */
static void *receive_and_let_go(void *arg)
{
    two_streams *two = arg;
    bench *on = &two->on;
    poll_all(on);
    assert_received(&two->a, "one");
    assert_received(&two->b, "two");
    stream *both[] = { &two->a, &two->b };
    for (int i = 0; i < 2; i++) {
        assert_int_equal(weft_io_remove(on->io, both[i]->id), WEFT_OK);
        close(both[i]->fd);
        wait_for(both[i]->other_fd, POLLIN);
        assert_ended(both[i]->other_fd);
        close(both[i]->other_fd);
    }
    poll_all(on);
    assert_true(
        weft_io_skip(on->io)); /* what was under way in the old ring is waited for no more */
    return NULL;
}

/* One buffer, one completion at a time: behind the piece of the first stream there is word that the
 * operation of the second is over, for want of a buffer. */
static void an_operation_that_was_over_in_the_old_ring_begins_once_in_the_new(void **state)
{
    (void)state;
    static two_streams two;
    bench *on = &two.on;
    bench_begin(on, &(weft_io_desc){ .batch = 1, .receive_buffers = 1, .receive_bytes = 16 });
    stream_open(on, &two.a);
    stream_open(on, &two.b);
    poll_all(on);
    stream_feed(&two.a, "one");
    stream_feed(&two.b, "two");
    while (!two.a.len && !two.b.len)
        assert_true(bench_poll(on) >= 0);
    in_another_thread(receive_and_let_go, &two);
    bench_end(on);
}

/* All pieces are received before one of them is delivered. */
static void *receive_the_rest(void *arg)
{
    poll_all(arg);
    return NULL;
}

static void what_waits_for_its_turn_in_the_old_ring_is_not_lost(void **state)
{
    (void)state;
    static const char text[] = "as many pieces as there are buffers, of one byte each, and of each";
    bench begun, *on = &begun;
    bench_begin(on, &(weft_io_desc){ .batch = 1, .receive_buffers = 64, .receive_bytes = 1 });
    stream s = { 0 };
    stream_open(on, &s);
    poll_all(on);
    stream_feed(&s, text);
    while (!s.len)
        assert_true(bench_poll(on) >= 0);
    assert_int_equal(s.len, 1);
    in_another_thread(receive_the_rest, on);
    assert_received(&s, text);
    bench_end(on);
    stream_close(&s);
}

static void *receive_from_a_new_one(void *arg)
{
    bench *on = arg;
    stream s = { 0 };
    stream_open(on, &s);
    stream_feed(&s, "here");
    while (!s.len) /* never asleep */
        assert_true(bench_poll(on) >= 0);
    assert_received(&s, "here");
    assert_int_equal(weft_io_remove(on->io, s.id), WEFT_OK);
    stream_close(&s);
    return NULL;
}

/* It is the first that receives: the buffers have not been lent to the old ring. */
static void a_stream_may_begin_before_the_new_thread_has_polled(void **state)
{
    (void)state;
    for (int accepting = 0; accepting < 2; accepting++) {
        bench begun, *on = &begun;
        bench_begin(on, NULL);
        stream listening = { 0 };
        if (accepting)
            stream_listen(on, &listening);
        assert_int_equal(weft_io_poll(on->io, on->world, 1), 0);
        poll_all(on);
        in_another_thread(receive_from_a_new_one, on);
        receive_from_a_new_one(on);
        assert_int_equal(weft_io_backend(on->io), WEFT_IO_URING);
        assert_int_equal(on->test.reports, 0);
        bench_end(on);
        if (accepting)
            close(listening.fd);
    }
}

static void *sleep_a_while(void *arg)
{
    bench *on = arg;
    struct timespec before, after;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
    assert_int_equal(weft_io_poll(on->io, on->world, 20000000), 0);
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
    assert_true((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >=
                20000000);
    return NULL;
}

static void a_sleep_in_the_new_thread_is_not_cut_short(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { 0 };
    stream_open(on, &s);
    poll_all(on);
    in_another_thread(sleep_a_while, on);
    stream_feed(&s, "back again");
    await(on, s.len);
    assert_received(&s, "back again");
    bench_end(on);
    stream_close(&s);
}

static void *watch_from_another_loop(void *arg)
{
    bench *on = arg;
    stream s = { 0 };
    const int fd = weft_io_fd(on->io);
    stream_open(on, &s);
    while (!weft_io_prepare(on->io)) {
        weft_io_resume(on->io);
        assert_int_equal(bench_poll(on), 0);
    }
    stream_feed(&s, "hello");
    wait_for(fd, POLLIN);
    weft_io_resume(on->io);
    assert_int_equal(poll_all(on), 1);
    assert_received(&s, "hello");
    assert_int_equal(weft_io_remove(on->io, s.id), WEFT_OK);
    stream_close(&s);
    return NULL;
}

static void another_loop_may_watch_in_the_new_thread(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const bool with_stream = i & 1, fd_before = i & 2;
        bench begun, *on = &begun;
        bench_begin(on, NULL);
        stream s = { 0 };
        if (with_stream)
            stream_open(on, &s);
        if (fd_before)
            assert_true(weft_io_fd(on->io) >= 0);
        assert_int_equal(weft_io_poll(on->io, on->world, 1), 0);
        poll_all(on);
        in_another_thread(watch_from_another_loop, on);
        watch_from_another_loop(on);
        assert_int_equal(weft_io_backend(on->io), WEFT_IO_URING);
        assert_int_equal(on->test.reports, 0);
        bench_end(on);
        if (with_stream)
            stream_close(&s);
    }
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *fds = opendir("/proc/self/fd");
    assert_non_null(fds);
    while (readdir(fds))
        count++;
    closedir(fds);
    return count;
}

enum { CLIENTS = 60 }; /* more than the ring of a poller with a batch of 1 has room for */

static void clients_that_the_kernel_kept_for_a_full_ring_are_closed_with_the_world(void **state)
{
    (void)state;
    const int before = open_descriptors();
    bench begun, *on = &begun;
    bench_begin(on, &(weft_io_desc){ .batch = 1 });
    stream s = { 0 };
    stream_listen(on, &s);
    poll_all(on);
    int clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = stream_connect(&s);
    wait_for(s.fd, POLLIN);
    while (!s.client_count)
        assert_true(bench_poll(on) >= 0);
    bench_end(on);
    for (int i = 0; i < s.client_count; i++)
        close(s.clients[i]);
    for (int i = 0; i < CLIENTS; i++)
        close(clients[i]);
    close(s.fd);
    assert_int_equal(open_descriptors(), before);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation_that_was_over_in_the_old_ring_begins_once_in_the_new),
        cmocka_unit_test(what_waits_for_its_turn_in_the_old_ring_is_not_lost),
        cmocka_unit_test(a_stream_may_begin_before_the_new_thread_has_polled),
        cmocka_unit_test(a_sleep_in_the_new_thread_is_not_cut_short),
        cmocka_unit_test(another_loop_may_watch_in_the_new_thread),
        cmocka_unit_test(clients_that_the_kernel_kept_for_a_full_ring_are_closed_with_the_world),
    };
    over_tcp = true;
    test_backend = backend_given_for(WEFT_IO_URING);
    if (test_backend == WEFT_IO_URING)
        return cmocka_run_group_tests(tests, NULL, NULL);
    print_message("io_uring is not available here: not tested\n");
    return 0;
}
