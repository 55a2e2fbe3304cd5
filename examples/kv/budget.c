#include "budget.h"

#include <stdint.h>

static void *budget_alloc(void *ctx, size_t size_bytes, size_t align_bytes)
{
    kv_budget *const budget = ctx;
    if (size_bytes > budget->max_bytes - budget->used_bytes) {
        budget->has_refused = true;
        return NULL;
    }
    void *const memory = weft_alloc(&budget->from, size_bytes, align_bytes);
    if (!memory)
        return NULL;
    budget->used_bytes += size_bytes;
    if (budget->used_bytes > budget->peak_bytes)
        budget->peak_bytes = budget->used_bytes;
    return memory;
}

static void budget_free(void *ctx, void *ptr, size_t size_bytes, size_t align_bytes)
{
    kv_budget *const budget = ctx;
    budget->used_bytes -= size_bytes;
    weft_free(&budget->from, ptr, size_bytes, align_bytes);
}

void kv_budget_init(kv_budget *budget, const weft_allocator *from, size_t max_bytes)
{
    *budget = (kv_budget){ .base = { budget_alloc, budget_free, budget },
                           .from = weft_allocator_or_default(from),
                           .max_bytes = max_bytes ? max_bytes : SIZE_MAX };
}

bool kv_budget_take_refusal(kv_budget *budget)
{
    const bool has_refused = budget->has_refused;
    budget->has_refused = false;
    return has_refused;
}
