/* A bundle injected as if it were a resource. */
/* gcc: 'weft_type_Market' undeclared here */
/* clang: use of undeclared identifier 'weft_type_Market' */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

WEFT_BUNDLE(Market, MUT(Counter, counter));
static void on_tick(Market *market)
{
    market->counter->n++;
}
WEFT_FN(on_tick, MUT(Market));
