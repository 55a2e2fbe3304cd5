/* The examples of fn.h. */
#include "example.h"

#include <weft/fn.h>

typedef struct Counter {
    uint64_t n;
} Counter;
typedef struct Config {
    uint32_t limit;
} Config;
typedef struct Prices {
    int last;
} Prices;
typedef struct Risk {
    int used;
} Risk;
typedef struct Stats {
    int runs;
} Stats;
WEFT_RESOURCE_DEFINE(Counter);
WEFT_RESOURCE_DEFINE(Config);
WEFT_RESOURCE_DEFINE(Prices);
WEFT_RESOURCE_DEFINE(Risk);

static void on_tick(Counter *counter, const Config *config, uint32_t qty)
{
    if (qty < config->limit)
        counter->n += qty;
}
WEFT_FN(on_tick, MUT(Counter), RES(Config), IN(uint32_t));

static int run(weft_world *world, uint32_t qty)
{
    struct on_tick tick;
    if (on_tick_init(&tick, world))
        return 1;                           // resources found once, by address
    on_tick_call(&tick.state, world, &qty); // typed: inlines to on_tick and its loads
    weft_run(&tick.base, world, &qty);      // erased: what drivers do

    return 0;
}

WEFT_BUNDLE(Market, RES(Prices, prices), MUT(Risk, risk), LOCAL(Stats, stats));

static void look(Market *market)
{
    market->risk->used += market->prices->last;
    assert_int_equal(++market->stats.runs, 1);
}
WEFT_FN(look, BUNDLE(Market));

static void a_function_gets_what_its_line_says(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    WEFT_REGISTER(builder, Config, { .limit = 100 });
    WEFT_REGISTER(builder, Prices, { 5 });
    WEFT_REGISTER_DEFAULT(builder, Risk);
    weft_world *world = built(builder);
    assert_int_equal(run(world, 42), 0);
    assert_int_equal(run(world, 100), 0);
    assert_int_equal(WEFT_GET(world, Counter)->n, 84);

    struct look looking;
    assert_int_equal(look_init(&looking, world), WEFT_OK);
    weft_run(&looking.base, world, NULL);
    assert_int_equal(WEFT_GET(world, Risk)->used, 5);
    weft_world_free(world);
}

EXAMPLE(a_function_gets_what_its_line_says);
