/* REF for an event that the function takes by value. */
/* gcc: on_tick: its parameters are not those of the list, in that order */
/* clang: on_tick: its parameters are not those of the list, in that order */
#include <weft/fn.h>

static void on_tick(int event)
{
    (void)event;
}
WEFT_FN(on_tick, REF(int));
