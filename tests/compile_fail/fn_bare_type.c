/* A type without its keyword. */
/* gcc: on_tick: Counter is no parameter */
/* clang: on_tick: Counter is no parameter */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

static void on_tick(Counter *counter)
{
    counter->n++;
}
WEFT_FN(on_tick, Counter);
