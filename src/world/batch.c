#include <weft/batch.h>

#include <string.h>

#include "copy.h"

weft_status weft_x_batch_init(weft_batch *batch, const char *name, const weft_handler *bound,
                              size_t capacity, size_t item_bytes, size_t item_align,
                              const weft_world *world)
{
    const weft_allocator *from = weft_world_allocator(world);
    *batch = (weft_batch){ .item_bytes = item_bytes, .item_align = item_align, .allocator = from };
    const weft_status unbound = weft_copy_check(bound, world, name);
    if (unbound)
        return unbound;
    if (capacity == 0)
        return weft_report(world, WEFT_EINVAL, "%s: a batch has room for one item at least", name);
    if (capacity <= PTRDIFF_MAX / item_bytes)
        batch->items = weft_alloc(from, capacity * item_bytes, item_align);
    if (!batch->items)
        return weft_report(world, WEFT_ENOMEM, "%s: no memory for a batch of %zu items", name,
                           capacity);
    batch->capacity = capacity;
    return WEFT_OK;
}

void weft_x_batch_fini(weft_batch *batch)
{
    if (batch->items)
        weft_free(batch->allocator, batch->items, batch->capacity * batch->item_bytes,
                  batch->item_align);
    *batch = (weft_batch){ .item_bytes = batch->item_bytes };
}

void weft_x_batch_keep(weft_batch *batch, size_t count)
{
    const size_t bytes = batch->item_bytes;
    batch->len -= count;
    memmove(batch->items, (const char *)batch->items + count * bytes, batch->len * bytes);
}

void weft_x_batch_failed(void *run)
{
    const weft_x_batch_run *failed = run;
    weft_batch *batch = failed->batch;
    const size_t used = (size_t)(failed->next - (const char *)batch->items);
    weft_x_batch_keep(batch, used / batch->item_bytes);
    batch->running = false;
}
