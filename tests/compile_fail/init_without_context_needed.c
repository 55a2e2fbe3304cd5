/* A context for a function that has none. */
/* gcc: too many arguments to function 'on_tick_init' */
/* clang: too many arguments to function call, expected 2, have 3 */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

static void on_tick(int event)
{
    (void)event;
}
WEFT_FN(on_tick, IN(int));

weft_status start(struct on_tick *tick, const weft_world *world);
weft_status start(struct on_tick *tick, const weft_world *world)
{
    return on_tick_init(tick, world, (Counter){ 3 });
}
