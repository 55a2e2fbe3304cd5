/* The example of timers.h. */
#include "example.h"

#include <weft/fn.h>
#include <weft/timers.h>

typedef struct Sessions {
    int checks;
} Sessions;
WEFT_RESOURCE_DEFINE(Sessions);

static bool session_alive(Sessions *sessions)
{
    return ++sessions->checks < 2;
}

static void on_expire(Sessions *sessions, weft_timers *timers, weft_timer_event event)
{
    if (session_alive(sessions))
        weft_timers_reschedule(timers, event.id, event.now_ns + 30 * WEFT_SECOND);
}
WEFT_FN(on_expire, MUT(Sessions), MUT(weft_timers), IN(weft_timer_event));

static weft_world *build(weft_timers **timers_out)
{
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Sessions);

    weft_timers *timers = weft_timers_install(builder, NULL); // before the world is built

    *timers_out = timers;
    return built(builder);
}

static int run(weft_timers *timers, weft_world *world, weft_clock *clock, int64_t deadline_ns)
{
    struct on_expire expire; // afterwards
    weft_timer_id id;
    if (on_expire_init(&expire, world) ||
        weft_timers_schedule(timers, deadline_ns, &expire.base, &id))
        return 1;
    weft_timers_poll(timers, world, weft_clock_now(clock)); // each pass of the loop

    assert_true(weft_timers_pending(timers, id));
    return 0;
}

static void a_timer_runs_again_if_it_is_rescheduled(void **state)
{
    (void)state;
    weft_timers *timers;
    weft_world *world = build(&timers);
    weft_clock clock;
    weft_clock_init_test(&clock, 100);
    assert_int_equal(run(timers, world, &clock, 100), 0);
    assert_int_equal(WEFT_GET(world, Sessions)->checks, 1);

    weft_clock_advance(&clock, 30 * WEFT_SECOND);
    assert_int_equal(weft_timers_poll(timers, world, weft_clock_now(&clock)), 1);
    assert_int_equal(weft_timers_len(timers), 0);
    weft_world_free(world);
}

EXAMPLE(a_timer_runs_again_if_it_is_rescheduled);
