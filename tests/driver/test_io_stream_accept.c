/* Streams: each client is accepted, once, and none is left behind by a pause or a removal. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/socket.h>

#include "stream.h"

static void begin_listening(bench *on, stream *s)
{
    bench_begin(on, NULL);
    stream_listen(on, s);
    assert_int_equal(poll_all(on), 0);
}

static void end_listening(bench *on, stream *s)
{
    bench_end(on);
    close(s->fd);
}

static void each_client_is_accepted(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    stream s = { 0 };
    begin_listening(on, &s);
    int clients[40];
    for (int i = 0; i < 40; i++) {
        clients[i] = stream_connect(&s);
        if (i % 7 == 0)
            poll_all(on);
    }
    await(on, s.client_count == 40);
    for (int i = 0; i < 40; i++) {
        assert_polite(s.clients[i]);
        assert_carries(clients[i], s.clients[i]);
        close_both(clients[i], s.clients[i]);
    }
    end_listening(on, &s);
}

static void clients_wait_while_accepting_is_paused(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    stream s = { 0 };
    begin_listening(on, &s);
    int clients[3];
    clients[0] = stream_connect(&s);
    assert_int_equal(weft_io_set(on->io, s.id, 0), WEFT_OK);
    clients[1] = stream_connect(&s);
    assert_int_equal(poll_all(on), 0);
    clients[2] = stream_connect(&s);
    assert_int_equal(poll_all(on), 0);
    assert_int_equal(weft_io_set(on->io, s.id, WEFT_READABLE), WEFT_OK);
    await(on, s.client_count == 3);
    for (int i = 0; i < 3; i++) {
        assert_carries(clients[i], s.clients[i]);
        close_both(clients[i], s.clients[i]);
    }
    end_listening(on, &s);
}

static void clients_that_nobody_took_are_closed_with_their_listener(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    for (int paused = 0; paused < 2; paused++) {
        stream s = { .act = paused ? pause_self : remove_self };
        stream_listen(on, &s);
        int clients[5];
        for (int i = 0; i < 5; i++)
            clients[i] = stream_connect(&s);
        await(on, s.client_count == 1);
        poll_all(on);
        assert_int_equal(s.client_count, 1);
        if (paused) {
            assert_int_equal(weft_io_remove(on->io, s.id), WEFT_OK);
            close(s.fd);
        }
        poll_all(on);
        for (int i = 1; i < 5; i++) {
            wait_for(clients[i], POLLIN);
            char byte;
            assert_int_not_equal(recv(clients[i], &byte, 1, 0), 1);
        }
        assert_carries(clients[0], s.clients[0]);
        close(s.clients[0]);
        for (int i = 0; i < 5; i++)
            close(clients[i]);
    }
    bench_end(on);
}

static void give_up(stream *self, weft_io *io, weft_world *world)
{
    (void)self;
    (void)io;
    weft_fail(world, "no good");
}

static void clients_that_a_failed_poll_left_over_are_closed_with_the_world(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { .act = give_up };
    stream_listen(on, &s);
    assert_int_equal(poll_all(on), 0);
    int clients[5];
    for (int i = 0; i < 5; i++) {
        clients[i] = stream_connect(&s);
        wait_for(clients[i], POLLOUT);
    }
    while (!s.client_count) {
        const int count = bench_try_poll(on, 1000000);
        assert_true(count >= 0 || count == WEFT_EFAILED);
    }
    bench_end(on);
    close(s.fd);
    assert_int_equal(s.client_count, 1);
    close(s.clients[0]);
    for (int i = 0; i < 5; i++) {
        wait_for(clients[i], POLLIN);
        char byte;
        assert_int_not_equal(recv(clients[i], &byte, 1, 0), 1);
        close(clients[i]);
    }
}

static int count_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void a_stream_that_ends_leaves_no_descriptor_open(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    int before = -1;
    for (int round = 0; round < 3; round++) {
        stream s = { 0 };
        stream_listen(on, &s);
        for (int i = 0; i < 3; i++) {
            const int client = stream_connect(&s);
            await(on, s.client_count == i + 1);
            close_both(client, s.clients[i]);
        }
        assert_int_equal(weft_io_remove(on->io, s.id), WEFT_OK);
        poll_all(on);
        close(s.fd);
        if (round == 0)
            before = count_descriptors();
        assert_int_equal(count_descriptors(), before);
    }
    bench_end(on);
}

static void a_listener_that_listens_no_more_ends_its_stream(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    stream s = { 0 };
    begin_listening(on, &s);
    assert_int_equal(shutdown(s.fd, SHUT_RDWR), 0);
    assert_int_equal(poll_all(on), 1);
    assert_int_equal(s.status, WEFT_ESYSTEM);
    assert_int_equal(s.error, EINVAL);
    end_listening(on, &s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_client_is_accepted),
        cmocka_unit_test(clients_wait_while_accepting_is_paused),
        cmocka_unit_test(clients_that_nobody_took_are_closed_with_their_listener),
        cmocka_unit_test(clients_that_a_failed_poll_left_over_are_closed_with_the_world),
        cmocka_unit_test(a_stream_that_ends_leaves_no_descriptor_open),
        cmocka_unit_test(a_listener_that_listens_no_more_ends_its_stream),
    };
    return run_over_every_socket(tests);
}
