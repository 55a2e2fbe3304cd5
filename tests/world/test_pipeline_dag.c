/* Pipelines that fork: arms, merging, joining, nesting, tuples. */
#include "int_functions.h"
#include "pipeline_check.h"

#include <stdio.h>

typedef struct {
    char text[32];
} Text;
WEFT_OPTION(Maybe, int);

static int plus_one(const int *v)
{
    return *v + 1;
}
WEFT_FN(plus_one, REF(int));
static int plus_ten(int v)
{
    return v + 10;
}
WEFT_FN(plus_ten, IN(int));
static int mul3(const int *v)
{
    return *v * 3;
}
WEFT_FN(mul3, REF(int));
static int mul10(int v)
{
    return v * 10;
}
WEFT_FN(mul10, IN(int));
static int negate(int v)
{
    return -v;
}
WEFT_FN(negate, IN(int));
static int sum(int a, const int *b)
{
    return a + *b;
}
WEFT_FN(sum, IN(int), REF(int));
static int sum4(int a, int b, int c, int d)
{
    return a + b + c + d;
}
WEFT_FN(sum4, IN(int), IN(int), IN(int), IN(int));
static bool above_10(int v)
{
    return v > 10;
}
WEFT_FN(above_10, IN(int));
static void store(Out *o, int v)
{
    o->value = v;
}
WEFT_FN(store, MUT(Out), IN(int));
static void letter_a(Trace *t, int v)
{
    add_trace(t, (char)('a' + v % 10));
}
WEFT_FN(letter_a, MUT(Trace), IN(int));
static void letter_A(Trace *t)
{
    add_trace(t, 'A');
}
WEFT_FN(letter_A, MUT(Trace));
static void letter_n(Trace *t, const int *v)
{
    add_trace(t, (char)('0' + *v % 10));
}
WEFT_FN(letter_n, MUT(Trace), REF(int));

#define PLAIN(P, input, expected)                                             \
    do {                                                                      \
        BOUND(P);                                                             \
        assert_int_equal(P##_call(&P##_s, world, &(int){ input }), expected); \
    } while (0)

/* ---- forks ----------------------------------------------------------------------------------- */

WEFT_PIPELINE(linear_2, int, int, THEN(twice));
WEFT_PIPELINE(linear_3, int, int, THEN(twice), THEN(plus_one));
WEFT_PIPELINE(linear_5, int, int, THEN(same), THEN(plus_one), THEN(plus_one), THEN(plus_one));
WEFT_PIPELINE(diamond, int, int, THEN(twice), FORK(plus_one, mul3), MERGE(sum));
WEFT_PIPELINE(inner_fork, int, int, THEN(plus_ten), FORK(twice, mul3), MERGE(sum));
WEFT_PIPELINE(nested_fork, int, int, FORK(inner_fork, mul3), MERGE(sum));
WEFT_PIPELINE(two_steps, int, int, THEN(plus_one), THEN(plus_one), THEN(twice));
WEFT_PIPELINE(complex, int, int, FORK(two_steps, mul3), MERGE(sum));
WEFT_PIPELINE(four_arms, int, int, FORK(same, same, same, same), MERGE(sum4));
WEFT_PIPELINE(two_forks, int, int, FORK(same, twice), MERGE(sum), FORK(plus_one, mul3), MERGE(sum));

static void a_fork_gives_each_arm_the_value_and_merges_what_they_give(void **state)
{
    (void)state;
    PLAIN(linear_2, 5, 10);
    PLAIN(linear_3, 5, 11);
    PLAIN(linear_5, 0, 3);
    PLAIN(diamond, 5, 41);
    PLAIN(nested_fork, 5, 90);
    PLAIN(complex, 10, 54);
    PLAIN(four_arms, 3, 12);
    PLAIN(two_forks, 2, 7 + 18);
}

/* Eight arms of eight types, by value and by reference, one of which gives nothing. */
static char as_char(int v)
{
    return (char)('0' + v);
}
WEFT_FN(as_char, IN(int));
static double as_double(int v)
{
    return v / 4.0;
}
WEFT_FN(as_double, IN(int));
static Text as_text(int v)
{
    Text text;
    snprintf(text.text, sizeof text.text, "<%d>", v);
    return text;
}
WEFT_FN(as_text, IN(int));
static bool as_bool(const int *v)
{
    return *v != 0;
}
WEFT_FN(as_bool, REF(int));
static const char *as_word(int v)
{
    return v > 5 ? "many" : "few";
}
WEFT_FN(as_word, IN(int));
static Text show(Trace *t, const char *a, double b, const Text *c, bool d, const char *e, Maybe f,
                 int g, const weft_none *h)
{
    (void)t;
    (void)h;
    Text text;
    snprintf(text.text, sizeof text.text, "%c %g %.9s %d %s %d %d", *a, b, c->text, d, e,
             f.ok ? f.value : -1, g);
    return text;
}
typedef const char *Word;
WEFT_FN(show, MUT(Trace), REF(char), IN(double), REF(Text), IN(bool), IN(Word), IN(Maybe), IN(int),
        REF(weft_none));
WEFT_PIPELINE(guarded, int, Maybe, GUARD(above_3), MAP(mul3));
WEFT_PIPELINE(eight_arms, int, Text,
              FORK(as_char, as_double, as_text, as_bool, as_word, guarded, twice, letter_a),
              MERGE(show));

static void eight_arms_of_eight_types(void **state)
{
    (void)state;
    BOUND(eight_arms);
    assert_string_equal(eight_arms_call(&eight_arms_s, world, &(int){ 7 }).text,
                        "7 1.75 <7> 1 many 21 14");
    assert_string_equal(eight_arms_call(&eight_arms_s, world, &(int){ 2 }).text,
                        "2 0.5 <2> 1 few -1 4");
    assert_trace("hc");
}

/* Arms that are guards, options, taps; and each with its own members. */
WEFT_PIPELINE(only_large, int, Maybe, GUARD(above_100));
static Text show_option_and_int(const Maybe *m, int v)
{
    Text text;
    if (m->ok)
        snprintf(text.text, sizeof text.text, "%d,%d", m->value, v);
    else
        snprintf(text.text, sizeof text.text, "None,%d", v);
    return text;
}
WEFT_FN(show_option_and_int, REF(Maybe), IN(int));
WEFT_PIPELINE(arm_guard, int, Text, THEN(twice), FORK(only_large, same),
              MERGE(show_option_and_int));
WEFT_PIPELINE(tripled_or_0, int, int, GUARD(above_3), MAP(mul3), UNWRAP_OR(0));
static Text show_two(int a, int b)
{
    Text text;
    snprintf(text.text, sizeof text.text, "%d,%d", a, b);
    return text;
}
WEFT_FN(show_two, IN(int), IN(int));
WEFT_PIPELINE(arm_combinators, int, Text, FORK(tripled_or_0, twice), MERGE(show_two));
static Text show_three(const int *a, const int *b, int c)
{
    Text text;
    snprintf(text.text, sizeof text.text, "%d,%d,%d", *a, *b, c);
    return text;
}
WEFT_FN(show_three, REF(int), REF(int), IN(int));
WEFT_PIPELINE(three_arms, int, Text, FORK(same, twice, mul3), MERGE(show_three));
WEFT_PIPELINE(conditional, int, int, ROUTE(above_3, mul10, same));
WEFT_PIPELINE(conditional_arm, int, Text, FORK(conditional, negate), MERGE(show_two));

static void arms_are_pipelines_of_any_kind(void **state)
{
    (void)state;
#define SHOWN(P, input, expected)                                                     \
    do {                                                                              \
        BOUND(P);                                                                     \
        assert_string_equal(P##_call(&P##_s, world, &(int){ input }).text, expected); \
    } while (0)
    SHOWN(arm_guard, 5, "None,10");
    SHOWN(arm_guard, 51, "102,102");
    SHOWN(arm_combinators, 10, "30,20");
    SHOWN(arm_combinators, 2, "0,4");
    SHOWN(three_arms, 10, "10,20,30");
    SHOWN(conditional_arm, 10, "100,-10");
    SHOWN(conditional_arm, 3, "3,-3");
}

/* ---- joining --------------------------------------------------------------------------------- */

static int seven(Out *o)
{
    return (int)o->value + 7;
}
WEFT_FN(seven, MUT(Out));
WEFT_PIPELINE(stores_twice, int, void, THEN(twice), THEN(store));
WEFT_PIPELINE(joined, int, void, FORK(letter_a, letter_A, letter_n), JOIN);
WEFT_PIPELINE(joined_and_on, int, int, FORK(stores_twice, joined), JOIN, THEN(seven));

static void arms_run_in_their_order_and_join_in_nothing(void **state)
{
    (void)state;
    BOUND(joined);
    joined_call(&joined_s, world, &(int){ 3 });
    assert_trace("dA3");
    PLAIN(joined_and_on, 4, 15);
    assert_trace("eA4");
}

/* An arm sees what the arm before it did to the world. */
static int count_up(Out *o, int v)
{
    o->value += v;
    return (int)o->value;
}
WEFT_FN(count_up, MUT(Out), IN(int));
WEFT_PIPELINE(counting, int, Text, FORK(count_up, count_up, count_up), MERGE(show_three));

static void an_arm_sees_what_those_before_it_wrote(void **state)
{
    (void)state;
    SHOWN(counting, 5, "5,10,15");
    SHOWN(counting, 1, "16,17,18");
}

/* ---- routes ---------------------------------------------------------------------------------- */

WEFT_PIPELINE(route_3, int, int, ROUTE(above_3, twice, mul3));
WEFT_PIPELINE(route_10, int, int, ROUTE(above_10, twice, mul3));
WEFT_PIPELINE(route_rest, int, int, ROUTE(below_10, plus_200, plus_300));
WEFT_PIPELINE(route_nested, int, int, ROUTE(below_5, plus_100, route_rest));
WEFT_PIPELINE(route_forks, int, int, ROUTE(above_3, diamond, four_arms));

static void routes_take_one_arm(void **state)
{
    (void)state;
    PLAIN(route_3, 5, 10);
    PLAIN(route_10, 5, 15);
    PLAIN(route_nested, 3, 103);
    PLAIN(route_nested, 7, 207);
    PLAIN(route_nested, 15, 315);
    PLAIN(route_forks, 5, 41);
    PLAIN(route_forks, 3, 12);
}

/* ---- tuples ---------------------------------------------------------------------------------- */

WEFT_TUPLE(Pair, int, int);
WEFT_TUPLE(Triple, int, int, int);
WEFT_TUPLE(Four, int, int, int, int);
WEFT_TUPLE(Five, int, double, char, bool, int64_t);
static Pair pair_up(int v)
{
    return (Pair){ v, 2 * v };
}
WEFT_FN(pair_up, IN(int));
static Pair spread(int v)
{
    return (Pair){ v, v + 100 };
}
WEFT_FN(spread, IN(int));
static int with_base(const Out *o, int a, int b)
{
    return (int)o->value + a + b;
}
WEFT_FN(with_base, RES(Out), IN(int), IN(int));
static int sum3(int a, const int *b, int c)
{
    return a + *b + c;
}
WEFT_FN(sum3, IN(int), REF(int), IN(int));
static int sum5(int a, double b, const char *c, bool d, int64_t e)
{
    return a + (int)b + (*c - '0') + d + (int)e;
}
WEFT_FN(sum5, IN(int), IN(double), REF(char), IN(bool), IN(int64_t));
static int product(int a, int b)
{
    return a * b;
}
WEFT_FN(product, IN(int), IN(int));
WEFT_PIPELINE(splat_2, Pair, int, SPLAT(sum));
WEFT_PIPELINE(splat_base, Pair, int, SPLAT(with_base));
WEFT_PIPELINE(splat_mid, int, int, THEN(pair_up), SPLAT(sum));
WEFT_PIPELINE(splat_3, Triple, int, SPLAT(sum3), THEN(mul10));
WEFT_PIPELINE(splat_4, Four, int, SPLAT(sum4));
WEFT_PIPELINE(splat_5, Five, int, SPLAT(sum5));
WEFT_PIPELINE(pair_sum, Pair, int, SPLAT(sum));
WEFT_PIPELINE(pair_product, Pair, int, SPLAT(product));
WEFT_PIPELINE(splat_arms, Pair, int, FORK(pair_sum, pair_product), MERGE(sum));
WEFT_PIPELINE(spread_sum, int, int, THEN(spread), SPLAT(sum));
WEFT_PIPELINE(splat_in_arm, int, int, FORK(spread_sum, twice), MERGE(sum));
WEFT_PIPELINE(splat_handler, Pair, void, SPLAT(sum), THEN(store));

static void tuples_are_taken_apart(void **state)
{
    (void)state;
#define SPLIT(P, T, expected, ...)                                                \
    do {                                                                          \
        BOUND(P);                                                                 \
        assert_int_equal(P##_call(&P##_s, world, &(T){ __VA_ARGS__ }), expected); \
    } while (0)
    SPLIT(splat_2, Pair, 10, 3, 7);
    out->value = 100;
    SPLIT(splat_base, Pair, 110, 3, 7);
    PLAIN(splat_mid, 5, 15);
    SPLIT(splat_3, Triple, 60, 1, 2, 3);
    SPLIT(splat_4, Four, 46, 10, 11, 12, 13);
    SPLIT(splat_5, Five, 15, 1, 2.0, '3', true, 8);
    SPLIT(splat_arms, Pair, 95, 5, 15);
    PLAIN(splat_in_arm, 7, 128);
    struct splat_handler handler;
    assert_int_equal(splat_handler_init(&handler, world), WEFT_OK);
    weft_run(&handler.base, world, &(Pair){ 3, 7 });
    assert_int_equal(out->value, 10);
}

/* ---- options in forks ------------------------------------------------------------------------ */

static int of_whole(Maybe m)
{
    return m.ok ? m.value : 1000;
}
WEFT_FN(of_whole, IN(Maybe));
static int is_there(const Maybe *m)
{
    return m->ok;
}
WEFT_FN(is_there, REF(Maybe));
WEFT_PIPELINE(maybe_large, int, Maybe, GUARD(above_10));
WEFT_PIPELINE(fork_of_option, int, int, THEN(maybe_large), FORK(of_whole, is_there), MERGE(sum));

static void a_fork_sees_an_option_whole(void **state)
{
    (void)state;
    PLAIN(fork_of_option, 20, 21);
    PLAIN(fork_of_option, 2, 1000);
}

static void register_more(weft_builder *builder)
{
    (void)builder;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_fork_gives_each_arm_the_value_and_merges_what_they_give),
        TEST(eight_arms_of_eight_types),
        TEST(arms_are_pipelines_of_any_kind),
        TEST(arms_run_in_their_order_and_join_in_nothing),
        TEST(an_arm_sees_what_those_before_it_wrote),
        TEST(routes_take_one_arm),
        TEST(tuples_are_taken_apart),
        TEST(a_fork_sees_an_option_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
