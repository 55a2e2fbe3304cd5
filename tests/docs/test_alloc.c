/* The example of alloc.h. */
#include "example.h"

#include <stdlib.h>

#include <weft/world.h>

static void *my_alloc(void *ctx, size_t size_bytes, size_t align_bytes)
{
    ++*(size_t *)ctx;
    return aligned_alloc(align_bytes, (size_bytes + align_bytes - 1) & ~(align_bytes - 1));
}

static void my_free(void *ctx, void *ptr, size_t size_bytes, size_t align_bytes)
{
    (void)size_bytes;
    (void)align_bytes;
    --*(size_t *)ctx;
    free(ptr);
}

static void all_memory_of_a_world_is_its_allocators(void **state)
{
    (void)state;
    size_t my_counter = 0;

    weft_allocator counting = { my_alloc, my_free, &my_counter };
    weft_builder *builder = weft_builder_new(&(weft_world_desc){ .allocator = &counting });

    assert_true(my_counter > 0);
    weft_world_free(built(builder));
    assert_int_equal(my_counter, 0);
}

EXAMPLE(all_memory_of_a_world_is_its_allocators);
