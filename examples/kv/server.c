#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "connection.h"

#define KV_ACCEPTS_PER_PASS 128
/* Stopping, each client is waited for while it goes on taking its replies, but not for ever. */
#define KV_DRAIN_STALL_NS (5 * WEFT_SECOND)
#define KV_DRAIN_NS       (60 * WEFT_SECOND)

static void server_fini(kv_server *server)
{
    weft_listener_fini(&server->listener);
}

WEFT_RESOURCE_DEFINE(kv_server, FINI(server_fini));

/* ---- accepting ------------------------------------------------------------------------------ */

static void turn_away(const kv_hub *hub, kv_server *server, int fd)
{
    static const char sentence[] = "-ERR max number of clients reached\r\n";
    size_t put_bytes;
    (void)!weft_write(fd, sentence, sizeof sentence - 1, &put_bytes); /* as far as it goes */
    close(fd);
    hub->service->stats.connections_rejected++;
    kv_log_limited(&server->refused_log, hub->loop->clock->now_ns,
                   "turned a client away: there are %zu, as many as --maxclients allows",
                   hub->service->settings.max_clients);
}

static void take_in(const kv_hub *hub, kv_server *server, int fd)
{
    if (weft_slab_len(&hub->clients->slab) >= hub->service->settings.max_clients) {
        turn_away(hub, server, fd);
        return;
    }
    const weft_status status = kv_connection_open(hub, fd);
    if (status == WEFT_OK)
        return;
    close(fd);
    hub->service->stats.connections_rejected++;
    kv_log_limited(&server->refused_log, hub->loop->clock->now_ns, "cannot serve a client: %s",
                   weft_status_sentence(status));
}

static void accept_clients(const kv_hub *hub, kv_server *server)
{
    for (int left = KV_ACCEPTS_PER_PASS; left > 0; left--) {
        int fd;
        const weft_status status = weft_accept(&server->listener, &fd);
        if (status == WEFT_OK) {
            take_in(hub, server, fd);
            continue;
        }
        if (status == WEFT_EAGAIN)
            return;
        kv_log_limited(&server->refused_log, hub->loop->clock->now_ns, "cannot accept a client: %s",
                       status == WEFT_ESYSTEM ? strerror(errno) : weft_status_sentence(status));
        if (status != WEFT_ELIMIT)
            return;
        hub->service->stats.connections_rejected++; /* the listener has sent it away */
    }
}

static void on_client(kv_hub *hub, kv_server *server)
{
    kv_hub_take_time(hub);
    accept_clients(hub, server);
}
WEFT_FN(on_client, BUNDLE(kv_hub), MUT(kv_server));

/* ---- stopping ------------------------------------------------------------------------------- */

static void on_patience_over(const kv_clients *clients, weft_shutdown *shutdown)
{
    kv_log("cut off %u clients that had not read all their replies", weft_slab_len(&clients->slab));
    weft_shutdown_trigger(shutdown);
}
WEFT_FN(on_patience_over, RES(kv_clients), SHUTDOWN);

/* False if there is no timer. */
static bool limit_the_wait(const kv_hub *hub)
{
    struct on_patience_over handler;
    const int64_t at_ns = hub->loop->clock->now_ns + KV_DRAIN_NS;
    return on_patience_over_init(&handler, hub->clients->world) == WEFT_OK &&
           weft_timers_schedule(hub->loop->timers, at_ns, &handler.base, NULL) == WEFT_OK;
}

/* Answers what has been received, ends every connection, and stops the loop when the last one is
 * gone. Asked a second time it stops at once. */
static void stop(const kv_hub *hub, kv_server *server, weft_shutdown *shutdown)
{
    kv_clients *const clients = hub->clients;
    kv_hub_take_time(hub);
    if (server->stopping || !limit_the_wait(hub)) {
        weft_shutdown_trigger(shutdown);
        return;
    }
    server->stopping = true;
    accept_clients(hub, server); /* those that came in time */
    weft_io_remove(hub->loop->io, server->source);
    weft_listener_fini(&server->listener);
    clients->draining = true;
    if (clients->stall_ns > KV_DRAIN_STALL_NS)
        clients->stall_ns = KV_DRAIN_STALL_NS;
    kv_connection *c;
    for (uint32_t at = 0; (c = weft_slab_next(&clients->slab, &at));)
        kv_connection_drain(hub, c);
    if (weft_slab_len(&clients->slab) == 0)
        weft_shutdown_trigger(shutdown);
}

static void on_signal(kv_hub *hub, kv_server *server, weft_shutdown *shutdown,
                      weft_signal_event event)
{
    kv_log("%s: stopping", strsignal(event.signo));
    stop(hub, server, shutdown);
}
WEFT_FN(on_signal, BUNDLE(kv_hub), MUT(kv_server), SHUTDOWN, IN(weft_signal_event));

static void on_command(kv_hub *hub, kv_server *server, weft_shutdown *shutdown)
{
    if (server->stopping)
        return;
    kv_log("SHUTDOWN: stopping");
    stop(hub, server, shutdown);
}
WEFT_FN(on_command, BUNDLE(kv_hub), MUT(kv_server), SHUTDOWN);

/* ---- starting ------------------------------------------------------------------------------- */

static weft_status handle_stops(weft_world *world)
{
    kv_clients *const clients = WEFT_GET(world, kv_clients);
    weft_signals *const signals = WEFT_GET(world, weft_signals);
    struct on_signal by_signal;
    struct on_command by_command;
    weft_status status = on_signal_init(&by_signal, world);
    if (!status)
        status = weft_signals_add(signals, SIGTERM, &by_signal.base, NULL);
    if (!status)
        status = weft_signals_add(signals, SIGINT, &by_signal.base, NULL);
    if (!status)
        status = on_command_init(&by_command, world);
    return status
               ? status
               : weft_notify_new(WEFT_GET(world, weft_notifies), &by_command.base, &clients->stop);
}

static weft_status listen_as_told(kv_server *server, const kv_settings *settings)
{
    int fd;
    weft_status status = weft_tcp_listen(settings->bind, (uint16_t)settings->port, 0, &fd);
    if (status) {
        const char *why = status == WEFT_EEXISTS   ? "another program listens there"
                          : status == WEFT_ESYSTEM ? strerror(errno)
                                                   : weft_status_sentence(status);
        fprintf(stderr, "weft-kv: cannot listen on %s, port %u: %s\n", settings->bind,
                settings->port, why);
        return status;
    }
    status = weft_listener_init(&server->listener, fd);
    if (status) {
        fprintf(stderr, "weft-kv: cannot listen: %s\n", weft_status_sentence(status));
        close(fd);
    }
    return status;
}

weft_status kv_server_start(weft_world *world, weft_address *address_out)
{
    kv_server *const server = WEFT_GET(world, kv_server);
    struct on_client handler;
    weft_status status = listen_as_told(server, &WEFT_GET(world, kv_service)->settings);
    if (status)
        return status;
    status = on_client_init(&handler, world);
    if (!status)
        status = weft_io_add(WEFT_GET(world, weft_io), server->listener.fd, WEFT_READABLE,
                             &handler.base, &server->source);
    if (!status)
        status = handle_stops(world);
    return status ? status : weft_local_address(server->listener.fd, address_out);
}
