/* The two halves of a poll on their own: waiting runs nothing, delivering does not wait. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>

#include "probe.h"

/* Two sources that are ready. */
static void begin(bench *on, probe p[2], probe_act *act)
{
    bench_begin(on, NULL);
    for (int i = 0; i < 2; i++) {
        p[i] = (probe){ .act = act };
        probe_open(on, &p[i], WEFT_READABLE | WEFT_ONESHOT);
        probe_feed(&p[i]);
    }
}

static void end(bench *on, probe p[2])
{
    bench_end(on);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(p[i].finis, 1);
        probe_close(&p[i]);
    }
}

static void waiting_runs_nothing_and_delivering_runs_what_was_found(void **state)
{
    (void)state;
    bench on;
    probe p[2];
    begin(&on, p, NULL);
    assert_int_equal(weft_io_deliver(on.io, on.world), 0); /* nobody has looked yet */
    assert_int_equal(weft_io_wait(on.io, -1), 2);
    assert_int_equal(weft_io_wait(on.io, -1), 2); /* they are still to be delivered */
    assert_int_equal(p[0].runs + p[1].runs, 0);
    assert_sound(on.io);
    assert_int_equal(weft_io_deliver(on.io, on.world), 2);
    assert_int_equal(p[0].runs, 1);
    assert_int_equal(p[1].runs, 1);
    assert_int_equal(weft_io_deliver(on.io, on.world), 0);
    assert_int_equal(weft_io_wait(on.io, 0), 0);
    end(&on, p);
}

static void what_ends_between_the_halves_is_not_delivered(void **state)
{
    (void)state;
    bench on;
    probe p[2];
    begin(&on, p, NULL);
    assert_int_equal(weft_io_wait(on.io, -1), 2);
    assert_int_equal(weft_io_remove(on.io, p[0].id), WEFT_OK);
    assert_int_equal(weft_io_set(on.io, p[1].id, 0), WEFT_OK);
    assert_int_equal(weft_io_deliver(on.io, on.world), 0);
    assert_int_equal(p[0].runs + p[1].runs, 0);
    assert_int_equal(on.test.reports, 0);
    end(&on, p);
}

static void fail_now(probe *self, weft_io *io, weft_world *world)
{
    (void)self;
    (void)io;
    weft_fail(world, "no good");
}

typedef struct deliver_args {
    weft_io *io;
    int count;
} deliver_args;

static void deliver_body(weft_world *world, void *arg)
{
    deliver_args *args = arg;
    args->count = weft_io_deliver(args->io, world);
}

static void what_a_failing_handler_left_over_is_waited_for_no_more(void **state)
{
    (void)state;
    bench on;
    probe p[2];
    begin(&on, p, fail_now);
    deliver_args args = { on.io, -1 };
    assert_int_equal(weft_io_wait(on.io, -1), 2);
    assert_int_equal(weft_try(on.world, deliver_body, &args), WEFT_EFAILED);
    assert_int_equal(p[0].runs + p[1].runs, 1);
    assert_sound(on.io);
    assert_int_equal(weft_io_wait(on.io, -1), 1); /* does not wait */
    p[0].act = p[1].act = NULL;
    assert_int_equal(weft_try(on.world, deliver_body, &args), WEFT_OK);
    assert_int_equal(args.count, 1);
    assert_int_equal(p[0].runs, 1);
    assert_int_equal(p[1].runs, 1);
    assert_int_equal(weft_io_wait(on.io, 0), 0);
    end(&on, p);
}

static void another_world_gets_nothing_and_nothing_is_lost(void **state)
{
    (void)state;
    bench on, other;
    probe p[2];
    begin(&on, p, NULL);
    bench_begin(&other, NULL);
    assert_int_equal(weft_io_deliver(on.io, other.world), WEFT_EWORLD); /* even of nothing */
    assert_int_equal(weft_io_wait(on.io, -1), 2);
    assert_int_equal(weft_io_deliver(on.io, other.world), WEFT_EWORLD);
    assert_int_equal(other.test.reports, 2);
    assert_non_null(strstr(test_world_sentence(&other.test), "belongs to another world"));
    assert_int_equal(p[0].runs + p[1].runs, 0);
    assert_int_equal(weft_world_sequence(other.world), 0);
    assert_int_equal(weft_io_deliver(on.io, on.world), 2);
    bench_end(&other);
    end(&on, p);
}

static void a_poller_that_cannot_wait_says_why(void **state)
{
    (void)state;
    bench on;
    probe p[2];
    begin(&on, p, NULL);
    /* Somebody closed the poller's descriptor, and its number is another one's now. */
    const int poller_fd = poller_descriptor(on.io);
    const int kept = fcntl(poller_fd, F_DUPFD_CLOEXEC, 3);
    const int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(dup3(other, poller_fd, O_CLOEXEC), poller_fd);
    for (int timeout_ns = -1; timeout_ns <= 1; timeout_ns++) {
        assert_int_equal(weft_io_wait(on.io, timeout_ns), WEFT_ESYSTEM);
        assert_non_null(strstr(test_world_sentence(&on.test), "the poller cannot wait: Invalid"));
        assert_int_equal(weft_io_poll(on.io, on.world, timeout_ns), WEFT_ESYSTEM);
        assert_int_equal(weft_io_deliver(on.io, on.world), 0);
    }
    assert_int_equal(on.test.reports, 6);
    assert_sound(on.io);
    assert_int_equal(dup3(kept, poller_fd, O_CLOEXEC), poller_fd);
    assert_int_equal(weft_io_wait(on.io, -1), 2);
    assert_int_equal(weft_io_deliver(on.io, on.world), 2);
    close(kept);
    close(other);
    end(&on, p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_runs_nothing_and_delivering_runs_what_was_found),
        cmocka_unit_test(what_ends_between_the_halves_is_not_delivered),
        cmocka_unit_test(what_a_failing_handler_left_over_is_waited_for_no_more),
        cmocka_unit_test(another_world_gets_nothing_and_nothing_is_lost),
        cmocka_unit_test(a_poller_that_cannot_wait_says_why),
    };
    return run_on_every_backend(tests);
}
