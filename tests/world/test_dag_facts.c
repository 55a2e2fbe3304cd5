/* Facts about pipelines that fork, one by one: what goes in, what comes out.
 *
 * Two facts have another shape in C. An arm that was bound beforehand, for use in a plain step, is
 * a state of its own: f_bind and f_call. What made a DAG storable behind one type is weft_box. Left
 * out: closures (every function has a name here), an event borrowed for a lifetime (C has pointers;
 * test_pipeline_state.c), a join of options (a compile error; tests/compile_fail).
 */
#include "dag_facts.h"

#include <weft/batch.h>
#include <weft/storage.h>

/* ---- chains and forks ------------------------------------------------------------------------ */

WEFT_PIPELINE(root_only, int, int, THEN(same));
WEFT_PIPELINE(linear_2, int, int, THEN(same), THEN(twice));
WEFT_PIPELINE(linear_3, int, int, THEN(same), THEN(twice), THEN(plus_1));
WEFT_PIPELINE(linear_5, int, void, THEN(same), THEN(plus_1), THEN(plus_1), THEN(plus_1),
              THEN(store));

static void a_chain_runs_its_steps_in_order(void **state)
{
    (void)state;
    GIVES(root_only, int, 42, 42);
    GIVES(linear_2, int, 10, 5);
    GIVES(linear_3, int, 11, 5);
    RUNS(linear_5, 0);
    assert_int_equal(out->value, 3);
}

WEFT_PIPELINE(diamond, int, void, THEN(twice), FORK(plus_1, triple), MERGE(sum), THEN(store));
WEFT_PIPELINE(diamond_arms, int, Text, THEN(twice), FORK(plus_1, triple), MERGE(show_two));

static void a_diamond_merges_both_arms(void **state)
{
    (void)state;
    SHOWS(diamond_arms, "11,30", 5);
    RUNS(diamond, 5);
    assert_int_equal(out->value, 41);
}

WEFT_PIPELINE(twice_to_first, int, void, THEN(twice), THEN(to_first));
WEFT_PIPELINE(triple_to_second, int, void, THEN(triple), THEN(to_second));
WEFT_PIPELINE(negate_to_second, int, void, THEN(negate), THEN(to_second));
WEFT_PIPELINE(fan_out_join, int, void, FORK(twice_to_first, triple_to_second), JOIN);
WEFT_PIPELINE(join_of_signs, int, void, FORK(to_first, negate_to_second), JOIN);
WEFT_PIPELINE(join_of_3, int, void, FORK(add, add, add), JOIN);
WEFT_PIPELINE(join_of_4, int, void, FORK(add, add, add, add), JOIN, THEN(count));

static void a_join_runs_each_sink_once(void **state)
{
    (void)state;
    RUNS(fan_out_join, 5);
    assert_int_equal(first->value, 10);
    assert_int_equal(second->value, 15);
    RUNS(join_of_signs, 7);
    assert_int_equal(first->value, 7);
    assert_int_equal(second->value, -7);
    RUNS(join_of_3, 5);
    assert_int_equal(out->value, 15);
    second->value = 0;
    RUNS(join_of_4, 1);
    assert_int_equal(out->value, 19);
    assert_int_equal(second->value, 1);
}

WEFT_PIPELINE(inner, int, int, THEN(plus_10), FORK(twice, triple), MERGE(sum));
WEFT_PIPELINE(nested_fork, int, int, THEN(same), FORK(inner, triple), MERGE(sum));
WEFT_PIPELINE(nested_arms, int, Text, THEN(same), FORK(inner, triple), MERGE(show_two));
WEFT_PIPELINE(plus_1_twice, int, int, THEN(plus_1), THEN(plus_1), THEN(twice));
WEFT_PIPELINE(complex_arms, int, Text, THEN(same), FORK(plus_1_twice, triple), MERGE(show_two));
WEFT_PIPELINE(complex_sum, int, int, THEN(same), FORK(plus_1_twice, triple), MERGE(sum));

static void an_arm_may_fork_and_have_steps(void **state)
{
    (void)state;
    SHOWS(nested_arms, "75,15", 5);
    GIVES(nested_fork, int, 90, 5);
    SHOWS(complex_arms, "24,30", 10);
    GIVES(complex_sum, int, 54, 10);
}

static Text show_three(const int *a, const int *b, const int *c)
{
    return text_of("%d,%d,%d", *a, *b, *c);
}
WEFT_FN(show_three, REF(int), REF(int), REF(int));
static int sum_4(const int *a, const int *b, const int *c, const int *d)
{
    return *a + *b + *c + *d;
}
WEFT_FN(sum_4, REF(int), REF(int), REF(int), REF(int));
WEFT_PIPELINE(merge_3, int, Text, FORK(same, twice, triple), MERGE(show_three));
WEFT_PIPELINE(merge_4, int, int, FORK(same, same, same, same), MERGE(sum_4));

static void three_and_four_arms_merge(void **state)
{
    (void)state;
    SHOWS(merge_3, "10,20,30", 10);
    GIVES(merge_4, int, 12, 3);
}

WEFT_PIPELINE(large, int, Maybe, GUARD(above_100));
OF_TWO(Text, show_guarded, Maybe, int,
       a->ok ? text_of("%d,%d", a->value, *b) : text_of("None,%d", *b));
WEFT_PIPELINE(arm_guard, int, Text, THEN(twice), FORK(large, same), MERGE(show_guarded));
WEFT_PIPELINE(triple_option, int, int, GUARD(above_3), MAP(triple), UNWRAP_OR(0));
WEFT_PIPELINE(arm_combinators, int, Text, FORK(triple_option, twice), MERGE(show_two));
WEFT_PIPELINE(guarded_or_0, int, int, GUARD(above_3), UNWRAP_OR(0));
WEFT_PIPELINE(arm_with_guard, int, int, FORK(guarded_or_0, plus_100), MERGE(sum));

static void an_arm_may_end_in_an_option_or_unwrap_it(void **state)
{
    (void)state;
    SHOWS(arm_guard, "None,10", 5);
    SHOWS(arm_guard, "102,102", 51);
    SHOWS(arm_combinators, "30,20", 10);
    GIVES(arm_with_guard, int, 110, 5);
}

/* ---- steps that look at values --------------------------------------------------------------- */

WEFT_PIPELINE(route_3, int, int, ROUTE(above_3, twice, triple));
WEFT_PIPELINE(route_10, int, int, ROUTE(above_10, twice, triple));
WEFT_PIPELINE(route_large, int, int, ROUTE(above_10, plus_300, plus_200));
WEFT_PIPELINE(route_nested, int, int, ROUTE(above_5, route_large, plus_100));

static void a_route_takes_one_arm(void **state)
{
    (void)state;
    GIVES(route_3, int, 10, 5);
    GIVES(route_10, int, 15, 5);
    GIVES(route_nested, int, 103, 3);
    GIVES(route_nested, int, 207, 7);
    GIVES(route_nested, int, 315, 15);
}

WEFT_PIPELINE(counts, int, void, THEN(count));
WEFT_PIPELINE(tee, int, void, THEN(twice), TEE(counts), THEN(store));
WEFT_PIPELINE(tap, int, int, THEN(twice), TAP(to_first));
WEFT_PIPELINE(arm_tap, int, int, THEN(twice), FORK(tap, same), MERGE(sum));

static void a_tee_and_a_tap_leave_the_value(void **state)
{
    (void)state;
    RUNS(tee, 5);
    assert_int_equal(out->value, 10);
    assert_int_equal(second->value, 1);
    RUNS(tee, 7);
    assert_int_equal(out->value, 14);
    assert_int_equal(second->value, 2);
    GIVES(tap, int, 10, 5);
    assert_int_equal(first->value, 10);
    GIVES(arm_tap, int, 30, 5);
    assert_int_equal(first->value, 20);
}

WEFT_PIPELINE(dedup, int, void, THEN(half), DEDUP, MAP(count));
WEFT_PIPELINE(dedup_same, int, void, DEDUP, MAP(count));

static void dedup_drops_what_came_just_before(void **state)
{
    static const int rows[][2] = { { 4, 1 }, { 5, 1 }, { 6, 2 } };
    static const int runs[] = { 1, 1, 2, 2, 2, 3, 1 };
    (void)state;
    BOUND(dedup);
    for (size_t i = 0; i < COUNT(rows); i++) {
        dedup_call(&dedup_s, world, &rows[i][0]);
        assert_int_equal(second->value, rows[i][1]);
    }
    second->value = 0;
    BOUND(dedup_same);
    for (size_t i = 0; i < COUNT(runs); i++)
        dedup_same_call(&dedup_same_s, world, &runs[i]);
    assert_int_equal(second->value, 4);
}

/* ---- tuples ---------------------------------------------------------------------------------- */

WEFT_TUPLE(Pair, int, int);
WEFT_TUPLE(Triple, int, int, int);
WEFT_TUPLE(Four, int, int, int, int);
WEFT_TUPLE(Five, int, int, int, int, int);
OF(Pair, pair_15, int, (Pair){ *v, 3 * *v });
OF(Pair, pair_double, int, (Pair){ *v, 2 * *v });
OF(Pair, pair_107, int, (Pair){ *v, *v + 100 });
OF(Pair, pair_tenfold, int, (Pair){ *v, 10 * *v });
OF(Triple, next_three, int, (Triple){ *v, *v + 1, *v + 2 });
OF(Four, next_four, int, (Four){ *v, *v + 1, *v + 2, *v + 3 });
OF(Five, next_five, int, (Five){ *v, *v + 1, *v + 2, *v + 3, *v + 4 });
static int sum_3(const int *a, const int *b, const int *c)
{
    return *a + *b + *c;
}
WEFT_FN(sum_3, REF(int), REF(int), REF(int));
static int sum_5(const int *a, const int *b, const int *c, const int *d, const int *e)
{
    return *a + *b + *c + *d + *e;
}
WEFT_FN(sum_5, REF(int), REF(int), REF(int), REF(int), REF(int));
static int with_base(const Out *base, const int *a, const int *b)
{
    return (int)base->value + *a + *b;
}
WEFT_FN(with_base, RES(Out), REF(int), REF(int));
WEFT_PIPELINE(splat_2, int, int, THEN(pair_double), SPLAT(sum));
WEFT_PIPELINE(splat_3, int, int, THEN(next_three), SPLAT(sum_3));
WEFT_PIPELINE(splat_4, int, int, THEN(next_four), SPLAT(sum_4));
WEFT_PIPELINE(splat_5, int, int, THEN(next_five), SPLAT(sum_5));
WEFT_PIPELINE(splat_base, int, int, THEN(pair_15), SPLAT(with_base));
WEFT_PIPELINE(splat_sum, Pair, int, SPLAT(sum));
WEFT_PIPELINE(splat_product, Pair, int, SPLAT(product));
WEFT_PIPELINE(arm_starts, int, int, THEN(pair_15), FORK(splat_sum, splat_product), MERGE(sum));
WEFT_PIPELINE(spread, int, int, THEN(pair_107), SPLAT(sum));
WEFT_PIPELINE(in_arm, int, int, FORK(spread, twice), MERGE(sum));
WEFT_PIPELINE(in_arm_apart, int, Text, FORK(spread, twice), MERGE(show_two));
WEFT_PIPELINE(boxed, int, void, THEN(pair_double), SPLAT(sum), THEN(store));

static void a_splat_takes_a_tuple_apart(void **state)
{
    (void)state;
    GIVES(splat_2, int, 15, 5);
    GIVES(splat_3, int, 33, 10);
    GIVES(splat_4, int, 46, 10);
    GIVES(splat_5, int, 15, 1);
    out->value = 100;
    GIVES(splat_base, int, 120, 5);
    GIVES(arm_starts, int, 95, 5);
    SHOWS(in_arm_apart, "114,14", 7);
    GIVES(in_arm, int, 128, 7);
    struct boxed handler;
    weft_handler *box;
    assert_int_equal(boxed_init(&handler, world), WEFT_OK);
    assert_int_equal(weft_box(&handler.base, world, &box), WEFT_OK);
    weft_run(box, world, &(int){ 5 });
    assert_int_equal(out->value, 15);
    weft_handler_fini(box);
}

/* ---- batches --------------------------------------------------------------------------------- */

WEFT_PIPELINE(add_twice, int, void, THEN(twice), THEN(add));
WEFT_PIPELINE(add_large, int, void, THEN(twice), GUARD(above_5), MAP(add));
WEFT_PIPELINE(add_pair, int, void, THEN(pair_tenfold), SPLAT(sum), THEN(add));
WEFT_PIPELINE(add_even_tenfold, int, void, ROUTE(is_even, tenfold, same), THEN(add));
WEFT_BATCH(batch_twice, int, add_twice);
WEFT_BATCH(batch_large, int, add_large);
WEFT_BATCH(batch_pair, int, add_pair);
WEFT_BATCH(batch_even, int, add_even_tenfold);

/* Out, from 0, after a batch of these. */
#define BATCH_OF(name, f, expected, ...)                                        \
    do {                                                                        \
        static const int items_[] = { __VA_ARGS__ };                            \
        struct f one_;                                                          \
        struct name batch_;                                                     \
        out->value = 0;                                                         \
        assert_int_equal(f##_init(&one_, world), WEFT_OK);                      \
        assert_int_equal(name##_init(&batch_, &one_, 64, world), WEFT_OK);      \
        assert_int_equal(name##_fill(&batch_, items_, COUNT(items_)), WEFT_OK); \
        assert_int_equal(name##_run(&batch_, world), COUNT(items_));            \
        assert_int_equal(name##_len(&batch_), 0);                               \
        assert_int_equal(out->value, expected);                                 \
        assert_int_equal(name##_run(&batch_, world), 0);                        \
        assert_int_equal(out->value, expected);                                 \
        name##_fini(&batch_);                                                   \
    } while (0)

static void a_batch_runs_the_whole_dag_per_item(void **state)
{
    (void)state;
    BATCH_OF(batch_twice, add_twice, 12, 1, 2, 3);
    BATCH_OF(batch_large, add_large, 24, 1, 2, 3, 4, 5);
    BATCH_OF(batch_pair, add_pair, 33, 1, 2);
    BATCH_OF(batch_even, add_even_tenfold, 64, 1, 2, 3, 4);
}

static void a_batch_is_filled_again_after_a_run(void **state)
{
    static const struct {
        int items[2], sum;
    } rows[] = { { { 1, 2 }, 6 }, { { 10, 20 }, 66 } };
    struct add_twice one;
    struct batch_twice batch;
    (void)state;
    assert_int_equal(add_twice_init(&one, world), WEFT_OK);
    assert_int_equal(batch_twice_init(&batch, &one, 2, world), WEFT_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(batch_twice_fill(&batch, rows[i].items, 2), WEFT_OK);
        assert_int_equal(batch_twice_run(&batch, world), 2);
        assert_int_equal(out->value, rows[i].sum);
    }
    batch_twice_fini(&batch);
}

/* ---- branches -------------------------------------------------------------------------------- */

OF(bool, rest_is_0, int, *v % 3 == 0);
OF(bool, rest_is_1, int, *v % 3 == 1);
WEFT_PIPELINE(conditional, int, int, ROUTE(above_5, tenfold, plus_1));
WEFT_PIPELINE(not_by_0, int, int, ROUTE(rest_is_1, plus_200, plus_300));
WEFT_PIPELINE(three_ways, int, int, ROUTE(rest_is_0, plus_100, not_by_0));
WEFT_PIPELINE(tenfold_above_5, int, int, ROUTE(above_5, tenfold, same));
WEFT_PIPELINE(conditional_arm, int, Text, FORK(tenfold_above_5, negate), MERGE(show_two));

static void a_condition_picks_what_becomes_of_a_value(void **state)
{
    (void)state;
    GIVES(conditional, int, 100, 10);
    GIVES(conditional, int, 4, 3);
    GIVES(three_ways, int, 106, 6);
    GIVES(three_ways, int, 207, 7);
    GIVES(three_ways, int, 308, 8);
    SHOWS(conditional_arm, "100,-10", 10);
    SHOWS(conditional_arm, "3,-3", 3);
}

/* Two arms bound beforehand, and a plain step that picks one. */
typedef struct {
    struct twice_state even;
    struct triple_state odd;
} Arms;
static int pick(Arms *arms, weft_world *w, const int *v)
{
    return *v % 2 ? triple_call(&arms->odd, w, v) : twice_call(&arms->even, w, v);
}
WEFT_FN(pick, CTX(Arms), WORLD, REF(int));
WEFT_PIPELINE(picked, int, int, CTX(Arms), THEN(same), THEN(pick));
WEFT_PIPELINE(factor_arm, int, int, THEN(times_first));

static void an_arm_bound_beforehand_is_called_by_a_step(void **state)
{
    (void)state;
    BOUND(picked);
    assert_int_equal(twice_bind(&picked_s.ctx.even, world), WEFT_OK);
    assert_int_equal(triple_bind(&picked_s.ctx.odd, world), WEFT_OK);
    assert_int_equal(picked_call(&picked_s, world, &(int){ 4 }), 8);
    assert_int_equal(picked_call(&picked_s, world, &(int){ 5 }), 15);
    first->value = 12;
    GIVES(factor_arm, int, 120, 10);
    first->value = 1;
    GIVES(factor_arm, int, 10, 10);
}

/* ---- scans ----------------------------------------------------------------------------------- */

static int running(int *sum_so_far, const int *v)
{
    return *sum_so_far += *v;
}
WEFT_FN(running, LOCAL(int), REF(int));
static Text against_limit(const Out *limit, int *sum_so_far, const int *v)
{
    *sum_so_far += *v;
    return *sum_so_far > limit->value ? text_of("hit:%d", *sum_so_far) : text_of("below");
}
WEFT_FN(against_limit, RES(Out), LOCAL(int), REF(int));
WEFT_PIPELINE(scan, int, int, THEN(same), SCAN(running));
WEFT_PIPELINE(scan_limit, int, Text, THEN(same), SCAN(against_limit));
WEFT_PIPELINE(scan_arm, int, int, SCAN(running));
WEFT_PIPELINE(arm_scan, int, Text, FORK(scan_arm, same), MERGE(show_two));

static void a_scan_goes_on_from_where_it_was(void **state)
{
    (void)state;
    BOUND(scan);
    assert_int_equal(scan_call(&scan_s, world, &(int){ 10 }), 10);
    assert_int_equal(scan_call(&scan_s, world, &(int){ 20 }), 30);
    assert_int_equal(scan_call(&scan_s, world, &(int){ 5 }), 35);
    out->value = 100;
    BOUND(scan_limit);
    assert_string_equal(scan_limit_call(&scan_limit_s, world, &(int){ 50 }).text, "below");
    assert_string_equal(scan_limit_call(&scan_limit_s, world, &(int){ 60 }).text, "hit:110");
    BOUND(arm_scan);
    assert_string_equal(arm_scan_call(&arm_scan_s, world, &(int){ 10 }).text, "10,10");
    assert_string_equal(arm_scan_call(&arm_scan_s, world, &(int){ 20 }).text, "30,20");
}

/* ---- handlers -------------------------------------------------------------------------------- */

typedef struct store Stored;
WEFT_RESOURCE_DEFINE(Stored);
WEFT_PIPELINE(to_stored, int, void, THEN(same), DISPATCH(Stored, int));
WEFT_PIPELINE(stores_above_5, int, void, GUARD(above_5), MAP(store));
OF(Text, number, int, text_of("%d", *v));
WEFT_PIPELINE(times_resource, int, Text, THEN(times_first), THEN(number));

static void a_dag_is_a_handler_and_runs_one(void **state)
{
    (void)state;
    assert_int_equal(store_init(WEFT_GET(world, Stored), world), WEFT_OK);
    RUNS(to_stored, 42);
    assert_int_equal(out->value, 42);
    for (int i = 1; i <= 3; i++) {
        RUNS(to_stored, i);
        assert_int_equal(out->value, i);
    }
    out->value = 0;
    RUNS(stores_above_5, 3);
    assert_int_equal(out->value, 0);
    RUNS(stores_above_5, 7);
    assert_int_equal(out->value, 7);
    first->value = 7;
    SHOWS(times_resource, "70", 10);
}

static void register_more(weft_builder *builder)
{
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, First), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Second), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Stored), WEFT_OK);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_chain_runs_its_steps_in_order),
        TEST(a_diamond_merges_both_arms),
        TEST(a_join_runs_each_sink_once),
        TEST(an_arm_may_fork_and_have_steps),
        TEST(three_and_four_arms_merge),
        TEST(an_arm_may_end_in_an_option_or_unwrap_it),
        TEST(a_route_takes_one_arm),
        TEST(a_tee_and_a_tap_leave_the_value),
        TEST(dedup_drops_what_came_just_before),
        TEST(a_splat_takes_a_tuple_apart),
        TEST(a_batch_runs_the_whole_dag_per_item),
        TEST(a_batch_is_filled_again_after_a_run),
        TEST(a_condition_picks_what_becomes_of_a_value),
        TEST(an_arm_bound_beforehand_is_called_by_a_step),
        TEST(a_scan_goes_on_from_where_it_was),
        TEST(a_dag_is_a_handler_and_runs_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
