#include <weft/alloc.h>

#include <stdlib.h>

static void *heap_alloc(void *ctx, size_t size_bytes, size_t align_bytes)
{
    (void)ctx;
    if (align_bytes <= _Alignof(max_align_t))
        return malloc(size_bytes);
    void *ptr = NULL;
    return posix_memalign(&ptr, align_bytes, size_bytes) == 0 ? ptr : NULL;
}

static void heap_free(void *ctx, void *ptr, size_t size_bytes, size_t align_bytes)
{
    (void)ctx;
    (void)size_bytes;
    (void)align_bytes;
    free(ptr);
}

weft_allocator weft_allocator_or_default(const weft_allocator *allocator)
{
    return allocator ? *allocator : (weft_allocator){ heap_alloc, heap_free, NULL };
}

void *weft_alloc(const weft_allocator *allocator, size_t size_bytes, size_t align_bytes)
{
    return size_bytes ? allocator->alloc(allocator->ctx, size_bytes, align_bytes) : NULL;
}

void weft_free(const weft_allocator *allocator, void *ptr, size_t size_bytes, size_t align_bytes)
{
    if (ptr)
        allocator->free(allocator->ctx, ptr, size_bytes, align_bytes);
}
