/* A system with an event. */
/* gcc: on_tick: a system takes no event; leave out its IN or REF */
/* clang: on_tick: a system takes no event; leave out its IN or REF */
#include <weft/fn.h>
#include <weft/scheduler.h>

static void on_tick(int event)
{
    (void)event;
}
WEFT_FN(on_tick, IN(int));

weft_status add(weft_scheduler *scheduler);
weft_status add(weft_scheduler *scheduler)
{
    return WEFT_SYSTEM(scheduler, on_tick, NULL);
}
