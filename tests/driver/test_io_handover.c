/* test-labels: threads */
/* A ring whose world goes to another thread, or ends, while it has completions that nobody has seen.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>

#include "stream.h"

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
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, receive_and_let_go, &two), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    bench_end(on);
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
        cmocka_unit_test(clients_that_the_kernel_kept_for_a_full_ring_are_closed_with_the_world),
    };
    over_tcp = true;
    test_backend = backend_given_for(WEFT_IO_URING);
    if (test_backend == WEFT_IO_URING)
        return cmocka_run_group_tests(tests, NULL, NULL);
    print_message("io_uring is not available here: not tested\n");
    return 0;
}
