#include "summary.h"

#include <inttypes.h>
#include <stdio.h>

#include "feed.h"
#include "maker.h"
#include "market.h"

/* A line for each instrument that is quoted or held; the theoretical price in its fine steps. */
static void print_instruments(const weft_world *world)
{
    const Quotes *const quotes = WEFT_GET(world, Quotes);
    const Positions *const positions = WEFT_GET(world, Positions);
    const Theos *const theos = WEFT_GET(world, Theos);
    puts("instrument,bid_size,bid,ask,ask_size,position,theo");
    for (size_t i = 0; i < INSTRUMENTS; i++) {
        const Quote *const q = &quotes->at[i];
        if (q->bid_size || q->ask_size || positions->at[i])
            printf("%zu,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "\n",
                   i, q->bid_size, q->bid, q->ask, q->ask_size, positions->at[i], theos->at[i]);
    }
}

void summary_print(const weft_world *world, const Run_stats *run)
{
    const Feed_stats *const feed = WEFT_GET(world, Feed_stats);
    const Quotes *const quotes = WEFT_GET(world, Quotes);
    const Positions *const positions = WEFT_GET(world, Positions);
    printf("ticks %" PRIu64 ", rejected lines %" PRIu64 ", trades %" PRIu64 "\n", feed->ticks,
           feed->rejects, WEFT_GET(world, Books)->trades);
    printf("turns %" PRIu64 ", reactors run %" PRIu64 ", quotes sent %" PRIu64 ", pulled %" PRIu64
           "\n",
           run->turns, run->reactors_run, quotes->sent, quotes->pulled);
    printf("fills %" PRIu64 ", lots bought %" PRId64 ", sold %" PRId64 "\n", positions->fills,
           positions->bought, positions->sold);
    printf("reconciliations %" PRIu64 ", systems run %" PRIu64 "\n", run->reconciliations,
           run->systems_run);
    print_instruments(world);
}
