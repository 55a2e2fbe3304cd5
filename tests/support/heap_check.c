#include "heap_check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* In front of each block; the block keeps its alignment. */
typedef struct header {
    size_t size_bytes;
    size_t align_bytes;
    void *start;
} header;

static void *heap_alloc(void *ctx, size_t size_bytes, size_t align_bytes)
{
    test_heap *heap = ctx;
    if (heap->refuse_after == 0)
        return NULL;
    heap->refuse_after--;
    char *start = malloc(sizeof(header) + align_bytes + size_bytes);
    if (!start)
        abort();
    const uintptr_t first = (uintptr_t)start + sizeof(header);
    char *block = start + sizeof(header) + (align_bytes - first % align_bytes) % align_bytes;
    const header front = { size_bytes, align_bytes, start };
    memcpy(block - sizeof front, &front, sizeof front);
    memset(block, 0xA5, size_bytes);
    heap->allocations++;
    heap->live++;
    return block;
}

static void heap_free(void *ctx, void *ptr, size_t size_bytes, size_t align_bytes)
{
    test_heap *heap = ctx;
    header front;
    memcpy(&front, (char *)ptr - sizeof front, sizeof front);
    if (front.size_bytes != size_bytes || front.align_bytes != align_bytes)
        heap->mistakes++;
    heap->live--;
    free(front.start);
}

void test_heap_init(test_heap *heap)
{
    *heap = (test_heap){ .allocator = { heap_alloc, heap_free, heap }, .refuse_after = SIZE_MAX };
}
