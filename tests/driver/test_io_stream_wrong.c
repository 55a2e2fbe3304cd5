/* Streams: what is refused, and lack of memory. */
#define _GNU_SOURCE
#include "stream.h"

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
        probe silent = { 0 };
        probe_open(on, &silent, WEFT_READABLE);
        assert_int_equal(bench_poll(on), 0);
        on->test.heap.refuse_after = refuse_after;
        stream s = { 0 };
        int fd;
        connected_pair(&fd, &s.other_fd);
        const weft_status status = stream_receive_fd(on, &s, fd);
        assert_true(status == WEFT_OK || status == WEFT_ENOMEM);
        assert_int_equal(weft_io_len(on->io), 1 + (status == WEFT_OK));
        if (!status) { /* what the ring could not allocate yet it tries again */
            on->test.heap.refuse_after = SIZE_MAX;
            stream_feed(&s, "x");
            poll_all(on);
            assert_received(&s, "x");
            received = true;
        }
        bench_end(on);
        probe_close(&silent);
        close_both(fd, s.other_fd);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_stream_is_refused_with_a_reason),
        cmocka_unit_test(pools_that_are_too_large_are_refused),
        cmocka_unit_test(without_memory_no_stream_is_half_made),
    };
    return run_over_every_socket(tests);
}
