/* A scheduler: prices become a spread, the spread becomes a quote, and who has nothing new to say
 * keeps those behind it from running. docs/scheduler.md explains it piece by piece. */
#include <weft/weft.h>

#include <stdio.h>

typedef struct {
    int64_t bid, ask;
} Prices;
WEFT_RESOURCE_DEFINE(Prices);

typedef struct {
    int64_t width, middle;
} Spread;
WEFT_RESOURCE_DEFINE(Spread);

typedef struct {
    uint64_t sent;
} Quotes;
WEFT_RESOURCE_DEFINE(Quotes);

static bool calc_spread(const Prices *prices, Spread *spread)
{
    const Spread now = { prices->ask - prices->bid, (prices->bid + prices->ask) / 2 };
    const bool changed = now.width != spread->width || now.middle != spread->middle;
    *spread = now;
    return changed;
}
WEFT_FN(calc_spread, RES(Prices), MUT(Spread));

static bool is_wide(const Spread *spread)
{
    return spread->width > 2;
}
WEFT_FN(is_wide, RES(Spread));

static void send_quote(const Spread *spread, Quotes *quotes)
{
    quotes->sent++;
    printf("  quote around %ld\n", (long)spread->middle);
}
WEFT_FN(send_quote, RES(Spread), MUT(Quotes));

static weft_status build(weft_scheduler *scheduler, const weft_world *world)
{
    weft_system_id spread, wide, quote;
    weft_scheduler_init(scheduler, world);
    WEFT_SYSTEM(scheduler, send_quote, &quote);
    WEFT_SYSTEM(scheduler, is_wide, &wide);
    WEFT_SYSTEM(scheduler, calc_spread, &spread);
    weft_scheduler_after(scheduler, wide, spread);
    weft_scheduler_after(scheduler, quote, wide);
    return weft_scheduler_build(scheduler); /* the first failure of all of the above */
}

static void run_passes(weft_scheduler *scheduler, weft_world *world)
{
    static const Prices ticks[] = { { 100, 104 }, { 100, 104 }, { 102, 104 }, { 102, 106 } };
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++) {
        *WEFT_GET(world, Prices) = ticks[i];
        const int ran = weft_scheduler_run(scheduler, world);
        printf("%ld/%ld: %d ran\n", (long)ticks[i].bid, (long)ticks[i].ask, ran);
    }
}

int main(void)
{
    weft_builder *builder = weft_builder_new(NULL);
    if (!builder)
        return 1;
    WEFT_REGISTER_DEFAULT(builder, Prices);
    WEFT_REGISTER_DEFAULT(builder, Spread);
    WEFT_REGISTER_DEFAULT(builder, Quotes);
    weft_world *world;
    if (weft_builder_build(builder, &world)) {
        weft_builder_free(builder);
        return 1;
    }
    weft_scheduler scheduler;
    weft_status status = build(&scheduler, world);
    if (status == WEFT_OK) {
        run_passes(&scheduler, world);
        weft_scheduler_describe(&scheduler, stdout);
        weft_scheduler_draw(&scheduler, stdout);
    }
    const uint64_t sent = WEFT_GET(world, Quotes)->sent;
    weft_scheduler_fini(&scheduler);
    weft_world_free(world);
    return status || sent != 2;
}
