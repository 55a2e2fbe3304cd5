#include <weft/shutdown.h>

weft_shutdown *weft_shutdown_new(const weft_allocator *allocator)
{
    weft_allocator from = weft_allocator_or_default(allocator);
    weft_shutdown *shutdown = weft_alloc(&from, sizeof *shutdown, _Alignof(weft_shutdown));
    if (!shutdown)
        return NULL;
    *shutdown = (weft_shutdown){ .references = 1, .allocator = from };
    weft_wake_init(&shutdown->wake);
    return shutdown;
}

weft_shutdown *weft_shutdown_retain(weft_shutdown *shutdown)
{
    __atomic_fetch_add(&shutdown->references, 1, __ATOMIC_RELAXED);
    return shutdown;
}

void weft_shutdown_release(weft_shutdown *shutdown)
{
    if (!shutdown || __atomic_sub_fetch(&shutdown->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    weft_wake_fini(&shutdown->wake);
    weft_allocator from = shutdown->allocator;
    weft_free(&from, shutdown, sizeof *shutdown, _Alignof(weft_shutdown));
}

void weft_shutdown_trigger(weft_shutdown *shutdown)
{
    __atomic_store_n(&shutdown->triggered, true, __ATOMIC_RELEASE);
    weft_wake_signal(&shutdown->wake);
}
