/* A handler bound as another function than it is; a warning that is made an error. */
/* flags: -Werror=incompatible-pointer-types */
/* gcc: passing argument 1 of 'on_tick_init' from incompatible pointer type
 * [-Werror=incompatible-pointer-types] */
/* clang: incompatible pointer types passing 'struct on_order *' to parameter of type 'struct
 * on_tick *' [-Werror,-Wincompatible-pointer-types] */
#include <weft/fn.h>

static void on_tick(int event)
{
    (void)event;
}
WEFT_FN(on_tick, IN(int));
static void on_order(int event)
{
    (void)event;
}
WEFT_FN(on_order, IN(int));

weft_status start(struct on_order *order, const weft_world *world);
weft_status start(struct on_order *order, const weft_world *world)
{
    return on_tick_init(order, world);
}
