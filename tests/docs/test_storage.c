/* The example of storage.h. */
#include "example.h"

#include <weft/fn.h>
#include <weft/storage.h>

typedef struct Counter {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DEFINE(Counter);

static void on_tick(Counter *counter, uint32_t qty)
{
    counter->n += qty;
}
WEFT_FN(on_tick, MUT(Counter), IN(uint32_t));

static int run(weft_world *world, uint32_t qty)
{
    struct on_tick tick;
    assert_int_equal(on_tick_init(&tick, world), WEFT_OK);

    weft_flex_64 slot;
    if (weft_flex_set(&slot.base, sizeof slot, world, &tick.base))
        return 1;
    weft_run(&slot.base, world, &qty);
    weft_handler_fini(&slot.base); // for box, flat and flex alike

    return 0;
}

static void what_is_stored_runs(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    weft_world *world = built(builder);
    assert_int_equal(run(world, 5), 0);
    assert_int_equal(WEFT_GET(world, Counter)->n, 5);
    weft_world_free(world);
}

EXAMPLE(what_is_stored_runs);
