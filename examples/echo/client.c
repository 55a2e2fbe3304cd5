/* What is read is written back at once. What the socket does not take is kept, and as long as there
 * is any nothing more is read, so a client that does not read is not read from: TCP tells it to
 * wait. For the same reason the end of its stream is seen when nothing is left to be written, and
 * the connection can be closed right then.
 */
#include "echo.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weft/fn.h>

struct echo_client {
    weft_slab_id id;
    weft_io_id source;
    int fd;
    uint32_t interest;
    bool ended;        /* we have ended our stream, and wait for the client to end its own */
    size_t begin, end; /* of what the socket did not take; 0 and 0 if there is nothing */
    char kept[ECHO_READ_BYTES];
};

/* What a client's handler has of its own. */
typedef struct echo_turn {
    echo_client *client;
} echo_turn;

static void close_client(echo_server *server, weft_io *io, echo_client *c)
{
    weft_io_remove(io, c->source);
    close(c->fd);
    weft_slab_give(&server->clients, c->id);
    if (server->stopping && weft_slab_len(&server->clients) == 0)
        weft_shutdown_trigger(server->shutdown);
}

/* Reads once and writes once, from memory that all clients share: those that are served well need
 * none of their own. */
static weft_status send_back(echo_server *server, echo_client *c)
{
    size_t got_bytes, put_bytes = 0;
    weft_status status = weft_read(c->fd, server->bytes, sizeof server->bytes, &got_bytes);
    if (status || c->ended)
        return status;
    status = weft_write(c->fd, server->bytes, got_bytes, &put_bytes);
    if (put_bytes < got_bytes) {
        c->end = got_bytes - put_bytes;
        memcpy(c->kept, server->bytes + put_bytes, c->end);
    }
    return status;
}

static weft_status send_kept(echo_client *c)
{
    size_t put_bytes;
    const weft_status status = weft_write(c->fd, c->kept + c->begin, c->end - c->begin, &put_bytes);
    if (status == WEFT_OK)
        c->begin += put_bytes;
    if (c->begin == c->end)
        c->begin = c->end = 0;
    return status;
}

/* Says what it waits for now. When the server stops that is both, so that it gets turns until
 * nothing arrives any more. */
static weft_status wait_for_more(const echo_server *server, weft_io *io, echo_client *c)
{
    const uint32_t both = WEFT_READABLE | WEFT_WRITABLE;
    const uint32_t interest = c->end                          ? WEFT_WRITABLE
                              : server->stopping && !c->ended ? both
                                                              : WEFT_READABLE;
    if (interest == c->interest)
        return WEFT_OK;
    c->interest = interest;
    return weft_io_set(io, c->source, interest);
}

/* One turn. Whether there is more to be read the poller will say. */
static void on_ready(echo_server *server, weft_io *io, echo_turn *turn)
{
    echo_client *const c = turn->client;
    weft_status status = c->end ? send_kept(c) : send_back(server, c);
    if (status == WEFT_EAGAIN && server->stopping && !c->end && !c->ended) {
        c->ended = true;
        status = shutdown(c->fd, SHUT_WR) ? WEFT_ECLOSED : WEFT_OK;
    }
    if (status == WEFT_OK || status == WEFT_EAGAIN)
        status = wait_for_more(server, io, c);
    if (status)
        close_client(server, io, c);
}
WEFT_FN(on_ready, MUT(echo_server), MUT(weft_io), CTX(echo_turn));

void echo_client_drain(echo_server *server, weft_io *io, echo_client *c)
{
    if (wait_for_more(server, io, c))
        close_client(server, io, c);
}

weft_status echo_clients_init(weft_slab *clients, uint32_t max)
{
    return weft_slab_init(clients, NULL, sizeof(echo_client), _Alignof(echo_client), max);
}

void echo_clients_fini(weft_slab *clients)
{
    echo_client *c;
    for (uint32_t at = 0; clients->item_bytes && (c = weft_slab_next(clients, &at));)
        close(c->fd);
    weft_slab_fini(clients);
}

weft_status echo_client_open(echo_server *server, weft_io *io, int fd)
{
    weft_slab_id id;
    echo_client *const c = weft_slab_take(&server->clients, &id);
    if (!c)
        return weft_slab_full(&server->clients) ? WEFT_EFULL : WEFT_ENOMEM;
    c->id = id;
    c->fd = fd;
    c->interest = WEFT_READABLE;
    c->ended = false;
    c->begin = c->end = 0;
    struct on_ready handler;
    weft_status status = on_ready_init(&handler, server->world, (echo_turn){ c });
    if (!status)
        status = weft_io_add(io, fd, c->interest, &handler.base, &c->source);
    if (status)
        weft_slab_give(&server->clients, id);
    else
        (void)weft_set_nodelay(fd);
    return status;
}
