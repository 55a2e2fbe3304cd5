/* Pipelines, fact by fact: routes, branches, scans, handlers, slices, and two chains as programs
 * have them. Plain steps, options and results are in test_pipeline_facts.c, tuples and dispatch in
 * test_pipeline_facts_tuples.c, batches of tuples and of scans in test_batch_facts.c.
 *
 * What a fact says of a closure is a function here; of one that sees the world, a function with
 * WORLD; of a borrowed event, a struct that points elsewhere, given by reference or by value. That
 * the compiler follows how long such an event lives has no counterpart in C; what is left of these
 * facts is that one bound pipeline runs on many events, each gone after its run. */
#include "facts.h"

static void register_more(weft_builder *builder)
{
    (void)builder;
}

/* ---- routes and branches --------------------------------------------------------------------- */

WEFT_PIPELINE(route_3, int, int, ROUTE(above_3, twice, times_3));
WEFT_PIPELINE(route_10, int, int, ROUTE(above_10, twice, times_3));
WEFT_PIPELINE(route_inner, int, int, ROUTE(below_10, plus_200, plus_300));
WEFT_PIPELINE(route_nested, int, int, ROUTE(below_5, plus_100, route_inner));

FACT(pipeline_route_5_true_arm_10_false_arm_15)
{
    assert_int_equal(ONCE(route_3, int, 5), 10);
    assert_int_equal(ONCE(route_10, int, 5), 15);
}

FACT(pipeline_route_nested_103_207_315)
{
    assert_int_equal(ONCE(route_nested, int, 3), 103);
    assert_int_equal(ONCE(route_nested, int, 7), 207);
    assert_int_equal(ONCE(route_nested, int, 15), 315);
}

static int hundredfold_or_one_more(int v)
{
    return v > 10 ? v * 100 : v + 1;
}
WEFT_FN(hundredfold_or_one_more, IN(int));
static int by_remainder(int v)
{
    switch (v % 3) {
    case 0: return v + 100;
    case 1: return v + 200;
    default: return v + 300;
    }
}
WEFT_FN(by_remainder, IN(int));
WEFT_PIPELINE(branching, int, int, THEN(twice), THEN(hundredfold_or_one_more));
WEFT_PIPELINE(branching_3, int, int, THEN(by_remainder));

FACT(pipeline_then_branching_2000_7)
{
    assert_int_equal(ONCE(branching, int, 10), 2000);
    assert_int_equal(ONCE(branching, int, 3), 7);
}

FACT(pipeline_then_branching_three_way_106_207_308)
{
    assert_int_equal(ONCE(branching_3, int, 6), 106);
    assert_int_equal(ONCE(branching_3, int, 7), 207);
    assert_int_equal(ONCE(branching_3, int, 8), 308);
}

/* A function that is bound once and called by hand. */
typedef struct {
    struct plus_setting_state add;
    struct twice_state twice;
} Resolved;
static int add_or_double(Resolved *resolved, weft_world *w, int v)
{
    return v > 10 ? plus_setting_call(&resolved->add, w, &v) : twice_call(&resolved->twice, w, &v);
}
WEFT_FN(add_or_double, CTX(Resolved), WORLD, IN(int));
WEFT_PIPELINE(resolving, int, int, CTX(Resolved), THEN(add_or_double));

FACT(pipeline_then_with_resolve_step_120_10)
{
    facts.setting->value = 100;
    BOUND(resolving);
    assert_int_equal(plus_setting_bind(&resolving_s.ctx.add, world), WEFT_OK);
    assert_int_equal(twice_bind(&resolving_s.ctx.twice, world), WEFT_OK);
    assert_int_equal(resolving_call(&resolving_s, world, &(int){ 20 }), 120);
    assert_int_equal(resolving_call(&resolving_s, world, &(int){ 5 }), 10);
}

/* ---- scans ----------------------------------------------------------------------------------- */

typedef int Sum;
static int running_sum(Sum *sum, int v)
{
    return *sum += v;
}
WEFT_FN(running_sum, LOCAL(Sum), IN(int));
static Maybe sum_above_setting(const Setting *limit, Sum *sum, int v)
{
    *sum += v;
    return *sum > limit->value ? SOME(*sum) : NO_VALUE;
}
WEFT_FN(sum_above_setting, RES(Setting), LOCAL(Sum), IN(int));
static int scaled_sum(weft_world *w, Sum *sum, int v)
{
    return *sum += v * WEFT_GET(w, Setting)->value;
}
WEFT_FN(scaled_sum, WORLD, LOCAL(Sum), IN(int));
WEFT_PIPELINE(scan_later, int, int, THEN(same), SCAN(running_sum));
WEFT_PIPELINE(scan_first, int, int, SCAN(running_sum));
WEFT_PIPELINE(scan_limit, int, Maybe, THEN(same), SCAN(sum_above_setting));
WEFT_PIPELINE(scan_opaque, int, int, THEN(same), SCAN(scaled_sum));

/* Runs P on each of the inputs; each must give what is expected. */
#define SCANS(P, inputs, expected)                                                    \
    do {                                                                              \
        BOUND(P);                                                                     \
        for (size_t i_ = 0; i_ < COUNT(inputs); i_++)                                 \
            assert_int_equal(P##_call(&P##_s, world, &(inputs)[i_]), (expected)[i_]); \
    } while (0)

FACT(scan_running_sum_10_30_35)
{
    SCANS(scan_later, ((const int[]){ 10, 20, 5 }), ((const int[]){ 10, 30, 35 }));
}

FACT(scan_named_fn_with_param_limit_100_gives_105)
{
    facts.setting->value = 100;
    BOUND(scan_limit);
    assert_none(scan_limit_call(&scan_limit_s, world, &(int){ 50 }));
    assert_none(scan_limit_call(&scan_limit_s, world, &(int){ 30 }));
    assert_some(scan_limit_call(&scan_limit_s, world, &(int){ 25 }), 105);
}

FACT(scan_opaque_factor_10_gives_10_30)
{
    facts.setting->value = 10;
    SCANS(scan_opaque, ((const int[]){ 1, 2 }), ((const int[]){ 10, 30 }));
}

FACT(scan_suppression_threshold_50_gives_60)
{
    facts.setting->value = 50;
    BOUND(scan_limit);
    assert_none(scan_limit_call(&scan_limit_s, world, &(int){ 20 }));
    assert_none(scan_limit_call(&scan_limit_s, world, &(int){ 20 }));
    assert_some(scan_limit_call(&scan_limit_s, world, &(int){ 20 }), 60);
}

FACT(scan_on_pipeline_start_5_8_10)
{
    SCANS(scan_first, ((const int[]){ 5, 3, 2 }), ((const int[]){ 5, 8, 10 }));
}

/* ---- handlers -------------------------------------------------------------------------------- */

WEFT_PIPELINE(option_terminal, int, Done, GUARD(above_5), MAP(add_up));

FACT(build_option_unit_terminal_0_7_17)
{
    static const int rows[][2] = { { 3, 0 }, { 7, 7 }, { 10, 17 } };
    struct option_terminal handler;
    assert_int_equal(option_terminal_init(&handler, world), WEFT_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        weft_run(&handler.base, world, &rows[i][0]);
        assert_int_equal(facts.sink->value, rows[i][1]);
    }
}

/* ---- slices ---------------------------------------------------------------------------------- */

WEFT_OPTION(Maybe_slice, Slice);
static void store_len(Sink *sink, const Slice *slice)
{
    sink->value = (int64_t)slice->len;
}
WEFT_FN(store_len, MUT(Sink), REF(Slice));
static bool is_not_empty(const Slice *slice)
{
    return slice->len > 0;
}
WEFT_FN(is_not_empty, REF(Slice));
static bool is_longer_than_2(Slice slice)
{
    return slice.len > 2;
}
WEFT_FN(is_longer_than_2, IN(Slice));
static Maybe_slice some_unless_empty(Slice slice)
{
    return (Maybe_slice){ .ok = slice.len > 0, .value = slice };
}
WEFT_FN(some_unless_empty, IN(Slice));
static int64_t len_and_calls(Sum *calls, const Slice *slice)
{
    return 100 * (int64_t)slice->len + ++*calls;
}
WEFT_FN(len_and_calls, LOCAL(Sum), REF(Slice));
static void store_number(Sink *sink, int64_t v)
{
    sink->value = v;
}
WEFT_FN(store_number, MUT(Sink), IN(int64_t));
WEFT_PIPELINE(slice_len, Slice, void, THEN(store_len));
WEFT_PIPELINE(slice_option, Slice, Done, GUARD(is_not_empty), MAP(store_len));
WEFT_PIPELINE(slice_guard, Slice, Done, GUARD(is_longer_than_2), MAP(store_len));
WEFT_PIPELINE(slice_on_none, Slice, Done, THEN(some_unless_empty), MAP(store_len), ON_NONE(mark));
WEFT_PIPELINE(slice_local, Slice, void, THEN(len_and_calls), THEN(store_number));

/* Runs a handler on a slice of so many bytes, which are gone when this returns. Returns the
 * sink. */
static int64_t after_bytes(weft_handler *handler, size_t len)
{
    unsigned char *bytes = len > 0 ? test_malloc(len) : NULL;
    if (bytes)
        memset(bytes, 7, len);
    weft_run(handler, world, &(Slice){ bytes, len });
    test_free(bytes);
    return facts.sink->value;
}

/* One handler P on slices of so many bytes each, and what the sink holds after each. */
#define SLICES(P, ...)                                                                   \
    do {                                                                                 \
        static const int64_t rows_[][2] = { __VA_ARGS__ };                               \
        struct P h_;                                                                     \
        assert_int_equal(P##_init(&h_, world), WEFT_OK);                                 \
        for (size_t i_ = 0; i_ < COUNT(rows_); i_++)                                     \
            assert_int_equal(after_bytes(&h_.base, (size_t)rows_[i_][0]), rows_[i_][1]); \
    } while (0)

FACT(build_borrowed_event_direct_stores_length_3)
{
    SLICES(slice_len, { 3, 3 });
}

FACT(build_borrowed_event_option_unit_empty_0_then_3)
{
    SLICES(slice_option, { 0, 0 }, { 3, 3 });
}

FACT(hrtb_one_pipeline_takes_many_slices)
{
    SLICES(slice_len, { 3, 3 }, { 5, 5 }, { 3, 3 }, { 2, 2 }, { 3, 3 });
}

FACT(hrtb_guard_stores_3_bytes_and_ignores_1)
{
    SLICES(slice_guard, { 3, 3 }, { 1, 3 });
}

FACT(hrtb_on_none_after_map_marks_the_empty_one)
{
    struct slice_on_none handler;
    assert_int_equal(slice_on_none_init(&handler, world), WEFT_OK);
    assert_int_equal(after_bytes(&handler.base, 3), 3);
    assert_false(facts.flag->set);
    assert_int_equal(after_bytes(&handler.base, 0), 3);
    assert_true(facts.flag->set);
}

FACT(hrtb_local_counts_301_202_303)
{
    SLICES(slice_local, { 3, 301 }, { 2, 202 }, { 3, 303 });
}

/* ---- as programs have them ------------------------------------------------------------------- */

typedef struct {
    double price;
} Order;
WEFT_RESULT(Checked, Order, Word);
static Checked validate(const Order *order)
{
    return order->price > 0 ? (Checked){ .ok = true, .value = *order }
                            : (Checked){ .error = "no price" };
}
WEFT_FN(validate, REF(Order));
static Order enrich(const Setting *factor, Order order)
{
    order.price *= factor->value;
    return order;
}
WEFT_FN(enrich, RES(Setting), IN(Order));
static void submit(Order *last, const Order *order)
{
    *last = *order;
}
WEFT_FN(submit, CTX(Order), REF(Order));
WEFT_PIPELINE(realistic, Order, Done, CTX(Order), THEN(validate), OK, MAP(enrich), MAP(submit));
WEFT_PIPELINE(realistic_catch, Order, Done, CTX(Order), THEN(validate), CATCH(write_word),
              MAP(submit));

FACT(realistic_order_10_is_enriched_to_20_and_0_changes_nothing)
{
    struct realistic handler;
    facts.setting->value = 2;
    assert_int_equal(realistic_init(&handler, world, (Order){ 0 }), WEFT_OK);
    weft_run(&handler.base, world, &(Order){ 10.0 });
    assert_true(handler.state.ctx.price == 20.0);
    weft_run(&handler.base, world, &(Order){ 0.0 });
    assert_true(handler.state.ctx.price == 20.0);
}

FACT(realistic_catch_stores_42)
{
    struct realistic_catch handler;
    assert_int_equal(realistic_catch_init(&handler, world, (Order){ 0 }), WEFT_OK);
    weft_run(&handler.base, world, &(Order){ 42.0 });
    assert_true(handler.state.ctx.price == 42.0);
    assert_string_equal(facts.text->text, "");
    weft_run(&handler.base, world, &(Order){ 0.0 });
    assert_true(handler.state.ctx.price == 42.0);
    assert_string_equal(facts.text->text, "no price");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pipeline_route_5_true_arm_10_false_arm_15),
        TEST(pipeline_route_nested_103_207_315),
        TEST(pipeline_then_branching_2000_7),
        TEST(pipeline_then_branching_three_way_106_207_308),
        TEST(pipeline_then_with_resolve_step_120_10),
        TEST(scan_running_sum_10_30_35),
        TEST(scan_named_fn_with_param_limit_100_gives_105),
        TEST(scan_opaque_factor_10_gives_10_30),
        TEST(scan_suppression_threshold_50_gives_60),
        TEST(scan_on_pipeline_start_5_8_10),
        TEST(build_option_unit_terminal_0_7_17),
        TEST(build_borrowed_event_direct_stores_length_3),
        TEST(build_borrowed_event_option_unit_empty_0_then_3),
        TEST(hrtb_one_pipeline_takes_many_slices),
        TEST(hrtb_guard_stores_3_bytes_and_ignores_1),
        TEST(hrtb_on_none_after_map_marks_the_empty_one),
        TEST(hrtb_local_counts_301_202_303),
        TEST(realistic_order_10_is_enriched_to_20_and_0_changes_nothing),
        TEST(realistic_catch_stores_42),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
