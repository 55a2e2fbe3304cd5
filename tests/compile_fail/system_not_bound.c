/* A plain function without its WEFT_FN. */
/* gcc: 'calc_spread_inputs' undeclared */
/* clang: use of undeclared identifier 'calc_spread_inputs' */
#include <weft/fn.h>
#include <weft/scheduler.h>

static void calc_spread(void)
{
}

weft_status add(weft_scheduler *scheduler);
weft_status add(weft_scheduler *scheduler)
{
    return WEFT_SYSTEM(scheduler, calc_spread, NULL);
}
