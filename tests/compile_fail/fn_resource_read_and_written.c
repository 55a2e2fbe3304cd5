/* One resource injected twice, to be read and to be written. */
/* gcc: redeclaration of enumerator 'on_tick_may_take_only_once_Counter' */
/* clang: redefinition of enumerator 'on_tick_may_take_only_once_Counter' */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

static void on_tick(const Counter *one, Counter *two)
{
    two->n += one->n;
}
WEFT_FN(on_tick, RES(Counter), MUT(Counter));
