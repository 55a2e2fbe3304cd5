/* MUT for a function that only reads. */
/* gcc: on_tick: its parameters are not those of the list, in that order */
/* clang: on_tick: its parameters are not those of the list, in that order */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

static int on_tick(const Counter *counter)
{
    return counter->n;
}
WEFT_FN(on_tick, MUT(Counter));
