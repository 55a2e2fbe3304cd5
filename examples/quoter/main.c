/* weft-quoter: the core of a market maker. Here everything is put together:
 *
 *     Feed         lines in bursts, parsed to ticks        feed.c, line.c, parse.c
 *     Ticks        a broadcast of them                     tick.c
 *     Books, ...   what the market and our quotes make     market.c
 *     makers       a reactor per instrument: prices it     maker.c
 *     scheduler    positions, exposure, limits, report     risk.c
 *
 * A turn is a burst of lines, then one dispatch of the reactors that it woke; now and then a pass
 * of the scheduler. Nothing depends on time, so the same lines give the same output. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weft/reactor.h>
#include <weft/scheduler.h>

#include "feed.h"
#include "maker.h"
#include "market.h"
#include "options.h"
#include "risk.h"
#include "summary.h"
#include "trace.h"

#define RECONCILE_TURNS 8

/* The world, whose resources end in the order of their registration. NULL if it failed, with a
 * sentence. */
static weft_world *make_world(const Options *options)
{
    weft_builder *builder = weft_builder_new(NULL);
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

static weft_status start(weft_world *world, FILE *file)
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

static void run(weft_world *world, Run_stats *stats)
{
    Feed *const feed = WEFT_GET(world, Feed);
    weft_reactors *const reactors = WEFT_GET(world, weft_reactors);
    while (!weft_world_stopping(world) && feed_turn(feed, world)) {
        stats->turns++;
        stats->reactors_run += weft_reactors_dispatch(reactors, world);
        if (stats->turns % RECONCILE_TURNS == 0)
            reconcile(world, stats);
    }
    if (stats->turns % RECONCILE_TURNS != 0)
        reconcile(world, stats);
    stats->reactors_run += weft_reactors_dispatch(reactors, world);
}

/* Makes the world, runs it on the file, prints the summary. False if that failed, with a sentence.
 */
static bool quote(const Options *options, FILE *file, const char *name)
{
    Run_stats stats = { 0 };
    weft_world *const world = make_world(options);
    bool good = world && start(world, file) == WEFT_OK;
    if (good)
        run(world, &stats);
    const int error = good ? feed_error(WEFT_GET(world, Feed)) : 0;
    if (error) {
        fprintf(stderr, "weft-quoter: cannot read %s: %s\n", name, strerror(error));
        good = false;
    }
    if (good)
        summary_print(world, &stats);
    weft_world_free(world);
    return good;
}

int main(int argc, char **argv)
{
    Options options;
    switch (options_parse(&options, argc, argv)) {
    case OPTIONS_HELP: return 0;
    case OPTIONS_BAD: return 1;
    case OPTIONS_RUN: break;
    }
    const char *const name = options.path ? options.path : "standard input";
    FILE *const file = options.path ? fopen(options.path, "r") : stdin;
    if (!file) {
        fprintf(stderr, "weft-quoter: cannot open %s: %s\n", name, strerror(errno));
        return 1;
    }
    bool good = quote(&options, file, name);
    if (file != stdin)
        fclose(file);
    if (fflush(stdout) || ferror(stdout)) {
        fputs("weft-quoter: cannot write the output\n", stderr);
        good = false;
    }
    return good ? 0 : 1;
}
