/* Facts about the steps for bools, options and results where values pass by reference, one by one.
 * Left out is what test_dag_facts.c says. */
#include "dag_facts.h"

/* ---- bools ----------------------------------------------------------------------------------- */

OF(bool, truth, int, *v != 0);
static bool yes(void)
{
    return true;
}
WEFT_FN(yes);
WEFT_PIPELINE(b_not, int, bool, THEN(truth), NOT);
WEFT_PIPELINE(b_and, int, bool, THEN(truth), AND(yes));
WEFT_PIPELINE(b_or, int, bool, THEN(truth), OR(yes));
WEFT_PIPELINE(b_xor, int, bool, THEN(truth), XOR(yes));

static void bools_combine(void **state)
{
    (void)state;
    GIVES(b_not, int, false, 1);
    GIVES(b_not, int, true, 0);
    GIVES(b_and, int, true, 1);
    GIVES(b_and, int, false, 0);
    GIVES(b_or, int, true, 0);
    GIVES(b_xor, int, false, 1);
    GIVES(b_xor, int, true, 0);
}

/* ---- options --------------------------------------------------------------------------------- */

OF(Maybe, positive, int, (Maybe){ .ok = *v > 0, .value = *v });
OF(Maybe, tenfold_some, int, (Maybe){ .ok = true, .value = 10 * *v });
OF(int, error_length, Word, (int)strlen(*v));
static void flag(First *f)
{
    f->value = 1;
}
WEFT_FN(flag, MUT(First));
WEFT_RESULT(Worded, int, Word);
WEFT_PIPELINE(o_map, int, int, THEN(positive), MAP(twice), UNWRAP_OR(999));
WEFT_PIPELINE(o_and_then, int, int, THEN(positive), AND_THEN(tenfold_some), UNWRAP_OR(999));
WEFT_PIPELINE(o_filter_3, int, int, THEN(positive), FILTER(above_3), UNWRAP_OR(0));
WEFT_PIPELINE(o_filter_10, int, int, THEN(positive), FILTER(above_10), UNWRAP_OR(0));
WEFT_PIPELINE(o_on_none, int, void, THEN(positive), ON_NONE(flag));
WEFT_PIPELINE(o_unwrap_or, int, int, THEN(positive), UNWRAP_OR(42));
WEFT_PIPELINE(o_ok_or, int, Worded, THEN(positive), OK_OR("missing"));
WEFT_PIPELINE(o_ok_or_999, int, int, THEN(positive), OK_OR("missing"), CATCH(error_length),
              UNWRAP_OR(999));
WEFT_PIPELINE(o_inspect, int, int, THEN(positive), INSPECT(flag), UNWRAP_OR(0));
WEFT_PIPELINE(o_guard_3, int, int, GUARD(above_3), UNWRAP_OR(999));
WEFT_PIPELINE(o_guard_10, int, int, GUARD(above_10), UNWRAP_OR(999));

static void options_are_mapped_filtered_unwrapped_and_looked_at(void **state)
{
    (void)state;
    GIVES(o_map, int, 20, 10);
    GIVES(o_map, int, 999, 0); /* none stays none */
    GIVES(o_and_then, int, 50, 5);
    GIVES(o_and_then, int, 999, 0);
    GIVES(o_filter_3, int, 5, 5);
    GIVES(o_filter_10, int, 0, 5);
    RUNS(o_on_none, 1);
    assert_int_equal(first->value, 0);
    RUNS(o_on_none, 0);
    assert_int_equal(first->value, 1);
    GIVES(o_unwrap_or, int, 42, 0);
    BOUND(o_ok_or);
    assert_string_equal(o_ok_or_call(&o_ok_or_s, world, &(int){ 0 }).error, "missing");
    GIVES(o_ok_or_999, int, 999, 0);
    GIVES(o_ok_or_999, int, 5, 5);
    first->value = 0;
    GIVES(o_inspect, int, 0, 0);
    assert_int_equal(first->value, 0);
    GIVES(o_inspect, int, 42, 42);
    assert_int_equal(first->value, 1);
    GIVES(o_guard_3, int, 5, 5);
    GIVES(o_guard_10, int, 999, 5);
}

/* ---- results --------------------------------------------------------------------------------- */

WEFT_RESULT(Numbered, int, int);
OF(Worded, checked, int, (Worded){ .ok = *v > 0, .value = *v, .error = "oops" });
OF(Worded, tenfold_ok, int, (Worded){ .ok = true, .value = 10 * *v });
OF(Numbered, fails, int, (Numbered){ .error = *v });
OF(Text, err_text, int, text_of("err:%d", *v));
OF(int, text_length, Text, (int)strlen(v->text));
static int forty_two(void)
{
    return 42;
}
WEFT_FN(forty_two);
typedef struct {
    Word text;
} Said;
WEFT_RESOURCE_DEFINE(Said);
static void say(Said *said, const Word *error)
{
    said->text = *error;
}
WEFT_FN(say, MUT(Said), REF(Word));
WEFT_PIPELINE(r_map, int, int, THEN(checked), MAP(twice), UNWRAP_OR(999));
WEFT_PIPELINE(r_and_then, int, int, THEN(checked), AND_THEN(tenfold_ok), UNWRAP_OR(999));
WEFT_PIPELINE(r_catch, int, Maybe, THEN(checked), CATCH(say));
WEFT_PIPELINE(r_ok, int, Maybe, THEN(checked), OK);
WEFT_PIPELINE(r_unwrap_or_else, int, int, THEN(checked), UNWRAP_OR_ELSE(forty_two));
WEFT_PIPELINE(r_map_err, int, int, THEN(fails), MAP_ERR(err_text), UNWRAP_OR_ELSE(text_length));
WEFT_RESULT(Texted, int, Text);
WEFT_PIPELINE(r_map_err_text, int, Texted, THEN(fails), MAP_ERR(err_text));

static void results_are_mapped_caught_and_unwrapped(void **state)
{
    (void)state;
    GIVES(r_map, int, 20, 10);
    GIVES(r_map, int, 999, 0);
    GIVES(r_and_then, int, 50, 5);
    BOUND(r_catch);
    assert_true(r_catch_call(&r_catch_s, world, &(int){ 5 }).ok);
    assert_null(WEFT_GET(world, Said)->text);
    assert_false(r_catch_call(&r_catch_s, world, &(int){ 0 }).ok);
    assert_string_equal(WEFT_GET(world, Said)->text, "oops");
    BOUND(r_ok);
    assert_false(r_ok_call(&r_ok_s, world, &(int){ 0 }).ok);
    assert_int_equal(r_ok_call(&r_ok_s, world, &(int){ 5 }).value, 5);
    GIVES(r_unwrap_or_else, int, 42, 0);
    BOUND(r_map_err_text);
    assert_string_equal(r_map_err_text_call(&r_map_err_text_s, world, &(int){ 5 }).error.text,
                        "err:5");
    GIVES(r_map_err, int, 5, 5);
}

static void register_more(weft_builder *builder)
{
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, First), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Second), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Said), WEFT_OK);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, teardown)
    const struct CMUnitTest tests[] = {
        TEST(bools_combine),
        TEST(options_are_mapped_filtered_unwrapped_and_looked_at),
        TEST(results_are_mapped_caught_and_unwrapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
