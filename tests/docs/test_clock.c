/* The example of clock.h. */
#include "example.h"

#include <weft/clock.h>
#include <weft/fn.h>
#include <weft/timers.h>

static int64_t ran_at_ns = -1;

static void on_time(weft_timer_event event)
{
    ran_at_ns = event.now_ns;
}
WEFT_FN(on_time, IN(weft_timer_event));

static void a_test_clock_moves_when_it_is_told_to(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    weft_timers *timers = weft_timers_install(builder, NULL);
    weft_world *world = built(builder);
    struct on_time once;
    assert_int_equal(on_time_init(&once, world), WEFT_OK);
    assert_int_equal(weft_timers_schedule(timers, 5000000, &once.base, NULL), WEFT_OK);

    weft_clock clock;
    weft_clock_init_test(&clock, 0);
    weft_clock_advance(&clock, 5 * WEFT_MILLISECOND);
    weft_timers_poll(timers, world, weft_clock_now(&clock));

    assert_int_equal(ran_at_ns, 5000000);
    assert_int_equal(clock.now_ns, 5000000);
    weft_world_free(world);
}

EXAMPLE(a_test_clock_moves_when_it_is_told_to);
