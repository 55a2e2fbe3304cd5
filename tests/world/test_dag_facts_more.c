/* Facts about pipelines that fork, one by one, where values change their type on the way: reals
 * from whole numbers, lengths of slices; and the figures of the reference's example program. */
#include "facts.h"

#include <weft/batch.h>
#include <weft/storage.h>

typedef struct {
    double value;
} Real;
WEFT_RESOURCE_DEFINE(Real);
static void store_real(Real *real, const double *v)
{
    real->value = *v;
}
WEFT_FN(store_real, MUT(Real), REF(double));
static void store_whole(Sink *sink, const uint64_t *v)
{
    sink->value = (int64_t)*v;
}
WEFT_FN(store_whole, MUT(Sink), REF(uint64_t));
static void store_signed(Sink_too *sink, const int64_t *v)
{
    sink->value = *v;
}
WEFT_FN(store_signed, MUT(Sink_too), REF(int64_t));

/* Runs P, a new one, as a handler with one event. */
#define RUN(P, event)                                    \
    do {                                                 \
        struct P h_;                                     \
        assert_int_equal(P##_init(&h_, world), WEFT_OK); \
        weft_run(&h_.base, world, event);                \
        weft_handler_fini(&h_.base);                     \
    } while (0)
#define RUN_OF(P, number) RUN(P, &(uint32_t){ number })
#define STORED(number)    assert_true(WEFT_GET(world, Real)->value == (number))

/* ---- forks ----------------------------------------------------------------------------------- */

OF(uint32_t, root, uint32_t, *v);
OF(uint64_t, widen, uint32_t, *v);
OF(uint64_t, double_it, uint32_t, 2 * (uint64_t)*v);
OF(int64_t, negate, uint32_t, -(int64_t)*v);
OF(double, half, uint32_t, *v * 0.5);
OF(double, tenfold, uint32_t, *v * 10.0);
OF(uint64_t, twice_wide, uint64_t, 2 * *v);
OF(uint64_t, triple_wide, uint64_t, 3 * *v);
OF(uint64_t, next_wide, uint64_t, *v + 1);
OF(uint64_t, same_wide, uint64_t, *v);
OF_TWO(double, merge_sum, uint64_t, int64_t, (double)*a + (double)*b);
OF_TWO(double, merge_wide, uint64_t, uint64_t, (double)(*a + *b));
OF_TWO(double, merge_reals, double, double, *a + *b);
static double merge_3(const uint64_t *a, const int64_t *b, const double *c)
{
    return (double)*a + (double)*b + *c;
}
WEFT_FN(merge_3, REF(uint64_t), REF(int64_t), REF(double));
static uint64_t merge_4(const uint64_t *a, const uint64_t *b, const uint64_t *c, const uint64_t *d)
{
    return *a + *b + *c + *d;
}
WEFT_FN(merge_4, REF(uint64_t), REF(uint64_t), REF(uint64_t), REF(uint64_t));
static void ignore(const uint32_t *v)
{
    (void)v;
}
WEFT_FN(ignore, REF(uint32_t));
static void store_number(Sink *sink, const uint32_t *v)
{
    sink->value = *v;
}
WEFT_FN(store_number, MUT(Sink), REF(uint32_t));

WEFT_PIPELINE(root_then_then, uint32_t, void, THEN(widen), THEN(next_wide), THEN(store_whole));
WEFT_PIPELINE(merge_2arm, uint32_t, void, THEN(root), FORK(double_it, negate), MERGE(merge_sum),
              THEN(store_real));
WEFT_PIPELINE(merge_3arm, uint32_t, void, THEN(root), FORK(double_it, negate, half), MERGE(merge_3),
              THEN(store_real));
WEFT_PIPELINE(merge_4arm, uint32_t, void, THEN(widen),
              FORK(same_wide, same_wide, same_wide, same_wide), MERGE(merge_4), THEN(store_whole));
WEFT_PIPELINE(double_and_next, uint32_t, uint64_t, THEN(double_it), THEN(next_wide));
WEFT_PIPELINE(several_steps, uint32_t, void, THEN(root), FORK(double_and_next, negate),
              MERGE(merge_sum), THEN(store_real));
WEFT_PIPELINE(inner, uint32_t, double, THEN(widen), FORK(twice_wide, triple_wide),
              MERGE(merge_wide));
WEFT_PIPELINE(nested, uint32_t, void, THEN(root), FORK(inner, tenfold), MERGE(merge_reals),
              THEN(store_real));
WEFT_PIPELINE(to_whole, uint32_t, void, THEN(widen), THEN(store_whole));
WEFT_PIPELINE(to_signed, uint32_t, void, THEN(negate), THEN(store_signed));
WEFT_PIPELINE(join_2arm, uint32_t, void, THEN(root), FORK(to_whole, to_signed), JOIN);
WEFT_PIPELINE(join_3arm, uint32_t, void, THEN(root), FORK(ignore, ignore, store_number), JOIN);
WEFT_PIPELINE(join_4arm, uint32_t, void, THEN(root), FORK(ignore, ignore, ignore, store_number),
              JOIN);

FACT(dag_root_then_then_makes_6_of_5)
{
    RUN_OF(root_then_then, 5);
    assert_int_equal(facts.sink->value, 6);
}

FACT(dag_fork_merge_2arm_of_10_is_20_less_10)
{
    RUN_OF(merge_2arm, 10);
    STORED(10.0);
}

FACT(dag_fork_merge_3arm_of_10_is_20_less_10_and_5)
{
    RUN_OF(merge_3arm, 10);
    STORED(15.0);
}

FACT(dag_fork_merge_4arm_of_3_is_12)
{
    RUN_OF(merge_4arm, 3);
    assert_int_equal(facts.sink->value, 12);
}

FACT(dag_fork_arms_with_multiple_steps_of_5_is_11_less_5)
{
    RUN_OF(several_steps, 5);
    STORED(6.0);
}

FACT(dag_nested_fork_of_2_is_10_and_20)
{
    RUN_OF(nested, 2);
    STORED(30.0);
}

FACT(dag_fork_join_2arm_of_7_stores_7_and_minus_7)
{
    RUN_OF(join_2arm, 7);
    assert_int_equal(facts.sink->value, 7);
    assert_int_equal(facts.sink_too->value, -7);
}

FACT(dag_join_3arm_stores_11_in_the_last)
{
    RUN_OF(join_3arm, 11);
    assert_int_equal(facts.sink->value, 11);
}

FACT(dag_join_4arm_stores_22_in_the_last)
{
    RUN_OF(join_4arm, 22);
    assert_int_equal(facts.sink->value, 22);
}

/* ---- tuples, routes, results, handlers ------------------------------------------------------- */

WEFT_TUPLE(Pair, uint32_t, uint32_t);
OF(Pair, with_next, uint32_t, (Pair){ *v, *v + 1 });
OF(uint32_t, tenfold_whole, uint32_t, 10 * *v);
OF(uint64_t, hundredfold, uint32_t, 100 * (uint64_t)*v);
OF(bool, above_10_whole, uint32_t, *v > 10);
OF(bool, positive, uint32_t, *v > 0);
OF_TWO(uint32_t, add, uint32_t, uint32_t, *a + *b);
OF_TWO(uint64_t, add_wide, uint32_t, uint32_t, (uint64_t)*a + *b);
WEFT_RESULT(Counted, uint64_t, Word);
OF(Counted, nonzero, uint32_t, (Counted){ .ok = *v > 0, .value = *v, .error = "zero" });
OF(Counted, recover, Word, (Counted){ .ok = **v == 'z', .value = 0 });
static void add_number(Sink *sink, const uint32_t *v)
{
    sink->value += *v;
}
WEFT_FN(add_number, MUT(Sink), REF(uint32_t));
static uint64_t running(uint64_t *sum, const uint32_t *v)
{
    return *sum += *v;
}
WEFT_FN(running, LOCAL(uint64_t), REF(uint32_t));
typedef struct store_whole Whole;
WEFT_RESOURCE_DEFINE(Whole);
WEFT_PIPELINE(splat_chain, uint32_t, void, THEN(with_next), SPLAT(add), THEN(store_number));
WEFT_PIPELINE(splat_arm, uint32_t, uint32_t, THEN(with_next), SPLAT(add));
WEFT_PIPELINE(splat_inside_arm, uint32_t, void, THEN(root), FORK(splat_arm, tenfold_whole),
              MERGE(add_wide), THEN(store_whole));
WEFT_PIPELINE(routed, uint32_t, void, THEN(root), ROUTE(above_10_whole, hundredfold, widen),
              THEN(store_whole));
WEFT_PIPELINE(triple_sent, uint32_t, void, THEN(widen), THEN(triple_wide),
              DISPATCH(Whole, uint64_t));
WEFT_PIPELINE(summed, uint32_t, void, THEN(root), SCAN(running), THEN(store_whole));
WEFT_PIPELINE(recovered, uint32_t, void, THEN(nonzero), OR_ELSE(recover), OK, MAP(store_whole));
WEFT_PIPELINE(or_999, uint32_t, void, THEN(nonzero), UNWRAP_OR(999), THEN(store_whole));
WEFT_PIPELINE(add_positive, uint32_t, void, THEN(root), GUARD(positive), MAP(add_number));
WEFT_PIPELINE(stored, uint32_t, void, THEN(root), THEN(store_number));
WEFT_BATCH(positives, uint32_t, add_positive);

static void register_more(weft_builder *builder)
{
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Real), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Whole), WEFT_OK);
}

FACT(dag_splat_chain_of_5_and_6_is_11)
{
    RUN_OF(splat_chain, 5);
    assert_int_equal(facts.sink->value, 11);
}

FACT(dag_splat_inside_arm_of_3_is_7_and_30)
{
    RUN_OF(splat_inside_arm, 3);
    assert_int_equal(facts.sink->value, 37);
}

FACT(dag_route_20_to_2000_and_5_stays)
{
    RUN_OF(routed, 20);
    assert_int_equal(facts.sink->value, 2000);
    RUN_OF(routed, 5);
    assert_int_equal(facts.sink->value, 5);
}

FACT(dag_dispatch_sends_21)
{
    assert_int_equal(store_whole_init(WEFT_GET(world, Whole), world), WEFT_OK);
    RUN_OF(triple_sent, 7);
    assert_int_equal(facts.sink->value, 21);
}

FACT(dag_scan_sums_10_then_15)
{
    BOUND(summed);
    summed_call(&summed_s, world, &(uint32_t){ 10 });
    assert_int_equal(facts.sink->value, 10);
    summed_call(&summed_s, world, &(uint32_t){ 5 });
    assert_int_equal(facts.sink->value, 15);
}

FACT(dag_result_or_else_recovers_with_0)
{
    facts.sink->value = -1;
    RUN_OF(recovered, 0);
    assert_int_equal(facts.sink->value, 0);
}

FACT(dag_result_unwrap_or_999)
{
    RUN_OF(or_999, 0);
    assert_int_equal(facts.sink->value, 999);
}

FACT(dag_batch_option_terminal_of_0_to_3_sums_6)
{
    static const uint32_t items[] = { 0, 1, 2, 3 };
    struct add_positive one;
    struct positives batch;
    assert_int_equal(add_positive_init(&one, world), WEFT_OK);
    assert_int_equal(positives_init(&batch, &one, 16, world), WEFT_OK);
    assert_int_equal(positives_fill(&batch, items, COUNT(items)), WEFT_OK);
    assert_int_equal(positives_run(&batch, world), 4);
    assert_int_equal(facts.sink->value, 6);
    positives_fini(&batch);
}

FACT(dag_boxed_stores_77_and_88)
{
    struct stored handler;
    weft_handler *box;
    assert_int_equal(stored_init(&handler, world), WEFT_OK);
    assert_int_equal(weft_box(&handler.base, world, &box), WEFT_OK);
    weft_run(box, world, &(uint32_t){ 77 });
    assert_int_equal(facts.sink->value, 77);
    weft_run(box, world, &(uint32_t){ 88 });
    assert_int_equal(facts.sink->value, 88);
    weft_handler_fini(box);
}

/* ---- slices ---------------------------------------------------------------------------------- */

OF(uint32_t, length, Slice, (uint32_t)v->len);
OF(uint32_t, twice_length, uint32_t, 2 * *v);
OF(uint32_t, length_and_10, uint32_t, *v + 10);
OF(bool, above_2, uint32_t, *v > 2);
static void store_number_too(Sink_too *sink, const uint32_t *v)
{
    sink->value = *v;
}
WEFT_FN(store_number_too, MUT(Sink_too), REF(uint32_t));
WEFT_PIPELINE(double_to_whole, uint32_t, void, THEN(double_it), THEN(store_whole));
WEFT_PIPELINE(slice_fork, Slice, void, THEN(length), FORK(double_to_whole, to_signed), JOIN);
WEFT_PIPELINE(slice_guard, Slice, void, THEN(length), GUARD(above_2), UNWRAP_OR(0),
              THEN(store_number));
WEFT_PIPELINE(slice_merge, Slice, void, THEN(length), FORK(twice_length, length_and_10), MERGE(add),
              THEN(store_number));
WEFT_PIPELINE(slice_join, Slice, void, THEN(length), FORK(store_number, store_number_too), JOIN);
WEFT_PIPELINE(slice_tenfold, Slice, void, THEN(length), THEN(tenfold_whole), THEN(store_number));
WEFT_PIPELINE(slice_twice, Slice, void, THEN(length), THEN(twice_length), THEN(store_number));

FACT(dag_borrowed_through_fork_stores_10_and_minus_5)
{
    RUN(slice_fork, &SLICE(1, 2, 3, 4, 5));
    assert_int_equal(facts.sink->value, 10);
    assert_int_equal(facts.sink_too->value, -5);
}

FACT(dag_borrowed_with_guard_stores_3_then_0)
{
    RUN(slice_guard, &SLICE(1, 2, 3));
    assert_int_equal(facts.sink->value, 3);
    RUN(slice_guard, &SLICE(1));
    assert_int_equal(facts.sink->value, 0);
}

FACT(hrtb_dag_fork_merge_of_5_is_10_and_15)
{
    RUN(slice_merge, &SLICE(1, 2, 3, 4, 5));
    assert_int_equal(facts.sink->value, 25);
}

FACT(hrtb_dag_fork_join_stores_4_and_4)
{
    RUN(slice_join, &SLICE(1, 2, 3, 4));
    assert_int_equal(facts.sink->value, 4);
    assert_int_equal(facts.sink_too->value, 4);
}

FACT(hrtb_dag_direct_stores_6)
{
    RUN(slice_twice, &SLICE(1, 2, 3));
    assert_int_equal(facts.sink->value, 6);
}

/* How the reference comes to 30 is not recorded: three bytes, ten each. */
FACT(hrtb_dag_stores_30)
{
    RUN(slice_tenfold, &SLICE(1, 2, 3));
    assert_int_equal(facts.sink->value, 30);
}

/* ---- the example program's figures ----------------------------------------------------------- */

typedef struct {
    double price;
    uint64_t size;
} Tick;
WEFT_TUPLE(Parts, double, uint64_t);
OF(double, price_of, Tick, v->price);
OF(double, with_spread, double, *v * 1.001);
OF(bool, above_10000, double, *v > 10000);
OF(Parts, parts_of, Tick, (Parts){ v->price, v->size });
OF_TWO(double, weighted, double, uint64_t, *a *(double)*b);
OF(Tick, same_tick, Tick, *v);
OF(bool, is_even_number, uint32_t, *v % 2 == 0);
static void keep_price(Real *latest, Counter *updates, const double *price)
{
    latest->value = *price;
    updates->n++;
}
WEFT_FN(keep_price, MUT(Real), MUT(Counter), REF(double));
static void log_price(List *list, const double *price)
{
    list->items[list->len++] = (int64_t)*price;
}
WEFT_FN(log_price, MUT(List), REF(double));
static void log_tick(List *list, const Tick *tick)
{
    list->items[list->len++] = (int64_t)tick->size;
}
WEFT_FN(log_tick, MUT(List), REF(Tick));
static void skip_price(const double *price)
{
    (void)price;
}
WEFT_FN(skip_price, REF(double));
static void count_number(Counter *counter)
{
    counter->n++;
}
WEFT_FN(count_number, MUT(Counter));
WEFT_PIPELINE(linear, Tick, void, THEN(price_of), THEN(with_spread), THEN(keep_price));
WEFT_PIPELINE(fan_out, Tick, void, THEN(price_of), FORK(keep_price, log_price), JOIN);
WEFT_PIPELINE(by_price, Tick, void, THEN(price_of), ROUTE(above_10000, keep_price, skip_price));
WEFT_PIPELINE(tap_price, Tick, void, THEN(price_of), TAP(log_price), THEN(keep_price));
WEFT_PIPELINE(tee_tick, Tick, void, THEN(same_tick), TEE(log_tick), THEN(price_of),
              THEN(keep_price));
WEFT_PIPELINE(count_even, uint32_t, void, THEN(root), GUARD(is_even_number), MAP(count_number));
WEFT_PIPELINE(splat_tick, Tick, void, THEN(parts_of), SPLAT(weighted), THEN(store_real));

#define NEAR(number)                                              \
    assert_true(WEFT_GET(world, Real)->value - (number) < 0.01 && \
                (number)-WEFT_GET(world, Real)->value < 0.01)

FACT(example_linear_latest_50050_in_1_update)
{
    RUN(linear, (&(Tick){ 50000, 10 }));
    NEAR(50050.0);
    assert_int_equal(facts.counter->n, 1);
}

FACT(example_join_2_updates_and_2_log_lines)
{
    RUN(fan_out, (&(Tick){ 50000, 10 }));
    RUN(fan_out, (&(Tick){ 3000, 100 }));
    assert_int_equal(facts.counter->n, 2);
    assert_int_equal(facts.list->len, 2);
    STORED(3000.0);
}

FACT(example_route_1_update_of_3)
{
    static const Tick ticks[] = { { 50000, 1 }, { 0.08, 1000000 }, { 3000, 10 } };
    for (size_t i = 0; i < COUNT(ticks); i++)
        RUN(by_price, &ticks[i]);
    assert_int_equal(facts.counter->n, 1);
    STORED(50000.0);
}

FACT(example_tap_1_update)
{
    RUN(tap_price, (&(Tick){ 55000, 5 }));
    assert_int_equal(facts.counter->n, 1);
    assert_int_equal(facts.list->items[0], 55000);
}

FACT(example_tee_1_update_and_1_log_line)
{
    RUN(tee_tick, (&(Tick){ 4000, 50 }));
    assert_int_equal(facts.counter->n, 1);
    assert_int_equal(facts.list->len, 1);
    assert_int_equal(facts.list->items[0], 50);
}

FACT(example_guard_counts_3_even_ones_of_0_to_5)
{
    for (uint32_t i = 0; i < 6; i++)
        RUN_OF(count_even, i);
    assert_int_equal(facts.counter->n, 3);
}

FACT(example_boxed_latest_60060)
{
    struct linear handler;
    weft_handler *box;
    assert_int_equal(linear_init(&handler, world), WEFT_OK);
    assert_int_equal(weft_box(&handler.base, world, &box), WEFT_OK);
    weft_run(box, world, &(Tick){ 60000, 1 });
    NEAR(60060.0);
    weft_handler_fini(box);
}

FACT(example_splat_3500_by_2_is_7000)
{
    RUN(splat_tick, (&(Tick){ 3500, 2 }));
    STORED(7000.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(dag_root_then_then_makes_6_of_5),
        TEST(dag_fork_merge_2arm_of_10_is_20_less_10),
        TEST(dag_fork_merge_3arm_of_10_is_20_less_10_and_5),
        TEST(dag_fork_merge_4arm_of_3_is_12),
        TEST(dag_fork_arms_with_multiple_steps_of_5_is_11_less_5),
        TEST(dag_nested_fork_of_2_is_10_and_20),
        TEST(dag_fork_join_2arm_of_7_stores_7_and_minus_7),
        TEST(dag_join_3arm_stores_11_in_the_last),
        TEST(dag_join_4arm_stores_22_in_the_last),
        TEST(dag_splat_chain_of_5_and_6_is_11),
        TEST(dag_splat_inside_arm_of_3_is_7_and_30),
        TEST(dag_route_20_to_2000_and_5_stays),
        TEST(dag_dispatch_sends_21),
        TEST(dag_scan_sums_10_then_15),
        TEST(dag_result_or_else_recovers_with_0),
        TEST(dag_result_unwrap_or_999),
        TEST(dag_batch_option_terminal_of_0_to_3_sums_6),
        TEST(dag_boxed_stores_77_and_88),
        TEST(dag_borrowed_through_fork_stores_10_and_minus_5),
        TEST(dag_borrowed_with_guard_stores_3_then_0),
        TEST(hrtb_dag_fork_merge_of_5_is_10_and_15),
        TEST(hrtb_dag_fork_join_stores_4_and_4),
        TEST(hrtb_dag_direct_stores_6),
        TEST(hrtb_dag_stores_30),
        TEST(example_linear_latest_50050_in_1_update),
        TEST(example_join_2_updates_and_2_log_lines),
        TEST(example_route_1_update_of_3),
        TEST(example_tap_1_update),
        TEST(example_tee_1_update_and_1_log_line),
        TEST(example_guard_counts_3_even_ones_of_0_to_5),
        TEST(example_boxed_latest_60060),
        TEST(example_splat_3500_by_2_is_7000),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
