/* The example of io_stream.h. */
#include "example.h"

#include <unistd.h>

#include <weft/fn.h>
#include <weft/io_stream.h>
#include <weft/net.h>

static char taken[16];

static void take(const void *bytes, size_t len_bytes)
{
    strncat(taken, bytes, len_bytes);
}

static void on_received(weft_io *io, const weft_io_received *event)
{
    if (event->status == WEFT_OK)
        take(event->bytes, event->len_bytes);
    else { // the end, or an error: once
        weft_io_remove(io, event->id);
        close(event->fd);
    }
}
WEFT_FN(on_received, MUT(weft_io), REF(weft_io_received));

static void on_accepted(weft_io *io, weft_world *world, weft_io_accepted event)
{
    struct on_received received;
    if (event.status != WEFT_OK)
        return; // event.fd is -1
    if (on_received_init(&received, world) || weft_io_receive(io, event.fd, &received.base, NULL))
        close(event.fd);
}
WEFT_FN(on_accepted, MUT(weft_io), WORLD, IN(weft_io_accepted));

static int serve(weft_io *io, weft_world *world, int listener_fd)
{
    struct on_accepted accepted;
    if (on_accepted_init(&accepted, world) || weft_io_accept(io, listener_fd, &accepted.base, NULL))
        return 1;

    return 0;
}

static void what_clients_send_is_taken_until_they_end(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    weft_io *io = weft_io_install(builder, NULL);
    weft_world *world = built(builder);
    int listener, client;
    size_t put;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &listener), WEFT_OK);
    assert_int_equal(serve(io, world, listener), 0);
    assert_int_equal(weft_tcp_connect("127.0.0.1", weft_local_port(listener), &client), WEFT_OK);
    while (weft_io_len(io) < 2)
        assert_true(weft_io_poll(io, world, -1) >= 0);
    assert_int_equal(weft_write(client, "hello", 5, &put), WEFT_OK);
    close(client);
    while (weft_io_len(io) > 1)
        assert_true(weft_io_poll(io, world, -1) >= 0);
    assert_string_equal(taken, "hello");
    weft_world_free(world);
    close(listener);
}

EXAMPLE(what_clients_send_is_taken_until_they_end);
