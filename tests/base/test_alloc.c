/* The default allocator, and the rules for sizes and NULL. */
#include <weft/alloc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "heap_check.h"

static void the_default_gives_memory_at_every_alignment(void **state)
{
    (void)state;
    const weft_allocator heap = weft_allocator_or_default(NULL);
    for (size_t align_bytes = 1; align_bytes <= 4096; align_bytes *= 2) {
        void *block = weft_alloc(&heap, 100, align_bytes);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % align_bytes, 0);
        memset(block, 1, 100);
        weft_free(&heap, block, 100, align_bytes);
    }
}

static void a_given_allocator_is_used_as_it_is(void **state)
{
    (void)state;
    test_heap heap;
    test_heap_init(&heap);
    const weft_allocator same = weft_allocator_or_default(&heap.allocator);
    void *block = weft_alloc(&same, 10, 32);
    assert_int_equal((uintptr_t)block % 32, 0);
    assert_int_equal(heap.live, 1);
    weft_free(&same, block, 10, 32);
    assert_int_equal(heap.live, 0);
    assert_int_equal(heap.mistakes, 0);
}

static void nothing_is_allocated_for_no_bytes_and_nothing_freed_for_null(void **state)
{
    (void)state;
    test_heap heap;
    test_heap_init(&heap);
    assert_null(weft_alloc(&heap.allocator, 0, 8));
    weft_free(&heap.allocator, NULL, 10, 8);
    assert_int_equal(heap.allocations, 0);
    assert_int_equal(heap.live, 0);
}

static void a_heap_without_memory_says_so(void **state)
{
    (void)state;
    test_heap heap;
    test_heap_init(&heap);
    heap.refuse_after = 0;
    assert_null(weft_alloc(&heap.allocator, 1, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_gives_memory_at_every_alignment),
        cmocka_unit_test(a_given_allocator_is_used_as_it_is),
        cmocka_unit_test(nothing_is_allocated_for_no_bytes_and_nothing_freed_for_null),
        cmocka_unit_test(a_heap_without_memory_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
