/* A system whose context is not given. */
/* gcc: too few arguments to function 'calc_spread_init' */
/* clang: too few arguments to function call, expected 3, have 2 */
#include <weft/fn.h>
#include <weft/scheduler.h>

static void calc_spread(int *spread)
{
    *spread = 0;
}
WEFT_FN(calc_spread, CTX(int));

weft_status add(weft_scheduler *scheduler);
weft_status add(weft_scheduler *scheduler)
{
    return WEFT_SYSTEM(scheduler, calc_spread, NULL);
}
