/* A list shorter than the function. */
/* gcc: too few arguments to function 'on_tick' */
/* clang: too few arguments to function call, expected 2, have 1 */
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
WEFT_FN(on_tick, MUT(Counter));
