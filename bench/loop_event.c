/* What a message costs from the peer's write until the handler has its bytes, over TCP on the
 * loopback, in one thread: the write and the kernel's part are in all figures. All clients of a row
 * write, then the loop turns until it has got everything. */
#include "loop_event.h"

#include <weft/fn.h>
#include <weft/io_stream.h>
#include <weft/loop.h>
#include <weft/net.h>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 64, MESSAGES = 1024, MESSAGE_BYTES = 64 };

static uint64_t got_bytes;

static void on_ready(weft_io_event event)
{
    char bytes[1024];
    size_t got;
    if (weft_read(event.fd, bytes, sizeof bytes, &got) == WEFT_OK)
        got_bytes += got;
}
WEFT_FN(on_ready, IN(weft_io_event));

static void on_piece(const weft_io_received *piece)
{
    got_bytes += piece->len_bytes;
}
WEFT_FN(on_piece, REF(weft_io_received));

typedef struct pairs {
    int clients[MOST], servers[MOST];
    size_t count;
} pairs;

static void pairs_open(pairs *p, size_t count)
{
    weft_listener listener;
    int fd;
    bench_must(weft_tcp_listen("127.0.0.1", 0, 0, &fd) == WEFT_OK &&
                   weft_listener_init(&listener, fd) == WEFT_OK,
               "there is a listener");
    for (p->count = 0; p->count < count; p->count++) {
        int *client = &p->clients[p->count], *server = &p->servers[p->count];
        bench_must(weft_tcp_connect("127.0.0.1", weft_local_port(fd), client) == WEFT_OK,
                   "a client connects");
        poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1);
        bench_must(weft_accept(&listener, server) == WEFT_OK, "a client is accepted");
        weft_set_nodelay(*client);
    }
    weft_listener_fini(&listener);
}

static void pairs_close(pairs *p)
{
    while (p->count > 0) {
        p->count--;
        close(p->clients[p->count]);
        close(p->servers[p->count]);
    }
}

static void pairs_write(const pairs *p)
{
    static const char message[MESSAGE_BYTES];
    size_t put;
    for (size_t i = 0; i < p->count; i++)
        bench_must(weft_write(p->clients[i], message, sizeof message, &put) == WEFT_OK &&
                       put == sizeof message,
                   "a message is written");
}

/* ---- ours ------------------------------------------------------------------------------------ */

typedef struct ours {
    weft_world *world;
    weft_io *io;
    pairs pairs;
} ours;

static void ours_open(ours *o, weft_backend backend, bool streams, size_t count)
{
    weft_builder *builder = weft_builder_new(NULL);
    bench_must(builder != NULL, "there is memory for a builder");
    o->io = weft_io_install(builder, &(weft_io_desc){ .backend = backend });
    bench_must(weft_builder_build(builder, &o->world) == WEFT_OK, "a poller is installed");
    pairs_open(&o->pairs, count);
    for (size_t i = 0; i < count; i++) {
        struct on_ready ready;
        struct on_piece piece;
        const int fd = o->pairs.servers[i];
        bench_must(on_ready_init(&ready, o->world) == WEFT_OK &&
                       on_piece_init(&piece, o->world) == WEFT_OK,
                   "handlers are bound");
        bench_must(streams ? weft_io_receive(o->io, fd, &piece.base, NULL) == WEFT_OK
                           : weft_io_add(o->io, fd, WEFT_READABLE, &ready.base, NULL) == WEFT_OK,
                   "a socket is added");
    }
    while (weft_io_poll(o->io, o->world, 0) > 0)
        continue;
}

static void ours_close(ours *o)
{
    weft_world_free(o->world);
    pairs_close(&o->pairs);
}

static BENCH_LOOP void ours_run(void *arg)
{
    ours *const o = arg;
    const uint64_t all = o->pairs.count * MESSAGE_BYTES;
    for (size_t n = 0; n < MESSAGES / o->pairs.count; n++) {
        const uint64_t before = got_bytes;
        pairs_write(&o->pairs);
        while (got_bytes - before < all)
            weft_io_poll(o->io, o->world, 0);
        weft_io_poll(o->io, o->world, 0); /* and looks whether that is all */
    }
}

/* ---- by hand --------------------------------------------------------------------------------- */

typedef struct hand {
    int epoll_fd;
    pairs pairs;
} hand;

static void hand_open(hand *h, size_t count)
{
    pairs_open(&h->pairs, count);
    h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.fd = h->pairs.servers[i] };
        bench_must(epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, event.data.fd, &event) == 0,
                   "epoll watches a socket");
    }
}

static void hand_close(hand *h)
{
    close(h->epoll_fd);
    pairs_close(&h->pairs);
}

static size_t hand_look(const hand *h)
{
    struct epoll_event events[256];
    char bytes[1024];
    const int n = epoll_wait(h->epoll_fd, events, 256, 0);
    for (int i = 0; i < n; i++) {
        const ssize_t got = recv(events[i].data.fd, bytes, sizeof bytes, 0);
        if (got > 0)
            got_bytes += (uint64_t)got;
    }
    return n > 0 ? (size_t)n : 0;
}

static BENCH_LOOP void hand_run(void *arg)
{
    const hand *const h = arg;
    const uint64_t all = h->pairs.count * MESSAGE_BYTES;
    for (size_t n = 0; n < MESSAGES / h->pairs.count; n++) {
        const uint64_t before = got_bytes;
        pairs_write(&h->pairs);
        while (got_bytes - before < all)
            hand_look(h);
        hand_look(h);
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void row(bench *b, const char *id, const char *what, size_t count)
{
    static hand h;
    static ours epoll, uring, stream, epoll_stream;
    if (!bench_wants(b, id))
        return;
    hand_open(&h, count);
    ours_open(&epoll, WEFT_IO_EPOLL, false, count);
    ours_open(&uring, WEFT_IO_URING, false, count);
    ours_open(&epoll_stream, WEFT_IO_EPOLL, true, count);
    ours_open(&stream, WEFT_IO_URING, true, count);
    const bool has_ring = weft_io_backend(uring.io) == WEFT_IO_URING;
    const bench_side sides[] = {
        { BENCH_OURS, "weft_io, epoll", .run = ours_run, .arg = &epoll },
        { BENCH_BASELINE, "bare epoll_wait and recv", .run = hand_run, .arg = &h },
        { BENCH_OURS, "weft_io_receive, epoll", "stream", .run = ours_run, .arg = &epoll_stream },
        { BENCH_OURS, "weft_io, io_uring", "uring", .run = ours_run, .arg = &uring },
        { BENCH_OURS, "weft_io_receive, io_uring", "uring_stream", .run = ours_run,
          .arg = &stream },
    };
    bench_compare(b, &(bench_contest){ id, what, MESSAGES, 31, sides, has_ring ? 5 : 3 });
    hand_close(&h);
    ours_close(&epoll);
    ours_close(&uring);
    ours_close(&epoll_stream);
    ours_close(&stream);
}

void loop_event_rows(bench *b)
{
    row(b, "loop.event.1", "a message of 64 bytes, 1 connection", 1);
    row(b, "loop.event.64", "a message of 64 bytes, each of 64 connections", 64);
}
