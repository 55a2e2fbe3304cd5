/* The examples of guard.h. */
#include "example.h"

#include <inttypes.h>

#include <weft/fn.h>
#include <weft/guard.h>
#include <weft/timers.h>

typedef struct Order {
    int qty;
} Order;

static void on_order(weft_world *world, const Order *order)
{
    if (order->qty < 0)
        weft_fail(world, "negative");
}
WEFT_FN(on_order, WORLD, REF(Order));

static void on_time(weft_world *world)
{
    weft_fail(world, "too late");
}
WEFT_FN(on_time, WORLD);

static int survive(weft_world *world, Order event)
{
    struct on_order order;
    weft_guard guard;
    if (on_order_init(&order, world) || weft_guard_init(&guard, &order.base, world))
        return 1;
    weft_run(&guard.base, world, &event);
    if (weft_guard_failures(&guard) > 0)
        puts(weft_world_failure(world));
    weft_handler_fini(&guard.base); // unless a driver took it, which then does this

    return 0;
}

static char printed[8];
#define printf(...) snprintf(printed, sizeof printed, __VA_ARGS__)

static int count(weft_timers *timers, weft_world *world, int64_t deadline_ns)
{
    struct on_time time;
    weft_guard guard;
    assert_int_equal(on_time_init(&time, world), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard, &time.base, world), WEFT_OK);

    weft_guard_retain(&guard); // before the driver may drop its copy
    if (weft_timers_schedule(timers, deadline_ns, &guard.base, NULL))
        return 1;
    weft_timers_poll(timers, world, deadline_ns);
    printf("%" PRIu64 "\n", weft_guard_failures(&guard)); // the timer has dropped it by now
    weft_guard_release(&guard);

    return 0;
}

static void the_guard_survives_and_counts(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    weft_timers *timers = weft_timers_install(builder, NULL);
    weft_world *world = built(builder);
    assert_int_equal(survive(world, (Order){ 1 }), 0);
    assert_string_equal(said, "");
    assert_int_equal(survive(world, (Order){ -1 }), 0);
    assert_string_equal(said, "negative\n");
    assert_int_equal(count(timers, world, 10), 0);
    assert_string_equal(printed, "1\n");
    weft_world_free(world);
}

EXAMPLE(the_guard_survives_and_counts);
