/* How drivers run a handler that may remove itself, or fail. */
#ifndef WEFT_DRIVER_DELIVER_H
#define WEFT_DRIVER_DELIVER_H

#include <weft/handler.h>

/* Runs the handler with the next sequence number, and then over(arg), or failed(arg) if it fails:
 * there the driver releases what was removed meanwhile. */
static inline void weft_deliver(weft_world *world, weft_handler *handler, const void *event,
                                void (*over)(void *arg), void (*failed)(void *arg), void *arg)
{
    weft_cleanup on_failure = { .run = failed, .arg = arg };
    weft_world_next_sequence(world);
    weft_cleanup_push(world, &on_failure);
    weft_run(handler, world, event);
    weft_cleanup_pop(world, &on_failure);
    over(arg);
}

#endif
