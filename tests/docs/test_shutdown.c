/* The example of shutdown.h. */
#include "example.h"

#include <weft/shutdown.h>

static void a_trigger_stops_the_world(void **state)
{
    (void)state;
    weft_world *world = built(weft_builder_new(NULL));
    weft_shutdown *const flag = weft_shutdown_retain(weft_world_shutdown(world));
    assert_false(weft_world_stopping(world));

    weft_shutdown *stop = weft_shutdown_retain(weft_world_shutdown(world));
    weft_shutdown_trigger(stop); // in any thread or signal handler
    weft_shutdown_release(stop);

    assert_true(weft_world_stopping(world));
    weft_world_free(world);
    assert_true(weft_shutdown_triggered(flag));
    weft_shutdown_release(flag);
}

EXAMPLE(a_trigger_stops_the_world);
