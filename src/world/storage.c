/* A box is a forwarding handler, in one heap block with the handler that it stands for:
 *
 *     | weft_forward: run, fn, target, allocator, block | padding | the copy ... |
 *                                |________________________________^
 *
 * A flex buffer whose handler does not fit holds the forward alone, and only the copy is on the
 * heap. Either way the forward knows what to free.
 */
#include <weft/storage.h>

#include <string.h>

#include "copy.h"

typedef struct weft_forward {
    weft_handler base;
    weft_handler *target;
    const weft_allocator *allocator; /* the world's */
    void *block;                     /* what to free */
    size_t block_bytes;
} weft_forward;

_Static_assert(sizeof(weft_forward) <= 48, "storage.h promises that 48 bytes hold a forward");

static bool forward_run(weft_handler *self, weft_world *world, const void *event)
{
    weft_handler *target = ((weft_forward *)self)->target;
    return target->run(target, world, event);
}

static const weft_handler *forward_inner(const weft_handler *self)
{
    return ((const weft_forward *)self)->target;
}

static void forward_fini(weft_handler *self)
{
    const weft_forward forward = *(weft_forward *)self;
    const size_t align = forward.target->fn->align_bytes;
    weft_handler_fini(forward.target);
    weft_free(forward.allocator, forward.block, forward.block_bytes,
              align > _Alignof(weft_forward) ? align : _Alignof(weft_forward));
}

static const weft_fn forward_fn = { .name = "weft_forward",
                                    .shape = "box",
                                    .size_bytes = sizeof(weft_forward),
                                    .align_bytes = _Alignof(weft_forward),
                                    .run = forward_run,
                                    .fini = forward_fini,
                                    .inner = forward_inner };

/* A heap block with `header_bytes` in front of a copy of the handler, or a NULL block. */
static weft_forward forward_to_copy(const weft_handler *handler, const weft_world *world,
                                    size_t header_bytes)
{
    const weft_fn *fn = handler->fn;
    const size_t align =
        fn->align_bytes > _Alignof(weft_forward) ? fn->align_bytes : _Alignof(weft_forward);
    const size_t offset = (header_bytes + fn->align_bytes - 1) & ~(fn->align_bytes - 1);
    const weft_allocator *from = weft_world_allocator(world);
    char *block = weft_alloc(from, offset + fn->size_bytes, align);
    if (!block) {
        weft_report(world, WEFT_ENOMEM, "no memory to box %s (%zu bytes)",
                    weft_handler_name(handler), offset + fn->size_bytes);
        return (weft_forward){ .block = NULL };
    }
    memcpy(block + offset, handler, fn->size_bytes);
    return (weft_forward){ { forward_run, &forward_fn },
                           (weft_handler *)(block + offset),
                           from,
                           block,
                           offset + fn->size_bytes };
}

weft_status weft_box(const weft_handler *handler, const weft_world *world, weft_handler **box_out)
{
    const weft_status unbound = weft_copy_check(handler, world, "a box");
    if (unbound)
        return unbound;
    const weft_forward forward = forward_to_copy(handler, world, sizeof(weft_forward));
    if (!forward.block)
        return WEFT_ENOMEM;
    memcpy(forward.block, &forward, sizeof forward);
    *box_out = (weft_handler *)forward.block;
    return WEFT_OK;
}

static bool fits(const weft_handler *handler, size_t size_bytes)
{
    return handler->fn->size_bytes <= size_bytes && handler->fn->align_bytes <= 16;
}

weft_status weft_flat_set(weft_handler *buffer, size_t size_bytes, const weft_world *world,
                          const weft_handler *handler)
{
    const weft_status unbound = weft_copy_check(handler, world, "a flat buffer");
    if (unbound)
        return unbound;
    if (!fits(handler, size_bytes))
        return weft_report(world, WEFT_ETOOBIG,
                           "%s (%zu bytes, aligned to %zu) exceeds the capacity of a flat buffer "
                           "(%zu bytes, aligned to 16); enlarge it, or use flex or box",
                           weft_handler_name(handler), handler->fn->size_bytes,
                           handler->fn->align_bytes, size_bytes);
    memcpy(buffer, handler, handler->fn->size_bytes);
    return WEFT_OK;
}

weft_status weft_flex_set(weft_handler *buffer, size_t size_bytes, const weft_world *world,
                          const weft_handler *handler)
{
    const weft_status unbound = weft_copy_check(handler, world, "a flex buffer");
    if (unbound)
        return unbound;
    if (fits(handler, size_bytes))
        return weft_flat_set(buffer, size_bytes, world, handler);
    if (size_bytes < sizeof(weft_forward))
        return weft_report(world, WEFT_ETOOBIG, "a flex buffer has at least %zu bytes, not %zu",
                           sizeof(weft_forward), size_bytes);
    const weft_forward forward = forward_to_copy(handler, world, 0);
    if (!forward.block)
        return WEFT_ENOMEM;
    memcpy(buffer, &forward, sizeof forward);
    return WEFT_OK;
}

bool weft_flex_is_inline(const weft_handler *buffer)
{
    /* A box that was put into the buffer is a forward too, but its copy is not its block. */
    const weft_forward *forward = (const weft_forward *)buffer;
    return buffer->fn != &forward_fn || (const void *)forward->target != forward->block;
}
