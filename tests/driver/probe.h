/* A handler that records how it was run and does what the test tells it, for tests of the poller.
 */
#ifndef WEFT_TEST_PROBE_H
#define WEFT_TEST_PROBE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include <weft/fn.h>
#include <weft/io.h>
#include <weft/net.h>

#include "backends.h"
#include "driver/poller.h"
#include "world_check.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct probe probe;
typedef void probe_act(probe *self, weft_io *io, weft_world *world);

struct probe {
    int runs;
    int finis;
    uint32_t ready;     /* of the last run */
    int64_t sequence;   /* of the last run */
    weft_io_event last; /* as given */
    weft_io_id id;
    int fd;         /* this end, watched */
    int other_fd;   /* that end */
    probe_act *act; /* what to do in a run; NULL: nothing */
    probe *target;  /* for act */
    int value;      /* for act */
};

typedef probe *probe_ref;

static void probe_fini(probe_ref *self)
{
    (*self)->finis++;
}

static void on_probe(probe_ref *self, weft_io *io, weft_world *world, weft_io_event event)
{
    probe *p = *self;
    p->runs++;
    p->ready = event.ready;
    p->last = event;
    p->sequence = weft_world_sequence(world);
    if (p->act)
        p->act(p, io, world);
}
WEFT_FN(on_probe, CTX(probe_ref, probe_fini), MUT(weft_io), WORLD, IN(weft_io_event));

/* The world that the tests of a poller share, on the backend that the group runs on. */
typedef struct bench {
    test_world test;
    weft_world *world;
    weft_io *io;
} bench;

static inline void assert_sound(const weft_io *io)
{
    const char *why = NULL;
    if (!weft_io_check(io, &why))
        fail_msg("weft_io_check: %s", why);
}

/* What the poller asks: every kind's state begins with it. */
static inline int poller_descriptor(const weft_io *io)
{
    return *(const int *)(const void *)io->poller;
}

static inline void bench_begin(bench *on, const weft_io_desc *desc)
{
    weft_io_desc with = desc ? *desc : (weft_io_desc){ .batch = 0 };
    with.backend = test_backend;
    test_world_init(&on->test);
    on->io = weft_io_install(on->test.builder, &with);
    assert_non_null(on->io);
    assert_int_equal(weft_io_backend(on->io), test_backend);
    on->world = test_world_build(&on->test);
    assert_sound(on->io);
}

static inline void bench_end(bench *on)
{
    assert_sound(on->io);
    test_world_fini(&on->test);
}

static inline int bench_poll(bench *on)
{
    const int count = weft_io_poll(on->io, on->world, 0);
    assert_sound(on->io);
    return count;
}

typedef struct poll_args {
    bench *on;
    int64_t timeout_ns;
    int count;
} poll_args;

static inline void poll_body(weft_world *world, void *arg)
{
    poll_args *args = arg;
    args->count = weft_io_poll(args->on->io, world, args->timeout_ns);
}

/* A poll in which handlers may fail: what it returned, or WEFT_EFAILED. */
static inline int bench_try_poll(bench *on, int64_t timeout_ns)
{
    poll_args args = { on, timeout_ns, 0 };
    const weft_status status = weft_try(on->world, poll_body, &args);
    return status ? (int)status : args.count;
}

static inline weft_status probe_add_fd(bench *on, probe *p, int fd, uint32_t interest)
{
    struct on_probe handler;
    assert_int_equal(on_probe_init(&handler, on->world, p), WEFT_OK);
    const weft_status status = weft_io_add(on->io, fd, interest, &handler.base, &p->id);
    assert_sound(on->io);
    if (!status)
        p->fd = fd;
    return status;
}

/* A socket pair, one end watched. */
static inline void probe_open(bench *on, probe *p, uint32_t interest)
{
    int fd;
    assert_int_equal(weft_socketpair(&fd, &p->other_fd), WEFT_OK);
    assert_int_equal(probe_add_fd(on, p, fd, interest), WEFT_OK);
}

static inline void probe_close(probe *p)
{
    close(p->fd);
    close(p->other_fd);
}

/* Makes the watched end readable, and unreadable again. */
static inline void probe_feed(const probe *p)
{
    size_t put;
    assert_int_equal(weft_write(p->other_fd, "x", 1, &put), WEFT_OK);
}

static inline void probe_drain(const probe *p)
{
    char bytes[64];
    size_t got;
    while (weft_read(p->fd, bytes, sizeof bytes, &got) == WEFT_OK)
        continue;
}

#endif
