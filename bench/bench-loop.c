/* What a pass of the loop costs when there is nothing to do: with nothing pending, with timers far
 * away, and with an I/O source that is not ready. The peers' passes are uv_run and ev_run without
 * waiting; they watch a timer an hour away, without which they would return at once. What a pass
 * costs when there is something is in loop_event.c. */
#include "loop_event.h"
#include "support/bench.h"

#include <weft/fn.h>
#include <weft/loop.h>

#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#ifdef WEFT_BENCH_HAVE_URING
#include <liburing.h>
#include <poll.h>
#endif
#ifdef WEFT_BENCH_HAVE_EV
#include <ev.h>
#endif
#ifdef WEFT_BENCH_HAVE_UV
#include <uv.h>
#endif

enum {
    PASSES = 10000,
    IO_PASSES = 2000,
    MILLION = 1000000,
    BATCH = 256, /* events per epoll_wait, as many as weft_io takes */
};

static const int64_t HOUR_NS = INT64_C(3600) * 1000000000;

/* A descriptor that never becomes ready. */
static int silent_fd(void)
{
    const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    bench_must(fd >= 0, "there is an eventfd");
    return fd;
}

/* ---- ours ------------------------------------------------------------------------------------ */

static uint64_t handlers_run;

static void must_not_run(void)
{
    handlers_run++;
}
WEFT_FN(must_not_run);

typedef struct ours {
    weft_world *world;
    weft_loop *loop;
    int fd; /* -1: no source */
} ours;

static void ours_open(ours *o, const weft_clock *clock, weft_backend backend)
{
    weft_builder *builder = weft_builder_new(NULL);
    bench_must(builder != NULL, "there is memory for a builder");
    o->fd = -1;
    o->loop = weft_loop_install(
        builder, &(weft_loop_desc){ .mode = WEFT_SPIN, .clock = clock, .io.backend = backend });
    bench_must(weft_builder_build(builder, &o->world) == WEFT_OK, "a loop is installed");
}

/* Timers an hour away or more, in random order. */
static void ours_schedule(ours *o, size_t count)
{
    struct must_not_run handler;
    uint64_t state = 1;
    bench_must(must_not_run_init(&handler, o->world) == WEFT_OK, "a handler is bound");
    const int64_t first_ns = weft_clock_now(o->loop->clock) + HOUR_NS;
    for (size_t i = 0; i < count; i++) {
        const int64_t deadline_ns = first_ns + (int64_t)bench_below(&state, (uint64_t)HOUR_NS);
        bench_must(weft_timers_schedule(o->loop->timers, deadline_ns, &handler.base, NULL) ==
                       WEFT_OK,
                   "a timer is pending");
    }
}

static void ours_watch(ours *o)
{
    struct must_not_run handler;
    o->fd = silent_fd();
    bench_must(must_not_run_init(&handler, o->world) == WEFT_OK &&
                   weft_io_add(o->loop->io, o->fd, WEFT_READABLE, &handler.base, NULL) == WEFT_OK,
               "a source is watched");
}

static void ours_close(ours *o)
{
    weft_world_free(o->world);
    if (o->fd >= 0)
        close(o->fd);
}

static inline void ours_passes(ours *o, size_t passes)
{
    for (size_t i = 0; i < passes && !weft_world_stopping(o->world); i++)
        weft_loop_turn(o->loop, o->world);
    bench_must(handlers_run == 0, "nothing was due");
}

static BENCH_LOOP void ours_idle(void *arg)
{
    ours_passes(arg, PASSES);
}

static BENCH_LOOP void ours_idle_io(void *arg)
{
    ours_passes(arg, IO_PASSES);
}

#ifdef WEFT_BENCH_HAVE_URING
/* What the poller alone adds to a pass. */
static BENCH_LOOP void ours_idle_poller(void *arg)
{
    ours *const o = arg;
    for (size_t i = 0; i < PASSES; i++)
        weft_io_poll(o->loop->io, o->world, 0);
    bench_must(handlers_run == 0, "nothing was due");
}
#endif

/* ---- by hand --------------------------------------------------------------------------------- */

/* The least that a loop with timers, signals, other threads' wakes and a stop flag looks at. */
typedef struct hand {
    int64_t next_deadline_ns;
    atomic_uint signals, wakes;
    atomic_bool stop;
    int epoll_fd, fd;
    struct epoll_event events[BATCH];
} hand;

static int64_t monotonic_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void hand_open(hand *h)
{
    h->next_deadline_ns = monotonic_ns() + HOUR_NS;
    h->fd = silent_fd();
    h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    bench_must(h->epoll_fd >= 0 && epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, h->fd,
                                             &(struct epoll_event){ .events = EPOLLIN }) == 0,
               "epoll watches a descriptor");
}

static void hand_close(hand *h)
{
    close(h->epoll_fd);
    close(h->fd);
}

/* A loop without timers does not look at the clock. */
static BENCH_LOOP void hand_idle_flags(void *arg)
{
    hand *const h = arg;
    for (size_t i = 0; i < PASSES && !atomic_load_explicit(&h->stop, memory_order_acquire); i++) {
        handlers_run += atomic_load_explicit(&h->signals, memory_order_acquire);
        handlers_run += atomic_load_explicit(&h->wakes, memory_order_acquire);
    }
}

static BENCH_LOOP void hand_idle(void *arg)
{
    hand *const h = arg;
    for (size_t i = 0; i < PASSES && !atomic_load_explicit(&h->stop, memory_order_acquire); i++) {
        handlers_run += monotonic_ns() >= h->next_deadline_ns;
        handlers_run += atomic_load_explicit(&h->signals, memory_order_acquire);
        handlers_run += atomic_load_explicit(&h->wakes, memory_order_acquire);
    }
}

/* A program that knows nothing but its sockets. */
static BENCH_LOOP void hand_idle_io(void *arg)
{
    hand *const h = arg;
    for (size_t i = 0; i < IO_PASSES; i++)
        handlers_run += (uint64_t)epoll_wait(h->epoll_fd, h->events, BATCH, 0);
}

#ifdef WEFT_BENCH_HAVE_URING
/* A ring that polls a descriptor which stays silent, and a program that looks whether it stirs. */
typedef struct ring {
    struct io_uring ring;
    int fd;
} ring;

static void ring_open(ring *r)
{
    struct io_uring_params params = { .flags = IORING_SETUP_SINGLE_ISSUER |
                                               IORING_SETUP_DEFER_TASKRUN |
                                               IORING_SETUP_TASKRUN_FLAG };
    r->fd = silent_fd();
    bench_must(io_uring_queue_init_params(8, &r->ring, &params) == 0, "there is a ring");
    io_uring_prep_poll_add(io_uring_get_sqe(&r->ring), r->fd, POLLIN);
    bench_must(io_uring_submit_and_get_events(&r->ring) == 1, "the ring polls");
}

static void ring_close(ring *r)
{
    io_uring_queue_exit(&r->ring);
    close(r->fd);
}

static BENCH_LOOP void ring_idle(void *arg)
{
    const struct io_uring *const r = &((ring *)arg)->ring;
    for (size_t i = 0; i < PASSES; i++) {
        handlers_run +=
            atomic_load_explicit((_Atomic unsigned *)r->sq.kflags, memory_order_relaxed) &
            IORING_SQ_TASKRUN;
        handlers_run += atomic_load_explicit((_Atomic unsigned *)r->cq.ktail,
                                             memory_order_acquire) != *r->cq.khead;
    }
}
#endif

/* ---- peers ----------------------------------------------------------------------------------- */

#ifdef WEFT_BENCH_HAVE_EV
typedef struct libev {
    struct ev_loop *loop;
    ev_timer timer;
    ev_io io;
    int fd;
} libev;

static void ev_timer_ran(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    handlers_run++;
}

static void ev_io_ran(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop, (void)io, (void)events;
    handlers_run++;
}

static void libev_open(libev *l, bool with_source)
{
    l->loop = ev_loop_new(EVBACKEND_EPOLL);
    bench_must(l->loop != NULL, "libev makes a loop");
    ev_timer_init(&l->timer, ev_timer_ran, 3600.0, 0.0);
    ev_timer_start(l->loop, &l->timer);
    l->fd = silent_fd();
    ev_io_init(&l->io, ev_io_ran, l->fd, EV_READ);
    if (with_source)
        ev_io_start(l->loop, &l->io);
}

static void libev_close(libev *l)
{
    ev_loop_destroy(l->loop);
    close(l->fd);
}

static BENCH_LOOP void libev_idle(void *arg)
{
    const libev *const l = arg;
    for (size_t i = 0; i < PASSES; i++)
        ev_run(l->loop, EVRUN_NOWAIT);
}

static BENCH_LOOP void libev_idle_io(void *arg)
{
    const libev *const l = arg;
    for (size_t i = 0; i < IO_PASSES; i++)
        ev_run(l->loop, EVRUN_NOWAIT);
}
#endif

#ifdef WEFT_BENCH_HAVE_UV
typedef struct libuv {
    uv_loop_t loop;
    uv_timer_t timer;
    uv_poll_t poll;
    int fd;
} libuv;

static void uv_timer_ran(uv_timer_t *timer)
{
    (void)timer;
    handlers_run++;
}

static void uv_poll_ran(uv_poll_t *poll, int status, int events)
{
    (void)poll, (void)status, (void)events;
    handlers_run++;
}

static void libuv_open(libuv *l, bool with_source)
{
    l->fd = silent_fd();
    bench_must(uv_loop_init(&l->loop) == 0 && uv_timer_init(&l->loop, &l->timer) == 0 &&
                   uv_timer_start(&l->timer, uv_timer_ran, 3600000, 0) == 0 &&
                   uv_poll_init(&l->loop, &l->poll, l->fd) == 0,
               "libuv makes a loop");
    if (with_source)
        bench_must(uv_poll_start(&l->poll, UV_READABLE, uv_poll_ran) == 0, "libuv watches");
}

static void libuv_close(libuv *l)
{
    uv_close((uv_handle_t *)&l->timer, NULL);
    uv_close((uv_handle_t *)&l->poll, NULL);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    uv_loop_close(&l->loop);
    close(l->fd);
}

static BENCH_LOOP void libuv_idle(void *arg)
{
    libuv *const l = arg;
    for (size_t i = 0; i < PASSES; i++)
        uv_run(&l->loop, UV_RUN_NOWAIT);
}

static BENCH_LOOP void libuv_idle_io(void *arg)
{
    libuv *const l = arg;
    for (size_t i = 0; i < IO_PASSES; i++)
        uv_run(&l->loop, UV_RUN_NOWAIT);
}
#endif

/* ---- rows ------------------------------------------------------------------------------------ */

typedef struct peers {
#ifdef WEFT_BENCH_HAVE_UV
    libuv u;
#endif
#ifdef WEFT_BENCH_HAVE_EV
    libev e;
#endif
    char none;
} peers;

/* Puts the peers' sides, which make so many passes, behind the first `count`; returns how many
 * sides there are then. */
static size_t peers_open(peers *p, bool with_source, size_t passes, bench_side *sides, size_t count)
{
    p->none = 0;
    (void)with_source;
    (void)passes;
#ifdef WEFT_BENCH_HAVE_UV
    libuv_open(&p->u, with_source);
    sides[count++] =
        (bench_side){ BENCH_PEER, "libuv, uv_run(NOWAIT)", "libuv",
                      .run = passes == PASSES ? libuv_idle : libuv_idle_io, .arg = &p->u };
#endif
#ifdef WEFT_BENCH_HAVE_EV
    libev_open(&p->e, with_source);
    sides[count++] =
        (bench_side){ BENCH_PEER, "libev, ev_run(NOWAIT)", "libev",
                      .run = passes == PASSES ? libev_idle : libev_idle_io, .arg = &p->e };
#endif
    return count;
}

static void peers_close(peers *p)
{
    (void)p;
#ifdef WEFT_BENCH_HAVE_UV
    libuv_close(&p->u);
#endif
#ifdef WEFT_BENCH_HAVE_EV
    libev_close(&p->e);
#endif
}

static void none_row(bench *b)
{
    static hand h;
    static peers p;
    ours o;
    if (!bench_wants(b, "loop.idle.none"))
        return;
    ours_open(&o, NULL, WEFT_IO_EPOLL);
    hand_open(&h);
    bench_side sides[4] = {
        { BENCH_OURS, "weft_loop_turn, spinning", .run = ours_idle, .arg = &o },
        { BENCH_BASELINE, "three flags", .run = hand_idle_flags, .arg = &h },
    };
    const size_t count = peers_open(&p, false, PASSES, sides, 2);
    bench_compare(b, &(bench_contest){ "loop.idle.none", "a pass, nothing pending", PASSES, 51,
                                       sides, count });
    ours_close(&o);
    hand_close(&h);
    peers_close(&p);
}

static void timers_row(bench *b)
{
    static hand h;
    static peers p;
    ours real, system, still;
    weft_clock test_clock, system_clock;
    if (!bench_wants(b, "loop.idle.timers"))
        return;
    weft_clock_init_test(&test_clock, 0);
    bench_must(weft_clock_init_realtime(&system_clock, NULL) == WEFT_OK, "there is a clock");
    ours_open(&real, NULL, WEFT_IO_EPOLL);
    ours_open(&system, &system_clock, WEFT_IO_EPOLL);
    ours_open(&still, &test_clock, WEFT_IO_EPOLL);
    ours_schedule(&real, MILLION);
    ours_schedule(&system, MILLION);
    ours_schedule(&still, MILLION);
    hand_open(&h);
    bench_side sides[6] = {
        { BENCH_OURS, "weft_loop_turn, spinning", .run = ours_idle, .arg = &real },
        { BENCH_BASELINE, "clock, deadline, three flags", .run = hand_idle, .arg = &h },
        { BENCH_OURS, "weft_loop_turn, the system's clock", "system_clock", .run = ours_idle,
          .arg = &system },
        { BENCH_OURS, "weft_loop_turn, test clock", "test_clock", .run = ours_idle, .arg = &still },
    };
    const size_t count = peers_open(&p, false, PASSES, sides, 4);
    bench_compare(b, &(bench_contest){ "loop.idle.timers",
                                       "a pass, 1 M timers pending (peers: 1), none due", PASSES,
                                       51, sides, count });
    ours_close(&real);
    ours_close(&system);
    ours_close(&still);
    hand_close(&h);
    peers_close(&p);
}

static void epoll_row(bench *b)
{
    static hand h;
    static peers p;
    ours o;
    if (!bench_wants(b, "loop.idle.epoll"))
        return;
    ours_open(&o, NULL, WEFT_IO_EPOLL);
    ours_watch(&o);
    hand_open(&h);
    bench_side sides[4] = {
        { BENCH_OURS, "weft_loop_turn, spinning", .run = ours_idle_io, .arg = &o },
        { BENCH_BASELINE, "bare epoll_wait", .run = hand_idle_io, .arg = &h },
    };
    const size_t count = peers_open(&p, true, IO_PASSES, sides, 2);
    bench_compare(b, &(bench_contest){ "loop.idle.epoll", "a pass, 1 source that is not ready",
                                       IO_PASSES, 101, sides, count });
    ours_close(&o);
    hand_close(&h);
    peers_close(&p);
}

#ifdef WEFT_BENCH_HAVE_URING
static void uring_row(bench *b)
{
    static ring r;
    static peers p;
    ours o;
    if (!bench_wants(b, "loop.idle.uring"))
        return;
    ours_open(&o, NULL, WEFT_IO_URING);
    if (weft_io_backend(o.loop->io) != WEFT_IO_URING) {
        bench_note(b, "no row loop.idle.uring: this machine has no io_uring for it");
        ours_close(&o);
        return;
    }
    ours_watch(&o);
    ring_open(&r);
    bench_side sides[5] = {
        { BENCH_OURS, "weft_loop_turn, spinning", .run = ours_idle, .arg = &o },
        { BENCH_BASELINE, "bare ring, its flag and its tail", .run = ring_idle, .arg = &r },
        { BENCH_OURS, "weft_io_poll alone", "poller", .run = ours_idle_poller, .arg = &o },
    };
    const size_t count = peers_open(&p, true, PASSES, sides, 3);
    bench_compare(b, &(bench_contest){ "loop.idle.uring",
                                       "a pass on io_uring, 1 source that is not ready", PASSES, 51,
                                       sides, count });
    ours_close(&o);
    ring_close(&r);
    peers_close(&p);
}
#endif

int main(int argc, char **argv)
{
    bench *b = bench_open("loop", argc, argv);
    none_row(b);
    timers_row(b);
    epoll_row(b);
#ifdef WEFT_BENCH_HAVE_URING
    uring_row(b);
#else
    bench_note(b, "no row loop.idle.uring: built without liburing");
#endif
    bench_must(handlers_run == 0, "nothing was due");
    loop_event_rows(b);
    return bench_close(b);
}
