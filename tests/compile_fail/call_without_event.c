/* A typed call without the event. */
/* gcc: too few arguments to function 'on_tick_call' */
/* clang: too few arguments to function call, expected 3, have 2 */
#include <weft/fn.h>

static void on_tick(int event)
{
    (void)event;
}
WEFT_FN(on_tick, IN(int));

void give(struct on_tick *tick, weft_world *world);
void give(struct on_tick *tick, weft_world *world)
{
    on_tick_call(&tick->state, world);
}
