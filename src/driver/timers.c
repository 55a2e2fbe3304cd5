/* Each timer is a place in a slab: a node in the wheel, and its handler in flex storage. Its life:
 *
 *     pending -> running -> over           one-shot: the wheel popped it, its handler runs
 *     pending -> running + pending ...     periodic, or rescheduled by its handler
 *
 * `running` counts, because a handler may poll the timers again. A timer that is cancelled while it
 * runs gives up its id at once and its place when its handler has returned.
 *
 * With a million timers, each is cold when it is cancelled or due, and what either costs is the
 * lines of the cache that it touches:
 *
 *     | node 32 | tag 8, running, missed, cancelled | run, fn | state of the handler 48 | period |
 *     |_________________________________ line _______________|____________ line _______________|
 *
 * Cancelling needs the first, and the node's neighbours; running needs both, and the wheel fetches
 * the second ahead.
 */
#include <weft/timers.h>

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include <weft/storage.h>

#include "deliver.h"
#include "wheel_entry.h"

enum { HANDLER_BYTES = 64, LINE_BYTES = 64 };
WEFT_STORAGE(timer_storage, HANDLER_BYTES);

typedef struct timer {
    weft_wheel_node node; /* first: a node is its timer */
    weft_slab_tag tag;
    uint32_t running;
    uint8_t missed; /* weft_missed */
    bool cancelled; /* or over: its id names it no more */
    timer_storage handler;
    int64_t period_ns; /* 0: one-shot */
} __attribute__((aligned(LINE_BYTES))) timer;

_Static_assert(sizeof(timer) == 2 * LINE_BYTES && offsetof(timer, handler) == 48,
               "a timer is two lines, and what cancelling needs is in the first");

static weft_timer_id id_of(const timer *t)
{
    return (weft_timer_id){ t->tag.at, t->tag.generation };
}

/* Destroys the handler and gives the place back. The FINI that runs here may call any function of
 * this file, also with the id of the timer that ends. */
static inline void release(weft_timers *timers, timer *t)
{
    if (t->handler.base.fn->fini) {
        t->cancelled = true;
        t->running++;
        weft_handler_fini(&t->handler.base);
    }
    weft_x_slab_give(&timers->slab, &t->tag, t->tag.at);
}

static void timers_fini(weft_timers *timers)
{
    timers->ending = true;
    timer *t;
    for (uint32_t at = 0; (t = weft_slab_next(&timers->slab, &at));) {
        if (t->cancelled)
            continue;
        weft_wheel_cancel(&timers->wheel, &t->node);
        release(timers, t);
    }
    weft_slab_fini(&timers->slab);
}

WEFT_RESOURCE_DEFINE(weft_timers, FINI(timers_fini));

weft_timers *weft_timers_install(weft_builder *builder, const weft_timers_desc *desc)
{
    const weft_world *world = weft_builder_world(builder);
    const uint32_t capacity = desc ? desc->capacity : 0;
    const int64_t tick_ns = desc ? desc->tick_ns : 0;
    if (tick_ns < 0) {
        weft_report(world, WEFT_EINVAL,
                    "the tick of timers is a number of ns, or 0 for 1; not %lld",
                    (long long)tick_ns);
        return NULL;
    }
    if (WEFT_REGISTER_DEFAULT(builder, weft_timers))
        return NULL;
    weft_timers *timers = WEFT_GET(world, weft_timers);
    weft_wheel_init_ticking(&timers->wheel, 0, tick_ns);
    timers->world = world;
    timers->wheel.beside_bytes = LINE_BYTES;
    if (weft_slab_init_tagged(&timers->slab, weft_world_allocator(world), sizeof(timer),
                              _Alignof(timer), capacity, offsetof(timer, tag))) {
        timers->ending = true;
        weft_report(world, WEFT_ENOMEM, "no memory for %u timers", capacity);
        return NULL;
    }
    return timers;
}

/* ---- scheduling ------------------------------------------------------------------------------ */

/* The timer if it has not been cancelled, else NULL: weft_slab_get with sizes known here. */
static inline timer *find(const weft_timers *timers, weft_timer_id id)
{
    const weft_slab *const slab = &timers->slab;
    if (id.index >= slab->fresh || !(id.generation & 1))
        return NULL;
    char *const chunk = slab->chunks[id.index / WEFT_SLAB_CHUNK];
    timer *const t = (timer *)(void *)(chunk + slab->items_offset) + id.index % WEFT_SLAB_CHUNK;
    return t->tag.generation == id.generation && !t->cancelled ? t : NULL;
}

/* weft_handler_expect, but at once if the same function was accepted just before. */
static inline weft_status expect(weft_timers *timers, const weft_handler *handler)
{
    if (handler && handler->run && handler->fn && handler->fn == timers->accepted)
        return WEFT_OK;
    const weft_status status =
        weft_handler_expect(handler, timers->world, "a timer", WEFT_EVENT(weft_timer_event));
    /* What a wrapper takes, and what is chosen at run time, depends on more than the function. */
    if (!status && !handler->fn->inner && !handler->fn->event)
        timers->accepted = handler->fn;
    return status;
}

/* A copy of a handler of 16 to 64 bytes, whose size the compiler does not know. */
static inline void copy_handler(timer_storage *to, const weft_handler *from, size_t size_bytes)
{
    enum { HALF = HANDLER_BYTES / 2 };
    char *const at = (char *)to->bytes;
    const char *const source = (const char *)from;
    if (size_bytes <= HALF) {
        memcpy(at, source, HALF / 2);
        memcpy(at + size_bytes - HALF / 2, source + size_bytes - HALF / 2, HALF / 2);
    } else {
        memcpy(at, source, HALF);
        memcpy(at + size_bytes - HALF, source + size_bytes - HALF, HALF);
    }
}

static inline weft_status keep(timer *t, const weft_world *world, const weft_handler *handler)
{
    const weft_fn *const fn = handler->fn;
    if (fn->size_bytes <= HANDLER_BYTES && fn->size_bytes >= sizeof *handler &&
        fn->align_bytes <= _Alignof(timer_storage)) {
        copy_handler(&t->handler, handler, fn->size_bytes);
        return WEFT_OK;
    }
    return weft_flex_set(&t->handler.base, HANDLER_BYTES, world, handler);
}

static weft_status no_place(const weft_timers *timers, const weft_handler *handler)
{
    const bool full = weft_slab_full(&timers->slab);
    return weft_report(timers->world, full ? WEFT_EFULL : WEFT_ENOMEM,
                       full ? "no timer for %s: all %u are taken; raise weft_timers_desc.capacity"
                            : "no memory for a timer for %s beside the %u that there are",
                       weft_handler_name(handler), weft_slab_len(&timers->slab));
}

static inline weft_status add(weft_timers *timers, int64_t deadline_ns, int64_t period_ns,
                              weft_missed missed, const weft_handler *handler,
                              weft_timer_id *id_out)
{
    weft_status status = expect(timers, handler);
    if (status)
        return status;
    if (timers->ending)
        return weft_report(timers->world, WEFT_ESTALE, "%s comes too late: the world ends",
                           weft_handler_name(handler));
    weft_slab_id place;
    timer *t = weft_slab_take(&timers->slab, &place);
    if (!t)
        return no_place(timers, handler);
    t->node.state = IDLE;
    t->running = 0;
    t->missed = (uint8_t)missed;
    t->cancelled = false;
    t->period_ns = period_ns;
    status = keep(t, timers->world, handler);
    if (status) {
        weft_slab_give(&timers->slab, place);
        return status;
    }
    weft_wheel_schedule(&timers->wheel, &t->node, deadline_ns);
    if (id_out)
        *id_out = (weft_timer_id){ place.index, place.generation };
    return WEFT_OK;
}

weft_status weft_timers_schedule(weft_timers *timers, int64_t deadline_ns,
                                 const weft_handler *handler, weft_timer_id *id_out)
{
    return add(timers, deadline_ns, 0, WEFT_MISSED_BURST, handler, id_out);
}

weft_status weft_timers_every(weft_timers *timers, int64_t first_ns, int64_t period_ns,
                              weft_missed missed, const weft_handler *handler,
                              weft_timer_id *id_out)
{
    if (period_ns <= 0)
        return weft_report(timers->world, WEFT_EINVAL,
                           "%s: a periodic timer's period is at least 1 ns, not %lld",
                           weft_handler_name(handler), (long long)period_ns);
    if ((unsigned)missed > WEFT_MISSED_DELAY)
        return weft_report(timers->world, WEFT_EINVAL,
                           "%s: %d is no policy for missed ticks; take one of weft_missed",
                           weft_handler_name(handler), (int)missed);
    return add(timers, first_ns, period_ns, missed, handler, id_out);
}

static inline void stop_waiting(weft_timers *timers, timer *t)
{
    if (!weft_wheel_take_inner(&timers->wheel, &t->node))
        weft_wheel_cancel(&timers->wheel, &t->node);
}

weft_status weft_timers_cancel(weft_timers *timers, weft_timer_id id)
{
    timer *t = find(timers, id);
    if (!t)
        return WEFT_ESTALE;
    stop_waiting(timers, t);
    t->cancelled = true;
    if (!t->running)
        release(timers, t);
    return WEFT_OK;
}

weft_status weft_timers_reschedule(weft_timers *timers, weft_timer_id id, int64_t deadline_ns)
{
    timer *t = find(timers, id);
    if (!t)
        return WEFT_ESTALE;
    stop_waiting(timers, t);
    weft_wheel_schedule(&timers->wheel, &t->node, deadline_ns);
    return WEFT_OK;
}

/* ---- running --------------------------------------------------------------------------------- */

/* a + b, held at the end of time. */
static int64_t later(int64_t a, uint64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* Ticks of the grid after the deadline, up to now. */
static uint64_t ticks_missed(const timer *t, int64_t now_ns)
{
    if (!t->period_ns)
        return 0;
    return ((uint64_t)now_ns - (uint64_t)t->node.deadline_ns) / (uint64_t)t->period_ns;
}

static int64_t next_tick(const timer *t, int64_t now_ns, uint64_t missed)
{
    const uint64_t period = (uint64_t)t->period_ns;
    switch ((weft_missed)t->missed) {
    case WEFT_MISSED_BURST: return later(t->node.deadline_ns, period);
    case WEFT_MISSED_SKIP: return later(later(t->node.deadline_ns, missed * period), period);
    case WEFT_MISSED_DELAY: break;
    }
    return later(now_ns, period);
}

struct run {
    weft_timers *timers;
    timer *timer;
};

/* Its handler has returned, or was given up by weft_fail. */
static void run_over(void *arg)
{
    const struct run *run = arg;
    timer *t = run->timer;
    if (--t->running == 0 && !weft_wheel_pending(&t->node))
        release(run->timers, t);
}

static void run_timer(struct run *run, weft_world *world, int64_t now_ns)
{
    timer *t = run->timer;
    const weft_timer_event event = { .id = id_of(t),
                                     .now_ns = now_ns,
                                     .deadline_ns = t->node.deadline_ns,
                                     .missed = ticks_missed(t, now_ns) };
    if (t->period_ns)
        weft_wheel_schedule(&run->timers->wheel, &t->node, next_tick(t, now_ns, event.missed));
    t->running++;
    weft_deliver(world, &t->handler.base, &event, run_over, run_over, run);
}

static __attribute__((noinline)) int run_due(weft_timers *timers, weft_world *world, int64_t now_ns,
                                             int limit)
{
    int count = 0;
    for (weft_wheel_node *node; count < limit && (node = weft_wheel_pop(&timers->wheel));) {
        /* Left over by a poll of a later time: it is not due here. */
        if (!is_due_at(&timers->wheel, node->deadline_ns, now_ns)) {
            weft_wheel_schedule(&timers->wheel, node, node->deadline_ns);
            continue;
        }
        run_timer(&(struct run){ timers, (timer *)node }, world, now_ns);
        count++;
    }
    return count;
}

static inline int poll(weft_timers *timers, weft_world *world, int64_t now_ns, int limit)
{
    if (world != timers->world)
        return weft_report(world, WEFT_EWORLD, "the timers polled belong to another world");
    return weft_wheel_advance(&timers->wheel, now_ns) ? run_due(timers, world, now_ns, limit) : 0;
}

int weft_timers_poll_most(weft_timers *timers, weft_world *world, int64_t now_ns, size_t most)
{
    return poll(timers, world, now_ns, most < INT_MAX ? (int)most : INT_MAX);
}

int weft_timers_poll(weft_timers *timers, weft_world *world, int64_t now_ns)
{
    return poll(timers, world, now_ns, INT_MAX);
}

/* ---- inspection ------------------------------------------------------------------------------ */

bool weft_timers_pending(const weft_timers *timers, weft_timer_id id)
{
    const timer *t = find(timers, id);
    return t && weft_wheel_pending(&t->node);
}

bool weft_timers_next_deadline(weft_timers *timers, int64_t *deadline_ns_out)
{
    return weft_wheel_next_deadline(&timers->wheel, deadline_ns_out);
}

int64_t weft_timers_timeout(weft_timers *timers, int64_t now_ns)
{
    int64_t deadline_ns, timeout_ns;
    if (!weft_timers_next_deadline(timers, &deadline_ns))
        return WEFT_FOREVER;
    if (deadline_ns <= now_ns)
        return 0;
    return __builtin_sub_overflow(deadline_ns, now_ns, &timeout_ns) ? INT64_MAX : timeout_ns;
}

bool weft_timers_check(const weft_timers *timers, const char **why_out)
{
    if (!weft_wheel_check(&timers->wheel, why_out) || !weft_slab_check(&timers->slab, why_out))
        return false;
    size_t pending = 0;
    const timer *t;
    for (uint32_t at = 0; (t = weft_slab_next(&timers->slab, &at));) {
        pending += weft_wheel_pending(&t->node);
        if (!weft_wheel_pending(&t->node) && !t->running) {
            *why_out = "a timer neither waits nor runs, but keeps its place";
            return false;
        }
        if (t->cancelled && weft_wheel_pending(&t->node)) {
            *why_out = "a cancelled timer waits";
            return false;
        }
        if (weft_slab_get(&timers->slab, weft_slab_id_of(&t->tag)) != t) {
            *why_out = "a timer's id is not the one of its place";
            return false;
        }
    }
    if (pending != weft_wheel_len(&timers->wheel)) {
        *why_out = "the wheel holds what is no timer";
        return false;
    }
    return true;
}
