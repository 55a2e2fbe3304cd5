/* The smallest program: one resource, one function, one event; as short as in the README. */
/* clang-format off */
#include <weft/weft.h>
#include <stdio.h>

typedef struct { uint64_t total; } Counter;
WEFT_RESOURCE_DEFINE(Counter);

static void on_tick(Counter *counter, uint32_t qty) { counter->total += qty; }
WEFT_FN(on_tick, MUT(Counter), IN(uint32_t));

int main(void)
{
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    weft_world *world;
    struct on_tick tick;
    if (weft_builder_build(builder, &world) || on_tick_init(&tick, world)) return 1;
    weft_run(&tick.base, world, &(uint32_t){ 42 });
    printf("total %lu\n", WEFT_GET(world, Counter)->total);
    weft_world_free(world);
}
