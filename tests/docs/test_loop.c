/* The examples of loop.h. */
#include "example.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <weft/fn.h>
#include <weft/loop.h>
#include <weft/net.h>

static int heard;

static void on_ready(weft_io_event event)
{
    char bytes[8];
    size_t got;
    if (weft_read(event.fd, bytes, sizeof bytes, &got) == WEFT_OK)
        heard++;
    if (heard == 1)
        raise(SIGTERM);
}
WEFT_FN(on_ready, IN(weft_io_event));

static int serve(int fd)
{
    weft_builder *builder = weft_builder_new(NULL);
    weft_loop *loop = weft_loop_install(builder, NULL);
    weft_world *world;
    if (weft_builder_build(builder, &world))
        return 1;

    struct on_ready readable;
    if (on_ready_init(&readable, world))
        return 1;
    if (weft_signals_shutdown(loop->signals, SIGTERM))
        return 1;
    if (weft_io_add(loop->io, fd, WEFT_READABLE, &readable.base, NULL))
        return 1;
    if (weft_loop_run(loop, world))
        return 1; // until shutdown is triggered
    weft_world_free(world);

    return 0;
}

static int wait_elsewhere(weft_loop *loop, weft_world *world)
{
    const nfds_t n = 2;

    struct pollfd fds[] = { { weft_loop_fd(loop), POLLIN, 0 }, { -1, POLLIN, 0 } };
    int64_t timeout_ns = weft_loop_prepare(loop, world);
    if (timeout_ns < 0 || timeout_ns > WEFT_SECOND)
        timeout_ns = WEFT_SECOND; // waking early does no harm, and this fits an int
    poll(fds, n, (int)((timeout_ns + 999999) / WEFT_MILLISECOND));
    if (weft_loop_poll(loop, world) < 0)
        return 1;

    return 0;
}

static void it_runs_until_the_signal_or_under_another_loop(void **state)
{
    (void)state;
    int ours, theirs;
    size_t put;
    assert_int_equal(weft_socketpair(&ours, &theirs), WEFT_OK);
    assert_int_equal(weft_write(theirs, "hello", 5, &put), WEFT_OK);
    assert_int_equal(serve(ours), 0);
    assert_int_equal(heard, 1);

    weft_builder *builder = weft_builder_new(NULL);
    weft_loop *loop = weft_loop_install(builder, NULL);
    weft_world *world = built(builder);
    struct on_ready readable;
    assert_int_equal(on_ready_init(&readable, world), WEFT_OK);
    assert_int_equal(weft_io_add(loop->io, ours, WEFT_READABLE, &readable.base, NULL), WEFT_OK);
    assert_int_equal(weft_write(theirs, "again", 5, &put), WEFT_OK);
    assert_int_equal(wait_elsewhere(loop, world), 0);
    assert_int_equal(heard, 2);
    weft_world_free(world);
    close(ours);
    close(theirs);
}

EXAMPLE(it_runs_until_the_signal_or_under_another_loop);
