/* The example of world.h. */
#include "example.h"

#include <weft/world.h>

typedef struct Config {
    int limit;
} Config;
typedef struct Counter {
    uint64_t n;
} Counter;

static uint64_t counted;

static void counter_ends(Counter *counter)
{
    counted = counter->n;
}

WEFT_RESOURCE_DEFINE(Config);
WEFT_RESOURCE_DEFINE(Counter, FINI(counter_ends));

static int run(void)
{
    weft_builder *builder = weft_builder_new(NULL);
    if (!builder)
        return 1;
    WEFT_REGISTER(builder, Config, { .limit = 100 });
    WEFT_REGISTER_DEFAULT(builder, Counter);
    weft_world *world;
    if (weft_builder_build(builder, &world)) { // the first failure of all of the above
        weft_builder_free(builder);
        return 1;
    }
    WEFT_GET(world, Counter)->n = 42;
    weft_world_free(world);

    return 0;
}

static void what_is_registered_lives_as_long_as_the_world(void **state)
{
    (void)state;
    assert_int_equal(run(), 0);
    assert_int_equal(counted, 42);
}

EXAMPLE(what_is_registered_lives_as_long_as_the_world);
