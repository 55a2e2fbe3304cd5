/* Pipelines, fact by fact: plain steps, options, results, guards, bool. Routes, scans and slices
 * are in test_pipeline_facts_flow.c, tuples and dispatch in test_pipeline_facts_tuples.c.
 *
 * What a fact calls a closure is a function here. */
#include "facts.h"

static void register_more(weft_builder *builder)
{
    (void)builder;
}

static Maybe some(int v)
{
    return SOME(v);
}
WEFT_FN(some, IN(int));
static Worded ok_or_caught(int v)
{
    return v > 0 ? OK_OF(Worded, v) : ERR_OF(Worded, "caught");
}
WEFT_FN(ok_or_caught, IN(int));
static Coded ok_or_code(int v)
{
    return v > 0 ? OK_OF(Coded, v) : ERR_OF(Coded, v);
}
WEFT_FN(ok_or_code, IN(int));

/* ---- plain steps ----------------------------------------------------------------------------- */

WEFT_PIPELINE(one_res, int, int, THEN(times_setting));
WEFT_PIPELINE(chain_two, int, int, THEN(twice), THEN(plus_one));

FACT(step_one_res_factor_10_makes_50_of_5)
{
    facts.setting->value = 10;
    assert_int_equal(ONCE(one_res, int, 5), 50);
}

FACT(step_chain_two_doubles_and_adds_1_11)
{
    assert_int_equal(ONCE(chain_two, int, 5), 11);
}

/* ---- options --------------------------------------------------------------------------------- */

static int ten_more_marked(Flag *flag, int v)
{
    flag->set = true;
    return v + 10;
}
WEFT_FN(ten_more_marked, MUT(Flag), IN(int));
static Maybe some_from_setting(const Setting *setting, int v)
{
    return v >= setting->value ? SOME(v) : NO_VALUE;
}
WEFT_FN(some_from_setting, RES(Setting), IN(int));
static int forty_two(void)
{
    return 42;
}
WEFT_FN(forty_two);
WEFT_PIPELINE(option_map, int, Maybe, THEN(some), MAP(plus_setting));
WEFT_PIPELINE(option_map_mark, Maybe, Maybe, MAP(ten_more_marked));
WEFT_PIPELINE(option_and_then, int, Maybe, THEN(some), AND_THEN(some_from_setting));
WEFT_PIPELINE(option_on_none, Maybe, Maybe, ON_NONE(mark));
WEFT_PIPELINE(option_above_3, int, Maybe, THEN(some), FILTER(above_3));
WEFT_PIPELINE(option_above_10, int, Maybe, THEN(some), FILTER(above_10));
WEFT_PIPELINE(option_unwrap_or, Maybe, int, UNWRAP_OR(99));
WEFT_PIPELINE(option_unwrap_or_else, Maybe, int, UNWRAP_OR_ELSE(forty_two));
WEFT_PIPELINE(option_ok_or, Maybe, Worded, OK_OR("missing"));

FACT(option_map_on_some_5_adds_10_some_15)
{
    facts.setting->value = 10;
    assert_some(ONCE(option_map, int, 5), 15);
}

FACT(option_map_skips_none_and_leaves_the_flag)
{
    assert_none(ONCE(option_map_mark, Maybe, NO_VALUE));
    assert_false(facts.flag->set);
    assert_some(ONCE(option_map_mark, Maybe, SOME(1)), 11);
    assert_true(facts.flag->set);
}

FACT(option_and_then_threshold_10_keeps_20_stops_5)
{
    facts.setting->value = 10;
    assert_some(ONCE(option_and_then, int, 20), 20);
    assert_none(ONCE(option_and_then, int, 5));
}

FACT(option_on_none_fires_and_none_remains)
{
    assert_some(ONCE(option_on_none, Maybe, SOME(5)), 5);
    assert_false(facts.flag->set);
    assert_none(ONCE(option_on_none, Maybe, NO_VALUE));
    assert_true(facts.flag->set);
}

FACT(option_filter_keeps_5_above_3_drops_5_above_10)
{
    assert_some(ONCE(option_above_3, int, 5), 5);
    assert_none(ONCE(option_above_10, int, 5));
}

FACT(option_unwrap_or_some_5_is_5_none_is_99)
{
    assert_int_equal(ONCE(option_unwrap_or, Maybe, SOME(5)), 5);
    assert_int_equal(ONCE(option_unwrap_or, Maybe, NO_VALUE), 99);
}

FACT(option_unwrap_or_else_none_is_42)
{
    assert_int_equal(ONCE(option_unwrap_or_else, Maybe, NO_VALUE), 42);
    assert_int_equal(ONCE(option_unwrap_or_else, Maybe, SOME(5)), 5);
}

FACT(option_ok_or_none_is_missing_some_7_is_ok)
{
    const Worded missing = ONCE(option_ok_or, Maybe, NO_VALUE);
    assert_false(missing.ok);
    assert_string_equal(missing.error, "missing");
    assert_some(ONCE(option_ok_or, Maybe, SOME(7)), 7);
}

/* ---- results --------------------------------------------------------------------------------- */

static int negate(int e)
{
    return -e;
}
WEFT_FN(negate, IN(int));
static Label as_label(int e)
{
    Label label;
    snprintf(label.text, sizeof label.text, "%d", e);
    return label;
}
WEFT_FN(as_label, IN(int));
static Coded recovered(int e)
{
    (void)e;
    return OK_OF(Coded, 42);
}
WEFT_FN(recovered, IN(int));
WEFT_PIPELINE(result_map, int, Worded, THEN(ok_or_caught), MAP(plus_setting));
WEFT_PIPELINE(result_map_mark, int, Worded, THEN(ok_or_caught), MAP(ten_more_marked));
WEFT_PIPELINE(result_catch, int, Maybe, THEN(ok_or_caught), CATCH(write_word));
WEFT_PIPELINE(result_unwrap_or_else, int, int, THEN(ok_or_code), UNWRAP_OR_ELSE(negate));
WEFT_PIPELINE(result_map_err, int, Labelled, THEN(ok_or_code), MAP_ERR(as_label));
WEFT_PIPELINE(result_or_else, int, Coded, THEN(ok_or_code), OR_ELSE(recovered));

FACT(result_map_on_ok_5_adds_10_ok_15)
{
    facts.setting->value = 10;
    assert_some(ONCE(result_map, int, 5), 15);
}

FACT(result_map_skips_err_and_leaves_the_flag)
{
    const Worded skipped = ONCE(result_map_mark, int, 0);
    assert_false(skipped.ok);
    assert_string_equal(skipped.error, "caught");
    assert_false(facts.flag->set);
}

FACT(result_catch_handles_error_writes_caught_gives_none)
{
    assert_none(ONCE(result_catch, int, 0));
    assert_string_equal(facts.text->text, "caught");
}

FACT(result_catch_passes_ok_5_and_writes_nothing)
{
    assert_some(ONCE(result_catch, int, 5), 5);
    assert_string_equal(facts.text->text, "");
}

FACT(result_unwrap_or_else_err_minus_5_is_5)
{
    assert_int_equal(ONCE(result_unwrap_or_else, int, -5), 5);
}

FACT(result_map_err_minus_1_is_text)
{
    const Labelled mapped = ONCE(result_map_err, int, -1);
    assert_false(mapped.ok);
    assert_string_equal(mapped.error.text, "-1");
    assert_some(ONCE(result_map_err, int, 5), 5);
}

FACT(result_or_else_err_is_ok_42)
{
    assert_some(ONCE(result_or_else, int, -1), 42);
    assert_some(ONCE(result_or_else, int, 5), 5);
}

/* ---- functions with parameters --------------------------------------------------------------- */

static bool is_not_blocked(const Setting *blocked, int v)
{
    return v != blocked->value;
}
WEFT_FN(is_not_blocked, RES(Setting), IN(int));
static Word message(const Text *text)
{
    return text->text;
}
WEFT_FN(message, RES(Text));
static Maybe some_unless_0(int v)
{
    return v != 0 ? SOME(v) : NO_VALUE;
}
WEFT_FN(some_unless_0, IN(int));
static Worded ok_unless_0(int v)
{
    return v != 0 ? OK_OF(Worded, v) : ERR_OF(Worded, "zero");
}
WEFT_FN(ok_unless_0, IN(int));
static Label prefixed(const Text *prefix, Word error)
{
    Label label;
    snprintf(label.text, sizeof label.text, "%.8s: %.8s", prefix->text, error);
    return label;
}
WEFT_FN(prefixed, RES(Text), IN(Word));
static Label ok_label(int v)
{
    Label label;
    snprintf(label.text, sizeof label.text, "ok:%d", v);
    return label;
}
WEFT_FN(ok_label, IN(int));
static Label same_label(const Label *label)
{
    return *label;
}
WEFT_FN(same_label, REF(Label));
WEFT_PIPELINE(guard_setting, int, int, GUARD(above_setting), UNWRAP_OR(-1));
WEFT_PIPELINE(filter_blocked, int, Done, THEN(some), FILTER(is_not_blocked), MAP(count));
WEFT_PIPELINE(inspect_log, int, Maybe, THEN(some), INSPECT(note));
WEFT_PIPELINE(on_none_count, int, Maybe, GUARD(above_5), ON_NONE(count));
WEFT_PIPELINE(ok_or_message, int, Worded, THEN(some_unless_0), OK_OR_ELSE(message));
WEFT_PIPELINE(map_err_prefixed, int, Label, THEN(ok_unless_0), MAP_ERR(prefixed), MAP(ok_label),
              UNWRAP_OR_ELSE(same_label));

FACT(guard_named_fn_with_param_threshold_5_keeps_10_stops_3)
{
    facts.setting->value = 5;
    assert_int_equal(ONCE(guard_setting, int, 10), 10);
    assert_int_equal(ONCE(guard_setting, int, 3), -1);
}

FACT(filter_named_fn_with_param_blocks_42_counts_3)
{
    static const int inputs[] = { 1, 42, 5, 42, 10 };
    facts.setting->value = 42;
    BOUND(filter_blocked);
    for (size_t i = 0; i < COUNT(inputs); i++)
        assert_int_equal(filter_blocked_call(&filter_blocked_s, world, &inputs[i]).ok,
                         inputs[i] != 42);
    assert_int_equal(facts.counter->n, 3);
}

FACT(inspect_named_fn_with_param_logs_1_2_3)
{
    static const int64_t expected[] = { 1, 2, 3 };
    BOUND(inspect_log);
    for (int v = 1; v <= 3; v++)
        assert_some(inspect_log_call(&inspect_log_s, world, &v), v);
    assert_int_equal(facts.list->len, 3);
    assert_memory_equal(facts.list->items, expected, sizeof expected);
}

FACT(on_none_named_fn_with_param_counts_2)
{
    static const int inputs[] = { 1, 10, 3, 20 };
    BOUND(on_none_count);
    for (size_t i = 0; i < COUNT(inputs); i++)
        assert_int_equal(on_none_count_call(&on_none_count_s, world, &inputs[i]).ok, inputs[i] > 5);
    assert_int_equal(facts.counter->n, 2);
}

FACT(ok_or_else_named_fn_with_param_0_is_not_found)
{
    strcpy(facts.text->text, "not found");
    assert_some(ONCE(ok_or_message, int, 5), 5);
    const Worded missing = ONCE(ok_or_message, int, 0);
    assert_false(missing.ok);
    assert_string_equal(missing.error, "not found");
}

FACT(map_err_named_fn_with_param_prefixes_zero)
{
    strcpy(facts.text->text, "ERR");
    assert_string_equal(ONCE(map_err_prefixed, int, 0).text, "ERR: zero");
    assert_string_equal(ONCE(map_err_prefixed, int, 5).text, "ok:5");
}

/* ---- guards, taps, tees, dedup --------------------------------------------------------------- */

static void store_or_999(Sink *sink, Maybe v)
{
    sink->value = v.ok ? v.value : 999;
}
WEFT_FN(store_or_999, MUT(Sink), IN(Maybe));
static void mark_10(Flag *flag, const int *v)
{
    flag->set = *v == 10;
}
WEFT_FN(mark_10, MUT(Flag), REF(int));
WEFT_PIPELINE(if_above_3, int, Maybe, GUARD(above_3));
WEFT_PIPELINE(if_above_10, int, Maybe, GUARD(above_10));
WEFT_PIPELINE(guard_3, int, void, THEN(if_above_3), THEN(store_or_999));
WEFT_PIPELINE(guard_10, int, void, THEN(if_above_10), THEN(store_or_999));
WEFT_PIPELINE(tap, int, void, THEN(twice), TAP(mark_10), THEN(store));
WEFT_PIPELINE(side_count, int, void, THEN(count));
WEFT_PIPELINE(tee, int, void, THEN(twice), TEE(side_count), THEN(store));
WEFT_PIPELINE(dedup, int, Done, THEN(halve), DEDUP, MAP(count));

FACT(pipeline_guard_keeps_5_above_3)
{
    ONCE(guard_3, int, 5);
    assert_int_equal(facts.sink->value, 5);
}

FACT(pipeline_guard_drops_5_above_10_and_the_sink_falls_back_to_999)
{
    ONCE(guard_10, int, 5);
    assert_int_equal(facts.sink->value, 999);
}

FACT(pipeline_tap_sees_10_and_the_sink_stores_10)
{
    ONCE(tap, int, 5);
    assert_true(facts.flag->set);
    assert_int_equal(facts.sink->value, 10);
}

FACT(pipeline_tee_counts_beside_the_doubled_value)
{
    BOUND(tee);
    tee_call(&tee_s, world, &(int){ 5 });
    assert_int_equal(facts.sink->value, 10);
    assert_int_equal(facts.counter->n, 1);
    tee_call(&tee_s, world, &(int){ 7 });
    assert_int_equal(facts.sink->value, 14);
    assert_int_equal(facts.counter->n, 2);
}

FACT(pipeline_dedup_of_4_5_6_halved_counts_1_1_2)
{
    static const uint64_t counts[] = { 1, 1, 2 };
    BOUND(dedup);
    for (int i = 0; i < 3; i++) {
        const int v = 4 + i;
        dedup_call(&dedup_s, world, &v);
        assert_int_equal(facts.counter->n, counts[i]);
    }
}

/* ---- bool ------------------------------------------------------------------------------------ */

static bool flag_is_set(const Flag *flag)
{
    return flag->set;
}
WEFT_FN(flag_is_set, RES(Flag));
WEFT_PIPELINE(both_true, int, bool, THEN(above_5), AND(flag_is_set));
WEFT_PIPELINE(either_true, int, bool, THEN(above_5), OR(flag_is_set));
WEFT_PIPELINE(one_true, int, bool, THEN(above_5), XOR(flag_is_set));

FACT(pipeline_and_above_5_and_flag)
{
    facts.flag->set = true;
    assert_true(ONCE(both_true, int, 10));
    facts.flag->set = false;
    assert_false(ONCE(both_true, int, 10));
}

FACT(pipeline_or_3_takes_the_flag)
{
    facts.flag->set = false;
    assert_false(ONCE(either_true, int, 3));
    facts.flag->set = true;
    assert_true(ONCE(either_true, int, 3));
}

FACT(pipeline_xor_10_and_flag_is_false)
{
    facts.flag->set = true;
    assert_false(ONCE(one_true, int, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(step_one_res_factor_10_makes_50_of_5),
        TEST(step_chain_two_doubles_and_adds_1_11),
        TEST(option_map_on_some_5_adds_10_some_15),
        TEST(option_map_skips_none_and_leaves_the_flag),
        TEST(option_and_then_threshold_10_keeps_20_stops_5),
        TEST(option_on_none_fires_and_none_remains),
        TEST(option_filter_keeps_5_above_3_drops_5_above_10),
        TEST(option_unwrap_or_some_5_is_5_none_is_99),
        TEST(option_unwrap_or_else_none_is_42),
        TEST(option_ok_or_none_is_missing_some_7_is_ok),
        TEST(result_map_on_ok_5_adds_10_ok_15),
        TEST(result_map_skips_err_and_leaves_the_flag),
        TEST(result_catch_handles_error_writes_caught_gives_none),
        TEST(result_catch_passes_ok_5_and_writes_nothing),
        TEST(result_unwrap_or_else_err_minus_5_is_5),
        TEST(result_map_err_minus_1_is_text),
        TEST(result_or_else_err_is_ok_42),
        TEST(guard_named_fn_with_param_threshold_5_keeps_10_stops_3),
        TEST(filter_named_fn_with_param_blocks_42_counts_3),
        TEST(inspect_named_fn_with_param_logs_1_2_3),
        TEST(on_none_named_fn_with_param_counts_2),
        TEST(ok_or_else_named_fn_with_param_0_is_not_found),
        TEST(map_err_named_fn_with_param_prefixes_zero),
        TEST(pipeline_guard_keeps_5_above_3),
        TEST(pipeline_guard_drops_5_above_10_and_the_sink_falls_back_to_999),
        TEST(pipeline_tap_sees_10_and_the_sink_stores_10),
        TEST(pipeline_tee_counts_beside_the_doubled_value),
        TEST(pipeline_dedup_of_4_5_6_halved_counts_1_1_2),
        TEST(pipeline_and_above_5_and_flag),
        TEST(pipeline_or_3_takes_the_flag),
        TEST(pipeline_xor_10_and_flag_is_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
