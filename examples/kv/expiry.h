/* Expiry: one timer that removes what has expired and nobody asks for.
 *
 * It stands at the store's earliest deadline, or before it. When it runs it removes a bounded
 * number of entries; what is left is removed in the next passes of the loop, between which clients
 * are served.
 */
#ifndef KV_EXPIRY_H
#define KV_EXPIRY_H

#include <weft/loop.h>

#include "service.h"

typedef struct kv_expiry {
    weft_timer_id timer;
    int64_t armed_ms; /* on the store's scale: when the timer runs */
} kv_expiry;

WEFT_RESOURCE_DECLARE(kv_expiry);

/* Schedules the timer. [loop] */
WEFT_CHECKED weft_status kv_expiry_start(weft_world *world);

/* Moves the timer if a deadline was set that comes before it; kv_expiry_update looks first. */
void kv_expiry_advance(kv_expiry *expiry, const kv_service *service, weft_loop *loop);

/* To be called after commands have run. */
static inline void kv_expiry_update(kv_expiry *expiry, const kv_service *service, weft_loop *loop)
{
    if (__builtin_expect(kv_store_alarm_ms(&service->store) < expiry->armed_ms, 0))
        kv_expiry_advance(expiry, service, loop);
}

#endif
