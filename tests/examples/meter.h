/* An allocator that counts, and that can run out of memory. */
#ifndef TEST_METER_H
#define TEST_METER_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <weft/alloc.h>

typedef struct test_meter {
    size_t live_bytes;
    size_t peak_bytes;
    size_t calls; /* of alloc */
    size_t left;  /* allocations until there is no more memory; SIZE_MAX is enough */
} test_meter;

static inline void *test_meter_alloc(void *ctx, size_t size_bytes, size_t align_bytes)
{
    test_meter *meter = ctx;
    (void)align_bytes;
    meter->calls++;
    if (meter->left == 0)
        return NULL;
    if (meter->left != SIZE_MAX)
        meter->left--;
    meter->live_bytes += size_bytes;
    if (meter->live_bytes > meter->peak_bytes)
        meter->peak_bytes = meter->live_bytes;
    return malloc(size_bytes);
}

static inline void test_meter_free(void *ctx, void *ptr, size_t size_bytes, size_t align_bytes)
{
    test_meter *meter = ctx;
    (void)align_bytes;
    meter->live_bytes -= size_bytes;
    free(ptr);
}

static inline weft_allocator test_meter_allocator(test_meter *meter)
{
    return (weft_allocator){ test_meter_alloc, test_meter_free, meter };
}

#endif
