/* The example of status.h. */
#include "example.h"

#include <weft/fn.h>
#include <weft/timers.h>

static void on_time(void)
{
}
WEFT_FN(on_time);

static void cancel(weft_timers *timers, weft_timer_id id)
{
    weft_status status = weft_timers_cancel(timers, id);
    if (status == WEFT_ESTALE)
        puts(weft_status_sentence(status));
}

static void a_failure_has_a_sentence(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    weft_timers *timers = weft_timers_install(builder, NULL);
    weft_world *world = built(builder);
    struct on_time time;
    weft_timer_id id;
    assert_int_equal(on_time_init(&time, world), WEFT_OK);
    assert_int_equal(weft_timers_schedule(timers, 1, &time.base, &id), WEFT_OK);
    cancel(timers, id);
    assert_string_equal(said, "");
    cancel(timers, id);
    assert_string_equal(said, "the id names something that has ended\n");
    weft_world_free(world);
}

EXAMPLE(a_failure_has_a_sentence);
