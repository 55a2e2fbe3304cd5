#include "buffer.h"

#include <assert.h>
#include <string.h>

#define KV_BUFFER_FIRST_BYTES 1024
#define KV_BUFFER_ALIGN_BYTES 16

void kv_buffer_init(kv_buffer *buffer, const weft_allocator *allocator, size_t max_bytes)
{
    *buffer =
        (kv_buffer){ .allocator = weft_allocator_or_default(allocator), .max_bytes = max_bytes };
}

void kv_buffer_fini(kv_buffer *buffer)
{
    if (buffer->memory)
        weft_free(&buffer->allocator, buffer->memory, buffer->cap_bytes, KV_BUFFER_ALIGN_BYTES);
    buffer->memory = NULL;
    buffer->cap_bytes = buffer->begin = buffer->end = 0;
}

char *kv_buffer_grow(kv_buffer *buffer, size_t size_bytes)
{
    const size_t used_bytes = kv_buffer_size(buffer);
    if (buffer->refused || size_bytes > buffer->max_bytes - used_bytes) {
        buffer->refused = true;
        return NULL;
    }
    const size_t needed_bytes = used_bytes + size_bytes;
    /* Moving at most half of the memory keeps the cost of a byte constant; that is also why a
     * full queue needs twice its bytes. */
    if (needed_bytes <= buffer->cap_bytes && used_bytes <= buffer->cap_bytes / 2) {
        memmove(buffer->memory, kv_buffer_data(buffer), used_bytes);
        buffer->begin = 0;
        buffer->end = used_bytes;
        return buffer->memory + buffer->end;
    }
    size_t cap_bytes = buffer->cap_bytes < KV_BUFFER_FIRST_BYTES / 2 ? KV_BUFFER_FIRST_BYTES
                                                                     : buffer->cap_bytes * 2;
    if (cap_bytes < needed_bytes)
        cap_bytes = needed_bytes;
    if (cap_bytes > 2 * buffer->max_bytes)
        cap_bytes = 2 * buffer->max_bytes;
    char *memory = weft_alloc(&buffer->allocator, cap_bytes, KV_BUFFER_ALIGN_BYTES);
    if (!memory) {
        buffer->refused = true;
        return NULL;
    }
    if (buffer->memory) {
        memcpy(memory, kv_buffer_data(buffer), used_bytes);
        weft_free(&buffer->allocator, buffer->memory, buffer->cap_bytes, KV_BUFFER_ALIGN_BYTES);
    }
    buffer->memory = memory;
    buffer->cap_bytes = cap_bytes;
    buffer->begin = 0;
    buffer->end = used_bytes;
    return buffer->memory + buffer->end;
}

void kv_buffer_consume(kv_buffer *buffer, size_t size_bytes)
{
    assert(size_bytes <= kv_buffer_size(buffer));
    buffer->begin += size_bytes;
    if (buffer->begin == buffer->end)
        buffer->begin = buffer->end = 0;
}

void kv_buffer_clear(kv_buffer *buffer)
{
    kv_buffer_fini(buffer);
    buffer->refused = false;
}

void kv_buffer_trim(kv_buffer *buffer, size_t keep_bytes)
{
    if (kv_buffer_size(buffer) == 0 && buffer->cap_bytes > keep_bytes)
        kv_buffer_fini(buffer);
}
