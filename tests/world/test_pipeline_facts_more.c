/* Pipelines, fact by fact: chains with every kind of parameter, slices as events, functions that
 * are bound beforehand, and the figures of the reference's example program. A slice is a pointer
 * and a length, borrowed for the run; what was a map of boxed handlers is an array of them. */
#include "facts.h"

#include <weft/batch.h>
#include <weft/storage.h>

/* ---- chains ---------------------------------------------------------------------------------- */

static int plus_10(int v)
{
    return v + 10;
}
WEFT_FN(plus_10, IN(int));
WEFT_PIPELINE(pure, int, int, THEN(twice));
WEFT_PIPELINE(single, int, void, THEN(store));
WEFT_PIPELINE(three, int, void, THEN(plus_10), THEN(times_3), THEN(store));
WEFT_PIPELINE(five, int, void, THEN(same), THEN(plus_10), THEN(times_3), THEN(plus_10),
              THEN(store));

FACT(step_pure_transform_5_is_10)
{
    assert_int_equal(ONCE(pure, int, 5), 10);
}

FACT(pipeline_single_step_stores_42)
{
    ONCE(single, int, 42);
    assert_int_equal(facts.sink->value, 42);
}

FACT(pipeline_linear_chain_three_makes_33_of_1)
{
    ONCE(three, int, 1);
    assert_int_equal(facts.sink->value, 33);
}

FACT(pipeline_linear_chain_five_makes_40_of_0)
{
    ONCE(five, int, 0);
    assert_int_equal(facts.sink->value, 40);
}

/* ---- every kind of parameter ----------------------------------------------------------------- */

typedef struct {
    double value;
} Ratio;
typedef struct {
    int value;
} Absent; /* never registered */
WEFT_RESOURCE_DEFINE(Ratio);
WEFT_RESOURCE_DEFINE(Absent);

static int if_flagged(const Setting *factor, const Flag *flag, int v)
{
    return flag->set ? factor->value * v : 0;
}
WEFT_FN(if_flagged, RES(Setting), RES(Flag), IN(int));
static void count_runs(int *runs, Sink *sink, int v)
{
    (void)v;
    sink->value = ++*runs;
}
WEFT_FN(count_runs, LOCAL(int), MUT(Sink), IN(int));
static int write_and_double(Sink_too *sink, int v)
{
    sink->value = v;
    return 2 * v;
}
WEFT_FN(write_and_double, MUT(Sink_too), IN(int));
static void write_both(const Setting *setting, Text *text, int v)
{
    snprintf(text->text, sizeof text->text, "%d:%d", setting->value, v);
}
WEFT_FN(write_both, RES(Setting), MUT(Text), IN(int));
static int plus_if_there(const Setting *setting, const Absent *absent, int v)
{
    return v + (setting ? setting->value : 0) + (absent ? absent->value : 0);
}
WEFT_FN(plus_if_there, OPT(Setting), OPT(Absent), IN(int));
static int write_if_there(Text *text, Absent *absent, int v)
{
    if (text)
        snprintf(text->text, sizeof text->text, "%d", v);
    if (absent)
        absent->value = v;
    return v;
}
WEFT_FN(write_if_there, OPT_MUT(Text), OPT_MUT(Absent), IN(int));
static int through(int64_t sequence, weft_shutdown *shutdown, int v)
{
    return sequence < 0 || weft_shutdown_triggered(shutdown) ? 0 : v;
}
WEFT_FN(through, SEQ, SHUTDOWN, IN(int));
static int advance(weft_seq *sequence, int v)
{
    weft_seq_advance(sequence);
    return v;
}
WEFT_FN(advance, SEQ_MUT, IN(int));
WEFT_PIPELINE(adds_up, int, void, THEN(add_up));
WEFT_PIPELINE(two_params, int, int, THEN(if_flagged));
WEFT_PIPELINE(with_local, int, void, THEN(count_runs));
WEFT_PIPELINE(with_res, int, void, THEN(times_setting), THEN(store));
WEFT_PIPELINE(with_res_mut, int, void, THEN(write_and_double), THEN(store));
WEFT_PIPELINE(with_several, int, void, THEN(write_both));
WEFT_PIPELINE(with_opt, int, int, THEN(plus_if_there));
WEFT_PIPELINE(with_opt_mut, int, int, THEN(write_if_there));
WEFT_PIPELINE(with_seq_and_shutdown, int, int, THEN(through));
WEFT_PIPELINE(with_seq_mut, int, int, THEN(advance));

FACT(step_one_res_mut_adds_10_and_5_to_15)
{
    BOUND(adds_up);
    adds_up_call(&adds_up_s, world, &(int){ 10 });
    adds_up_call(&adds_up_s, world, &(int){ 5 });
    assert_int_equal(facts.sink->value, 15);
}

FACT(step_two_params_factor_10_flagged_makes_50_of_5)
{
    facts.setting->value = 10;
    facts.flag->set = true;
    assert_int_equal(ONCE(two_params, int, 5), 50);
}

FACT(local_in_step_counts_3_runs)
{
    BOUND(with_local);
    for (int i = 0; i < 3; i++)
        with_local_call(&with_local_s, world, &(int){ 0 });
    assert_int_equal(facts.sink->value, 3);
}

FACT(pipeline_with_res_factor_10_stores_50)
{
    facts.setting->value = 10;
    ONCE(with_res, int, 5);
    assert_int_equal(facts.sink->value, 50);
}

FACT(pipeline_with_res_mut_writes_7_and_stores_14)
{
    ONCE(with_res_mut, int, 7);
    assert_int_equal(facts.sink_too->value, 7);
    assert_int_equal(facts.sink->value, 14);
}

FACT(pipeline_with_multiple_res_writes_42_5)
{
    facts.setting->value = 42;
    ONCE(with_several, int, 5);
    assert_string_equal(facts.text->text, "42:5");
}

FACT(pipeline_with_option_res_gives_105)
{
    facts.setting->value = 100;
    assert_int_equal(ONCE(with_opt, int, 5), 105);
}

FACT(pipeline_with_option_res_mut_gives_and_writes_7)
{
    assert_int_equal(ONCE(with_opt_mut, int, 7), 7);
    assert_string_equal(facts.text->text, "7");
}

FACT(pipeline_with_seq_and_shutdown_lets_5_through)
{
    assert_int_equal(ONCE(with_seq_and_shutdown, int, 5), 5);
    const int64_t before = weft_world_sequence(world);
    assert_int_equal(ONCE(with_seq_mut, int, 5), 5);
    assert_int_equal(weft_world_sequence(world), before + 1);
}

/* ---- options, routes, handlers --------------------------------------------------------------- */

static bool positive(int v)
{
    return v > 0;
}
WEFT_FN(positive, IN(int));
static bool always(void)
{
    return true;
}
WEFT_FN(always);
static Maybe some(int v)
{
    return SOME(v);
}
WEFT_FN(some, IN(int));
static Maybe some_times_3(int v)
{
    return SOME(3 * v);
}
WEFT_FN(some_times_3, IN(int));
static int tenfold(int v)
{
    return 10 * v;
}
WEFT_FN(tenfold, IN(int));
static void store_tenfold(Sink *sink, int v)
{
    sink->value = 10 * v;
}
WEFT_FN(store_tenfold, MUT(Sink), IN(int));
typedef struct store_tenfold Tenfold;
WEFT_RESOURCE_DEFINE(Tenfold);
WEFT_PIPELINE(guard_then_map, int, void, THEN(same), GUARD(positive), MAP(store));
WEFT_PIPELINE(filter_even, int, void, GUARD(always), FILTER(is_even), MAP(store));
WEFT_PIPELINE(and_then_some, int, void, THEN(some), AND_THEN(some_times_3), MAP(store));
WEFT_PIPELINE(tapped, int, void, THEN(same), TAP(note), THEN(store));
WEFT_PIPELINE(large, int, int, THEN(tenfold));
WEFT_PIPELINE(small, int, int, THEN(same));
WEFT_PIPELINE(routed, int, void, ROUTE(above_100, large, small), THEN(store));
WEFT_PIPELINE(interop, int, void, THEN(twice), DISPATCH(Tenfold, int));
WEFT_BATCH(stores, int, single);

static void register_more(weft_builder *builder)
{
    assert_int_equal(WEFT_REGISTER(builder, Ratio, { 2.5 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Tenfold), WEFT_OK);
}

/* Runs P, a new one, as a handler with each of the ints. */
#define RUNS(P, ...)                                     \
    do {                                                 \
        static const int inputs_[] = { __VA_ARGS__ };    \
        struct P h_;                                     \
        assert_int_equal(P##_init(&h_, world), WEFT_OK); \
        for (size_t i_ = 0; i_ < COUNT(inputs_); i_++)   \
            weft_run(&h_.base, world, &inputs_[i_]);     \
        weft_handler_fini(&h_.base);                     \
    } while (0)

FACT(pipeline_guard_then_map_stores_5_and_0_leaves_it)
{
    RUNS(guard_then_map, 5);
    assert_int_equal(facts.sink->value, 5);
    RUNS(guard_then_map, 0);
    assert_int_equal(facts.sink->value, 5);
}

FACT(pipeline_filter_stores_4_and_5_leaves_it)
{
    RUNS(filter_even, 4, 5);
    assert_int_equal(facts.sink->value, 4);
}

FACT(pipeline_and_then_option_makes_12_of_4)
{
    RUNS(and_then_some, 4);
    assert_int_equal(facts.sink->value, 12);
}

FACT(pipeline_tap_named_fn_sees_and_leaves_7)
{
    RUNS(tapped, 7);
    assert_int_equal(facts.sink->value, 7);
    assert_int_equal(facts.list->items[0], 7);
}

FACT(pipeline_route_200_to_2000_and_50_stays)
{
    RUNS(routed, 200);
    assert_int_equal(facts.sink->value, 2000);
    RUNS(routed, 50);
    assert_int_equal(facts.sink->value, 50);
}

FACT(dispatch_interop_5_becomes_10_becomes_100)
{
    assert_int_equal(store_tenfold_init(WEFT_GET(world, Tenfold), world), WEFT_OK);
    RUNS(interop, 5);
    assert_int_equal(facts.sink->value, 100);
}

FACT(pipeline_build_batch_leaves_the_last_3)
{
    static const int items[] = { 1, 2, 3 };
    struct single one;
    struct stores batch;
    assert_int_equal(single_init(&one, world), WEFT_OK);
    assert_int_equal(stores_init(&batch, &one, 16, world), WEFT_OK);
    assert_int_equal(stores_fill(&batch, items, COUNT(items)), WEFT_OK);
    assert_int_equal(stores_run(&batch, world), 3);
    assert_int_equal(facts.sink->value, 3);
    assert_int_equal(stores_len(&batch), 0);
    stores_fini(&batch);
}

/* ---- slices ---------------------------------------------------------------------------------- */

typedef struct {
    uint8_t topic;
    Slice payload;
} Message;
static int length(const Slice *slice)
{
    return (int)slice->len;
}
WEFT_FN(length, REF(Slice));
static int payload_length(const Message *message)
{
    return (int)message->payload.len;
}
WEFT_FN(payload_length, REF(Message));
static void store_scaled(const Ratio *ratio, Sink *sink, const Slice *slice)
{
    sink->value = (int64_t)((double)slice->len * ratio->value);
}
WEFT_FN(store_scaled, RES(Ratio), MUT(Sink), REF(Slice));
static void store_raw(weft_world *w, int v)
{
    WEFT_GET(w, Sink)->value = v;
}
WEFT_FN(store_raw, WORLD, IN(int));
WEFT_PIPELINE(store_length, Slice, void, THEN(length), THEN(store));
WEFT_PIPELINE(store_length_too, Slice, void, THEN(length), THEN(store_too));
WEFT_PIPELINE(store_twice_too, Slice, void, THEN(length), THEN(twice), THEN(store_too));
WEFT_PIPELINE(store_payload, Message, void, THEN(payload_length), THEN(store));
WEFT_PIPELINE(store_by_ratio, Slice, void, THEN(store_scaled));
WEFT_PIPELINE(store_opaquely, Slice, void, THEN(length), THEN(store_raw));
WEFT_PIPELINE(tee_length, Slice, void, THEN(length), TEE(store_too), THEN(store));

/* A new P in a box, which is the caller's. */
#define BOXED(P)                                                     \
    __extension__({                                                  \
        struct P h_;                                                 \
        weft_handler *box_;                                          \
        assert_int_equal(P##_init(&h_, world), WEFT_OK);             \
        assert_int_equal(weft_box(&h_.base, world, &box_), WEFT_OK); \
        box_;                                                        \
    })
/* Runs a new P in a box with an event. */
#define RUN_BOXED(P, event)                \
    do {                                   \
        weft_handler *const b_ = BOXED(P); \
        weft_run(b_, world, event);        \
        weft_handler_fini(b_);             \
    } while (0)

FACT(hrtb_pipeline_basic_stores_5)
{
    RUN_BOXED(store_length, &SLICE(1, 2, 3, 4, 5));
    assert_int_equal(facts.sink->value, 5);
}

FACT(hrtb_borrowed_struct_event_stores_4)
{
    RUN_BOXED(store_payload, (&(Message){ 1, SLICE(10, 20, 30, 40) }));
    assert_int_equal(facts.sink->value, 4);
}

FACT(hrtb_disjoint_lifetimes_store_3_then_5)
{
    weft_handler *const box = BOXED(store_length);
    {
        const Slice first = SLICE(1, 2, 3);
        weft_run(box, world, &first);
    }
    assert_int_equal(facts.sink->value, 3);
    const Slice second = SLICE(10, 20, 30, 40, 50);
    weft_run(box, world, &second);
    assert_int_equal(facts.sink->value, 5);
    weft_handler_fini(box);
}

FACT(hrtb_pipeline_opaque_step_stores_4)
{
    RUN_BOXED(store_opaquely, &SLICE(1, 2, 3, 4));
    assert_int_equal(facts.sink->value, 4);
}

FACT(hrtb_pipeline_tee_stores_5_twice)
{
    RUN_BOXED(tee_length, &SLICE(1, 2, 3, 4, 5));
    assert_int_equal(facts.sink->value, 5);
    assert_int_equal(facts.sink_too->value, 5);
}

FACT(hrtb_pipeline_multi_param_4_by_2_and_a_half_is_10)
{
    RUN_BOXED(store_by_ratio, &SLICE(1, 2, 3, 4));
    assert_int_equal(facts.sink->value, 10);
}

FACT(hrtb_dispatch_map_of_two_pipelines_by_key)
{
    weft_handler *const by_key[] = { BOXED(store_length), BOXED(store_length_too) };
    weft_run(by_key[0], world, &SLICE(1, 2, 3));
    assert_int_equal(facts.sink->value, 3);
    assert_int_equal(facts.sink_too->value, 0);
    weft_run(by_key[1], world, &SLICE(10, 20));
    assert_int_equal(facts.sink->value, 3);
    assert_int_equal(facts.sink_too->value, 2);
    weft_handler_fini(by_key[0]);
    weft_handler_fini(by_key[1]);
}

FACT(hrtb_pipeline_and_dag_in_the_same_map_store_4_and_6)
{
    weft_handler *const by_key[] = { BOXED(store_length), BOXED(store_twice_too) };
    weft_run(by_key[0], world, &SLICE(1, 2, 3, 4));
    weft_run(by_key[1], world, &SLICE(10, 20, 30));
    assert_int_equal(facts.sink->value, 4);
    assert_int_equal(facts.sink_too->value, 6);
    weft_handler_fini(by_key[0]);
    weft_handler_fini(by_key[1]);
}

/* ---- bound beforehand ------------------------------------------------------------------------ */

FACT(resolve_step_named_fn_makes_14_of_7)
{
    assert_int_equal(ONCE(twice, int, 7), 14);
}

FACT(resolve_step_makes_105_of_5)
{
    assert_int_equal(ONCE(plus_100, int, 5), 105);
}

FACT(resolve_ref_step_says_5_is_above_3_and_0_is_not)
{
    facts.setting->value = 3;
    assert_true(ONCE(above_setting, int, 5));
    assert_false(ONCE(above_setting, int, 0));
}

FACT(resolve_producer_gives_true)
{
    struct always_state s;
    assert_int_equal(always_bind(&s, world), WEFT_OK);
    assert_true(always_call(&s, world));
}

FACT(resolve_arm_makes_30_of_10)
{
    assert_int_equal(ONCE(times_3, int, 10), 30);
}

/* ---- the example program's figures ----------------------------------------------------------- */

/* Its inputs are not recorded: these are the plainest that give them. */
typedef struct {
    double price;
    int size;
} Tick;
typedef struct {
    double latest;
    int updates;
} Prices;
WEFT_OPTION(Maybe_price, double);
WEFT_RESULT(Checked, int, Word);
static Maybe_price price_of(const Tick *tick)
{
    return (Maybe_price){ .ok = tick->price > 0, .value = tick->price };
}
WEFT_FN(price_of, REF(Tick));
static void keep_price(Prices *prices, double price)
{
    prices->latest = price;
    prices->updates++;
}
WEFT_FN(keep_price, LOCAL(Prices), IN(double));
static Checked checked(int v)
{
    return (Checked){ .ok = v > 0, .value = v, .error = "not positive" };
}
WEFT_FN(checked, IN(int));
static void count_error(Counter *errors, Word error)
{
    (void)error;
    errors->n++;
}
WEFT_FN(count_error, MUT(Counter), IN(Word));
WEFT_TUPLE(Factors, int, int);
static Factors next_to(int v)
{
    return (Factors){ v, v + 1 };
}
WEFT_FN(next_to, IN(int));
static int multiply(int a, int b)
{
    return a * b;
}
WEFT_FN(multiply, IN(int), IN(int));
WEFT_PIPELINE(prices, Tick, void, THEN(price_of), MAP(keep_price));
WEFT_PIPELINE(errors, int, void, THEN(checked), CATCH(count_error), MAP(add_up));
WEFT_PIPELINE(guard_and_tap, int, void, GUARD(above_3), INSPECT(note), MAP(add_up));
WEFT_PIPELINE(splat_product, int, int, THEN(next_to), SPLAT(multiply));

FACT(example_option_updates_2_latest_51000)
{
    static const Tick ticks[] = { { 50000, 1 }, { 0, 1 }, { 51000, 2 } };
    BOUND(prices);
    for (size_t i = 0; i < COUNT(ticks); i++)
        prices_call(&prices_s, world, &ticks[i]);
    const Prices *const kept = &prices_s.slots.s2.local_Prices;
    assert_int_equal(kept->updates, 2);
    assert_true(kept->latest == 51000.0);
}

FACT(example_errors_2)
{
    RUNS(errors, 1, -1, 0, 2);
    assert_int_equal(facts.counter->n, 2);
    assert_int_equal(facts.sink->value, 3);
}

FACT(example_as_handler_totals_60)
{
    RUNS(adds_up, 10, 20, 30);
    assert_int_equal(facts.sink->value, 60);
}

FACT(example_guard_and_tap_total_17)
{
    RUNS(guard_and_tap, 2, 5, 3, 12);
    assert_int_equal(facts.sink->value, 17);
    assert_int_equal(facts.list->len, 2);
}

FACT(example_splat_4_by_5_is_20)
{
    assert_int_equal(ONCE(splat_product, int, 4), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(step_pure_transform_5_is_10),
        TEST(pipeline_single_step_stores_42),
        TEST(pipeline_linear_chain_three_makes_33_of_1),
        TEST(pipeline_linear_chain_five_makes_40_of_0),
        TEST(step_one_res_mut_adds_10_and_5_to_15),
        TEST(step_two_params_factor_10_flagged_makes_50_of_5),
        TEST(local_in_step_counts_3_runs),
        TEST(pipeline_with_res_factor_10_stores_50),
        TEST(pipeline_with_res_mut_writes_7_and_stores_14),
        TEST(pipeline_with_multiple_res_writes_42_5),
        TEST(pipeline_with_option_res_gives_105),
        TEST(pipeline_with_option_res_mut_gives_and_writes_7),
        TEST(pipeline_with_seq_and_shutdown_lets_5_through),
        TEST(pipeline_guard_then_map_stores_5_and_0_leaves_it),
        TEST(pipeline_filter_stores_4_and_5_leaves_it),
        TEST(pipeline_and_then_option_makes_12_of_4),
        TEST(pipeline_tap_named_fn_sees_and_leaves_7),
        TEST(pipeline_route_200_to_2000_and_50_stays),
        TEST(dispatch_interop_5_becomes_10_becomes_100),
        TEST(pipeline_build_batch_leaves_the_last_3),
        TEST(hrtb_pipeline_basic_stores_5),
        TEST(hrtb_borrowed_struct_event_stores_4),
        TEST(hrtb_disjoint_lifetimes_store_3_then_5),
        TEST(hrtb_pipeline_opaque_step_stores_4),
        TEST(hrtb_pipeline_tee_stores_5_twice),
        TEST(hrtb_pipeline_multi_param_4_by_2_and_a_half_is_10),
        TEST(hrtb_dispatch_map_of_two_pipelines_by_key),
        TEST(hrtb_pipeline_and_dag_in_the_same_map_store_4_and_6),
        TEST(resolve_step_named_fn_makes_14_of_7),
        TEST(resolve_step_makes_105_of_5),
        TEST(resolve_ref_step_says_5_is_above_3_and_0_is_not),
        TEST(resolve_producer_gives_true),
        TEST(resolve_arm_makes_30_of_10),
        TEST(example_option_updates_2_latest_51000),
        TEST(example_errors_2),
        TEST(example_as_handler_totals_60),
        TEST(example_guard_and_tap_total_17),
        TEST(example_splat_4_by_5_is_20),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
