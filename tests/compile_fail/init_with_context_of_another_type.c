/* A callback bound with another type of context. */
/* gcc: incompatible type for argument 3 of 'on_tick_init' */
/* clang: passing 'Config' to parameter of incompatible type 'Counter' */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);
typedef struct {
    int limit;
} Config;
WEFT_RESOURCE_DECLARE(Config);

static void on_tick(Counter *counter)
{
    counter->n++;
}
WEFT_FN(on_tick, CTX(Counter));

weft_status start(struct on_tick *tick, const weft_world *world);
weft_status start(struct on_tick *tick, const weft_world *world)
{
    return on_tick_init(tick, world, (Config){ 3 });
}
