/* The buffers that streams are received into: equal pieces of one block, made when the first stream
 * is. */
#ifndef WEFT_DRIVER_IO_BUFFERS_H
#define WEFT_DRIVER_IO_BUFFERS_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/alloc.h>

enum { WEFT_IO_MAX_BUFFERS = 32768 };

#define WEFT_IO_NO_BUFFER UINT32_MAX

/* Indices from 0 to count - 1 are lent to whoever receives, by the poller's kind or by
 * weft_io_buffer_take; the one with index count is kept back for a single receive in place. */
typedef struct weft_io_buffers {
    char *memory;   /* NULL: there are none yet */
    uint32_t *free; /* a stack, unless they are lent to the poller's kind */
    uint32_t free_len;
    uint32_t count; /* a power of two */
    uint32_t size_bytes;
    bool *held; /* by index: it has something in it that is not over and done with */
} weft_io_buffers;

/* Allocates; WEFT_OK if they are there already. WEFT_ENOMEM, and nothing is changed. */
weft_status weft_io_buffers_init(weft_io_buffers *buffers, const weft_allocator *from);
void weft_io_buffers_fini(weft_io_buffers *buffers, const weft_allocator *from);

/* All that are not held are on the stack again. */
void weft_io_buffers_reset(weft_io_buffers *buffers);

/* An index, now held, or WEFT_IO_NO_BUFFER. */
uint32_t weft_io_buffer_take(weft_io_buffers *buffers);
uint32_t weft_io_buffer_take_reserve(weft_io_buffers *buffers);

/* Gives one of either back to the stack. */
void weft_io_buffer_give(weft_io_buffers *buffers, uint32_t index);

static inline char *weft_io_buffer_at(const weft_io_buffers *buffers, uint32_t index)
{
    return buffers->memory + (size_t)index * buffers->size_bytes;
}

#endif
