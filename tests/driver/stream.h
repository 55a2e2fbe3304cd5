/* Handlers of streams that record what they got and do what the test tells them. */
#ifndef WEFT_TEST_STREAM_H
#define WEFT_TEST_STREAM_H

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>

#include <weft/io_stream.h>

#include "net_check.h"
#include "probe.h"

enum { STREAM_BYTES = 4096, STREAM_CLIENTS = 64 };

typedef struct stream stream;
typedef void stream_act(stream *self, weft_io *io, weft_world *world);

struct stream {
    int runs, finis;
    weft_io_id id;
    int fd, other_fd;
    char bytes[STREAM_BYTES]; /* all that was received */
    size_t len;
    size_t longest; /* piece */
    int ends;       /* statuses other than WEFT_OK */
    int writables;
    weft_status status; /* of the last run */
    int error;          /* errno in the last run */
    int clients[STREAM_CLIENTS];
    int client_count, refused;
    stream_act *act;
    stream *target;
    int value;
    const void *last_bytes; /* of the run under way */
    size_t last_len;
};

typedef stream *stream_ref;

static void stream_fini(stream_ref *self)
{
    (*self)->finis++;
}

static void on_received(stream_ref *self, weft_io *io, weft_world *world,
                        const weft_io_received *event)
{
    stream *s = *self;
    s->runs++;
    s->error = errno;
    s->status = event->status;
    assert_int_equal(event->fd, s->fd);
    assert_memory_equal(&event->id, &s->id, sizeof s->id);
    if (event->ready == WEFT_WRITABLE) {
        s->writables++;
        assert_int_equal(event->status, WEFT_OK);
    } else {
        assert_int_equal(event->ready, WEFT_READABLE);
        assert_int_equal(s->ends, 0);
        assert_int_equal(event->len_bytes > 0, event->status == WEFT_OK);
        s->ends += event->status != WEFT_OK;
    }
    assert_true(s->len + event->len_bytes <= sizeof s->bytes);
    if (event->len_bytes)
        memcpy(s->bytes + s->len, event->bytes, event->len_bytes);
    s->len += event->len_bytes;
    s->longest = s->longest < event->len_bytes ? event->len_bytes : s->longest;
    s->last_bytes = event->bytes;
    s->last_len = event->len_bytes;
    if (s->act)
        s->act(s, io, world);
}
WEFT_FN(on_received, CTX(stream_ref, stream_fini), MUT(weft_io), WORLD, REF(weft_io_received));

static void on_accepted(stream_ref *self, weft_io *io, weft_world *world, weft_io_accepted event)
{
    stream *s = *self;
    s->runs++;
    s->error = errno;
    s->status = event.status;
    assert_memory_equal(&event.id, &s->id, sizeof s->id);
    assert_int_equal(event.fd >= 0, event.status == WEFT_OK);
    if (event.status == WEFT_OK) {
        assert_true(s->client_count < STREAM_CLIENTS);
        s->clients[s->client_count++] = event.fd;
    } else {
        s->refused++;
    }
    if (s->act)
        s->act(s, io, world);
}
WEFT_FN(on_accepted, CTX(stream_ref, stream_fini), MUT(weft_io), WORLD, IN(weft_io_accepted));

/* Whether connected_pair makes TCP sockets, with which pollers do more by themselves. */
static bool over_tcp;

static inline void connected_pair(int *fd_out, int *other_fd_out)
{
    if (over_tcp) {
        tcp_pair(other_fd_out, fd_out);
        weft_set_nodelay(*fd_out);
        weft_set_nodelay(*other_fd_out);
    } else {
        assert_int_equal(weft_socketpair(fd_out, other_fd_out), WEFT_OK);
    }
}

/* Runs a group of tests on every backend, over both kinds of sockets. */
#define run_over_every_socket(tests) \
    run_group_over_every_socket((tests), sizeof(tests) / sizeof *(tests))

static inline int run_group_over_every_socket(const struct CMUnitTest *tests, size_t count)
{
    over_tcp = false;
    print_message("over Unix sockets\n");
    const int failed = run_group_on_every_backend(tests, count);
    over_tcp = true;
    print_message("over TCP\n");
    return failed + run_group_on_every_backend(tests, count);
}

static inline weft_status stream_receive_fd(bench *on, stream *s, int fd)
{
    struct on_received handler;
    assert_int_equal(on_received_init(&handler, on->world, s), WEFT_OK);
    const weft_status status = weft_io_receive(on->io, fd, &handler.base, &s->id);
    assert_sound(on->io);
    if (!status)
        s->fd = fd;
    return status;
}

/* Two connected sockets, one end received from. */
static inline void stream_open(bench *on, stream *s)
{
    int fd;
    connected_pair(&fd, &s->other_fd);
    assert_int_equal(stream_receive_fd(on, s, fd), WEFT_OK);
}

static inline weft_status stream_accept_fd(bench *on, stream *s, int fd)
{
    struct on_accepted handler;
    assert_int_equal(on_accepted_init(&handler, on->world, s), WEFT_OK);
    const weft_status status = weft_io_accept(on->io, fd, &handler.base, &s->id);
    assert_sound(on->io);
    if (!status)
        s->fd = fd;
    return status;
}

/* A TCP listener, accepted from. */
static inline void stream_listen(bench *on, stream *s)
{
    int fd;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &fd), WEFT_OK);
    assert_int_equal(stream_accept_fd(on, s, fd), WEFT_OK);
}

static inline int stream_connect(const stream *listening)
{
    int fd;
    assert_int_equal(weft_tcp_connect("127.0.0.1", weft_local_port(listening->fd), &fd), WEFT_OK);
    return fd;
}

static inline int unread_bytes(int fd)
{
    int unread;
    assert_int_equal(ioctl(fd, FIONREAD, &unread), 0);
    return unread;
}

/* Sends it, and waits until it has arrived. */
static inline void stream_feed(const stream *s, const char *text)
{
    size_t put;
    const int before = unread_bytes(s->fd);
    assert_int_equal(weft_write(s->other_fd, text, strlen(text), &put), WEFT_OK);
    assert_int_equal(put, strlen(text));
    while (unread_bytes(s->fd) < before + (int)put)
        sched_yield();
}

/* Ends the other end's direction, and waits until that has arrived. */
static inline void stream_end(const stream *s)
{
    assert_int_equal(shutdown(s->other_fd, SHUT_WR), 0);
    wait_for(s->fd, POLLRDHUP);
}

static inline void assert_received(const stream *s, const char *text)
{
    assert_int_equal(s->len, strlen(text));
    assert_memory_equal(s->bytes, text, s->len);
}

/* Polls until there is nothing left. Returns how many handlers ran. */
static inline int poll_all(bench *on)
{
    int count = 0, idle = 0;
    while (idle < 3) { /* what is started anew in one poll is heard of in the next */
        const int ran = bench_poll(on);
        assert_true(ran >= 0);
        count += ran;
        idle = ran ? 0 : idle + 1;
    }
    return count;
}

/* Polls until the condition holds, for ever if it never does. */
#define await(on, condition)                                            \
    do                                                                  \
        assert_true(weft_io_poll((on)->io, (on)->world, 1000000) >= 0); \
    while (!(condition))

static inline void stream_close(stream *s)
{
    close(s->fd);
    close(s->other_fd);
}

/* The other end has been closed: there is nothing to read, and nothing will be. */
static inline void assert_ended(int fd)
{
    char byte;
    size_t got;
    assert_int_equal(weft_read(fd, &byte, 1, &got), WEFT_ECLOSED);
}

/* What a handler may do with its stream. */
static inline void pause_self(stream *self, weft_io *io, weft_world *world)
{
    (void)world;
    assert_int_equal(weft_io_set(io, self->id, 0), WEFT_OK);
}

static inline void remove_self(stream *self, weft_io *io, weft_world *world)
{
    (void)world;
    assert_int_equal(weft_io_remove(io, self->id), WEFT_OK);
    assert_int_equal(self->finis, 0);
    close(self->fd);
}

#endif
