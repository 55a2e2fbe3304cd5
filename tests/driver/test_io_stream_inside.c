/* Streams, from inside their handlers: removing, polling, failing. */
#define _GNU_SOURCE
#include <sys/socket.h>

#include "stream.h"

/* ---- removing -------------------------------------------------------------------------------- */

static void a_handler_may_remove_its_stream_with_more_to_come(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, &(weft_io_desc){ .receive_bytes = 1, .receive_buffers = 4 });
    for (int i = 0; i < 20; i++) {
        stream s = { .act = remove_self };
        stream_open(on, &s);
        stream_feed(&s, "abcdefghij");
        assert_int_equal(poll_all(on), 1);
        assert_received(&s, "a");
        assert_int_equal(s.finis, 1);
        close(s.other_fd);
    }
    /* Every buffer has come back. */
    stream last = { 0 };
    stream_open(on, &last);
    stream_feed(&last, "abcdefghij");
    poll_all(on);
    assert_received(&last, "abcdefghij");
    bench_end(on);
    stream_close(&last);
}

static void remove_target(stream *self, weft_io *io, weft_world *world)
{
    (void)world;
    assert_int_equal(weft_io_remove(io, self->target->id), WEFT_OK);
    assert_int_equal(self->target->finis, 1);
}

static void a_stream_that_is_removed_with_bytes_in_the_batch_does_not_run(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s[2] = { { 0 } };
    for (size_t i = 0; i < 2; i++) {
        s[i].act = remove_target;
        s[i].target = &s[1 - i];
        stream_open(on, &s[i]);
        stream_feed(&s[i], "x");
    }
    assert_int_equal(poll_all(on), 1);
    assert_int_equal(s[0].runs + s[1].runs, 1);
    assert_int_equal(on->test.reports, 0);
    bench_end(on);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(s[i].finis, 1);
        stream_close(&s[i]);
    }
}

/* ---- polling and failing --------------------------------------------------------------------- */

static void poll_inside(stream *self, weft_io *io, weft_world *world)
{
    char before[8];
    assert_true(self->last_len <= sizeof before);
    memcpy(before, self->last_bytes, self->last_len);
    const void *bytes = self->last_bytes;
    const size_t len = self->last_len;
    if (self->value++ < 8) {
        stream_feed(self, "deeper");
        for (int i = 0; i < 3; i++)
            assert_true(weft_io_poll(io, world, 0) >= 0);
    }
    assert_memory_equal(bytes, before, len); /* they are the handler's until it returns */
}

static void a_handler_that_polls_keeps_its_bytes(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, &(weft_io_desc){ .receive_buffers = 2, .receive_bytes = 6 });
    stream s = { .act = poll_inside };
    stream_open(on, &s);
    stream_feed(&s, "origin");
    poll_all(on);
    assert_received(&s, "origindeeperdeeperdeeperdeeperdeeperdeeperdeeperdeeper");
    bench_end(on);
    stream_close(&s);
}

static void fail_now(stream *self, weft_io *io, weft_world *world)
{
    (void)self;
    (void)io;
    weft_fail(world, "no good");
}

static void a_failing_handler_loses_nothing_but_its_own_piece(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, &(weft_io_desc){ .receive_buffers = 2, .receive_bytes = 1 });
    stream s[3] = { { .act = pause_self }, { .act = fail_now }, { .act = fail_now } };
    for (size_t i = 0; i < COUNT(s); i++) {
        stream_open(on, &s[i]);
        stream_feed(&s[i], "abcdefg");
        if (i == 0)
            poll_all(on);
    }
    s[0].act = fail_now; /* it has some that was kept */
    assert_int_equal(weft_io_set(on->io, s[0].id, WEFT_READABLE), WEFT_OK);
    int last = -1;
    for (int i = 0; i < 100; i++)
        last = bench_try_poll(on, 0);
    for (size_t i = 0; i < COUNT(s); i++)
        assert_received(&s[i], "abcdefg");
    assert_int_equal(last, 0);
    bench_end(on);
    for (size_t i = 0; i < COUNT(s); i++)
        stream_close(&s[i]);
}

static void the_world_may_end_with_pieces_left_over(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, &(weft_io_desc){ .receive_bytes = 1 });
    stream s = { .act = fail_now }, paused = { .act = pause_self }, listening = { .act = fail_now };
    stream_open(on, &s);
    stream_feed(&s, "abc");
    stream_open(on, &paused);
    stream_feed(&paused, "abc");
    stream_listen(on, &listening);
    const int clients[] = { stream_connect(&listening), stream_connect(&listening) };
    wait_for(listening.fd, POLLIN);
    for (int i = 0; i < 3; i++)
        bench_try_poll(on, 0);
    bench_end(on);
    assert_int_equal(s.finis + paused.finis + listening.finis, 3);
    stream_close(&s);
    stream_close(&paused);
    close(listening.fd);
    for (int i = 0; i < listening.client_count; i++)
        close(listening.clients[i]);
    for (size_t i = 0; i < COUNT(clients); i++) { /* the poller has none of them any more */
        wait_for(clients[i], POLLIN);
        char byte;
        assert_int_not_equal(recv(clients[i], &byte, 1, 0), 1);
        close(clients[i]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_may_remove_its_stream_with_more_to_come),
        cmocka_unit_test(a_stream_that_is_removed_with_bytes_in_the_batch_does_not_run),
        cmocka_unit_test(a_handler_that_polls_keeps_its_bytes),
        cmocka_unit_test(a_failing_handler_loses_nothing_but_its_own_piece),
        cmocka_unit_test(the_world_may_end_with_pieces_left_over),
    };
    return run_over_every_socket(tests);
}
