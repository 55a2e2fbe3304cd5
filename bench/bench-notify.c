/* Waking a loop from another thread: how long it takes until the handler runs, and what it costs
 * the thread that wakes.
 *
 * The way is measured one way: the sender notes the time-stamp counter and signals, the handler
 * reads the counter first of all and says what it read. Both CPUs' counters agree if there and
 * back take equally long for a flag by hand; the notes have both. The sides take turns, block by
 * block. What the way costs depends on where the machine has put the two CPUs: near, a flag
 * takes some 60 to 120 ns, far some 400. So a row's first figure is the p50 of the best block and
 * its median the p50 of all; a note tells how many blocks were near and far, and the p50 of
 * each. */
#define _GNU_SOURCE
#include "support/bench.h"

#include "notify_race.h"

#include <weft/fn.h>
#include <weft/loop.h>

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#ifdef WEFT_BENCH_HAVE_UV
#include <uv.h>
#endif

enum { SIGNALS = 10000 };

static int sender_cpu; /* -1: there is only one CPU */

/* ---- ours ------------------------------------------------------------------------------------ */

typedef race_side *side_ref;

static void on_notified(side_ref *side)
{
    race_arrive(*side);
}
WEFT_FN(on_notified, CTX(side_ref));

static void must_not_run(void)
{
    bench_must(false, "nothing is ready");
}
WEFT_FN(must_not_run);

typedef struct ours {
    weft_world *world;
    weft_loop *loop;
    weft_notify *notify;
    int fd; /* -1: no source */
} ours;

static void ours_open(ours *o, weft_loop_mode mode, bool with_source, race_side *side)
{
    struct on_notified handler;
    struct must_not_run silent;
    weft_builder *builder = weft_builder_new(NULL);
    bench_must(builder != NULL, "there is memory for a builder");
    o->loop = weft_loop_install(builder, &(weft_loop_desc){ .mode = mode });
    bench_must(weft_builder_build(builder, &o->world) == WEFT_OK, "a loop is installed");
    bench_must(on_notified_init(&handler, o->world, side) == WEFT_OK &&
                   must_not_run_init(&silent, o->world) == WEFT_OK &&
                   weft_notify_new(o->loop->notifies, &handler.base, &o->notify) == WEFT_OK,
               "there is a notification");
    o->fd = with_source ? eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) : -1;
    if (with_source)
        bench_must(weft_io_add(o->loop->io, o->fd, WEFT_READABLE, &silent.base, NULL) == WEFT_OK,
                   "a source is watched");
}

static void ours_close(ours *o)
{
    weft_world_free(o->world);
    if (o->fd >= 0)
        close(o->fd);
}

static void ours_signal(void *arg)
{
    weft_notify_signal(((ours *)arg)->notify);
}

static void ours_turn(void *arg)
{
    const ours *const o = arg;
    if (!weft_world_stopping(o->world))
        weft_loop_turn(o->loop, o->world);
}

/* A pass of the same parts that sleeps first, so that it returns when a handler has run. */
static void ours_wait(void *arg)
{
    const ours *const o = arg;
    weft_io_poll(o->loop->io, o->world, WEFT_FOREVER);
    weft_clock_now(o->loop->clock);
    weft_notifies_poll(o->loop->notifies, o->world);
}

/* ---- by hand --------------------------------------------------------------------------------- */

/* A flag that is looked at all the time; the least that there can be. */
typedef struct flag {
    uint64_t raised __attribute__((aligned(64))); /* atomic */
    uint64_t seen __attribute__((aligned(64)));   /* the receiver's */
    race_side *side;
} flag;

static void flag_signal(void *arg)
{
    flag *const f = arg;
    __atomic_store_n(&f->raised, f->raised + 1, __ATOMIC_RELEASE);
}

static void flag_turn(void *arg)
{
    flag *const f = arg;
    const uint64_t raised = __atomic_load_n(&f->raised, __ATOMIC_ACQUIRE);
    if (raised == f->seen)
        return;
    f->seen = raised;
    race_arrive(f->side);
}

/* An eventfd that an epoll waits for. */
typedef struct bell {
    int epoll_fd, fd;
    race_side *side;
} bell;

static void bell_open(bell *b, race_side *side)
{
    b->side = side;
    b->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    b->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN | EPOLLET };
    bench_must(epoll_ctl(b->epoll_fd, EPOLL_CTL_ADD, b->fd, &event) == 0, "epoll watches");
}

static void bell_close(bell *b)
{
    close(b->epoll_fd);
    close(b->fd);
}

static void bell_signal(void *arg)
{
    const uint64_t one = 1;
    bench_must(write(((const bell *)arg)->fd, &one, sizeof one) == sizeof one, "the bell rings");
}

static void bell_turn(void *arg)
{
    const bell *const b = arg;
    struct epoll_event event;
    if (epoll_wait(b->epoll_fd, &event, 1, -1) == 1)
        race_arrive(b->side);
}

/* ---- the peer -------------------------------------------------------------------------------- */

#ifdef WEFT_BENCH_HAVE_UV
typedef struct libuv {
    uv_loop_t loop;
    uv_async_t async;
    race_side *side;
} libuv;

static void uv_async_ran(uv_async_t *async)
{
    const libuv *const l = async->data;
    if (l->side)
        race_arrive(l->side);
}

static void libuv_open(libuv *l, race_side *side)
{
    l->side = side;
    bench_must(uv_loop_init(&l->loop) == 0 && uv_async_init(&l->loop, &l->async, uv_async_ran) == 0,
               "libuv makes a loop");
    l->async.data = l;
}

static void libuv_close(libuv *l)
{
    uv_close((uv_handle_t *)&l->async, NULL);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    uv_loop_close(&l->loop);
}

static void libuv_signal(void *arg)
{
    uv_async_send(&((libuv *)arg)->async);
}

static void libuv_turn(void *arg)
{
    uv_run(&((libuv *)arg)->loop, UV_RUN_NOWAIT);
}

static void libuv_wait(void *arg)
{
    uv_run(&((libuv *)arg)->loop, UV_RUN_ONCE);
}
#endif

/* ---- how long it takes ----------------------------------------------------------------------- */

static void spin_row(bench *b)
{
    static race r = { .id = "notify.spin",
                      .what = "wake of a spinning loop, one way",
                      .by_distance = true,
                      .blocks = 25,
                      .samples = 4000,
                      .pause_ns = 300 };
    static ours bare, watching;
    static flag f;
    ours_open(&bare, WEFT_SPIN, false, &r.sides[0]);
    ours_open(&watching, WEFT_SPIN, true, &r.sides[2]);
    f.side = &r.sides[1];
    r.sides[0] = (race_side){ BENCH_OURS,
                              "weft_notify_signal, weft_loop_turn",
                              NULL,
                              .signal = ours_signal,
                              .turn = ours_turn,
                              .arg = &bare };
    r.sides[1] = (race_side){ BENCH_BASELINE,        "a flag",          NULL,
                              .signal = flag_signal, .turn = flag_turn, .arg = &f };
    r.sides[2] = (race_side){ BENCH_OURS,
                              "the same with an I/O source",
                              "io",
                              .signal = ours_signal,
                              .turn = ours_turn,
                              .arg = &watching };
    r.side_count = 3;
#ifdef WEFT_BENCH_HAVE_UV
    static libuv u;
    libuv_open(&u, &r.sides[3]);
    r.sides[r.side_count++] = (race_side){ BENCH_PEER,
                                           "libuv, uv_async_send, uv_run(NOWAIT)",
                                           "libuv",
                                           .signal = libuv_signal,
                                           .turn = libuv_turn,
                                           .arg = &u };
#endif
    race_run(b, &r, sender_cpu);
    ours_close(&bare);
    ours_close(&watching);
#ifdef WEFT_BENCH_HAVE_UV
    libuv_close(&u);
#endif
}

static void park_row(bench *b)
{
    static race r = { .id = "notify.park",
                      .what = "wake of a sleeping loop, one way",
                      .blocks = 10,
                      .samples = 300,
                      .pause_ns = 30000 };
    static ours o;
    static bell by_hand;
    ours_open(&o, WEFT_PARK, false, &r.sides[0]);
    bell_open(&by_hand, &r.sides[1]);
    r.sides[0] = (race_side){ BENCH_OURS,
                              "weft_notify_signal, weft_io_poll",
                              NULL,
                              .signal = ours_signal,
                              .turn = ours_wait,
                              .arg = &o };
    r.sides[1] = (race_side){ BENCH_BASELINE,        "eventfd, epoll_wait", NULL,
                              .signal = bell_signal, .turn = bell_turn,     .arg = &by_hand };
    r.side_count = 2;
#ifdef WEFT_BENCH_HAVE_UV
    static libuv u;
    libuv_open(&u, &r.sides[2]);
    r.sides[r.side_count++] = (race_side){ BENCH_PEER,
                                           "libuv, uv_async_send, uv_run(ONCE)",
                                           "libuv",
                                           .signal = libuv_signal,
                                           .turn = libuv_wait,
                                           .arg = &u };
#endif
    race_run(b, &r, sender_cpu);
    ours_close(&o);
    bell_close(&by_hand);
#ifdef WEFT_BENCH_HAVE_UV
    libuv_close(&u);
#endif
}

/* ---- what it costs --------------------------------------------------------------------------- */

static uint64_t handlers_run;

static void count_run(void)
{
    handlers_run++;
}
WEFT_FN(count_run);

/* A loop that is not looking; a second thread that signals the same thing all the time, if any. */
typedef struct costs {
    weft_world *world;
    weft_notifies *notifies;
    weft_notify *notify;
    bool flag; /* atomic: by hand */
#ifdef WEFT_BENCH_HAVE_UV
    libuv u;
#endif
} costs;

static BENCH_LOOP void ours_signals(void *arg)
{
    const costs *const c = arg;
    for (size_t i = 0; i < SIGNALS; i++)
        weft_notify_signal(c->notify);
}

static BENCH_LOOP void hand_signals(void *arg)
{
    costs *const c = arg;
    for (size_t i = 0; i < SIGNALS; i++)
        if (!__atomic_exchange_n(&c->flag, true, __ATOMIC_ACQ_REL))
            handlers_run++;
}

static BENCH_LOOP void ours_runs(void *arg)
{
    const costs *const c = arg;
    for (size_t i = 0; i < SIGNALS; i++) {
        weft_notify_signal(c->notify);
        weft_notifies_poll(c->notifies, c->world);
    }
}

static BENCH_LOOP void hand_runs(void *arg)
{
    costs *const c = arg;
    for (size_t i = 0; i < SIGNALS; i++) {
        (void)__atomic_exchange_n(&c->flag, true, __ATOMIC_ACQ_REL);
        if (__atomic_exchange_n(&c->flag, false, __ATOMIC_ACQ_REL))
            handlers_run++;
        bench_barrier();
    }
}

#ifdef WEFT_BENCH_HAVE_UV
static BENCH_LOOP void uv_signals(void *arg)
{
    costs *const c = arg;
    for (size_t i = 0; i < SIGNALS; i++)
        uv_async_send(&c->u.async);
}

static BENCH_LOOP void uv_runs(void *arg)
{
    costs *const c = arg;
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_async_send(&c->u.async);
        uv_run(&c->u.loop, UV_RUN_NOWAIT);
    }
}
#endif

static void costs_open(costs *c)
{
    struct count_run handler;
    weft_builder *builder = weft_builder_new(NULL);
    bench_must(builder != NULL, "there is memory for a builder");
    c->notifies = weft_notifies_install(builder, NULL);
    bench_must(weft_builder_build(builder, &c->world) == WEFT_OK &&
                   count_run_init(&handler, c->world) == WEFT_OK &&
                   weft_notify_new(c->notifies, &handler.base, &c->notify) == WEFT_OK,
               "there is a notification");
#ifdef WEFT_BENCH_HAVE_UV
    libuv_open(&c->u, NULL);
#endif
}

static void costs_close(costs *c)
{
    weft_world_free(c->world);
#ifdef WEFT_BENCH_HAVE_UV
    libuv_close(&c->u);
#endif
}

static void compare(bench *b, const char *id, const char *what, const bench_side *sides,
                    size_t count)
{
    bench_compare(b, &(bench_contest){ id, what, SIGNALS, 51, sides, count });
}

/* Signals that are coalesced, since nobody looks. */
static void signal_row(bench *b, costs *c)
{
    const bench_side sides[] = {
        { BENCH_OURS, "weft_notify_signal", .run = ours_signals, .arg = c },
        { BENCH_BASELINE, "an exchange", .run = hand_signals, .arg = c },
#ifdef WEFT_BENCH_HAVE_UV
        { BENCH_PEER, "libuv, uv_async_send", "libuv", .run = uv_signals, .arg = c },
#endif
    };
    compare(b, "notify.signal", "a signal that is one too many", sides,
            sizeof sides / sizeof *sides);
}

static void run_row(bench *b, costs *c)
{
    const bench_side sides[] = {
        { BENCH_OURS, "weft_notify_signal, weft_notifies_poll", .run = ours_runs, .arg = c },
        { BENCH_BASELINE, "two exchanges", .run = hand_runs, .arg = c },
#ifdef WEFT_BENCH_HAVE_UV
        { BENCH_PEER, "libuv, uv_async_send, uv_run(NOWAIT)", "libuv", .run = uv_runs, .arg = c },
#endif
    };
    compare(b, "notify.run", "a signal and its run, one thread", sides,
            sizeof sides / sizeof *sides);
}

typedef struct rival {
    costs *costs;
    void (*run)(void *arg);
    uint64_t rounds; /* atomic */
    bool stop;       /* atomic */
} rival;

static void *rival_main(void *arg)
{
    rival *const r = arg;
    race_pin(sender_cpu);
    while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
        r->run(r->costs);
        __atomic_fetch_add(&r->rounds, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

/* One side while another thread does the same all the time. */
static void against(bench *b, const char *id, const bench_side *side, costs *c)
{
    rival r = { .costs = c, .run = side->run };
    pthread_t thread;
    bench_must(pthread_create(&thread, NULL, rival_main, &r) == 0, "a second thread runs");
    while (!__atomic_load_n(&r.rounds, __ATOMIC_RELAXED))
        sched_yield();
    bench_compare(b, &(bench_contest){ id, "the same while another thread does so too", SIGNALS, 51,
                                       side, 1 });
    __atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
}

static void signal_two_row(bench *b, costs *c)
{
    static const char *const ids[] = { "notify.signal.two", "notify.signal.two.exchange",
                                       "notify.signal.two.libuv" };
    const bench_side sides[] = {
        { BENCH_OURS, "weft_notify_signal", .run = ours_signals, .arg = c },
        { BENCH_OURS, "an exchange by hand", .run = hand_signals, .arg = c },
#ifdef WEFT_BENCH_HAVE_UV
        { BENCH_OURS, "uv_async_send", .run = uv_signals, .arg = c },
#endif
    };
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        if (bench_wants(b, ids[i]))
            against(b, ids[i], &sides[i], c);
}

int main(int argc, char **argv)
{
    static costs c;
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof allowed, &allowed);
    bench *b = bench_open("notify", argc, argv);
    sender_cpu = race_other_cpu(&allowed);
    costs_open(&c);
    run_row(b, &c);
    signal_row(b, &c);
    if (sender_cpu < 0) {
        bench_note(b, "only one CPU may be used: nothing is measured between threads");
    } else {
        signal_two_row(b, &c);
        if (bench_wants(b, "notify.spin"))
            spin_row(b);
        if (bench_wants(b, "notify.park"))
            park_row(b);
    }
    costs_close(&c);
    return bench_close(b);
}
