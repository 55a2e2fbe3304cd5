/* One resource injected twice, both times to be read. */
/* gcc: redeclaration of enumerator 'on_tick_may_take_only_once_Counter' */
/* clang: redefinition of enumerator 'on_tick_may_take_only_once_Counter' */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

static int on_tick(const Counter *one, const Counter *two)
{
    return one->n + two->n;
}
WEFT_FN(on_tick, RES(Counter), RES(Counter));
