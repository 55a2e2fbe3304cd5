#include "world_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void keep(void *ctx, weft_status status, const char *sentence)
{
    test_world *test = ctx;
    test->status = status;
    snprintf(test->sentences[test->reports++ % TEST_SENTENCES], TEST_SENTENCE_BYTES, "%s",
             sentence);
}

void test_world_init(test_world *test)
{
    *test = (test_world){ .reports = 0 };
    test_heap_init(&test->heap);
    test->desc =
        (weft_world_desc){ .allocator = &test->heap.allocator, .report = keep, .report_ctx = test };
    test->builder = weft_builder_new(&test->desc);
    assert_non_null(test->builder);
}

weft_world *test_world_build(test_world *test)
{
    assert_int_equal(weft_builder_build(test->builder, &test->world), WEFT_OK);
    test->builder = NULL;
    return test->world;
}

void test_world_fini(test_world *test)
{
    weft_builder_free(test->builder);
    weft_world_free(test->world);
    assert_int_equal(test->heap.live, 0);
    assert_int_equal(test->heap.mistakes, 0);
}

const char *test_world_sentence(const test_world *test)
{
    return test->reports ? test->sentences[(test->reports - 1) % TEST_SENTENCES] : "";
}

void test_world_expect(test_world *test, weft_status status, const char *sentence)
{
    assert_string_equal(test_world_sentence(test), sentence);
    assert_int_equal(test->status, status);
    test->reports = 0;
}
