/* The examples of testing.h. */
#include "example.h"

#include <weft/fn.h>
#include <weft/testing.h>

#undef NDEBUG
#include <assert.h>

typedef struct Counter {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DEFINE(Counter);

static void on_tick(Counter *counter, uint32_t qty)
{
    counter->n += qty;
}
WEFT_FN(on_tick, MUT(Counter), IN(uint32_t));

static int run(void)
{
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    weft_harness harness;
    struct on_tick tick;
    if (weft_harness_init(&harness, builder) || on_tick_init(&tick, harness.world))
        return 1;
    weft_harness_dispatch(&harness, &tick.base, &(uint32_t){ 5 });
    assert(WEFT_GET(harness.world, Counter)->n == 5);
    assert(weft_world_sequence(harness.world) == 1);
    weft_harness_fini(&harness);

    return 0;
}

static void reports_are_kept(void)
{
    weft_test_reports reports = { 0 };
    weft_world_desc desc = weft_test_reports_desc(&reports);
    weft_builder *builder = weft_builder_new(&desc);

    WEFT_REGISTER_DEFAULT(builder, Counter);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    assert_int_equal(reports.count, 1);
    assert_non_null(weft_test_reports_find(&reports, "Counter"));
    weft_builder_free(builder);
}

static weft_test_allocator allocator;
static int failures;

static weft_status operation(void)
{
    weft_builder *builder = weft_builder_new(&(weft_world_desc){ .allocator = &allocator.base });
    if (!builder)
        return WEFT_ENOMEM;
    weft_builder_free(builder);
    return WEFT_OK;
}

static void check_nothing_was_lost(void)
{
    const char *why;
    assert_true(weft_test_allocator_check(&allocator, &why));
    failures++;
}

static void every_allocation_fails_once(void)
{
    weft_test_allocator_init(&allocator);

    for (size_t nth = 1;; nth++) {
        weft_test_allocator_fail(&allocator, nth, 1);
        if (operation() == WEFT_OK)
            break;
        check_nothing_was_lost();
    }

    assert_int_equal(failures, allocator.failures);
    assert_true(failures > 0);
}

static void the_kit_says_what_happened(void **state)
{
    (void)state;
    assert_int_equal(run(), 0);
    reports_are_kept();
    every_allocation_fails_once();
}

EXAMPLE(the_kit_says_what_happened);
