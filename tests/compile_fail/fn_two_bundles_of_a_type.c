/* The same bundle twice. */
/* gcc: redeclaration of enumerator 'on_tick_may_take_only_once_Market' */
/* clang: redefinition of enumerator 'on_tick_may_take_only_once_Market' */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

WEFT_BUNDLE(Market, MUT(Counter, counter));
static void on_tick(Market *one, Market *two)
{
    one->counter->n += two->counter->n;
}
WEFT_FN(on_tick, BUNDLE(Market), BUNDLE(Market));
