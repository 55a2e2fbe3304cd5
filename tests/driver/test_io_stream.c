/* Streams: what was received is delivered, in order, once; pausing, removing, sleeping. What
 * handlers do with their streams is in test_io_stream_inside.c, accepting in
 * test_io_stream_accept.c, what is refused in test_io_stream_wrong.c. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/socket.h>

#include "stream.h"

/* ---- receiving ------------------------------------------------------------------------------- */

static void what_is_sent_is_delivered_in_order(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { 0 };
    stream_open(on, &s);
    assert_int_equal(weft_io_len(on->io), 1);
    assert_int_equal(poll_all(on), 0);
    stream_feed(&s, "one ");
    assert_int_equal(poll_all(on), 1);
    stream_feed(&s, "two ");
    stream_feed(&s, "three");
    assert_true(poll_all(on) >= 1);
    assert_received(&s, "one two three");
    assert_int_equal(poll_all(on), 0);
    bench_end(on);
    assert_int_equal(s.finis, 1);
    stream_close(&s);
}

static void the_end_is_delivered_once_behind_the_bytes(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { 0 };
    stream_open(on, &s);
    stream_feed(&s, "last");
    stream_end(&s);
    assert_int_equal(poll_all(on), 2);
    assert_received(&s, "last");
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.status, WEFT_ECLOSED);
    assert_int_equal(s.error, 0);
    struct pollfd ready = { .fd = weft_io_fd(on->io), .events = POLLIN };
    assert_int_equal(poll_all(on), 0);
    assert_int_equal(poll(&ready, 1, 0), 0); /* the end does not keep the poller busy */
    /* Half of it is left: the other direction, and being told when it can be written to. */
    assert_carries(s.fd, s.other_fd);
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_WRITABLE), WEFT_OK);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(s.writables, 1);
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(poll_all(on), 0);
    assert_int_equal(poll(&ready, 1, 0), 0);
    close(s.other_fd);
    assert_int_equal(poll_all(on), 0);
    assert_int_equal(weft_io_remove(on->io, s.id), WEFT_OK);
    close(s.fd);
    bench_end(on);
}

static void a_reset_by_the_peer_is_a_closed_stream(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { 0 };
    int server;
    tcp_pair(&s.other_fd, &server);
    assert_int_equal(stream_receive_fd(on, &s, server), WEFT_OK);
    const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
    assert_int_equal(setsockopt(s.other_fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    assert_int_equal(poll_all(on), 0);
    close(s.other_fd);
    wait_for(s.fd, POLLHUP);
    assert_int_equal(poll_all(on), 1);
    assert_int_equal(s.status, WEFT_ECLOSED);
    assert_int_equal(s.error, ECONNRESET);
    assert_int_equal(weft_io_remove(on->io, s.id), WEFT_OK);
    close(s.fd);
    bench_end(on);
}

static void a_pool_of_one_small_buffer_is_enough_for_everybody(void **state)
{
    (void)state;
    static const weft_io_desc descs[] = {
        { .receive_buffers = 1, .receive_bytes = 1 },
        { .receive_buffers = 2, .receive_bytes = 3, .batch = 1 },
        { .receive_buffers = 3, .receive_bytes = 5, .batch = 2 },
    };
    for (size_t d = 0; d < COUNT(descs); d++) {
        bench begun, *on = &begun;
        bench_begin(on, &descs[d]);
        static stream s[20];
        for (size_t i = 0; i < COUNT(s); i++) {
            s[i] = (stream){ 0 };
            stream_open(on, &s[i]);
            for (int n = 0; n < 10; n++)
                stream_feed(&s[i], "0123456789");
            if (i % 2)
                stream_end(&s[i]);
        }
        poll_all(on);
        for (size_t i = 0; i < COUNT(s); i++) {
            assert_int_equal(s[i].len, 100);
            for (size_t n = 0; n < 100; n++)
                assert_int_equal(s[i].bytes[n], '0' + (int)(n % 10));
            assert_true(s[i].longest <= descs[d].receive_bytes);
            assert_int_equal(s[i].ends, i % 2);
        }
        bench_end(on);
        for (size_t i = 0; i < COUNT(s); i++)
            stream_close(&s[i]);
    }
}

static void nobody_starves_while_the_pool_is_short(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, &(weft_io_desc){ .receive_buffers = 1, .receive_bytes = 1 });
    static stream s[4];
    char much[301] = "";
    memset(much, 'x', 300);
    for (size_t i = 0; i < COUNT(s); i++) {
        s[i] = (stream){ 0 };
        stream_open(on, &s[i]);
        stream_feed(&s[i], much);
    }
    for (int passes = 0; passes < 60; passes++)
        bench_poll(on);
    for (size_t i = 0; i < COUNT(s); i++)
        assert_true(s[i].len >= 10); /* while there is still more for each of them */
    bench_end(on);
    for (size_t i = 0; i < COUNT(s); i++)
        stream_close(&s[i]);
}

static void it_says_when_it_can_be_written_to(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { 0 };
    stream_open(on, &s);
    static const char block[65536];
    size_t put, filled = 0;
    weft_status status;
    while ((status = weft_write(s.fd, block, sizeof block, &put)) == WEFT_OK)
        filled += put;
    assert_int_equal(status, WEFT_EAGAIN);
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE | WEFT_WRITABLE), WEFT_OK);
    assert_int_equal(poll_all(on), 0);
    stream_feed(&s, "in between");
    assert_int_equal(poll_all(on), 1);
    assert_int_equal(s.writables, 0);
    static char sink[65536];
    while (filled > 0) {
        size_t got;
        wait_for(s.other_fd, POLLIN);
        assert_int_equal(weft_read(s.other_fd, sink, sizeof sink, &got), WEFT_OK);
        filled -= got;
    }
    await(on, s.writables > 0);
    assert_int_equal(bench_poll(on), 1); /* level-triggered, as ever */
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(poll_all(on), 0);
    assert_received(&s, "in between");
    bench_end(on);
    stream_close(&s);
}

/* ---- pausing --------------------------------------------------------------------------------- */

static void a_paused_stream_is_silent_and_loses_nothing(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { 0 };
    stream_open(on, &s);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(poll_all(on), 0);
        stream_feed(&s, "a");
        assert_int_equal(weft_io_set(on->io, s.id, 0), WEFT_OK);
        stream_feed(&s, "b");
        assert_int_equal(poll_all(on), 0);
        stream_feed(&s, "c");
        assert_int_equal(poll_all(on), 0);
        assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE), WEFT_OK);
        stream_feed(&s, "d");
        assert_true(poll_all(on) >= 1);
    }
    assert_received(&s, "abcdabcdabcd");
    /* The end comes also when it came in a pause. */
    assert_int_equal(weft_io_set(on->io, s.id, 0), WEFT_OK);
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(weft_io_set(on->io, s.id, 0), WEFT_OK);
    close(s.other_fd);
    wait_for(s.fd, POLLRDHUP);
    assert_int_equal(poll_all(on), 0);
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(poll_all(on), 1);
    assert_int_equal(s.ends, 1);
    close(s.fd);
    bench_end(on);
}

static void a_handler_that_pauses_gets_one_piece_at_a_time(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, &(weft_io_desc){ .receive_bytes = 2 });
    stream s = { .act = pause_self };
    stream_open(on, &s);
    stream_feed(&s, "aabbccddee");
    stream_end(&s);
    for (size_t pieces = 1; pieces <= 5; pieces++) {
        assert_int_equal(poll_all(on), 1);
        assert_int_equal(s.len, 2 * pieces);
        assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE), WEFT_OK);
    }
    assert_received(&s, "aabbccddee");
    assert_int_equal(poll_all(on), 1);
    assert_int_equal(s.ends, 1);
    bench_end(on);
    stream_close(&s);
}

static void what_was_kept_keeps_the_loop_awake(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, &(weft_io_desc){ .receive_bytes = 1 });
    stream s = { .act = pause_self };
    stream_open(on, &s);
    stream_feed(&s, "abc");
    poll_all(on);
    assert_received(&s, "a");
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(weft_io_poll(on->io, on->world, -1), 1);
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE), WEFT_OK);
    while (s.len < 3)
        assert_true(weft_io_poll(on->io, on->world, -1) >= 0);
    assert_received(&s, "abc");
    bench_end(on);
    stream_close(&s);
}

static void without_memory_to_keep_bytes_the_stream_ends_and_says_so(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, &(weft_io_desc){ .receive_bytes = 1 });
    if (!on->io->kind->start || !over_tcp) { /* by readiness nothing comes that must be kept */
        bench_end(on);
        return;
    }
    stream s = { .act = pause_self };
    stream_open(on, &s);
    stream_feed(&s, "abc");
    on->test.heap.refuse_after = 0;
    poll_all(on);
    assert_received(&s, "a");
    on->test.heap.refuse_after = SIZE_MAX;
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(poll_all(on), 1);
    assert_int_equal(s.status, WEFT_ENOMEM);
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(poll_all(on), 0);
    bench_end(on);
    stream_close(&s);
}

/* ---- removing -------------------------------------------------------------------------------- */

static void a_removed_stream_is_silent_and_the_peer_sees_the_close_at_once(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    for (int polls = 0; polls < 3; polls++) {
        stream s = { 0 };
        stream_open(on, &s);
        for (int i = 0; i < polls; i++)
            bench_poll(on);
        if (polls < 2)
            stream_feed(&s, "too late");
        assert_int_equal(weft_io_remove(on->io, s.id), WEFT_OK);
        assert_int_equal(s.finis, 1);
        close(s.fd);
        /* Without another poll: nobody else holds the socket. */
        char byte;
        wait_for(s.other_fd, POLLIN);
        const ssize_t got = recv(s.other_fd, &byte, 1, 0);
        assert_true(got == 0 || (got < 0 && errno == ECONNRESET));
        assert_int_equal(poll_all(on), 0);
        assert_int_equal(s.runs, 0);
        assert_int_equal(weft_io_remove(on->io, s.id), WEFT_ESTALE);
        close(s.other_fd);
    }
    bench_end(on);
}

/* Polls as loops do, until they leave polls out. */
static void poll_until_idle(bench *on)
{
    while (!weft_io_skip(on->io))
        assert_true(bench_poll(on) >= 0);
}

static void polls_are_left_out_again_when_the_last_stream_is_gone(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    assert_true(weft_io_skip(on->io));
    for (int polls = 0; polls < 3; polls++) {
        stream s = { 0 }, listening = { 0 };
        stream_open(on, &s);
        stream_listen(on, &listening);
        assert_false(weft_io_skip(on->io));
        for (int i = 0; i < polls; i++)
            bench_poll(on);
        stream_feed(&s, "too late");
        const int client = stream_connect(&listening);
        wait_for(listening.fd, POLLIN);
        assert_int_equal(weft_io_remove(on->io, s.id), WEFT_OK);
        assert_int_equal(weft_io_remove(on->io, listening.id), WEFT_OK);
        poll_until_idle(on);
        assert_true(weft_io_skip(on->io));
        /* The client that the kernel had accepted by then has been closed. */
        stream_close(&s);
        close(listening.fd);
        char byte;
        wait_for(client, POLLIN);
        assert_int_not_equal(recv(client, &byte, 1, 0), 1);
        close(client);
        assert_int_equal(s.runs + listening.runs, 0);
    }
    bench_end(on);
}

static void a_number_that_comes_back_is_another_stream(void **state)
{
    (void)state;
    for (int polls = 0; polls < 2; polls++) {
        bench begun, *on = &begun;
        bench_begin(on, NULL);
        stream old = { 0 }, new = { 0 };
        stream_open(on, &old);
        for (int i = 0; i < polls; i++)
            bench_poll(on);
        stream_close(&old); /* against the rules: its stream was not removed */
        connected_pair(&new.fd, &new.other_fd);
        if (new.fd != old.fd) {
            assert_int_equal(dup2(new.fd, old.fd), old.fd);
            close(new.fd);
            new.fd = old.fd;
        }
        stream_feed(&new, "for the new one");
        assert_int_equal(stream_receive_fd(on, &new, new.fd), WEFT_OK);
        poll_all(on);
        assert_received(&new, "for the new one");
        assert_int_equal(old.len, 0);
        assert_int_equal(weft_io_set(on->io, old.id, 0), WEFT_ESTALE);
        assert_int_equal(weft_io_remove(on->io, old.id), WEFT_OK);
        stream_feed(&new, " again");
        poll_all(on);
        assert_received(&new, "for the new one again");
        bench_end(on);
        stream_close(&new);
    }
}

/* ---- sleeping -------------------------------------------------------------------------------- */

static void a_sleep_ends_when_something_came(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { 0 };
    probe p = { 0 };
    stream_open(on, &s);
    probe_open(on, &p, WEFT_READABLE);
    weft_wake *wake = weft_shutdown_wake(weft_world_shutdown(on->world));
    for (size_t i = 1; i <= 3; i++) {
        assert_int_equal(weft_io_poll(on->io, on->world, 1000), 0);
        stream_feed(&s, "x");
        while (s.len < i)
            assert_true(weft_io_poll(on->io, on->world, -1) >= 0);
        probe_feed(&p);
        while (p.runs < (int)i)
            assert_true(weft_io_poll(on->io, on->world, INT64_MAX) >= 0);
        probe_drain(&p);
        weft_wake_signal(wake);
        assert_int_equal(weft_io_poll(on->io, on->world, -1), 0);
    }
    bench_end(on);
    stream_close(&s);
    probe_close(&p);
}

static void another_loop_hears_of_streams(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { 0 }, t = { 0 };
    struct pollfd ready = { .fd = weft_io_fd(on->io), .events = POLLIN };
    stream_open(on, &s);
    for (size_t i = 1; i <= 3; i++) {
        /* What was begun outside a poll must not wait for one. */
        assert_true(weft_io_prepare(on->io));
        stream_feed(&s, "x");
        while (s.len < i) {
            assert_int_equal(poll(&ready, 1, -1), 1);
            weft_io_resume(on->io);
            assert_true(weft_io_poll(on->io, on->world, 0) >= 0);
        }
        poll_all(on);
        assert_true(weft_io_prepare(on->io));
        assert_int_equal(poll(&ready, 1, 0), 0);
        weft_io_resume(on->io);
    }
    weft_wake_signal(weft_shutdown_wake(weft_world_shutdown(on->world)));
    assert_false(weft_io_prepare(on->io));
    weft_io_resume(on->io);
    stream_open(on, &t);
    assert_int_equal(weft_io_remove(on->io, s.id), WEFT_OK);
    stream_feed(&t, "y");
    assert_true(weft_io_prepare(on->io));
    assert_int_equal(poll(&ready, 1, -1), 1);
    weft_io_resume(on->io);
    poll_all(on);
    assert_received(&t, "y");
    bench_end(on);
    stream_close(&s);
    stream_close(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_is_delivered_in_order),
        cmocka_unit_test(the_end_is_delivered_once_behind_the_bytes),
        cmocka_unit_test(a_reset_by_the_peer_is_a_closed_stream),
        cmocka_unit_test(a_pool_of_one_small_buffer_is_enough_for_everybody),
        cmocka_unit_test(nobody_starves_while_the_pool_is_short),
        cmocka_unit_test(it_says_when_it_can_be_written_to),
        cmocka_unit_test(a_paused_stream_is_silent_and_loses_nothing),
        cmocka_unit_test(a_handler_that_pauses_gets_one_piece_at_a_time),
        cmocka_unit_test(what_was_kept_keeps_the_loop_awake),
        cmocka_unit_test(without_memory_to_keep_bytes_the_stream_ends_and_says_so),
        cmocka_unit_test(a_removed_stream_is_silent_and_the_peer_sees_the_close_at_once),
        cmocka_unit_test(polls_are_left_out_again_when_the_last_stream_is_gone),
        cmocka_unit_test(a_number_that_comes_back_is_another_stream),
        cmocka_unit_test(a_sleep_ends_when_something_came),
        cmocka_unit_test(another_loop_hears_of_streams),
    };
    return run_over_every_socket(tests);
}
