#include <weft/loop.h>

WEFT_RESOURCE_DEFINE(weft_loop);

/* Who spins wants the short way to the time; it is as good (clock.h). */
static weft_clock *install_clock(weft_builder *builder, const weft_loop_desc *with)
{
    weft_clock clock;
    const weft_realtime_desc fast = { .source = WEFT_CLOCK_COUNTER };
    if (with->clock || with->mode != WEFT_SPIN || weft_clock_init_realtime(&clock, &fast))
        return weft_clock_install(builder, with->clock);
    return weft_clock_install(builder, &clock);
}

weft_loop *weft_loop_install(weft_builder *builder, const weft_loop_desc *desc)
{
    const weft_loop_desc with = desc ? *desc : (weft_loop_desc){ .mode = WEFT_PARK };
    const weft_world *world = weft_builder_world(builder);
    const weft_loop loop = { .world = world,
                             .mode = with.mode,
                             .spin_ns = with.spin_ns,
                             .clock = install_clock(builder, &with),
                             .timers = weft_timers_install(builder, &with.timers),
                             .io = weft_io_install(builder, &with.io),
                             .notifies = weft_notifies_install(builder, &with.notifies),
                             .signals = weft_signals_install(builder, &with.signals) };
    if (!loop.clock || !loop.timers || !loop.io || !loop.notifies || !loop.signals ||
        WEFT_REGISTER_FROM(builder, weft_loop, &loop))
        return NULL;
    return WEFT_GET(world, weft_loop);
}

/* One pass. A pass that finds nothing is a handful of loads: nothing is called, and the clock is
 * read only if a timer is pending. */
typedef struct pass {
    weft_loop *loop;
    weft_world *world;
    int count;   /* handlers that ran */
    bool looked; /* at the clock */
} pass;

static bool is_of(const weft_loop *loop, const weft_world *world)
{
    return world == loop->world;
}

static int refuse(const weft_world *world)
{
    return weft_report(world, WEFT_EWORLD,
                       "the loop that is polled or prepared belongs to another world");
}

/* ---- what needs no system call --------------------------------------------------------------- */

/* The timers are told the time too, for those to come, but not past any that is due. */
static __attribute__((noinline)) void look_at_clock(pass *on)
{
    const int64_t now_ns = weft_clock_now(on->loop->clock);
    on->looked = true;
    (void)weft_timers_skip(on->loop->timers, now_ns);
}

static weft_status add(pass *on, int count)
{
    if (count < 0)
        return (weft_status)count;
    on->count += count;
    return WEFT_OK;
}

static weft_status poll_timers(pass *on)
{
    const weft_loop *loop = on->loop;
    if (!weft_timers_len(loop->timers) && !weft_clock_is_virtual(loop->clock))
        return WEFT_OK;
    if (!on->looked)
        look_at_clock(on);
    const int64_t now_ns = loop->clock->now_ns;
    if (weft_timers_skip(loop->timers, now_ns))
        return WEFT_OK;
    return add(on, weft_timers_poll(loop->timers, on->world, now_ns));
}

static weft_status poll_notifies(pass *on)
{
    if (!weft_notifies_pending(on->loop->notifies))
        return WEFT_OK;
    if (!on->looked)
        look_at_clock(on);
    return add(on, weft_notifies_poll(on->loop->notifies, on->world));
}

static weft_status poll_signals(pass *on)
{
    if (!weft_signals_pending(on->loop->signals))
        return WEFT_OK;
    if (!on->looked)
        look_at_clock(on);
    return add(on, weft_signals_poll(on->loop->signals, on->world));
}

static weft_status poll_local(pass *on)
{
    weft_status status = poll_timers(on);
    if (!status)
        status = poll_notifies(on);
    return status ? status : poll_signals(on);
}

/* ---- what may wait --------------------------------------------------------------------------- */

/* How long the loop may sleep after what ran in this pass. */
static int64_t timeout_of(pass *on)
{
    weft_loop *loop = on->loop;
    if (loop->mode == WEFT_SPIN || weft_clock_is_virtual(loop->clock) ||
        weft_world_stopping(on->world))
        return 0;
    /* Handlers take time: after some have run, the deadline is nearer than it was. */
    if (on->count || (loop->spin_ns > 0 && !on->looked))
        look_at_clock(on);
    const int64_t now_ns = loop->clock->now_ns;
    if (loop->spin_ns > 0 && (on->count || now_ns - loop->busy_ns < loop->spin_ns))
        return 0;
    return weft_timers_timeout(loop->timers, now_ns);
}

/* Handlers see a time behind the wait, which may have been long. */
static inline __attribute__((always_inline)) weft_status poll_io(pass *on, int64_t timeout_ns)
{
    weft_loop *loop = on->loop;
    if (timeout_ns == 0 && weft_io_skip(loop->io))
        return WEFT_OK;
    const int ready = weft_io_wait(loop->io, timeout_ns);
    if (ready <= 0)
        return (weft_status)ready;
    if (!weft_clock_is_virtual(loop->clock))
        look_at_clock(on);
    return add(on, weft_io_deliver(loop->io, on->world));
}

/* A replay without a step goes from deadline to deadline, and to its end when there is none. */
static void jump_to_next_deadline(weft_loop *loop)
{
    weft_clock *clock = loop->clock;
    if (!weft_clock_only_jumps(clock))
        return;
    int64_t deadline_ns = INT64_MAX;
    weft_timers_next_deadline(loop->timers, &deadline_ns);
    weft_clock_jump(clock, deadline_ns);
}

/* The second half of a pass; its result is the caller's. Inlined, as poll_io is: where the kernel
 * has thrown away what the CPU predicts of returns, each frame between the loop and the system call
 * costs some nanoseconds. */
static inline __attribute__((always_inline)) int finish(pass *on, int64_t timeout_ns)
{
    weft_loop *loop = on->loop;
    const weft_status status = poll_io(on, timeout_ns);
    if (status)
        return (int)status;
    if (on->count)
        loop->busy_ns = loop->clock->now_ns;
    jump_to_next_deadline(loop);
    return on->count;
}

int weft_loop_poll(weft_loop *loop, weft_world *world)
{
    if (!is_of(loop, world))
        return refuse(world);
    pass on = { .loop = loop, .world = world };
    weft_io_resume(loop->io);
    if (!weft_clock_is_virtual(loop->clock))
        look_at_clock(&on);
    const weft_status status = poll_local(&on);
    return status ? (int)status : finish(&on, 0);
}

int weft_loop_turn(weft_loop *loop, weft_world *world)
{
    if (!is_of(loop, world))
        return refuse(world);
    pass on = { .loop = loop, .world = world };
    const weft_status status = poll_local(&on);
    return status ? (int)status : finish(&on, timeout_of(&on));
}

weft_status weft_loop_run(weft_loop *loop, weft_world *world)
{
    while (!weft_world_stopping(world) && !weft_clock_exhausted(loop->clock)) {
        const int count = weft_loop_turn(loop, world);
        if (count < 0)
            return (weft_status)count;
    }
    return WEFT_OK;
}

int weft_loop_fd(weft_loop *loop)
{
    return weft_io_fd(loop->io);
}

int64_t weft_loop_prepare(weft_loop *loop, weft_world *world)
{
    if (!is_of(loop, world)) {
        refuse(world);
        return 0;
    }
    pass on = { .loop = loop, .world = world, .looked = true };
    if (!weft_clock_is_virtual(loop->clock))
        look_at_clock(&on);
    const int64_t timeout_ns = timeout_of(&on);
    return weft_io_prepare(loop->io) ? timeout_ns : 0;
}
