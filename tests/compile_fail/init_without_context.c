/* A callback bound without its context. */
/* gcc: too few arguments to function 'on_tick_init' */
/* clang: too few arguments to function call, expected 3, have 2 */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

static void on_tick(Counter *counter)
{
    counter->n++;
}
WEFT_FN(on_tick, CTX(Counter));

weft_status start(struct on_tick *tick, const weft_world *world);
weft_status start(struct on_tick *tick, const weft_world *world)
{
    return on_tick_init(tick, world);
}
