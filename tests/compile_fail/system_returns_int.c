/* A system that answers with an int, which would always count as changed. */
/* gcc: calc_spread: a system returns a bool */
/* clang: calc_spread: a system returns a bool */
#include <weft/fn.h>
#include <weft/scheduler.h>

static int calc_spread(void)
{
    return 0;
}
WEFT_FN(calc_spread);

weft_status add(weft_scheduler *scheduler);
weft_status add(weft_scheduler *scheduler)
{
    return WEFT_SYSTEM(scheduler, calc_spread, NULL);
}
