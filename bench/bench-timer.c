/* What timers cost: the wheel, the timers on top of it, a hand-written binary heap, libev's and
 * libuv's heaps. All of them hold the same timers: random ones within an hour, a million of them
 * where nothing else is said.
 *
 * Ours take time as an argument. The peers ask the system, and look for I/O in the same breath; to
 * see their timers alone, this program answers for the system: it has its own clock_gettime and
 * gettimeofday, which say what the bench wants it to be, and its own epoll_wait, which says at once
 * that there is nothing. So their figures leave out every system call, but not the rest of their
 * loops' passes.
 */
#include "support/bench.h"
#include "timer_system.h"

#include <weft/fn.h>
#include <weft/timers.h>
#include <weft/wheel.h>

#ifdef WEFT_BENCH_HAVE_EV
#include <ev.h>
#endif
#ifdef WEFT_BENCH_HAVE_UV
#include <uv.h>
#endif

enum {
    MILLION = 1000000,
    BATCH = 10000, /* of the million, scheduled or cancelled in one turn */
    IDLE_OPS = 10000,
    LIVE = 10000,    /* connections with a timeout each */
    STEPS = 3600001, /* of a millisecond: the hour, and one for peers that fire after, not at */
};

static const int64_t HOUR_NS = INT64_C(3600) * 1000000000;
static const int64_t STEP_NS = 1000000;
static const int64_t IDLE_STEP_NS = 100;
static const int64_t TIMEOUT_NS = INT64_C(30) * 1000000000;

/* ---- what all rivals do ---------------------------------------------------------------------- */

/* Timer i of a rival is scheduled `delay_ns` after its `now_ns`. */
typedef struct rival {
    int64_t now_ns;
    size_t at;       /* where in the shuffled numbers its present batch begins */
    bool batch_idle; /* that batch is not scheduled */
    size_t fired;
    int64_t last_ns; /* deadline of what fired last */
    bool disorder;   /* something fired ahead of an earlier deadline */
} rival;

static int64_t *delays_ns; /* a million random ones, (0, 1 h] */
static uint32_t *shuffled; /* the numbers below a million */
static uint32_t *rearmed;  /* random ones of the live */

static void plan(void)
{
    uint64_t random = 1;
    delays_ns = bench_alloc(MILLION, sizeof *delays_ns);
    shuffled = bench_alloc(MILLION, sizeof *shuffled);
    rearmed = bench_alloc(LIVE, sizeof *rearmed);
    for (uint32_t i = 0; i < LIVE; i++)
        rearmed[i] = (uint32_t)bench_below(&random, LIVE);
    for (uint32_t i = 0; i < MILLION; i++) {
        delays_ns[i] = 1 + (int64_t)bench_below(&random, (uint64_t)HOUR_NS);
        const uint32_t j = (uint32_t)bench_below(&random, i + 1);
        shuffled[i] = shuffled[j];
        shuffled[j] = i;
    }
}

static inline void saw(rival *r, int64_t deadline_ns)
{
    r->fired++;
    r->disorder |= deadline_ns < r->last_ns;
    r->last_ns = deadline_ns;
}

/* The loops of one rival, around its NAME_schedule(i, delay_ns), NAME_cancel(i) and NAME_poll().
 * Declares NAME_fill(n) and the prepare and run functions of the rows. */
#define RIVAL(name)                                                                  \
    static rival name;                                                               \
    static inline void name##_schedule(size_t i, int64_t delay_ns);                  \
    static inline void name##_cancel(size_t i);                                      \
    static inline void name##_move(size_t i, int64_t delay_ns);                      \
    static inline void name##_poll(void);                                            \
                                                                                     \
    static BENCH_LOOP void name##_schedule_batch(void *arg)                          \
    {                                                                                \
        (void)arg;                                                                   \
        for (size_t k = name.at; k < name.at + BATCH; k++)                           \
            name##_schedule(shuffled[k], delays_ns[k]);                              \
        name.batch_idle = false;                                                     \
    }                                                                                \
    static BENCH_LOOP void name##_cancel_batch(void *arg)                            \
    {                                                                                \
        (void)arg;                                                                   \
        for (size_t k = name.at; k < name.at + BATCH; k++)                           \
            name##_cancel(shuffled[k]);                                              \
        name.batch_idle = true;                                                      \
    }                                                                                \
    static void name##_next_batch(void *arg)                                         \
    {                                                                                \
        if (name.batch_idle)                                                         \
            name##_schedule_batch(arg);                                              \
        name.at = (name.at + BATCH) % MILLION;                                       \
    }                                                                                \
    static void name##_next_idle_batch(void *arg)                                    \
    {                                                                                \
        name##_next_batch(arg);                                                      \
        name##_cancel_batch(arg);                                                    \
    }                                                                                \
    /* Schedules timers 0 to n - 1, an hour and more from now or within the hour. */ \
    static void name##_fill(size_t n, int64_t more_ns)                               \
    {                                                                                \
        for (size_t i = 0; i < MILLION; i++)                                         \
            name##_cancel(i);                                                        \
        name.batch_idle = false;                                                     \
        for (size_t i = 0; i < n; i++)                                               \
            name##_schedule(i, delays_ns[i] + more_ns);                              \
        name.fired = 0;                                                              \
        name.last_ns = name.now_ns;                                                  \
    }                                                                                \
    static void name##_fill_hour(void *arg)                                          \
    {                                                                                \
        (void)arg;                                                                   \
        name##_fill(MILLION, 0);                                                     \
    }                                                                                \
    static void name##_all_fired(void)                                               \
    {                                                                                \
        bench_must(name.fired == MILLION, #name " fires each timer once");           \
        bench_must(!name.disorder, #name " fires in the order of deadlines");        \
    }                                                                                \
    static BENCH_LOOP void name##_step(void *arg)                                    \
    {                                                                                \
        (void)arg;                                                                   \
        for (size_t i = 0; i < STEPS; i++) {                                         \
            name.now_ns += STEP_NS;                                                  \
            name##_poll();                                                           \
        }                                                                            \
        name##_all_fired();                                                          \
    }                                                                                \
    static BENCH_LOOP void name##_jump(void *arg)                                    \
    {                                                                                \
        (void)arg;                                                                   \
        name.now_ns += HOUR_NS + STEP_NS;                                            \
        name##_poll();                                                               \
        name##_all_fired();                                                          \
    }                                                                                \
    static BENCH_LOOP void name##_idle(void *arg)                                    \
    {                                                                                \
        (void)arg;                                                                   \
        for (size_t i = 0; i < IDLE_OPS; i++) {                                      \
            name.now_ns += IDLE_STEP_NS;                                             \
            bench_barrier();                                                         \
            name##_poll();                                                           \
        }                                                                            \
        bench_must(name.fired == 0, #name " fires nothing that is not due");         \
    }                                                                                \
    /* Something arrives on some connection: its timeout starts again. */            \
    static BENCH_LOOP void name##_rearm(void *arg)                                   \
    {                                                                                \
        (void)arg;                                                                   \
        for (size_t i = 0; i < LIVE; i++) {                                          \
            name.now_ns += IDLE_STEP_NS;                                             \
            name##_poll();                                                           \
            name##_move(rearmed[i], TIMEOUT_NS);                                     \
        }                                                                            \
        bench_must(name.fired == 0, #name " fires nothing that is not due");         \
    }                                                                                \
    struct rival

/* ---- ours: the wheel ------------------------------------------------------------------------- */

RIVAL(wheel);
static weft_wheel the_wheel;
static weft_wheel_node *wheel_nodes;

static inline void wheel_schedule(size_t i, int64_t delay_ns)
{
    weft_wheel_schedule(&the_wheel, &wheel_nodes[i], wheel.now_ns + delay_ns);
}

static inline void wheel_cancel(size_t i)
{
    weft_wheel_cancel(&the_wheel, &wheel_nodes[i]);
}

static inline void wheel_move(size_t i, int64_t delay_ns)
{
    wheel_cancel(i);
    wheel_schedule(i, delay_ns);
}

static inline void wheel_poll(void)
{
    if (!weft_wheel_advance(&the_wheel, wheel.now_ns))
        return;
    for (weft_wheel_node *node; (node = weft_wheel_pop(&the_wheel));)
        saw(&wheel, node->deadline_ns);
}

static void wheel_open(void)
{
    wheel_nodes = bench_alloc(MILLION, sizeof *wheel_nodes);
    weft_wheel_init(&the_wheel, 0);
}

/* ---- ours: the timers, with a handler each --------------------------------------------------- */

RIVAL(timers);
static weft_world *timers_world;
static weft_timers *the_timers;
static weft_timer_id *timer_ids;

typedef struct Fired {
    rival *by;
} Fired;
WEFT_RESOURCE_DEFINE(Fired);

static void on_timer(Fired *fired, const weft_timer_event *event)
{
    saw(fired->by, event->deadline_ns);
}
WEFT_FN(on_timer, MUT(Fired), REF(weft_timer_event));
static struct on_timer timer_handler;

static inline void timers_schedule(size_t i, int64_t delay_ns)
{
    const weft_status status = weft_timers_schedule(the_timers, timers.now_ns + delay_ns,
                                                    &timer_handler.base, &timer_ids[i]);
    timers.disorder |= status != WEFT_OK;
}

static inline void timers_cancel(size_t i)
{
    weft_timers_cancel(the_timers, timer_ids[i]);
}

static inline void timers_move(size_t i, int64_t delay_ns)
{
    weft_timers_reschedule(the_timers, timer_ids[i], timers.now_ns + delay_ns);
}

static inline void timers_poll(void)
{
    weft_timers_poll(the_timers, timers_world, timers.now_ns);
}

static void timers_open(void)
{
    timer_ids = bench_alloc(MILLION, sizeof *timer_ids);
    weft_builder *builder = weft_builder_new(NULL);
    bench_must(builder != NULL, "there is memory for a builder");
    WEFT_REGISTER(builder, Fired, { &timers });
    the_timers = weft_timers_install(builder, &(weft_timers_desc){ .capacity = MILLION });
    bench_must(weft_builder_build(builder, &timers_world) == WEFT_OK, "timers are installed");
    bench_must(on_timer_init(&timer_handler, timers_world) == WEFT_OK, "a handler is bound");
}

/* ---- by hand: a binary heap ------------------------------------------------------------------ */

RIVAL(heap);

typedef struct heap_node {
    size_t place; /* in the heap, from 1 on; 0: idle */
} heap_node;

typedef struct heap_entry {
    int64_t deadline_ns;
    heap_node *node;
} heap_entry;

static heap_node *heap_nodes;
static heap_entry *heap_entries; /* from 1 on */
static size_t heap_len;

static inline void heap_put(size_t place, heap_entry entry)
{
    heap_entries[place] = entry;
    entry.node->place = place;
}

static inline void heap_up(size_t place, heap_entry entry)
{
    for (; place > 1 && entry.deadline_ns < heap_entries[place / 2].deadline_ns; place /= 2)
        heap_put(place, heap_entries[place / 2]);
    heap_put(place, entry);
}

static inline void heap_down(size_t place, heap_entry entry)
{
    for (size_t child; (child = 2 * place) <= heap_len; place = child) {
        if (child < heap_len &&
            heap_entries[child + 1].deadline_ns < heap_entries[child].deadline_ns)
            child++;
        if (entry.deadline_ns <= heap_entries[child].deadline_ns)
            break;
        heap_put(place, heap_entries[child]);
    }
    heap_put(place, entry);
}

static inline void heap_schedule(size_t i, int64_t delay_ns)
{
    heap_up(++heap_len, (heap_entry){ heap.now_ns + delay_ns, &heap_nodes[i] });
}

static inline void heap_remove(heap_node *node)
{
    const size_t place = node->place;
    const heap_entry last = heap_entries[heap_len--];
    node->place = 0;
    if (place > heap_len)
        return;
    if (place > 1 && last.deadline_ns < heap_entries[place / 2].deadline_ns)
        heap_up(place, last);
    else
        heap_down(place, last);
}

static inline void heap_cancel(size_t i)
{
    if (heap_nodes[i].place)
        heap_remove(&heap_nodes[i]);
}

static inline void heap_move(size_t i, int64_t delay_ns)
{
    heap_cancel(i);
    heap_schedule(i, delay_ns);
}

static inline void heap_poll(void)
{
    while (heap_len && heap_entries[1].deadline_ns <= heap.now_ns) {
        saw(&heap, heap_entries[1].deadline_ns);
        heap_remove(heap_entries[1].node);
    }
}

static void heap_open(void)
{
    heap_nodes = bench_alloc(MILLION, sizeof *heap_nodes);
    heap_entries = bench_alloc(MILLION + 1, sizeof *heap_entries);
}

/* ---- peers ----------------------------------------------------------------------------------- */

#ifdef WEFT_BENCH_HAVE_EV
RIVAL(libev);
static struct ev_loop *ev;
static ev_timer *ev_timers;

static void ev_fired(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    libev.fired++;
}

static inline void libev_schedule(size_t i, int64_t delay_ns)
{
    ev_timer_set(&ev_timers[i], (double)delay_ns * 1e-9, 0.0);
    ev_timer_start(ev, &ev_timers[i]);
}

static inline void libev_cancel(size_t i)
{
    ev_timer_stop(ev, &ev_timers[i]);
}

static inline void libev_move(size_t i, int64_t delay_ns)
{
    libev_cancel(i);
    libev_schedule(i, delay_ns);
}

static inline void libev_poll(void)
{
    timer_system_ns = libev.now_ns;
    ev_run(ev, EVRUN_NOWAIT);
}

static void libev_open(void)
{
    libev.now_ns = timer_system_ns;
    ev = ev_loop_new(EVBACKEND_EPOLL);
    bench_must(ev != NULL, "libev makes a loop");
    ev_timers = bench_alloc(MILLION, sizeof *ev_timers);
    for (size_t i = 0; i < MILLION; i++)
        ev_init(&ev_timers[i], ev_fired);
    const ev_tstamp before = ev_now(ev);
    timer_system_ns = libev.now_ns += HOUR_NS;
    ev_now_update(ev);
    bench_must(ev_now(ev) - before > 3599 && ev_now(ev) - before < 3601,
               "libev's time is what the bench says");
}
#endif

#ifdef WEFT_BENCH_HAVE_UV
RIVAL(libuv);
static uv_loop_t uv;
static uv_timer_t *uv_timers;

static void uv_fired(uv_timer_t *timer)
{
    (void)timer;
    libuv.fired++;
}

static inline void libuv_schedule(size_t i, int64_t delay_ns)
{
    uv_timer_start(&uv_timers[i], uv_fired, (uint64_t)delay_ns / 1000000, 0);
}

static inline void libuv_cancel(size_t i)
{
    uv_timer_stop(&uv_timers[i]);
}

static inline void libuv_move(size_t i, int64_t delay_ns)
{
    libuv_schedule(i, delay_ns);
}

static inline void libuv_poll(void)
{
    timer_system_ns = libuv.now_ns;
    uv_run(&uv, UV_RUN_NOWAIT);
}

static void libuv_open(void)
{
    libuv.now_ns = timer_system_ns;
    bench_must(uv_loop_init(&uv) == 0, "libuv makes a loop");
    uv_timers = bench_alloc(MILLION, sizeof *uv_timers);
    for (size_t i = 0; i < MILLION; i++)
        uv_timer_init(&uv, &uv_timers[i]);
    const uint64_t before_ms = uv_now(&uv);
    timer_system_ns = libuv.now_ns += HOUR_NS;
    uv_update_time(&uv);
    bench_must(uv_now(&uv) - before_ms == 3600000, "libuv's time is what the bench says");
}
#endif

/* ---- rows ------------------------------------------------------------------------------------ */

enum { MOST_SIDES = 5 };

/* All rivals with their functions for one row: prepare is NAME##prepare, run NAME##run. */
#ifdef WEFT_BENCH_HAVE_EV
#define EV_SIDE(prepare_, run_, what) \
    { BENCH_PEER, "libev, " what, "libev", prepare_(libev), libev##run_, NULL },
#else
#define EV_SIDE(prepare_, run_, what)
#endif
#ifdef WEFT_BENCH_HAVE_UV
#define UV_SIDE(prepare_, run_, what) \
    { BENCH_PEER, "libuv, " what, "libuv", prepare_(libuv), libuv##run_, NULL },
#else
#define UV_SIDE(prepare_, run_, what)
#endif
#define SIDES(prepare_, run_, wheel_what, timers_what, ev_what, uv_what)                    \
    {                                                                                       \
        { BENCH_OURS, wheel_what, NULL, prepare_(wheel), wheel##run_, NULL },               \
            { BENCH_BASELINE, "binary heap", NULL, prepare_(heap), heap##run_, NULL },      \
            EV_SIDE(prepare_, run_, ev_what)                                                \
                UV_SIDE(prepare_, run_, uv_what){ BENCH_OURS,       timers_what,  "timers", \
                                                  prepare_(timers), timers##run_, NULL },   \
    }
#define IDLE_BATCH(name) name##_next_idle_batch
#define NEXT_BATCH(name) name##_next_batch
#define FILL_HOUR(name)  name##_fill_hour
#define NO_PREPARE(name) NULL

static const bench_side schedule_sides[] =
    SIDES(IDLE_BATCH, _schedule_batch, "weft_wheel_schedule", "weft_timers_schedule",
          "ev_timer_start", "uv_timer_start");
static const bench_side cancel_sides[] =
    SIDES(NEXT_BATCH, _cancel_batch, "weft_wheel_cancel", "weft_timers_cancel", "ev_timer_stop",
          "uv_timer_stop");
static const bench_side step_sides[] =
    SIDES(FILL_HOUR, _step, "weft_wheel_advance and pop", "weft_timers_poll", "ev_run(NOWAIT)",
          "uv_run(NOWAIT)");
static const bench_side jump_sides[] =
    SIDES(FILL_HOUR, _jump, "weft_wheel_advance and pop", "weft_timers_poll", "ev_run(NOWAIT)",
          "uv_run(NOWAIT)");
static const bench_side idle_sides[] =
    SIDES(NO_PREPARE, _idle, "weft_wheel_advance", "weft_timers_poll", "ev_run(NOWAIT)",
          "uv_run(NOWAIT)");

static const bench_side rearm_sides[] =
    SIDES(NO_PREPARE, _rearm, "poll, cancel, schedule", "poll, weft_timers_reschedule",
          "poll, ev_timer_stop, ev_timer_start", "poll, uv_timer_start");

static void (*const fills[])(size_t n, int64_t more_ns) = {
    wheel_fill, timers_fill, heap_fill,
#ifdef WEFT_BENCH_HAVE_EV
    libev_fill,
#endif
#ifdef WEFT_BENCH_HAVE_UV
    libuv_fill,
#endif
};

static void fill_all(size_t n, int64_t more_ns)
{
    for (size_t i = 0; i < sizeof fills / sizeof *fills; i++)
        fills[i](n, more_ns);
}

#define COMPARE(b, id, what, operations, turns, sides)                                 \
    bench_compare((b), &(bench_contest){ (id), (what), (operations), (turns), (sides), \
                                         sizeof(sides) / sizeof *(sides) })

static void rearm_row(bench *b)
{
    if (!bench_wants(b, "timer.rearm"))
        return;
    fill_all(LIVE, HOUR_NS);
    COMPARE(b, "timer.rearm", "start one of 10 k timeouts of 30 s again, and poll", LIVE, 51,
            rearm_sides);
}

static void churn_rows(bench *b)
{
    if (!bench_wants(b, "timer.schedule") && !bench_wants(b, "timer.cancel"))
        return;
    fill_all(MILLION, 0);
    COMPARE(b, "timer.schedule", "schedule within an hour, 1 M pending", BATCH, 61, schedule_sides);
    COMPARE(b, "timer.cancel", "cancel any of 1 M pending", BATCH, 61, cancel_sides);
}

static void expire_rows(bench *b)
{
    COMPARE(b, "timer.expire.step", "1 M timers of an hour, in steps of 1 ms; per timer", MILLION,
            5, step_sides);
    COMPARE(b, "timer.expire.jump", "1 M timers of an hour, in one jump; per timer", MILLION, 5,
            jump_sides);
}

static void idle_rows(bench *b)
{
    static const struct {
        const char *id, *what;
        size_t pending;
    } rows[] = {
        { "timer.idle.10", "poll, nothing due, 10 pending", 10 },
        { "timer.idle.10k", "poll, nothing due, 10 k pending", 10000 },
        { "timer.idle.1m", "poll, nothing due, 1 M pending", MILLION },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!bench_wants(b, rows[i].id))
            continue;
        fill_all(rows[i].pending, HOUR_NS);
        COMPARE(b, rows[i].id, rows[i].what, IDLE_OPS, 51, idle_sides);
    }
}

int main(int argc, char **argv)
{
    bench *b = bench_open("timer", argc, argv);
    timer_system_stop();
    plan();
    wheel_open();
    timers_open();
    heap_open();
#ifdef WEFT_BENCH_HAVE_EV
    libev_open();
#endif
#ifdef WEFT_BENCH_HAVE_UV
    libuv_open();
#endif

    idle_rows(b);
    rearm_row(b);
    churn_rows(b);
    expire_rows(b);
    if (bench_wants(b, "timer"))
        bench_note(b, "libev and libuv run without system calls here: this program answers for the "
                      "clock and for epoll");
    return bench_close(b);
}
