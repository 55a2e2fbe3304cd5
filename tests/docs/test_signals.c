/* The example of signals.h. */
#include "example.h"

#include <signal.h>

#include <weft/fn.h>
#include <weft/signals.h>

static int reloads;

static void on_reload(void)
{
    reloads++;
}
WEFT_FN(on_reload);

static weft_world *build(weft_signals **signals_out)
{
    weft_builder *builder = weft_builder_new(NULL);

    weft_signals *signals = weft_signals_install(builder, NULL); // before the world is built

    *signals_out = signals;
    return built(builder);
}

static int run(weft_signals *signals, weft_world *world)
{
    struct on_reload reload; // afterwards
    if (on_reload_init(&reload, world) || weft_signals_shutdown(signals, SIGTERM) ||
        weft_signals_add(signals, SIGHUP, &reload.base, NULL))
        return 1;

    raise(SIGHUP);
    raise(SIGHUP);
    assert_int_equal(reloads, 0);

    weft_signals_poll(signals, world); // each pass of the loop

    assert_int_equal(reloads, 1);
    assert_false(weft_world_stopping(world));
    raise(SIGTERM);
    assert_true(weft_world_stopping(world));
    return 0;
}

static void signals_stop_the_world_or_run_a_handler(void **state)
{
    (void)state;
    weft_signals *signals;
    weft_world *world = build(&signals);
    assert_int_equal(run(signals, world), 0);
    weft_world_free(world);
}

EXAMPLE(signals_stop_the_world_or_run_a_handler);
