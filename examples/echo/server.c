/* Listening, accepting, stopping. */
#include "echo.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weft/fn.h>

#define ACCEPTS_PER_PASS 64
#define DRAIN_NS         (2 * WEFT_SECOND)

static void server_fini(echo_server *server)
{
    echo_clients_fini(&server->clients);
    weft_listener_fini(&server->listener);
}

WEFT_RESOURCE_DEFINE(echo_server, FINI(server_fini));

/* ---- accepting ------------------------------------------------------------------------------ */

/* The first is reported; how many there were is said at the end. */
static void turned_away(echo_server *server, weft_status why)
{
    if (server->turned_away++ == 0)
        fprintf(stderr, "weft-echo: turned a client away: %s\n", weft_status_sentence(why));
}

static void accept_clients(echo_server *server, weft_io *io)
{
    for (int left = ACCEPTS_PER_PASS; left > 0; left--) {
        int fd;
        weft_status status = weft_accept(&server->listener, &fd);
        if (status == WEFT_OK) {
            status = echo_client_open(server, io, fd);
            if (status == WEFT_OK)
                server->served++;
            else
                close(fd);
        } else if (status != WEFT_ELIMIT) { /* the listener has sent that one away */
            return;
        }
        if (status)
            turned_away(server, status);
    }
}

static void on_client(echo_server *server, weft_io *io)
{
    accept_clients(server, io);
}
WEFT_FN(on_client, MUT(echo_server), MUT(weft_io));

/* ---- stopping ------------------------------------------------------------------------------- */

static void on_patience_over(weft_shutdown *shutdown)
{
    weft_shutdown_trigger(shutdown);
}
WEFT_FN(on_patience_over, SHUTDOWN);

static weft_status limit_the_wait(const echo_server *server, const weft_loop *loop)
{
    struct on_patience_over handler;
    weft_status status = on_patience_over_init(&handler, server->world);
    return status ? status
                  : weft_timers_schedule(loop->timers, loop->clock->now_ns + DRAIN_NS,
                                         &handler.base, NULL);
}

/* Takes no more clients in and lets those there are end in good order; asked again, stops at
 * once. */
static void on_stop(echo_server *server, weft_loop *loop, weft_shutdown *shutdown)
{
    if (server->stopping || limit_the_wait(server, loop)) {
        weft_shutdown_trigger(shutdown);
        return;
    }
    accept_clients(server, loop->io); /* those that came in time */
    server->stopping = true;
    weft_io_remove(loop->io, server->source);
    weft_listener_fini(&server->listener);
    echo_client *c;
    for (uint32_t at = 0; (c = weft_slab_next(&server->clients, &at));)
        echo_client_drain(server, loop->io, c);
    if (weft_slab_len(&server->clients) == 0)
        weft_shutdown_trigger(shutdown);
}
WEFT_FN(on_stop, MUT(echo_server), MUT(weft_loop), SHUTDOWN);

/* ---- starting ------------------------------------------------------------------------------- */

static weft_status listen_at(echo_server *server, uint16_t port)
{
    int fd;
    weft_status status = weft_tcp_listen("127.0.0.1", port, 0, &fd);
    if (!status) {
        status = weft_listener_init(&server->listener, fd);
        if (status)
            close(fd);
    }
    if (status)
        fprintf(stderr, "weft-echo: cannot listen on port %u: %s\n", port,
                status == WEFT_EEXISTS   ? "another program listens there"
                : status == WEFT_ESYSTEM ? strerror(errno)
                                         : weft_status_sentence(status));
    return status;
}

weft_status echo_server_start(weft_world *world, const echo_options *options)
{
    echo_server *const server = WEFT_GET(world, echo_server);
    const weft_loop *const loop = WEFT_GET(world, weft_loop);
    struct on_client client;
    struct on_stop stop;
    server->world = world;
    server->shutdown = weft_world_shutdown(world);
    weft_status status = listen_at(server, options->port);
    if (status)
        return status;
    if ((status = echo_clients_init(&server->clients, options->max_clients)) ||
        (status = on_client_init(&client, world)) || (status = on_stop_init(&stop, world)) ||
        (status = weft_io_add(loop->io, server->listener.fd, WEFT_READABLE, &client.base,
                              &server->source)) ||
        (status = weft_signals_add(loop->signals, SIGTERM, &stop.base, NULL)) ||
        (status = weft_signals_add(loop->signals, SIGINT, &stop.base, NULL)))
        fprintf(stderr, "weft-echo: cannot start: %s\n", weft_status_sentence(status));
    return status;
}
