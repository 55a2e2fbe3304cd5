/* Streams: what was received is delivered, in order, once; pausing, removing, sleeping. Accepting is
 * in test_io_stream_accept.c. */
#define _GNU_SOURCE
#include <fcntl.h>
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
    /* Half of it is left: the other direction, and being told when it can be written to. */
    assert_carries(s.fd, s.other_fd);
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_WRITABLE), WEFT_OK);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(s.writables, 1);
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(poll_all(on), 0);
    /* Nor does it keep the poller busy. */
    struct pollfd ready = { .fd = weft_io_fd(on->io), .events = POLLIN };
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

static void a_number_that_comes_back_is_another_stream(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream old = { 0 }, new = { 0 };
    stream_open(on, &old);
    bench_poll(on);
    stream_close(&old); /* against the rules: its stream was not removed */
    int fd;
    connected_pair(&fd, &new.other_fd);
    if (fd != old.fd) {
        assert_int_equal(dup2(fd, old.fd), old.fd);
        close(fd);
    }
    assert_int_equal(stream_receive_fd(on, &new, old.fd), WEFT_OK);
    stream_feed(&new, "for the new one");
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

/* ---- inside handlers ------------------------------------------------------------------------- */

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

typedef struct poll_args {
    bench *on;
    int count;
} poll_args;

static void poll_body(weft_world *world, void *arg)
{
    poll_args *args = arg;
    args->count = weft_io_poll(args->on->io, world, 0);
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
    poll_args args = { on, -1 };
    for (int i = 0; i < 100; i++)
        (void)!weft_try(on->world, poll_body, &args);
    for (size_t i = 0; i < COUNT(s); i++)
        assert_received(&s[i], "abcdefg");
    assert_int_equal(args.count, 0);
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
    poll_args args = { on, -1 };
    wait_for(listening.fd, POLLIN);
    for (int i = 0; i < 3; i++)
        (void)!weft_try(on->world, poll_body, &args);
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

/* ---- what is refused ------------------------------------------------------------------------- */

static void what_is_no_stream_is_refused_with_a_reason(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { 0 }, listening = { 0 }, unused = { .id = { 7, 7 } };
    stream_open(on, &s);
    stream_listen(on, &listening);
    int ends[2], udp;
    assert_int_equal(weft_pipe(&ends[0], &ends[1]), WEFT_OK);
    assert_int_equal(weft_udp_bind("127.0.0.1", 0, &udp), WEFT_OK);
    const struct {
        int fd;
        weft_status status;
        const char *receiving, *accepting;
    } cases[] = {
        { -1, WEFT_EINVAL, "it is no descriptor", "it is no descriptor" },
        { 1000, WEFT_EINVAL, "it is closed", "it is closed" },
        { ends[0], WEFT_EINVAL, "it is no stream socket", "it is no listening socket" },
        { udp, WEFT_EINVAL, "it is no stream socket", "it is no listening socket" },
        { s.fd, WEFT_EEXISTS, "it has a source already", NULL },
        { s.other_fd, WEFT_EINVAL, NULL, "it is no listening socket" },
        { listening.fd, WEFT_EEXISTS, "it has a source already", "it has a source already" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (cases[i].receiving) {
            assert_int_equal(stream_receive_fd(on, &unused, cases[i].fd), cases[i].status);
            assert_non_null(strstr(test_world_sentence(&on->test), cases[i].receiving));
        }
        if (cases[i].accepting) {
            assert_int_equal(stream_accept_fd(on, &unused, cases[i].fd), cases[i].status);
            assert_non_null(strstr(test_world_sentence(&on->test), cases[i].accepting));
        }
    }
    assert_int_equal(unused.id.index, 7);
    assert_int_equal(unused.finis, 0);
    assert_int_equal(weft_io_len(on->io), 2);
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE | WEFT_ONESHOT), WEFT_EINVAL);
    assert_int_equal(weft_io_set(on->io, listening.id, WEFT_WRITABLE), WEFT_EINVAL);
    assert_non_null(strstr(test_world_sentence(&on->test), "is no interest of a stream"));
    struct on_accepted wrong;
    assert_int_equal(on_accepted_init(&wrong, on->world, &unused), WEFT_OK);
    assert_int_equal(weft_io_receive(on->io, s.other_fd, &wrong.base, NULL), WEFT_ETYPE);
    /* It can be received from, after all that. */
    assert_int_equal(stream_receive_fd(on, &unused, s.other_fd), WEFT_OK);
    bench_end(on);
    stream_close(&s);
    close(listening.fd);
    close_both(ends[0], ends[1]);
    close(udp);
}

static void pools_that_are_too_large_are_refused(void **state)
{
    (void)state;
    test_world test;
    test_world_init(&test);
    assert_null(weft_io_install(test.builder, &(weft_io_desc){ .receive_buffers = 32769 }));
    test_world_expect(&test, WEFT_EINVAL,
                      "weft_io_desc.receive_buffers is at most 32768, not 32769");
    assert_null(weft_io_install(test.builder, &(weft_io_desc){ .receive_bytes = 2147483648 }));
    test_world_expect(&test, WEFT_EINVAL,
                      "weft_io_desc.receive_bytes is at most 2147483647, not 2147483648");
    test_world_fini(&test);
}

static void without_memory_no_stream_is_half_made(void **state)
{
    (void)state;
    bool received = false;
    for (size_t refuse_after = 0; !received; refuse_after++) {
        bench begun, *on = &begun;
        bench_begin(on, NULL);
        on->test.heap.refuse_after = refuse_after;
        stream s = { 0 };
        int fd;
        assert_int_equal(weft_socketpair(&fd, &s.other_fd), WEFT_OK);
        const weft_status status = stream_receive_fd(on, &s, fd);
        assert_true(status == WEFT_OK || status == WEFT_ENOMEM);
        assert_int_equal(weft_io_len(on->io), status == WEFT_OK);
        if (!status) { /* what the ring could not allocate yet it tries again */
            on->test.heap.refuse_after = SIZE_MAX;
            stream_feed(&s, "x");
            poll_all(on);
            assert_received(&s, "x");
            received = true;
        }
        bench_end(on);
        close_both(fd, s.other_fd);
    }
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
        cmocka_unit_test(a_handler_may_remove_its_stream_with_more_to_come),
        cmocka_unit_test(a_stream_that_is_removed_with_bytes_in_the_batch_does_not_run),
        cmocka_unit_test(a_number_that_comes_back_is_another_stream),
        cmocka_unit_test(a_handler_that_polls_keeps_its_bytes),
        cmocka_unit_test(a_failing_handler_loses_nothing_but_its_own_piece),
        cmocka_unit_test(the_world_may_end_with_pieces_left_over),
        cmocka_unit_test(a_sleep_ends_when_something_came),
        cmocka_unit_test(another_loop_hears_of_streams),
        cmocka_unit_test(what_is_no_stream_is_refused_with_a_reason),
        cmocka_unit_test(pools_that_are_too_large_are_refused),
        cmocka_unit_test(without_memory_no_stream_is_half_made),
    };
    return run_over_every_socket(tests);
}
