#include "copy.h"

#include <string.h>

weft_handler *weft_copy_new(const weft_handler *handler, const weft_world *world)
{
    const weft_fn *fn = handler->fn;
    weft_handler *copy = weft_alloc(weft_world_allocator(world), fn->size_bytes, fn->align_bytes);
    if (copy)
        memcpy(copy, handler, fn->size_bytes);
    else
        weft_report(world, WEFT_ENOMEM, "no memory to keep a copy of %s (%zu bytes)",
                    weft_handler_name(handler), fn->size_bytes);
    return copy;
}

void weft_copy_free(weft_handler *copy, const weft_allocator *from)
{
    const weft_fn *fn = copy->fn;
    weft_handler_fini(copy);
    weft_free(from, copy, fn->size_bytes, fn->align_bytes);
}
