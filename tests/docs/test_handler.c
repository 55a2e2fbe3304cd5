/* The example of handler.h. */
#include "example.h"

#include <weft/fn.h>

typedef struct Counter {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DEFINE(Counter);

static void on_tick(Counter *counter, uint32_t qty)
{
    counter->n += qty;
}
WEFT_FN(on_tick, MUT(Counter), IN(uint32_t));

static int run(weft_world *world)
{
    struct on_tick tick;
    if (on_tick_init(&tick, world))
        return 1;
    weft_handler *handler = &tick.base;
    weft_run(handler, world, &(uint32_t){ 5 });

    return 0;
}

static void a_handler_runs_what_was_bound(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    weft_world *world = built(builder);
    assert_int_equal(run(world), 0);
    assert_int_equal(WEFT_GET(world, Counter)->n, 5);
    weft_world_free(world);
}

EXAMPLE(a_handler_runs_what_was_bound);
