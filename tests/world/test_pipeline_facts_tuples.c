/* Pipelines, fact by fact: tuples that are split into arguments, values that go to other handlers.
 * A handler to dispatch to is a resource; one whose type is no longer known is there in a slot. */
#include "facts.h"

#include <weft/broadcast.h>
#include <weft/fanout.h>
#include <weft/storage.h>

/* ---- tuples ---------------------------------------------------------------------------------- */

WEFT_TUPLE(Pair, int, int);
WEFT_TUPLE(Triple, int, int, int);
WEFT_TUPLE(Four, int, int, int, int);
WEFT_TUPLE(Five, int, int, int, int, int);
static int sum_2(int a, int b)
{
    return a + b;
}
WEFT_FN(sum_2, IN(int), IN(int));
static int sum_2_and_base(const Setting *base, int a, const int *b)
{
    return base->value + a + *b;
}
WEFT_FN(sum_2_and_base, RES(Setting), IN(int), REF(int));
static Pair and_twice(int v)
{
    return (Pair){ v, 2 * v };
}
WEFT_FN(and_twice, IN(int));
static int sum_3(int a, int b, int c)
{
    return a + b + c;
}
WEFT_FN(sum_3, IN(int), IN(int), IN(int));
static int sum_3_scaled(const Setting *factor, int a, int b, int c)
{
    return factor->value * (a + b + c);
}
WEFT_FN(sum_3_scaled, RES(Setting), IN(int), IN(int), IN(int));
static int sum_4(int a, int b, int c, int d)
{
    return a + b + c + d;
}
WEFT_FN(sum_4, IN(int), IN(int), IN(int), IN(int));
static int sum_5(int a, int b, int c, int d, int e)
{
    return a + b + c + d + e;
}
WEFT_FN(sum_5, IN(int), IN(int), IN(int), IN(int), IN(int));
WEFT_PIPELINE(splat_2, Pair, int, SPLAT(sum_2));
WEFT_PIPELINE(splat_2_base, Pair, int, SPLAT(sum_2_and_base));
WEFT_PIPELINE(splat_mid, int, int, THEN(and_twice), SPLAT(sum_2));
WEFT_PIPELINE(splat_3, Triple, int, SPLAT(sum_3));
WEFT_PIPELINE(splat_3_scaled, Triple, int, SPLAT(sum_3_scaled));
WEFT_PIPELINE(splat_4, Four, int, SPLAT(sum_4));
WEFT_PIPELINE(splat_5, Five, int, SPLAT(sum_5));
WEFT_PIPELINE(splat_built, Pair, void, SPLAT(sum_2), THEN(store));

FACT(splat_2_of_3_and_7_is_10)
{
    assert_int_equal(ONCE(splat_2, Pair, ((Pair){ 3, 7 })), 10);
}

FACT(splat_2_with_base_100_is_110)
{
    facts.setting->value = 100;
    assert_int_equal(ONCE(splat_2_base, Pair, ((Pair){ 3, 7 })), 110);
}

FACT(splat_mid_chain_5_and_10_is_15)
{
    assert_int_equal(ONCE(splat_mid, int, 5), 15);
}

FACT(splat_3_of_1_2_3_is_6_and_scaled_60)
{
    facts.setting->value = 10;
    assert_int_equal(ONCE(splat_3, Triple, ((Triple){ 1, 2, 3 })), 6);
    assert_int_equal(ONCE(splat_3_scaled, Triple, ((Triple){ 1, 2, 3 })), 60);
}

FACT(splat_4_of_10_to_13_is_46)
{
    assert_int_equal(ONCE(splat_4, Four, ((Four){ 10, 11, 12, 13 })), 46);
}

FACT(splat_5_of_1_to_5_is_15)
{
    assert_int_equal(ONCE(splat_5, Five, ((Five){ 1, 2, 3, 4, 5 })), 15);
}

/* Members in what would be padding without them, or behind an array; structs, reals, pointers. */
typedef char Code[5];
typedef struct {
    char text[3];
} Mark;
typedef union {
    double real;
    char byte;
} Either;
WEFT_TUPLE(Lot, uint64_t, uint32_t, uint32_t);
WEFT_TUPLE(With_code, uint64_t, Code, char, char);
WEFT_TUPLE(Ends_in_array, int, Code);
WEFT_TUPLE(Bytes, uint64_t, bool, char, char, char, char, char, Mark);
WEFT_TUPLE(Mixed, Mark, Either, double, Text, Mark);
static int64_t lot_digits(uint64_t a, uint32_t b, uint32_t c)
{
    return (int64_t)(a * 100 + b * 10 + c);
}
WEFT_FN(lot_digits, IN(uint64_t), IN(uint32_t), IN(uint32_t));
static int coded_digits(uint64_t a, const Code *code, char b, const char *c)
{
    return (int)a * 1000 + (*code)[4] * 100 + b * 10 + *c;
}
WEFT_FN(coded_digits, IN(uint64_t), REF(Code), IN(char), REF(char));
static int array_digits(int a, const Code *code)
{
    return a * 10 + (*code)[4];
}
WEFT_FN(array_digits, IN(int), REF(Code));
static int bytes_sum(uint64_t a, bool b, char c, char d, char e, char f, char g, Mark h)
{
    return (int)a + b + c + d + e + f + g + h.text[2];
}
WEFT_FN(bytes_sum, IN(uint64_t), IN(bool), IN(char), IN(char), IN(char), IN(char), IN(char),
        IN(Mark));
static int mixed_sum(Mark first, const Either *either, double real, const Text *text, Mark last)
{
    return first.text[0] + (int)either->real + (int)real + text->text[0] + last.text[2];
}
WEFT_FN(mixed_sum, IN(Mark), REF(Either), IN(double), REF(Text), IN(Mark));
WEFT_PIPELINE(splat_lot, Lot, int64_t, SPLAT(lot_digits));
WEFT_PIPELINE(splat_coded, With_code, int, SPLAT(coded_digits));
WEFT_PIPELINE(splat_array, Ends_in_array, int, SPLAT(array_digits));
WEFT_PIPELINE(splat_bytes, Bytes, int, SPLAT(bytes_sum));
WEFT_PIPELINE(splat_mixed, Mixed, int, SPLAT(mixed_sum));

FACT(splat_takes_members_that_fill_padding)
{
    assert_int_equal(sizeof(Lot), 16); /* as large as without the last member */
    assert_int_equal(ONCE(splat_lot, Lot, ((Lot){ 3, 2, 1 })), 321);
    assert_int_equal(ONCE(splat_coded, With_code, ((With_code){ 4, { 0, 0, 0, 0, 3 }, 2, 1 })),
                     4321);
    assert_int_equal(ONCE(splat_bytes, Bytes, ((Bytes){ 1, true, 1, 1, 1, 1, 1, { { 0, 0, 3 } } })),
                     10);
}

FACT(splat_takes_arrays_structs_and_unions)
{
    assert_int_equal(ONCE(splat_array, Ends_in_array, ((Ends_in_array){ 4, { 0, 0, 0, 0, 2 } })),
                     42);
    assert_int_equal(
        ONCE(splat_mixed, Mixed,
             ((Mixed){ { { 1, 0, 0 } }, { .real = 10.0 }, 100.0, { { 2 } }, { { 0, 0, 4 } } })),
        117);
}

FACT(splat_builds_a_handler_that_stores_10)
{
    struct splat_built handler;
    assert_int_equal(splat_built_init(&handler, world), WEFT_OK);
    assert_true(weft_run(&handler.base, world, &(Pair){ 3, 7 }));
    assert_int_equal(facts.sink->value, 10);
}

/* Two MUT(Counter) in one line are a compile error; what only binding sees is one in a bundle. */
WEFT_BUNDLE(Counting, MUT(Counter, counter));
static int counts_twice(Counting *counting, Counter *counter, int a, int b)
{
    counter->n++;
    counting->counter->n++;
    return a + b;
}
WEFT_FN(counts_twice, BUNDLE(Counting), MUT(Counter), IN(int), IN(int));
WEFT_PIPELINE(splat_conflict, Pair, int, SPLAT(counts_twice));

FACT(splat_access_conflict_detected_at_binding)
{
    struct splat_conflict_state s;
    assert_int_equal(splat_conflict_bind(&s, world), WEFT_ECONFLICT);
    test_world_expect(&test, WEFT_ECONFLICT,
                      "counts_twice: resource Counter is reached twice, by MUT(Counter) in bundle "
                      "Counting and by MUT(Counter); take it in one place");
    assert_int_equal(facts.counter->n, 0);
}

/* ---- dispatch -------------------------------------------------------------------------------- */

WEFT_FANOUT(both, int, store, store_too);
typedef struct store Stored;
typedef struct both Both;
typedef weft_broadcast Listeners;
typedef weft_flex_64 Slot;
WEFT_RESOURCE_DEFINE(Stored);
WEFT_RESOURCE_DEFINE(Both);
WEFT_RESOURCE_DEFINE(Listeners);
WEFT_RESOURCE_DEFINE(Slot);

static void register_more(weft_builder *builder)
{
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Stored), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Both), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Listeners), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Slot), WEFT_OK);
}

WEFT_PIPELINE(to_handler, int, void, THEN(twice), DISPATCH(Stored, int));
WEFT_PIPELINE(to_fanout, int, void, THEN(twice), DISPATCH(Both, int));
WEFT_PIPELINE(to_broadcast, int, void, THEN(plus_one), DISPATCH(Listeners, int));
WEFT_PIPELINE(to_slot, int, void, THEN(plus_one), DISPATCH(Slot, int));
WEFT_PIPELINE(plus_one_stored, int, void, THEN(plus_one), THEN(store));

FACT(dispatch_to_handler_stores_10)
{
    assert_int_equal(store_init(WEFT_GET(world, Stored), world), WEFT_OK);
    ONCE(to_handler, int, 5);
    assert_int_equal(facts.sink->value, 10);
}

FACT(dispatch_to_fanout_stores_10_in_both)
{
    assert_int_equal(both_init(WEFT_GET(world, Both), world), WEFT_OK);
    ONCE(to_fanout, int, 5);
    assert_int_equal(facts.sink->value, 10);
    assert_int_equal(facts.sink_too->value, 10);
}

FACT(dispatch_to_broadcast_of_two_adds_5_twice)
{
    Listeners *listeners = WEFT_GET(world, Listeners);
    struct add_up one, other;
    assert_int_equal(weft_broadcast_init(listeners, world, WEFT_EVENT(int)), WEFT_OK);
    assert_int_equal(add_up_init(&one, world), WEFT_OK);
    assert_int_equal(add_up_init(&other, world), WEFT_OK);
    assert_int_equal(weft_broadcast_add(listeners, &one.base, NULL), WEFT_OK);
    assert_int_equal(weft_broadcast_add(listeners, &other.base, NULL), WEFT_OK);
    ONCE(to_broadcast, int, 4);
    assert_int_equal(facts.sink->value, 10);
    weft_broadcast_fini(listeners);
}

FACT(dispatch_to_a_handler_of_forgotten_type_stores_10)
{
    Slot *slot = WEFT_GET(world, Slot);
    struct store sink;
    assert_int_equal(store_init(&sink, world), WEFT_OK);
    assert_int_equal(weft_flex_set(&slot->base, sizeof *slot, world, &sink.base), WEFT_OK);
    ONCE(to_slot, int, 9);
    assert_int_equal(facts.sink->value, 10);
    weft_handler_fini(&slot->base);
}

FACT(dispatch_boxed_pipeline_9_plus_1_stores_10)
{
    struct plus_one_stored handler;
    weft_handler *box;
    assert_int_equal(plus_one_stored_init(&handler, world), WEFT_OK);
    assert_int_equal(weft_box(&handler.base, world, &box), WEFT_OK);
    assert_true(weft_run(box, world, &(int){ 9 }));
    assert_int_equal(facts.sink->value, 10);
    weft_handler_fini(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(splat_2_of_3_and_7_is_10),
        TEST(splat_2_with_base_100_is_110),
        TEST(splat_mid_chain_5_and_10_is_15),
        TEST(splat_3_of_1_2_3_is_6_and_scaled_60),
        TEST(splat_4_of_10_to_13_is_46),
        TEST(splat_5_of_1_to_5_is_15),
        TEST(splat_takes_members_that_fill_padding),
        TEST(splat_takes_arrays_structs_and_unions),
        TEST(splat_builds_a_handler_that_stores_10),
        TEST(splat_access_conflict_detected_at_binding),
        TEST(dispatch_to_handler_stores_10),
        TEST(dispatch_to_fanout_stores_10_in_both),
        TEST(dispatch_to_broadcast_of_two_adds_5_twice),
        TEST(dispatch_to_a_handler_of_forgotten_type_stores_10),
        TEST(dispatch_boxed_pipeline_9_plus_1_stores_10),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
