/* The poller: interest, delivery, removal, waiting. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "large_handler.h"
#include "one_probe.h"

/* ---- delivery -------------------------------------------------------------------------------- */

static int64_t now_ns(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void a_poll_with_nothing_ready_runs_nothing(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    assert_int_equal(bench_poll(on), 0);
    probe p = { 0 };
    probe_open(on, &p, WEFT_READABLE);
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(weft_io_poll(on->io, on->world, 1000), 0);
    assert_int_equal(p.runs, 0);
    assert_int_equal(weft_world_sequence(on->world), 0);
    probe_close(&p);
    bench_end(on);
}

static void a_readable_source_runs_in_each_poll_until_it_is_read(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    probe_feed(p);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(bench_poll(on), 1);
        assert_int_equal(p->runs, i);
        assert_int_equal(p->ready, WEFT_READABLE);
        assert_int_equal(p->last.fd, p->fd);
        assert_memory_equal(&p->last.id, &p->id, sizeof p->id);
    }
    probe_drain(p);
    assert_int_equal(bench_poll(on), 0);
}

static void each_handler_has_its_own_sequence_number(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe p[2] = { { 0 } };
    for (size_t i = 0; i < COUNT(p); i++) {
        probe_open(on, &p[i], WEFT_READABLE);
        probe_feed(&p[i]);
    }
    assert_int_equal(bench_poll(on), 2);
    assert_int_equal(p[0].sequence + p[1].sequence, 1 + 2);
    assert_int_equal(weft_world_sequence(on->world), 2);
    for (size_t i = 0; i < COUNT(p); i++)
        probe_close(&p[i]);
    bench_end(on);
}

static void interest_decides_what_is_delivered(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    static const struct {
        uint32_t interest, ready;
        bool fed;
    } cases[] = {
        { WEFT_READABLE, 0, false },
        { WEFT_READABLE, WEFT_READABLE, true },
        { WEFT_WRITABLE, WEFT_WRITABLE, false },
        { WEFT_WRITABLE, WEFT_WRITABLE, true },
        { WEFT_READABLE | WEFT_WRITABLE, WEFT_WRITABLE, false },
        { WEFT_READABLE | WEFT_WRITABLE, WEFT_READABLE | WEFT_WRITABLE, true },
        { WEFT_WRITABLE | WEFT_ONESHOT, WEFT_WRITABLE, true },
        { 0, 0, true },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        probe p = { 0 };
        probe_open(on, &p, cases[i].interest);
        if (cases[i].fed)
            probe_feed(&p);
        assert_int_equal(bench_poll(on), cases[i].ready != 0);
        assert_int_equal(p.ready, cases[i].ready);
        assert_int_equal(weft_io_remove(on->io, p.id), WEFT_OK);
        probe_close(&p);
    }
    bench_end(on);
}

static void interest_can_be_changed_and_paused(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    probe_feed(p);
    assert_int_equal(weft_io_set(on->io, p->id, 0), WEFT_OK);
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(weft_io_set(on->io, p->id, WEFT_WRITABLE), WEFT_OK);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(p->ready, WEFT_WRITABLE);
    assert_int_equal(weft_io_set(on->io, p->id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(weft_io_set(on->io, p->id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(p->ready, WEFT_READABLE);
}

static void a_one_shot_source_runs_once_until_it_is_armed_again(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe p = { 0 };
    probe_open(on, &p, WEFT_READABLE | WEFT_ONESHOT);
    probe_feed(&p);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(bench_poll(on), 0);
    probe_feed(&p);
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(weft_io_set(on->io, p.id, WEFT_READABLE | WEFT_ONESHOT), WEFT_OK);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(weft_io_set(on->io, p.id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(p.runs, 4);
    probe_close(&p);
    bench_end(on);
}

static void a_hang_up_comes_with_what_was_asked_for(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe reader = { 0 }, writer = { 0 };
    int ends[2];
    assert_int_equal(weft_pipe(&ends[0], &reader.other_fd), WEFT_OK);
    assert_int_equal(probe_add_fd(on, &reader, ends[0], WEFT_READABLE), WEFT_OK);
    assert_int_equal(weft_pipe(&writer.other_fd, &ends[1]), WEFT_OK);
    assert_int_equal(probe_add_fd(on, &writer, ends[1], WEFT_WRITABLE), WEFT_OK);
    close(reader.other_fd);
    close(writer.other_fd);
    assert_int_equal(bench_poll(on), 2);
    /* The kernel says EPOLLHUP alone of the one, EPOLLOUT | EPOLLERR of the other. */
    assert_int_equal(reader.ready, WEFT_READABLE | WEFT_HANGUP);
    assert_int_equal(writer.ready, WEFT_WRITABLE | WEFT_IO_ERROR);
    close(reader.fd);
    close(writer.fd);
    bench_end(on);
}

static void a_paused_source_does_not_hear_of_a_hang_up_before_it_goes_on(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe p = { 0 };
    probe_open(on, &p, WEFT_READABLE);
    assert_int_equal(weft_io_set(on->io, p.id, 0), WEFT_OK);
    close(p.other_fd);
    for (int i = 0; i < 3; i++)
        assert_int_equal(weft_io_poll(on->io, on->world, 0), 0);
    /* And it does not keep the poller busy: there is nothing left that is ready. */
    struct pollfd ready = { .fd = weft_io_fd(on->io), .events = POLLIN };
    assert_int_equal(poll(&ready, 1, 0), 0);
    assert_int_equal(weft_io_set(on->io, p.id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(p.ready, WEFT_READABLE | WEFT_HANGUP);
    close(p.fd);
    bench_end(on);
}

static void a_removed_source_does_not_keep_the_poller_busy(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe p = { 0 };
    probe_open(on, &p, WEFT_READABLE | WEFT_WRITABLE);
    probe_feed(&p);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(weft_io_remove(on->io, p.id), WEFT_OK);
    struct pollfd ready = { .fd = weft_io_fd(on->io), .events = POLLIN };
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(poll(&ready, 1, 0), 0); /* though its descriptor is open, and ready */
    probe_close(&p);
    bench_end(on);
}

static void a_wake_is_no_event(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    struct pollfd ready = { .fd = weft_io_fd(on->io), .events = POLLIN };
    assert_true(weft_io_prepare(on->io));
    weft_wake_signal(weft_shutdown_wake(weft_world_shutdown(on->world)));
    assert_int_equal(poll(&ready, 1, 0), 1);
    weft_io_resume(on->io);
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(on->test.reports, 0);
    bench_end(on);
}

static void a_descriptor_may_have_a_large_number(void **state)
{
    (void)state;
    static const int numbers[] = { 255, 256, 511, 512, 700 };
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        probe p = { 0 };
        int fd;
        assert_int_equal(weft_socketpair(&fd, &p.other_fd), WEFT_OK);
        assert_int_equal(dup2(fd, numbers[i]), numbers[i]);
        close(fd);
        assert_int_equal(probe_add_fd(on, &p, numbers[i], WEFT_READABLE), WEFT_OK);
        probe_feed(&p);
        assert_int_equal(bench_poll(on), 1);
        assert_int_equal(p.runs, 1);
        assert_int_equal(weft_io_remove(on->io, p.id), WEFT_OK);
        probe_close(&p);
    }
    bench_end(on);
}

static void a_reset_by_the_peer_is_an_error(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    int listener, client, server;
    weft_listener accepting;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &listener), WEFT_OK);
    assert_int_equal(weft_listener_init(&accepting, listener), WEFT_OK);
    assert_int_equal(weft_tcp_connect("127.0.0.1", weft_local_port(listener), &client), WEFT_OK);
    assert_int_equal(poll(&(struct pollfd){ .fd = listener, .events = POLLIN }, 1, -1), 1);
    assert_int_equal(weft_accept(&accepting, &server), WEFT_OK);
    probe p = { 0 };
    assert_int_equal(probe_add_fd(on, &p, server, WEFT_READABLE), WEFT_OK);
    const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    close(client);
    assert_int_equal(weft_io_poll(on->io, on->world, -1), 1);
    assert_int_equal(p.ready, WEFT_READABLE | WEFT_HANGUP | WEFT_IO_ERROR);
    char byte;
    size_t got;
    assert_int_equal(weft_read(server, &byte, 1, &got), WEFT_ECLOSED);
    assert_int_equal(errno, ECONNRESET);
    weft_listener_fini(&accepting);
    close(server);
    bench_end(on);
}

static void on_anything(uint64_t *runs)
{
    ++*runs;
}
WEFT_FN(on_anything, CTX(uint64_t));

static void a_handler_without_an_event_is_accepted(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    struct on_anything handler;
    assert_int_equal(on_anything_init(&handler, on->world, 0), WEFT_OK);
    int fd;
    assert_int_equal(weft_eventfd(&fd), WEFT_OK);
    assert_int_equal(weft_io_add(on->io, fd, WEFT_WRITABLE, &handler.base, NULL), WEFT_OK);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(weft_io_len(on->io), 1);
    close(fd);
    bench_end(on);
}

static void a_handler_too_large_for_the_place_goes_to_the_heap(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, &(weft_io_desc){ .max_sources = 1 });
    uint64_t runs = 0;
    struct on_large handler;
    assert_int_equal(on_large_init(&handler, on->world, (large){ .runs = &runs }), WEFT_OK);
    int fd;
    weft_io_id id;
    assert_int_equal(weft_eventfd(&fd), WEFT_OK);
    const size_t live = on->test.heap.live;
    assert_int_equal(weft_io_add(on->io, fd, WEFT_WRITABLE, &handler.base, &id), WEFT_OK);
    assert_int_equal(on->test.heap.live, live + 1);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(runs, 1);
    assert_int_equal(weft_io_remove(on->io, id), WEFT_OK);
    assert_int_equal(on->test.heap.live, live);
    close(fd);
    bench_end(on);
}

/* ---- removing -------------------------------------------------------------------------------- */

static void a_removed_source_is_silent_and_its_id_stale(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    probe_feed(p);
    assert_int_equal(weft_io_remove(on->io, p->id), WEFT_OK);
    assert_int_equal(p->finis, 1);
    assert_int_equal(weft_io_len(on->io), 0);
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(weft_io_remove(on->io, p->id), WEFT_ESTALE);
    assert_int_equal(weft_io_set(on->io, p->id, WEFT_READABLE), WEFT_ESTALE);
    assert_int_equal(weft_io_remove(on->io, (weft_io_id){ 0 }), WEFT_ESTALE);
    assert_int_equal(weft_io_remove(on->io, (weft_io_id){ 99, 1 }), WEFT_ESTALE);
    assert_int_equal(fcntl(p->fd, F_GETFD), FD_CLOEXEC); /* still open */
    assert_int_equal(p->finis, 1);
}

static void a_stale_id_does_not_reach_the_source_that_took_its_place(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe old = { 0 }, new = { 0 };
    probe_open(on, &old, WEFT_READABLE);
    assert_int_equal(weft_io_remove(on->io, old.id), WEFT_OK);
    assert_int_equal(probe_add_fd(on, &new, old.fd, WEFT_READABLE), WEFT_OK);
    assert_int_equal(new.id.index, old.id.index);
    assert_int_equal(weft_io_remove(on->io, old.id), WEFT_ESTALE);
    assert_int_equal(weft_io_set(on->io, old.id, 0), WEFT_ESTALE);
    probe_feed(&old);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(new.runs, 1);
    probe_close(&old);
    bench_end(on);
}

static void the_end_of_the_world_destroys_every_handler_once(void **state)
{
    (void)state;
    bench on;
    probe p[3] = { { 0 } };
    bench_begin(&on, NULL);
    for (size_t i = 0; i < COUNT(p); i++)
        probe_open(&on, &p[i], WEFT_READABLE);
    assert_int_equal(weft_io_remove(on.io, p[1].id), WEFT_OK);
    const int fd = weft_io_fd(on.io);
    bench_end(&on);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    for (size_t i = 0; i < COUNT(p); i++) {
        assert_int_equal(p[i].finis, 1);
        probe_close(&p[i]);
    }
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* True if it came back early: it would be called again and again until its time is there. */
static bool is_cut_short(bench *on, int64_t timeout_ns)
{
    const int64_t before_ns = now_ns();
    assert_int_equal(weft_io_poll(on->io, on->world, timeout_ns), 0);
    return now_ns() - before_ns < timeout_ns;
}

static void a_timeout_is_never_cut_short(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    static const int64_t timeouts_ns[] = { 1, 999999, 1000001, 1500000, 2999999 };
    for (int coarse = 0; coarse < 2; coarse++) {
        on->io->coarse_timeout = coarse;
        for (size_t i = 0; i < COUNT(timeouts_ns); i++) {
            /* The kernel clears the rings of former tests away, and interrupts a sleep for each. */
            int early = 0;
            while (is_cut_short(on, timeouts_ns[i]))
                assert_true(++early < 100);
        }
    }
    bench_end(on);
}

static void old_kernels_get_milliseconds(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    on->io->coarse_timeout = true;
    assert_int_equal(weft_io_poll(on->io, on->world, 1), 0);
    probe_feed(p);
    assert_int_equal(weft_io_poll(on->io, on->world, INT64_MAX), 1);
    assert_int_equal(weft_io_poll(on->io, on->world, -1), 1);
}

static void a_timeout_of_any_length_is_taken(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    static const int64_t timeouts[] = { 1, 999, 1000001, INT64_MAX, -1, INT64_MIN };
    probe_feed(p);
    for (size_t i = 0; i < COUNT(timeouts); i++)
        assert_int_equal(weft_io_poll(on->io, on->world, timeouts[i]), 1);
}

static void a_wake_ends_one_sleep_and_is_then_forgotten(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    weft_wake *wake = weft_shutdown_wake(weft_world_shutdown(on->world));
    for (int i = 0; i < 3; i++) {
        weft_wake_signal(wake);
        assert_int_equal(weft_io_poll(on->io, on->world, -1), 0);
        assert_true(weft_wake_sleep(wake)); /* nothing keeps the loop from sleeping now */
        weft_wake_rouse(wake);
    }
    bench_end(on);
}

static void another_loop_can_wait_for_the_poller(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    struct pollfd ready = { .fd = weft_io_fd(on->io), .events = POLLIN };
    assert_true(weft_io_prepare(on->io));
    assert_int_equal(poll(&ready, 1, 0), 0);
    probe_feed(p);
    assert_int_equal(poll(&ready, 1, -1), 1);
    weft_io_resume(on->io);
    assert_int_equal(bench_poll(on), 1);
}

static void a_wake_reaches_another_loop_also_when_there_are_no_sources(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    weft_wake *wake = weft_shutdown_wake(weft_world_shutdown(on->world));
    struct pollfd ready = { .fd = weft_io_fd(on->io), .events = POLLIN };
    for (int i = 0; i < 3; i++) {
        assert_true(weft_io_prepare(on->io));
        weft_wake_signal(wake);
        assert_int_equal(poll(&ready, 1, -1), 1);
        weft_io_resume(on->io);
        assert_int_equal(weft_io_poll(on->io, on->world, 0), 0);
        assert_int_equal(poll(&ready, 1, 0), 0); /* fetched: the next poll may sleep again */
    }
    weft_wake_signal(wake); /* before the sleep: it must not begin */
    assert_false(weft_io_prepare(on->io));
    weft_io_resume(on->io);
    assert_true(weft_io_prepare(on->io));
    weft_io_resume(on->io);
    bench_end(on);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_poll_with_nothing_ready_runs_nothing),
        WITH_ONE_PROBE(a_readable_source_runs_in_each_poll_until_it_is_read),
        cmocka_unit_test(each_handler_has_its_own_sequence_number),
        cmocka_unit_test(interest_decides_what_is_delivered),
        WITH_ONE_PROBE(interest_can_be_changed_and_paused),
        cmocka_unit_test(a_one_shot_source_runs_once_until_it_is_armed_again),
        cmocka_unit_test(a_hang_up_comes_with_what_was_asked_for),
        cmocka_unit_test(a_paused_source_does_not_hear_of_a_hang_up_before_it_goes_on),
        cmocka_unit_test(a_removed_source_does_not_keep_the_poller_busy),
        cmocka_unit_test(a_wake_is_no_event),
        cmocka_unit_test(a_descriptor_may_have_a_large_number),
        cmocka_unit_test(a_reset_by_the_peer_is_an_error),
        cmocka_unit_test(a_handler_without_an_event_is_accepted),
        cmocka_unit_test(a_handler_too_large_for_the_place_goes_to_the_heap),
        WITH_ONE_PROBE(a_removed_source_is_silent_and_its_id_stale),
        cmocka_unit_test(a_stale_id_does_not_reach_the_source_that_took_its_place),
        cmocka_unit_test(the_end_of_the_world_destroys_every_handler_once),
        cmocka_unit_test(a_timeout_is_never_cut_short),
        WITH_ONE_PROBE(old_kernels_get_milliseconds),
        WITH_ONE_PROBE(a_timeout_of_any_length_is_taken),
        cmocka_unit_test(a_wake_ends_one_sleep_and_is_then_forgotten),
        WITH_ONE_PROBE(another_loop_can_wait_for_the_poller),
        cmocka_unit_test(a_wake_reaches_another_loop_also_when_there_are_no_sources),
    };
    return run_on_every_backend(tests);
}
