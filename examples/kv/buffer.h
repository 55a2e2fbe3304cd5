/* A growing, bounded byte queue: what a connection has received and what it has yet to send.
 *
 * Bytes go in at the end and out at the front. It never holds more than max_bytes, nor more
 * memory than twice that; a write that does not fit is refused whole and remembered, so that a
 * writer can make many small writes and look once.
 *
 *     char *room = kv_buffer_reserve(&in, 4096);
 *     kv_buffer_commit(&in, received);
 *     use(kv_buffer_data(&in), kv_buffer_size(&in));
 *     kv_buffer_consume(&in, used);
 */
#ifndef KV_BUFFER_H
#define KV_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <weft/alloc.h>

typedef struct kv_buffer {
    weft_allocator allocator;
    size_t max_bytes;
    char *memory;
    size_t cap_bytes;
    size_t begin; /* begin <= end <= cap_bytes: the queue is [begin, end) of memory */
    size_t end;
    bool refused; /* a reserve failed: the stream of bytes has a hole, nothing more goes in */
} kv_buffer;

/* An empty buffer that allocates nothing yet. `allocator` is copied; NULL is malloc. */
void kv_buffer_init(kv_buffer *buffer, const weft_allocator *allocator, size_t max_bytes);

/* Gives the memory back. A zeroed buffer is accepted. */
void kv_buffer_fini(kv_buffer *buffer);

/* The bytes in the queue, NULL if it holds no memory; they stay where they are until the next
 * reserve or trim. */
static inline char *kv_buffer_data(const kv_buffer *buffer)
{
    return buffer->memory ? buffer->memory + buffer->begin : NULL;
}

static inline size_t kv_buffer_size(const kv_buffer *buffer)
{
    return buffer->end - buffer->begin;
}

/* Room behind the end that can be written without growing or moving anything. */
static inline size_t kv_buffer_room(const kv_buffer *buffer)
{
    const size_t room_bytes = buffer->cap_bytes - buffer->end;
    const size_t left_bytes = buffer->max_bytes - kv_buffer_size(buffer);
    return room_bytes < left_bytes ? room_bytes : left_bytes;
}

/* kv_buffer_reserve when there is not room enough behind the end. */
char *kv_buffer_grow(kv_buffer *buffer, size_t size_bytes);

/* Room for size_bytes (> 0) behind the end, or NULL with `refused` set if the bound or the memory
 * does not allow it. May move the bytes. Amortised O(size_bytes). */
static inline char *kv_buffer_reserve(kv_buffer *buffer, size_t size_bytes)
{
    if (__builtin_expect(size_bytes <= kv_buffer_room(buffer) && !buffer->refused, 1))
        return buffer->memory + buffer->end;
    return kv_buffer_grow(buffer, size_bytes);
}

/* size_bytes of the reserved room are now part of the queue. */
static inline void kv_buffer_commit(kv_buffer *buffer, size_t size_bytes)
{
    buffer->end += size_bytes;
}

/* Drops size_bytes (no more than kv_buffer_size) from the front. */
void kv_buffer_consume(kv_buffer *buffer, size_t size_bytes);

/* Copies size_bytes to the end; false, with `refused` set, if they do not fit. */
static inline bool kv_buffer_append(kv_buffer *buffer, const void *bytes, size_t size_bytes)
{
    if (size_bytes == 0)
        return !buffer->refused;
    char *const room = kv_buffer_reserve(buffer, size_bytes);
    if (!room)
        return false;
    memcpy(room, bytes, size_bytes);
    kv_buffer_commit(buffer, size_bytes);
    return true;
}

/* Forgets the bytes and that any were refused, and gives the memory back. */
void kv_buffer_clear(kv_buffer *buffer);

/* Gives the memory back if the queue is empty and it holds more than keep_bytes. */
void kv_buffer_trim(kv_buffer *buffer, size_t keep_bytes);

#endif
