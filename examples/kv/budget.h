/* Budget: one bound on the memory of all that share it; an allocator that refuses what exceeds it.
 *
 * The buffers of all clients share one, so that they are bounded together however many there are.
 *
 *     kv_budget budget;
 *     kv_budget_init(&budget, NULL, 1 << 20);
 *     kv_buffer_init(&in, &budget.base, max_bytes);
 */
#ifndef KV_BUDGET_H
#define KV_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/alloc.h>

/* The fields but `base` are for reading only. */
typedef struct kv_budget {
    weft_allocator base; /* what those that share it allocate with */
    weft_allocator from;
    size_t max_bytes;
    size_t used_bytes; /* never more than max_bytes */
    size_t peak_bytes;
    bool has_refused;
} kv_budget;

/* max_bytes 0 is no limit. `from` is copied; NULL is malloc. It must not be moved. */
void kv_budget_init(kv_budget *budget, const weft_allocator *from, size_t max_bytes);

/* True, once, if it has refused anything since this was asked last. */
bool kv_budget_take_refusal(kv_budget *budget);

/* True if less than a quarter is left: time to take memory from who has most of it, for the others
 * are to find some. */
static inline bool kv_budget_is_tight(const kv_budget *budget)
{
    return budget->used_bytes > budget->max_bytes - budget->max_bytes / 4;
}

#endif
