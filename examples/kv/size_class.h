/* Size classes: the lengths that blocks of memory come in. What a value's block has beyond its
 * length is the value's, too, so that one that changes within its class stays where it is. */
#ifndef KV_SIZE_CLASS_H
#define KV_SIZE_CLASS_H

#include <stddef.h>

#define KV_CLASSED_MAX_BYTES ((size_t)8192) /* longer blocks are malloc's */
#define KV_CLASSES           52

/* The first classes are steps of 16, then of 32; from 512 on each doubling has eight steps. */
typedef struct kv_class_range {
    size_t up_to_bytes;
    size_t step_bytes;
} kv_class_range;

static const kv_class_range kv_class_ranges[] = { { 128, 16 },   { 512, 32 },   { 1024, 64 },
                                                  { 2048, 128 }, { 4096, 256 }, { 8192, 512 } };

/* The number of the class, and the length of its blocks, for 0 < size_bytes <=
 * KV_CLASSED_MAX_BYTES. */
static inline size_t kv_size_class(size_t size_bytes, size_t *block_bytes)
{
    size_t first = 0;
    size_t from_bytes = 0;
    const kv_class_range *range = kv_class_ranges;
    for (; size_bytes > range->up_to_bytes; range++) {
        first += (range->up_to_bytes - from_bytes) / range->step_bytes;
        from_bytes = range->up_to_bytes;
    }
    const size_t steps = (size_bytes - from_bytes - 1) / range->step_bytes;
    *block_bytes = from_bytes + (steps + 1) * range->step_bytes;
    return first + steps;
}

/* The room that a block of size_bytes really has. Very long ones are as long as they are. */
static inline size_t kv_class_bytes(size_t size_bytes)
{
    size_t block_bytes = size_bytes;
    if (size_bytes == 0 || size_bytes > (size_t)1 << 20)
        return size_bytes;
    if (size_bytes > KV_CLASSED_MAX_BYTES)
        return ((size_bytes + 8 + 15) & ~(size_t)15) - 8; /* malloc's header is 8, its step 16 */
    (void)kv_size_class(size_bytes, &block_bytes);
    return block_bytes;
}

/* What a block takes of the memory: for a long one malloc's header comes to it. */
static inline size_t kv_block_bytes(size_t size_bytes)
{
    if (size_bytes > KV_CLASSED_MAX_BYTES)
        return (size_bytes + 8 + 15) & ~(size_t)15;
    return kv_class_bytes(size_bytes);
}

#endif
