/* The example of broadcast.h. */
#include "example.h"

#include <weft/broadcast.h>
#include <weft/fn.h>

typedef struct Price {
    int value;
} Price;
typedef struct Log {
    int sum;
} Log;
WEFT_RESOURCE_DEFINE(Log);

static void log_price(Log *log, const Price *price)
{
    log->sum += price->value;
}
WEFT_FN(log_price, MUT(Log), REF(Price));

static int run(weft_world *world, Price price)
{
    struct log_price on_price;
    assert_int_equal(log_price_init(&on_price, world), WEFT_OK);

    weft_broadcast prices;
    weft_broadcast_id id;
    if (weft_broadcast_init(&prices, world, WEFT_EVENT(Price)))
        return 1;
    if (weft_broadcast_add(&prices, &on_price.base, &id))
        return 1;
    weft_run(&prices.base, world, &price);
    if (weft_broadcast_remove(&prices, id))
        puts("it was removed already");
    weft_broadcast_fini(&prices); // unless a driver took it, which then does this

    return 0;
}

static void a_member_hears_of_the_event(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Log);
    weft_world *world = built(builder);
    assert_int_equal(run(world, (Price){ 7 }), 0);
    assert_int_equal(WEFT_GET(world, Log)->sum, 7);
    assert_string_equal(said, "");
    weft_world_free(world);
}

EXAMPLE(a_member_hears_of_the_event);
