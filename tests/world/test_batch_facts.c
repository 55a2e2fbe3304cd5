/* Batches, fact by fact: given these items, then this is left in the world. Capacity is kept as
 * room and without allocating, as a batch shows no buffer to look at. */
#include "facts.h"

#include <weft/batch.h>

static void register_more(weft_builder *builder)
{
    (void)builder;
}

/* Binds f, and a batch of it, as f_b. */
#define BATCH(f, capacity)                                \
    struct f f##_one;                                     \
    struct f##_batch f##_b;                               \
    assert_int_equal(f##_init(&f##_one, world), WEFT_OK); \
    assert_int_equal(f##_batch_init(&f##_b, &f##_one, (capacity), world), WEFT_OK)
#define FILL(f, T, ...) \
    assert_int_equal(   \
        f##_batch_fill(&f##_b, (const T[])__VA_ARGS__, COUNT(((const T[])__VA_ARGS__))), WEFT_OK)

WEFT_PIPELINE(summing, int, void, THEN(add_up));
WEFT_BATCH(summing_batch, int, summing);

FACT(batch_accumulates_1_to_5_as_15_and_is_empty_then)
{
    BATCH(summing, 16);
    FILL(summing, int, { 1, 2, 3, 4, 5 });
    assert_int_equal(summing_batch_run(&summing_b, world), 5);
    assert_int_equal(facts.sink->value, 15);
    assert_int_equal(summing_batch_len(&summing_b), 0);
    summing_batch_fini(&summing_b);
}

FACT(batch_retains_room_for_64_after_a_run)
{
    const int items[64] = { 1 };
    BATCH(summing, 64);
    const size_t before = test.heap.allocations;
    FILL(summing, int, { 1, 2, 3 });
    assert_int_equal(summing_batch_run(&summing_b, world), 3);
    assert_int_equal(summing_batch_fill(&summing_b, items, COUNT(items)), WEFT_OK);
    assert_int_equal(summing_batch_len(&summing_b), 64);
    assert_int_equal(test.heap.allocations, before);
    summing_batch_fini(&summing_b);
}

static Worded positive(int v)
{
    return v > 0 ? OK_OF(Worded, v) : ERR_OF(Worded, "not positive");
}
WEFT_FN(positive, IN(int));
WEFT_PIPELINE(catching, int, Done, THEN(positive), CATCH(count), MAP(add_up));
WEFT_BATCH(catching_batch, int, catching);

FACT(batch_catch_continues_on_error_with_sum_6_and_2_errors)
{
    BATCH(catching, 8);
    FILL(catching, int, { 1, 0, 2, 0, 3 });
    assert_int_equal(catching_batch_run(&catching_b, world), 5);
    assert_int_equal(facts.sink->value, 6);
    assert_int_equal(facts.counter->n, 2);
    catching_batch_fini(&catching_b);
}

static Maybe some(int v)
{
    return SOME(v);
}
WEFT_FN(some, IN(int));
static bool above_2(const int *v)
{
    return *v > 2;
}
WEFT_FN(above_2, REF(int));
WEFT_PIPELINE(filtering, int, void, THEN(some), FILTER(above_2), MAP(add_up));
WEFT_BATCH(filtering_batch, int, filtering);

FACT(batch_filter_above_2_of_1_to_5_sums_12)
{
    BATCH(filtering, 8);
    FILL(filtering, int, { 1, 2, 3, 4, 5 });
    assert_int_equal(filtering_batch_run(&filtering_b, world), 5);
    assert_int_equal(facts.sink->value, 12);
    filtering_batch_fini(&filtering_b);
}

FACT(batch_multiple_runs_accumulate_6_then_15)
{
    BATCH(summing, 4);
    FILL(summing, int, { 1, 2, 3 });
    assert_int_equal(summing_batch_run(&summing_b, world), 3);
    assert_int_equal(facts.sink->value, 6);
    FILL(summing, int, { 4, 5 });
    assert_int_equal(summing_batch_run(&summing_b, world), 2);
    assert_int_equal(facts.sink->value, 15);
    summing_batch_fini(&summing_b);
}

WEFT_PIPELINE(scaling, int, void, THEN(times_setting), THEN(note));
WEFT_BATCH(scaling_batch, int, scaling);

FACT(batch_with_world_access_lists_10_20_30)
{
    static const int64_t expected[] = { 10, 20, 30 };
    facts.setting->value = 10;
    BATCH(scaling, 8);
    FILL(scaling, int, { 1, 2, 3 });
    assert_int_equal(scaling_batch_run(&scaling_b, world), 3);
    assert_int_equal(facts.list->len, 3);
    assert_memory_equal(facts.list->items, expected, sizeof expected);
    scaling_batch_fini(&scaling_b);
}

static int tenfold_if_even(int v)
{
    return v % 2 == 0 ? 10 * v : v;
}
WEFT_FN(tenfold_if_even, IN(int));
WEFT_PIPELINE(branching, int, void, THEN(tenfold_if_even), THEN(add_up));
WEFT_BATCH(branching_batch, int, branching);

FACT(batch_then_branching_of_1_to_4_sums_64)
{
    BATCH(branching, 8);
    FILL(branching, int, { 1, 2, 3, 4 });
    assert_int_equal(branching_batch_run(&branching_b, world), 4);
    assert_int_equal(facts.sink->value, 64);
    branching_batch_fini(&branching_b);
}

static bool above_0(int v)
{
    return v > 0;
}
WEFT_FN(above_0, IN(int));
WEFT_PIPELINE(guarding, int, Done, GUARD(above_0), MAP(add_up));
WEFT_BATCH(guarding_batch, int, guarding);

FACT(batch_of_what_ends_in_an_option_sums_6)
{
    BATCH(guarding, 8);
    FILL(guarding, int, { 0, 1, 2, 3 });
    assert_int_equal(guarding_batch_run(&guarding_b, world), 4);
    assert_int_equal(facts.sink->value, 6);
    guarding_batch_fini(&guarding_b);
}

FACT(batch_fill_run_check_queues_3_then_0_and_sums_60)
{
    BATCH(summing, 8);
    FILL(summing, int, { 10, 20 });
    assert_int_equal(summing_batch_push(&summing_b, &(int){ 30 }), WEFT_OK);
    assert_int_equal(summing_batch_len(&summing_b), 3);
    assert_int_equal(facts.sink->value, 0);
    assert_int_equal(summing_batch_run(&summing_b, world), 3);
    assert_int_equal(summing_batch_len(&summing_b), 0);
    assert_int_equal(facts.sink->value, 60);
    summing_batch_fini(&summing_b);
}

/* ---- steps whose facts name a batch ---------------------------------------------------------- */

WEFT_TUPLE(Pair, int, int);
static int sum_2(int a, int b)
{
    return a + b;
}
WEFT_FN(sum_2, IN(int), IN(int));
WEFT_PIPELINE(splatting, Pair, void, SPLAT(sum_2), THEN(add_up));
WEFT_BATCH(splatting_batch, Pair, splatting);

FACT(splat_batch_of_3_pairs_sums_21)
{
    BATCH(splatting, 4);
    FILL(splatting, Pair, { { 1, 2 }, { 3, 4 }, { 5, 6 } });
    assert_int_equal(splatting_batch_run(&splatting_b, world), 3);
    assert_int_equal(facts.sink->value, 21);
    splatting_batch_fini(&splatting_b);
}

typedef int Sum;
static int running_sum(Sum *sum, int v)
{
    return *sum += v;
}
WEFT_FN(running_sum, LOCAL(Sum), IN(int));
WEFT_PIPELINE(scanning, int, void, SCAN(running_sum), THEN(store));
WEFT_BATCH(scanning_batch, int, scanning);

FACT(scan_persists_across_batches_6_then_10)
{
    BATCH(scanning, 4);
    FILL(scanning, int, { 1, 2, 3 });
    assert_int_equal(scanning_batch_run(&scanning_b, world), 3);
    assert_int_equal(facts.sink->value, 6);
    FILL(scanning, int, { 4 });
    assert_int_equal(scanning_batch_run(&scanning_b, world), 1);
    assert_int_equal(facts.sink->value, 10);
    scanning_batch_fini(&scanning_b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(batch_accumulates_1_to_5_as_15_and_is_empty_then),
        TEST(batch_retains_room_for_64_after_a_run),
        TEST(batch_catch_continues_on_error_with_sum_6_and_2_errors),
        TEST(batch_filter_above_2_of_1_to_5_sums_12),
        TEST(batch_multiple_runs_accumulate_6_then_15),
        TEST(batch_with_world_access_lists_10_20_30),
        TEST(batch_then_branching_of_1_to_4_sums_64),
        TEST(batch_of_what_ends_in_an_option_sums_6),
        TEST(batch_fill_run_check_queues_3_then_0_and_sums_60),
        TEST(splat_batch_of_3_pairs_sums_21),
        TEST(scan_persists_across_batches_6_then_10),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
