/* The arena: blocks that do not meet, pages that change their class, chunks that go back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "assert_clean.h"
#include "random.h"

static uint64_t random_state;

static size_t random_below(size_t bound)
{
    return (size_t)test_random_below(&random_state, bound);
}

/* ---- size classes --------------------------------------------------------------------------- */

static void classes_grow_and_waste_less_than_a_quarter_beyond_short_blocks(void **state)
{
    (void)state;
    size_t last_class = 0, last_bytes = 0;
    for (size_t bytes = 1; bytes <= KV_CLASSED_MAX_BYTES; bytes++) {
        size_t block_bytes;
        const size_t size_class = kv_size_class(bytes, &block_bytes);
        assert_true(block_bytes >= bytes && block_bytes % 16 == 0);
        assert_true(bytes <= 16 || block_bytes * 4 < bytes * 5 + 64);
        assert_int_equal(size_class, last_class + (bytes > 1 && bytes == last_bytes + 1));
        assert_int_equal(kv_class_bytes(bytes), block_bytes);
        assert_int_equal(kv_class_bytes(block_bytes), block_bytes);
        assert_int_equal(kv_block_bytes(bytes), block_bytes);
        last_class = size_class;
        last_bytes = block_bytes;
    }
    assert_int_equal(last_class, KV_CLASSES - 1);
    static const size_t more[] = { 8193, 10000, 65536, 1 << 20, (1 << 20) + 1, UINT32_MAX };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        assert_in_range(kv_class_bytes(more[i]), more[i], more[i] + 15);
        assert_int_equal(kv_class_bytes(kv_class_bytes(more[i])), kv_class_bytes(more[i]));
        assert_true(kv_block_bytes(more[i]) >= kv_class_bytes(more[i]) + 8);
    }
    assert_int_equal(kv_class_bytes(UINT32_MAX), UINT32_MAX);
}

/* ---- blocks --------------------------------------------------------------------------------- */

#define MAX_BLOCKS 4000

typedef struct block {
    unsigned char *at;
    size_t size_bytes;
    unsigned char mark;
} block;

/* Mostly short, so that pages fill, and now and then longer than any class. */
static size_t random_size(void)
{
    switch (random_below(4)) {
    case 0: return 1 + random_below(100);
    case 1: return 192;
    case 2: return 1 + random_below(2000);
    default: return 1 + random_below(10000);
    }
}

static void fill(block *b)
{
    b->mark = (unsigned char)random_below(256);
    memset(b->at, b->mark, b->size_bytes);
}

static void assert_untouched(const block *b)
{
    for (size_t i = 0; i < b->size_bytes; i++)
        assert_int_equal(b->at[i], b->mark);
}

static void let_go(kv_arena *arena, block *blocks, size_t *count, size_t at)
{
    assert_untouched(&blocks[at]);
    weft_free(&arena->base, blocks[at].at, blocks[at].size_bytes, 16);
    blocks[at] = blocks[--*count];
}

static void random_blocks_do_not_meet_and_leave_nothing(void **state)
{
    (void)state;
    static block blocks[MAX_BLOCKS];
    static kv_arena arena;
    weft_test_allocator memory;
    random_state = 1;
    weft_test_allocator_init(&memory);
    kv_arena_init(&arena, &memory.base);
    size_t count = 0;
    for (int step = 0; step < 60000; step++) {
        /* It grows and shrinks in long waves. */
        const bool grows = random_below(10) < (step / 6000 % 2 ? 2U : 8U);
        if (grows && count < MAX_BLOCKS) {
            block *const b = &blocks[count];
            b->size_bytes = random_size();
            if (random_below(100) == 0)
                weft_test_allocator_fail(&memory, 1, 1);
            b->at = weft_alloc(&arena.base, b->size_bytes, 16);
            weft_test_allocator_fail(&memory, 0, 0);
            if (!b->at)
                continue;
            assert_int_equal((uintptr_t)b->at % 16, 0);
            fill(b);
            count++;
        } else if (count > 0) {
            let_go(&arena, blocks, &count, random_below(count));
        }
        if (step % 500 == 0)
            assert_true(kv_arena_check(&arena));
    }
    while (count > 0)
        let_go(&arena, blocks, &count, random_below(count));
    assert_true(kv_arena_check(&arena));
    kv_arena_fini(&arena);
    assert_clean(&memory);
}

static void memory_of_one_class_becomes_that_of_another(void **state)
{
    (void)state;
    enum { COUNT = 20000, BYTES = 1024 };
    static void *blocks[COUNT];
    static kv_arena arena;
    weft_test_allocator memory;
    weft_test_allocator_init(&memory);
    kv_arena_init(&arena, &memory.base);
    for (size_t size_bytes = BYTES; size_bytes >= BYTES / 4; size_bytes /= 2) {
        for (size_t i = 0; i < COUNT; i++)
            assert_non_null(blocks[i] = weft_alloc(&arena.base, size_bytes, 16));
        assert_true(kv_arena_check(&arena));
        for (size_t i = 0; i < COUNT; i++)
            weft_free(&arena.base, blocks[i], size_bytes, 16);
        assert_true(kv_arena_check(&arena));
        assert_int_equal(memory.live_blocks, 1); /* for the next block */
    }
    assert_true(memory.peak_bytes < (size_t)COUNT * BYTES + ((size_t)4 << 20));
    kv_arena_fini(&arena);
    assert_clean(&memory);
}

static void a_block_that_comes_and_goes_does_not_move_a_chunk_each_time(void **state)
{
    (void)state;
    enum { MAX = 3000, BYTES = 8192 };
    static void *blocks[MAX];
    static kv_arena arena;
    weft_test_allocator memory;
    weft_test_allocator_init(&memory);
    kv_arena_init(&arena, &memory.base);
    size_t count = 0;
    while (memory.live_blocks < 3) /* the last one is the first of the third chunk */
        assert_non_null(blocks[count++] = weft_alloc(&arena.base, BYTES, 16));
    const size_t before = memory.allocations;
    for (int turn = 0; turn < 100; turn++) {
        weft_free(&arena.base, blocks[count - 1], BYTES, 16);
        assert_true(kv_arena_check(&arena));
        assert_non_null(blocks[count - 1] = weft_alloc(&arena.base, BYTES, 16));
    }
    assert_int_equal(memory.allocations, before);
    while (count > 0)
        weft_free(&arena.base, blocks[--count], BYTES, 16);
    assert_int_equal(memory.live_blocks, 1);
    kv_arena_fini(&arena);
    assert_clean(&memory);
}

/* How many of the places lie in memory. */
static size_t resident(void *const *places, size_t count)
{
    const uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned char page = 0;
        void *const at = (void *)((uintptr_t)places[i] & ~(page_bytes - 1));
        found += mincore(at, page_bytes, &page) == 0 && page & 1;
    }
    return found;
}

static void the_system_gets_its_memory_back(void **state)
{
    (void)state;
    enum { COUNT = 8192, BYTES = 8192, IN_A_CHUNK = (2 << 20) / BYTES };
    static void *blocks[COUNT];
    static kv_arena arena;
    kv_arena_init(&arena, NULL);
    for (int round = 0; round < 2; round++) { /* malloc learns how long its blocks are */
        for (size_t i = 0; i < COUNT; i++)
            memset(blocks[i] = weft_alloc(&arena.base, BYTES, 16), 1, BYTES);
        assert_int_equal(resident(blocks, COUNT), COUNT);
        for (size_t i = 0; i < COUNT; i++)
            weft_free(&arena.base, blocks[i], BYTES, 16);
        assert_in_range(resident(blocks, COUNT), 0, IN_A_CHUNK + COUNT / 100);
    }
    kv_arena_fini(&arena);
}

static void lines_of_the_cache_are_not_shared_more_than_they_must(void **state)
{
    (void)state;
    static kv_arena arena;
    void *blocks[1000];
    kv_arena_init(&arena, NULL);
    for (size_t i = 0; i < 1000; i++) {
        assert_non_null(blocks[i] = weft_alloc(&arena.base, 192, 16));
        assert_int_equal((uintptr_t)blocks[i] % 64, 0);
    }
    for (size_t i = 0; i < 1000; i++)
        weft_free(&arena.base, blocks[i], 192, 16);
    kv_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_grow_and_waste_less_than_a_quarter_beyond_short_blocks),
        cmocka_unit_test(random_blocks_do_not_meet_and_leave_nothing),
        cmocka_unit_test(memory_of_one_class_becomes_that_of_another),
        cmocka_unit_test(a_block_that_comes_and_goes_does_not_move_a_chunk_each_time),
        cmocka_unit_test(the_system_gets_its_memory_back),
        cmocka_unit_test(lines_of_the_cache_are_not_shared_more_than_they_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
