/* Where erased handlers live: box, flat and flex. */
#include <weft/fn.h>
#include <weft/storage.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world_check.h"

typedef struct {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DEFINE(Counter);

static test_world test;
static weft_world *world;
static Counter *counter;
static int ended;

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Counter), WEFT_OK);
    world = test_world_build(&test);
    counter = WEFT_GET(world, Counter);
    ended = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

/* Handlers of 24, 32 and 48 bytes, of 64 with the last byte in use, of 72, and an aligned one. */
typedef struct {
    uint64_t n;
} Context_8;
typedef struct {
    uint64_t n;
    char more[24];
} Context_32;
typedef struct {
    uint64_t n;
    char more[32];
} Context_40;
typedef struct {
    uint64_t n;
    char more[40];
} Context_48;
typedef struct {
    _Alignas(64) uint64_t n;
} Aligned;

static void add(Counter *c, uint64_t event)
{
    c->n += event;
}
WEFT_FN(add, MUT(Counter), IN(uint64_t));

#define CALLBACK(name, T)                                \
    static void name##_end(T *ctx)                       \
    {                                                    \
        ended += (int)ctx->n;                            \
    }                                                    \
    static void name(T *ctx, Counter *c, uint64_t event) \
    {                                                    \
        c->n += event + ctx->n++;                        \
    }                                                    \
    WEFT_FN(name, CTX(T, name##_end), MUT(Counter), IN(uint64_t))
CALLBACK(of_32, Context_8);
CALLBACK(of_56, Context_32);
CALLBACK(of_64, Context_40);
CALLBACK(of_72, Context_48);
CALLBACK(aligned, Aligned);

static const struct {
    const weft_fn *fn;
    size_t size_bytes;
    bool fits_64, fits_32;
} table[] = {
    { &add_fn, 24, true, true },        { &of_32_fn, 32, true, true },
    { &of_56_fn, 56, true, false },     { &of_64_fn, 64, true, false }, /* an exact fit */
    { &of_72_fn, 72, false, false },                                    /* one word more */
    { &aligned_fn, 192, false, false },
};
enum { ROWS = sizeof table / sizeof *table };

/* Room for any of them. */
typedef union {
    weft_handler base;
    _Alignas(64) unsigned char bytes[256];
} Any;

static weft_handler *bind_row(Any *any, size_t row)
{
    assert_int_equal(table[row].fn->size_bytes, table[row].size_bytes);
    assert_int_equal(weft_handler_bind(&any->base, table[row].fn, world), WEFT_OK);
    return &any->base;
}

/* Runs it twice and destroys it, as what it holds. */
static void run_and_fini(weft_handler *held, size_t row)
{
    counter->n = 0;
    ended = 0;
    const bool has_ctx = table[row].fn->has_ctx;
    weft_run(held, world, &(uint64_t){ 10 });
    weft_run(held, world, &(uint64_t){ 20 });
    assert_int_equal(counter->n, has_ctx ? 31 : 30); /* the context counts */
    assert_string_equal(weft_handler_name(held), table[row].fn->name);
    assert_true(weft_handler_takes(held, WEFT_EVENT(uint64_t)));
    assert_false(weft_handler_takes(held, WEFT_EVENT(int)));
    weft_handler_fini(held);
    assert_int_equal(ended, has_ctx ? 2 : 0);
}

static void a_box_holds_any_handler(void **state)
{
    (void)state;
    for (size_t row = 0; row < ROWS; row++) {
        const size_t live = test.heap.live;
        Any any;
        weft_handler *box = NULL;
        assert_int_equal(weft_box(bind_row(&any, row), world, &box), WEFT_OK);
        assert_int_equal(test.heap.live, live + 1);
        run_and_fini(box, row);
        assert_int_equal(test.heap.live, live);
    }
}

static void a_boxed_handler_keeps_its_alignment(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        Any any;
        weft_handler *box;
        assert_int_equal(weft_box(bind_row(&any, ROWS - 1), world, &box), WEFT_OK);
        assert_int_equal((uintptr_t)weft_handler_inner(box) % 64, 0);
        weft_handler_fini(box);
    }
}

static void a_box_can_be_boxed(void **state)
{
    (void)state;
    Any any;
    weft_handler *box, *outer;
    assert_int_equal(weft_box(bind_row(&any, 1), world, &box), WEFT_OK);
    assert_int_equal(weft_box(box, world, &outer), WEFT_OK);
    run_and_fini(outer, 1);
}

WEFT_STORAGE(Slot_48, 48);
typedef union Slot_32 { /* smaller than WEFT_STORAGE makes one */
    weft_handler base;
    unsigned char bytes[32] __attribute__((aligned(16)));
} Slot_32;
WEFT_STORAGE(Slot_2048, 2048);

static void storage_is_as_large_as_it_says(void **state)
{
    (void)state;
    assert_int_equal(sizeof(weft_flat_64), 64);
    assert_int_equal(sizeof(weft_flex_64), 64);
    assert_int_equal(sizeof(Slot_32), 32);
    assert_int_equal(sizeof(Slot_48), 48);
    assert_int_equal(sizeof(Slot_2048), 2048);
    assert_int_equal(_Alignof(Slot_48), 16);
}

static void flat_holds_what_fits_and_allocates_nothing(void **state)
{
    (void)state;
    for (size_t row = 0; row < ROWS; row++) {
        const size_t before = test.heap.allocations;
        Any any;
        weft_flat_64 slot;
        bind_row(&any, row);
        const weft_status status = weft_flat_set(&slot.base, sizeof slot, world, &any.base);
        assert_int_equal(status, table[row].fits_64 ? WEFT_OK : WEFT_ETOOBIG);
        assert_int_equal(test.heap.allocations, before);
        if (status == WEFT_OK)
            run_and_fini(&slot.base, row);
    }
}

static void flat_says_what_exceeds_its_capacity(void **state)
{
    (void)state;
    Any any;
    weft_flat_64 slot;
    memset(&slot, 0x5a, sizeof slot);
    const weft_flat_64 before = slot;
    assert_int_equal(weft_flat_set(&slot.base, sizeof slot, world, bind_row(&any, 4)),
                     WEFT_ETOOBIG);
    test_world_expect(&test, WEFT_ETOOBIG,
                      "of_72 (72 bytes, aligned to 8) exceeds the capacity of a flat buffer (64 "
                      "bytes, aligned to 16); enlarge it, or use flex or box");
    assert_memory_equal(&slot, &before, sizeof slot);
    assert_int_equal(weft_flat_set(&slot.base, sizeof slot, world, bind_row(&any, 5)),
                     WEFT_ETOOBIG);
    test_world_expect(&test, WEFT_ETOOBIG,
                      "aligned (192 bytes, aligned to 64) exceeds the capacity of a flat buffer "
                      "(64 bytes, aligned to 16); enlarge it, or use flex or box");
}

static void flex_holds_what_fits_and_boxes_the_rest(void **state)
{
    (void)state;
    for (size_t row = 0; row < ROWS; row++) {
        const size_t live = test.heap.live;
        Any any;
        weft_flex_64 slot;
        bind_row(&any, row);
        assert_int_equal(weft_flex_set(&slot.base, sizeof slot, world, &any.base), WEFT_OK);
        assert_int_equal(weft_flex_is_inline(&slot.base), table[row].fits_64);
        assert_int_equal(test.heap.live, live + (table[row].fits_64 ? 0 : 1));
        weft_flex_64 moved = slot;
        memset(&slot, 0, sizeof slot);
        run_and_fini(&moved.base, row);
        assert_int_equal(test.heap.live, live);
    }
}

static void flex_needs_48_bytes_for_what_does_not_fit(void **state)
{
    (void)state;
    for (size_t row = 0; row < ROWS; row++) {
        Any any;
        Slot_32 small;
        Slot_48 enough;
        bind_row(&any, row);
        const weft_status status = weft_flex_set(&small.base, sizeof small, world, &any.base);
        assert_int_equal(status, table[row].fits_32 ? WEFT_OK : WEFT_ETOOBIG);
        if (status) {
            test_world_expect(&test, WEFT_ETOOBIG, "a flex buffer has at least 48 bytes, not 32");
            assert_int_equal(weft_flex_set(&enough.base, sizeof enough, world, &any.base), WEFT_OK);
            run_and_fini(&enough.base, row);
        } else {
            run_and_fini(&small.base, row);
        }
    }
}

static void a_box_in_a_flex_buffer_is_inline(void **state)
{
    (void)state;
    Any any;
    weft_handler *box;
    weft_flex_64 slot;
    assert_int_equal(weft_box(bind_row(&any, 4), world, &box), WEFT_OK);
    assert_int_equal(weft_flex_set(&slot.base, sizeof slot, world, box), WEFT_OK);
    assert_true(weft_flex_is_inline(&slot.base));
    run_and_fini(&slot.base, 4);
}

static void without_memory_the_handler_stays_the_callers(void **state)
{
    (void)state;
    Any any;
    bind_row(&any, 4);
    test.heap.refuse_after = 0;
    weft_handler *untouched = NULL;
    assert_int_equal(weft_box(&any.base, world, &untouched), WEFT_ENOMEM);
    assert_null(untouched);
    assert_non_null(strstr(test_world_sentence(&test), "no memory to box of_72"));
    weft_flex_64 slot;
    assert_int_equal(weft_flex_set(&slot.base, sizeof slot, world, &any.base), WEFT_ENOMEM);
    test.heap.refuse_after = SIZE_MAX;
    run_and_fini(&any.base, 4);
}

static void an_unbound_handler_is_not_stored(void **state)
{
    (void)state;
    const weft_handler zeroed = { NULL, NULL };
    const weft_handler *unbound[] = { NULL, &zeroed };
    for (size_t i = 0; i < 2; i++) {
        weft_handler *box = NULL;
        weft_flex_64 slot = { .base = { NULL, NULL } };
        assert_int_equal(weft_box(unbound[i], world, &box), WEFT_EINVAL);
        test_world_expect(&test, WEFT_EINVAL,
                          "a handler that was not bound, or could not be, was given to a box");
        assert_null(box);
        assert_int_equal(weft_flat_set(&slot.base, sizeof slot, world, unbound[i]), WEFT_EINVAL);
        test_world_expect(
            &test, WEFT_EINVAL,
            "a handler that was not bound, or could not be, was given to a flat buffer");
        assert_int_equal(weft_flex_set(&slot.base, sizeof slot, world, unbound[i]), WEFT_EINVAL);
        test_world_expect(
            &test, WEFT_EINVAL,
            "a handler that was not bound, or could not be, was given to a flex buffer");
        weft_handler_fini(&slot.base);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_box_holds_any_handler),
        TEST(a_boxed_handler_keeps_its_alignment),
        TEST(a_box_can_be_boxed),
        TEST(storage_is_as_large_as_it_says),
        TEST(flat_holds_what_fits_and_allocates_nothing),
        TEST(flat_says_what_exceeds_its_capacity),
        TEST(flex_holds_what_fits_and_boxes_the_rest),
        TEST(flex_needs_48_bytes_for_what_does_not_fit),
        TEST(a_box_in_a_flex_buffer_is_inline),
        TEST(without_memory_the_handler_stays_the_callers),
        TEST(an_unbound_handler_is_not_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
