/* The examples of io.h. */
#include "example.h"

#include <poll.h>
#include <unistd.h>

#include <weft/fn.h>
#include <weft/io.h>
#include <weft/net.h>

typedef struct Inbox {
    char bytes[16];
    size_t taken;
} Inbox;
WEFT_RESOURCE_DEFINE(Inbox);

static void inbox_take(Inbox *inbox, size_t got)
{
    inbox->taken += got;
}

static void on_readable(Inbox *inbox, weft_io *io, weft_io_event event)
{
    size_t got;
    weft_status status = weft_read(event.fd, inbox->bytes, sizeof inbox->bytes, &got);
    if (status == WEFT_OK)
        inbox_take(inbox, got);
    else if (status != WEFT_EAGAIN) {
        weft_io_remove(io, event.id);
        close(event.fd);
    }
}
WEFT_FN(on_readable, MUT(Inbox), MUT(weft_io), IN(weft_io_event));

static weft_world *build(weft_io **io_out)
{
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Inbox);

    weft_io *io = weft_io_install(builder, NULL); // before the world is built

    *io_out = io;
    return built(builder);
}

static int add_and_poll(weft_io *io, weft_world *world, int fd)
{
    const int64_t timeout_ns = 0;

    struct on_readable readable; // afterwards
    weft_io_id id;
    if (on_readable_init(&readable, world) ||
        weft_io_add(io, fd, WEFT_READABLE, &readable.base, &id))
        return 1;
    weft_io_poll(io, world, timeout_ns); // each pass of the loop

    return 0;
}

static int watched_fd;

static int poll_it(int fd, int timeout_ms)
{
    struct pollfd polled = { fd, POLLIN, 0 };
    return poll(&polled, 1, timeout_ms);
}
#define poll(fds, n, timeout_ms) ((void)(n), poll_it(fds, timeout_ms))
#define fds_including_weft_io_fd watched_fd

static void pass_of_another_loop(weft_io *io, weft_world *world)
{
    const int n = 1, timeout_ms = 10000;

    bool may_block = weft_io_prepare(io);
    poll(fds_including_weft_io_fd, n, may_block ? timeout_ms : 0);
    weft_io_resume(io);
    weft_io_poll(io, world, 0);
}

static void bytes_are_taken_until_the_end(void **state)
{
    (void)state;
    weft_io *io;
    weft_world *world = build(&io);
    int ours, theirs;
    size_t put;
    assert_int_equal(weft_socketpair(&ours, &theirs), WEFT_OK);
    assert_int_equal(weft_write(theirs, "hello", 5, &put), WEFT_OK);
    assert_int_equal(add_and_poll(io, world, ours), 0);
    assert_int_equal(WEFT_GET(world, Inbox)->taken, 5);

    watched_fd = weft_io_fd(io);
    assert_int_equal(weft_write(theirs, "again", 5, &put), WEFT_OK);
    pass_of_another_loop(io, world);
    assert_int_equal(WEFT_GET(world, Inbox)->taken, 10);

    close(theirs);
    pass_of_another_loop(io, world);
    assert_int_equal(weft_io_len(io), 0);
    weft_world_free(world);
}

EXAMPLE(bytes_are_taken_until_the_end);
