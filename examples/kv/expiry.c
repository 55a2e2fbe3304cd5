#include "expiry.h"

#include <weft/fn.h>

WEFT_RESOURCE_DEFINE(kv_expiry);

#define KV_EXPIRE_BUDGET 1000 /* entries removed per pass of the loop */

/* The timer runs at least this often, so that it follows a wall clock that was set. */
#define KV_MAX_SLEEP_MS (INT64_C(60) * 1000)

/* When the timer is to run, on the loop's clock; notes it in armed_ms. Deadlines are whole
 * milliseconds of the wall clock. */
static int64_t next_run_ns(kv_expiry *expiry, const kv_service *service, const weft_clock *clock)
{
    const int64_t alarm_ms = kv_store_alarm_ms(&service->store);
    const int64_t latest_ms = service->now_ms + KV_MAX_SLEEP_MS;
    expiry->armed_ms = alarm_ms < latest_ms ? alarm_ms : latest_ms;
    const int64_t wait_ns = expiry->armed_ms * WEFT_MILLISECOND - clock->unix_ns;
    return clock->now_ns + (wait_ns > 0 ? wait_ns : 0);
}

static void on_deadline(kv_expiry *expiry, kv_service *service, weft_loop *loop,
                        weft_timer_event event)
{
    kv_service_set_time(service, loop->clock->unix_ns);
    (void)kv_store_expire(&service->store, service->now_ms, KV_EXPIRE_BUDGET);
    weft_timers_reschedule(loop->timers, event.id, next_run_ns(expiry, service, loop->clock));
}
WEFT_FN(on_deadline, MUT(kv_expiry), MUT(kv_service), MUT(weft_loop), IN(weft_timer_event));

weft_status kv_expiry_start(weft_world *world)
{
    kv_expiry *const expiry = WEFT_GET(world, kv_expiry);
    weft_loop *const loop = WEFT_GET(world, weft_loop);
    struct on_deadline handler;
    weft_status status = on_deadline_init(&handler, world);
    if (status)
        return status;
    const int64_t at_ns = next_run_ns(expiry, WEFT_GET(world, kv_service), loop->clock);
    return weft_timers_schedule(loop->timers, at_ns, &handler.base, &expiry->timer);
}

void kv_expiry_advance(kv_expiry *expiry, const kv_service *service, weft_loop *loop)
{
    weft_timers_reschedule(loop->timers, expiry->timer, next_run_ns(expiry, service, loop->clock));
}
