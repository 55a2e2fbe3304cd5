#include <weft/loop.h>

WEFT_RESOURCE_DEFINE(weft_loop);

weft_loop *weft_loop_install(weft_builder *builder, const weft_loop_desc *desc)
{
    const weft_loop_desc with = desc ? *desc : (weft_loop_desc){ .mode = WEFT_PARK };
    const weft_loop loop = { .mode = with.mode,
                             .spin_ns = with.spin_ns,
                             .clock = weft_clock_install(builder, with.clock),
                             .timers = weft_timers_install(builder, &with.timers),
                             .io = weft_io_install(builder, &with.io),
                             .notifies = weft_notifies_install(builder, &with.notifies),
                             .signals = weft_signals_install(builder, &with.signals) };
    if (!loop.clock || !loop.timers || !loop.io || !loop.notifies || !loop.signals ||
        WEFT_REGISTER_FROM(builder, weft_loop, &loop))
        return NULL;
    return WEFT_GET(weft_builder_world(builder), weft_loop);
}

/* Everything but I/O. Returns how many handlers ran, or a negative status. */
static int poll_local(weft_loop *loop, weft_world *world)
{
    const int timers = weft_timers_poll(loop->timers, world, weft_clock_now(loop->clock));
    if (timers < 0)
        return timers;
    const int notifies = weft_notifies_poll(loop->notifies, world);
    if (notifies < 0)
        return notifies;
    const int signals = weft_signals_poll(loop->signals, world);
    return signals < 0 ? signals : timers + notifies + signals;
}

/* A clock that only others move: waiting for it would be for ever. */
static bool is_virtual(const weft_clock *clock)
{
    return clock->kind != WEFT_CLOCK_REALTIME;
}

/* Handlers see a time behind the wait, which may have been long. */
static int poll_io(weft_loop *loop, weft_world *world, int64_t timeout_ns, int count)
{
    const int ready = weft_io_wait(loop->io, timeout_ns);
    if (ready < 0)
        return ready;
    if (ready > 0 && !is_virtual(loop->clock))
        weft_clock_now(loop->clock);
    const int ran = ready > 0 ? weft_io_deliver(loop->io, world) : 0;
    if (ran < 0)
        return ran;
    if (count + ran > 0)
        loop->busy_ns = loop->clock->now_ns;
    return count + ran;
}

/* How long the loop may sleep after it ran `count` handlers in this pass. */
static int64_t timeout_after(weft_loop *loop, weft_world *world, int count)
{
    if (loop->mode == WEFT_SPIN || is_virtual(loop->clock) || weft_world_stopping(world))
        return 0;
    /* Handlers take time: after some have run, the deadline is nearer than it was. */
    const int64_t now_ns = count ? weft_clock_now(loop->clock) : loop->clock->now_ns;
    if (loop->spin_ns > 0 && (count || now_ns - loop->busy_ns < loop->spin_ns))
        return 0;
    return weft_timers_timeout(loop->timers, now_ns);
}

/* A replay without a step goes from deadline to deadline, and to its end when there is none. */
static void jump_to_next_deadline(weft_loop *loop)
{
    weft_clock *clock = loop->clock;
    if (clock->kind != WEFT_CLOCK_HISTORICAL || clock->step_ns > 0)
        return;
    int64_t deadline_ns = INT64_MAX;
    weft_timers_next_deadline(loop->timers, &deadline_ns);
    weft_clock_jump(clock, deadline_ns);
}

/* The second half of a pass, after `count` handlers of the first half. */
static int finish_pass(weft_loop *loop, weft_world *world, int64_t timeout_ns, int count)
{
    count = poll_io(loop, world, timeout_ns, count);
    if (count >= 0)
        jump_to_next_deadline(loop);
    return count;
}

int weft_loop_poll(weft_loop *loop, weft_world *world)
{
    weft_io_resume(loop->io);
    const int count = poll_local(loop, world);
    return count < 0 ? count : finish_pass(loop, world, 0, count);
}

int weft_loop_turn(weft_loop *loop, weft_world *world)
{
    const int count = poll_local(loop, world);
    return count < 0 ? count : finish_pass(loop, world, timeout_after(loop, world, count), count);
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
    if (!is_virtual(loop->clock))
        weft_clock_now(loop->clock);
    const int64_t timeout_ns = timeout_after(loop, world, 0);
    return weft_io_prepare(loop->io) ? timeout_ns : 0;
}
