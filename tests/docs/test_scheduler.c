/* The example of scheduler.h. */
#include "example.h"

#include <weft/fn.h>
#include <weft/scheduler.h>

typedef struct Price {
    int bid, ask;
} Price;
typedef struct Spread {
    int width;
} Spread;
typedef struct Quote {
    int sent;
} Quote;
WEFT_RESOURCE_DEFINE(Price);
WEFT_RESOURCE_DEFINE(Spread);
WEFT_RESOURCE_DEFINE(Quote);

static bool update_price(Price *price)
{
    price->ask = 104;
    return true;
}
WEFT_FN(update_price, MUT(Price));

static void send_quote(const Spread *spread, Quote *quote)
{
    quote->sent = spread->width;
}
WEFT_FN(send_quote, RES(Spread), MUT(Quote));

static bool calc_spread(const Price *price, Spread *spread)
{
    const int width = price->ask - price->bid;
    const bool changed = width != spread->width;
    spread->width = width;
    return changed;
}
WEFT_FN(calc_spread, RES(Price), MUT(Spread));

static int run(weft_world *world, int expected)
{
    weft_scheduler scheduler;
    weft_system_id price, spread, quote;
    weft_scheduler_init(&scheduler, world);
    WEFT_SYSTEM(&scheduler, update_price, &price);
    WEFT_SYSTEM(&scheduler, calc_spread, &spread);
    WEFT_SYSTEM(&scheduler, send_quote, &quote);
    weft_scheduler_after(&scheduler, spread, price);
    weft_scheduler_after(&scheduler, quote, spread);
    if (weft_scheduler_build(&scheduler))
        return 1;                                    // the first failure of all of the above
    int ran = weft_scheduler_run(&scheduler, world); // each pass of the loop
    weft_scheduler_fini(&scheduler);

    assert_int_equal(ran, expected);
    return 0;
}

static void systems_run_if_what_they_depend_on_changed(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER(builder, Price, { .bid = 100 });
    WEFT_REGISTER_DEFAULT(builder, Spread);
    WEFT_REGISTER_DEFAULT(builder, Quote);
    weft_world *world = built(builder);
    assert_int_equal(run(world, 3), 0);
    assert_int_equal(WEFT_GET(world, Quote)->sent, 4);
    assert_int_equal(run(world, 2), 0);
    weft_world_free(world);
}

EXAMPLE(systems_run_if_what_they_depend_on_changed);
