/* A typed call with another type of event; a warning that is made an error. */
/* flags: -Werror=incompatible-pointer-types */
/* gcc: passing argument 3 of 'on_tick_call' from incompatible pointer type
 * [-Werror=incompatible-pointer-types] */
/* clang: incompatible pointer types passing 'const double *' to parameter of type 'const int *'
 * [-Werror,-Wincompatible-pointer-types] */
#include <weft/fn.h>

static void on_tick(int event)
{
    (void)event;
}
WEFT_FN(on_tick, IN(int));

void give(struct on_tick *tick, weft_world *world);
void give(struct on_tick *tick, weft_world *world)
{
    const double event = 1.0;
    on_tick_call(&tick->state, world, &event);
}
