#include "io_buffers.h"

#include <string.h>

enum { ALIGN_BYTES = 4096 }; /* the kernel writes to them: whole pages */

static size_t memory_bytes(const weft_io_buffers *buffers)
{
    return ((size_t)buffers->count + 1) * buffers->size_bytes;
}

static size_t held_bytes(const weft_io_buffers *buffers)
{
    return ((size_t)buffers->count + 1) * sizeof *buffers->held;
}

weft_status weft_io_buffers_init(weft_io_buffers *buffers, const weft_allocator *from)
{
    if (buffers->memory)
        return WEFT_OK;
    buffers->free = weft_alloc(from, buffers->count * sizeof *buffers->free, _Alignof(uint32_t));
    buffers->held = weft_alloc(from, held_bytes(buffers), _Alignof(bool));
    if (buffers->free && buffers->held)
        buffers->memory = weft_alloc(from, memory_bytes(buffers), ALIGN_BYTES);
    if (!buffers->memory) {
        weft_io_buffers_fini(buffers, from);
        return WEFT_ENOMEM;
    }
    memset(buffers->held, 0, held_bytes(buffers));
    weft_io_buffers_reset(buffers);
    return WEFT_OK;
}

void weft_io_buffers_fini(weft_io_buffers *buffers, const weft_allocator *from)
{
    weft_free(from, buffers->memory, memory_bytes(buffers), ALIGN_BYTES);
    weft_free(from, buffers->held, held_bytes(buffers), _Alignof(bool));
    weft_free(from, buffers->free, buffers->count * sizeof *buffers->free, _Alignof(uint32_t));
    buffers->memory = NULL;
    buffers->held = NULL;
    buffers->free = NULL;
}

void weft_io_buffers_reset(weft_io_buffers *buffers)
{
    buffers->free_len = 0;
    for (uint32_t i = buffers->count; i > 0; i--)
        if (!buffers->held[i - 1])
            buffers->free[buffers->free_len++] = i - 1;
}

uint32_t weft_io_buffer_take(weft_io_buffers *buffers)
{
    if (!buffers->free_len)
        return WEFT_IO_NO_BUFFER;
    const uint32_t index = buffers->free[--buffers->free_len];
    buffers->held[index] = true;
    return index;
}

uint32_t weft_io_buffer_take_reserve(weft_io_buffers *buffers)
{
    if (buffers->held[buffers->count])
        return WEFT_IO_NO_BUFFER;
    buffers->held[buffers->count] = true;
    return buffers->count;
}

void weft_io_buffer_give(weft_io_buffers *buffers, uint32_t index)
{
    buffers->held[index] = false;
    if (index != buffers->count)
        buffers->free[buffers->free_len++] = index;
}
