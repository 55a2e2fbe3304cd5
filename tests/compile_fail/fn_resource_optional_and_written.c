/* One resource injected twice, once if it is there. */
/* gcc: redeclaration of enumerator 'on_tick_may_take_only_once_Counter' */
/* clang: redefinition of enumerator 'on_tick_may_take_only_once_Counter' */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

static void on_tick(const Counter *one, Counter *two)
{
    two->n += one ? one->n : 0;
}
WEFT_FN(on_tick, OPT(Counter), MUT(Counter));
