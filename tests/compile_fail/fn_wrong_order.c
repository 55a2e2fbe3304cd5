/* The right parameters in another order. */
/* gcc: on_tick: its parameters are not those of the list, in that order */
/* clang: on_tick: its parameters are not those of the list, in that order */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);
typedef struct {
    int limit;
} Config;
WEFT_RESOURCE_DECLARE(Config);

static void on_tick(Counter *counter, const Config *config)
{
    counter->n += config->limit;
}
WEFT_FN(on_tick, RES(Config), MUT(Counter));
