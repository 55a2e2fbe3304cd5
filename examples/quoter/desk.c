/* Here everything is put together:
 *
 *     Feed         lines in bursts, parsed to ticks        feed.c, line.c, parse.c
 *     Ticks        a broadcast of them                     tick.c
 *     Books, ...   what the market and our quotes make     market.c
 *     makers       a reactor per instrument: prices it     maker.c
 *     scheduler    positions, exposure, limits, report     risk.c
 *
 * Nothing depends on time, so the same lines give the same output. */
#include "desk.h"

#include <weft/reactor.h>
#include <weft/scheduler.h>

#include "feed.h"
#include "maker.h"
#include "market.h"
#include "risk.h"
#include "trace.h"

#define RECONCILE_TURNS 8

/* Resources end in the order of their registration. */
weft_world *desk_new(const Options *options, const weft_allocator *allocator)
{
    const weft_world_desc desc = { .allocator = allocator };
    weft_builder *builder = weft_builder_new(&desc);
    if (!builder) {
        fputs("weft-quoter: there is no memory\n", stderr);
        return NULL;
    }
    weft_world *world;
    feed_install(builder);
    market_install(builder);
    weft_reactors_install(builder, NULL);
    makers_install(builder);
    if (options->trace)
        WEFT_REGISTER(builder, Trace, { stdout });
    if (ticks_install(builder) == WEFT_OK && risk_install(builder) == WEFT_OK &&
        weft_builder_build(builder, &world) == WEFT_OK)
        return world;
    weft_builder_free(builder);
    return NULL;
}

weft_status desk_start(weft_world *world, FILE *file)
{
    weft_status status = market_start(world);
    status = status ? status : makers_start(world);
    return status ? status : feed_start(world, file);
}

static void reconcile(weft_world *world, Run_stats *stats)
{
    stats->reconciliations++;
    stats->systems_run += (uint64_t)weft_scheduler_run(WEFT_GET(world, weft_scheduler), world);
}

bool desk_turn(weft_world *world, Run_stats *stats)
{
    if (!feed_turn(WEFT_GET(world, Feed), world))
        return false;
    stats->turns++;
    stats->reactors_run += weft_reactors_dispatch(WEFT_GET(world, weft_reactors), world);
    if (stats->turns % RECONCILE_TURNS == 0)
        reconcile(world, stats);
    return true;
}

void desk_run(weft_world *world, Run_stats *stats)
{
    while (!weft_world_stopping(world) && desk_turn(world, stats)) {}
    if (stats->turns % RECONCILE_TURNS != 0)
        reconcile(world, stats);
    stats->reactors_run += weft_reactors_dispatch(WEFT_GET(world, weft_reactors), world);
}
