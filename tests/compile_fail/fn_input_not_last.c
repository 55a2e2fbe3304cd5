/* An event that is not the last parameter. */
/* gcc: on_tick: IN and REF come last in the list */
/* clang: on_tick: IN and REF come last in the list */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

static void on_tick(int event, Counter *counter)
{
    counter->n += event;
}
WEFT_FN(on_tick, IN(int), MUT(Counter));
