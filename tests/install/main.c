/* A small user of the installed library, built by scripts/install-test in every way there is: its
 * headers, its macros, its functions, and the types of resources, which are data that a program
 * takes from the shared library. Prints what the timer has counted. */
#include <stdio.h>

#include <weft/weft.h>

typedef struct Counter {
    int total;
} Counter;

WEFT_RESOURCE_DEFINE(Counter);

/* Runs three times, each time later. */
static void on_tick(Counter *counter, weft_timers *timers, weft_timer_event event)
{
    counter->total += 14;
    if (counter->total < 42)
        (void)weft_timers_reschedule(timers, event.id, event.now_ns + WEFT_SECOND);
}
WEFT_FN(on_tick, MUT(Counter), MUT(weft_timers), IN(weft_timer_event));

static weft_status run(weft_world *world)
{
    weft_timers *const timers = WEFT_GET(world, weft_timers);
    struct on_tick tick;
    weft_status status = on_tick_init(&tick, world);
    if (!status)
        status = weft_timers_schedule(timers, WEFT_SECOND, &tick.base, NULL);
    for (int second = 0; !status && second < 10; second++)
        if (weft_timers_poll(timers, world, second * WEFT_SECOND) < 0)
            return WEFT_EFAILED;
    return status;
}

int main(void)
{
    weft_builder *builder = weft_builder_new(NULL);
    if (!builder)
        return 1;
    WEFT_REGISTER_DEFAULT(builder, Counter);
    weft_timers_install(builder, NULL);
    weft_world *world;
    if (weft_builder_build(builder, &world)) {
        weft_builder_free(builder);
        return 1;
    }
    const weft_status status = run(world);
    if (!status)
        printf("%d\n", WEFT_GET(world, Counter)->total);
    weft_world_free(world);
    return status != WEFT_OK;
}
