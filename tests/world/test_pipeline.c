/* Pipelines: every row of the table on every kind of value, and that what is skipped does not run.
 */
#include "pipeline_check.h"

WEFT_OPTION(Maybe, int);
WEFT_OPTION(Maybe_bool, bool);
WEFT_OPTION(Done, weft_none);
WEFT_RESULT(Result, int, char); /* the error is a letter */
WEFT_RESULT(Coded, int, int);
WEFT_RESULT(Texted, int, const char *);
WEFT_RESULT(Emptied, weft_none, char);

/* Each function leaves its letter. */
static int twice(Trace *t, int v)
{
    add_trace(t, 't');
    return 2 * v;
}
WEFT_FN(twice, MUT(Trace), IN(int));
static int plus_one(Trace *t, const int *v)
{
    add_trace(t, 'p');
    return *v + 1;
}
WEFT_FN(plus_one, MUT(Trace), REF(int));
static void look(Trace *t, const int *v)
{
    (void)v;
    add_trace(t, 'l');
}
WEFT_FN(look, MUT(Trace), REF(int));
static void look_away(Trace *t)
{
    add_trace(t, 'a');
}
WEFT_FN(look_away, MUT(Trace));
static void store(Trace *t, Out *o, int v)
{
    add_trace(t, 's');
    o->value = v;
}
WEFT_FN(store, MUT(Trace), MUT(Out), IN(int));
static bool is_big(Trace *t, int v)
{
    add_trace(t, 'b');
    return v > 10;
}
WEFT_FN(is_big, MUT(Trace), IN(int));
static bool is_even(Trace *t, const int *v)
{
    add_trace(t, 'e');
    return *v % 2 == 0;
}
WEFT_FN(is_even, MUT(Trace), REF(int));
static int forty_two(Trace *t)
{
    add_trace(t, 'f');
    return 42;
}
WEFT_FN(forty_two, MUT(Trace));
static char none_is_n(Trace *t)
{
    add_trace(t, 'n');
    return 'n';
}
WEFT_FN(none_is_n, MUT(Trace));

/* Sources: an option of even numbers, a result that refuses negative ones and large ones. */
static Maybe some_even(int v)
{
    return (Maybe){ .ok = v % 2 == 0, .value = v };
}
WEFT_FN(some_even, IN(int));
static Result checked(int v)
{
    if (v < 0)
        return (Result){ .error = '-' };
    if (v > 100)
        return (Result){ .error = '+' };
    return (Result){ .ok = true, .value = v };
}
WEFT_FN(checked, IN(int));
static bool truth(int v)
{
    return v != 0;
}
WEFT_FN(truth, IN(int));

static Maybe half(Trace *t, int v)
{
    add_trace(t, 'h');
    return (Maybe){ .ok = v % 4 == 0, .value = v / 2 };
}
WEFT_FN(half, MUT(Trace), IN(int));
static Result half_checked(Trace *t, const int *v)
{
    add_trace(t, 'h');
    return *v % 2 == 0 ? (Result){ .ok = true, .value = *v / 2 } : (Result){ .error = 'o' };
}
WEFT_FN(half_checked, MUT(Trace), REF(int));
static void on_error(Trace *t, char e)
{
    add_trace(t, e);
}
WEFT_FN(on_error, MUT(Trace), IN(char));
static int code(Trace *t, const char *e)
{
    add_trace(t, 'c');
    return *e;
}
WEFT_FN(code, MUT(Trace), REF(char));
static Coded recover(Trace *t, char e)
{
    add_trace(t, 'r');
    return e == '-' ? (Coded){ .ok = true, .value = 7 } : (Coded){ .error = 99 };
}
WEFT_FN(recover, MUT(Trace), IN(char));
static int whole_option(Trace *t, const Maybe *m)
{
    add_trace(t, 'w');
    return m->ok ? m->value : -1;
}
WEFT_FN(whole_option, MUT(Trace), REF(Maybe));
static bool whole_is_some(Trace *t, Maybe m)
{
    add_trace(t, 'W');
    return m.ok;
}
WEFT_FN(whole_is_some, MUT(Trace), IN(Maybe));
static void look_at_option(Trace *t, const Maybe *m)
{
    add_trace(t, m->ok ? 'S' : 'N');
}
WEFT_FN(look_at_option, MUT(Trace), REF(Maybe));
static int whole_result(Trace *t, Result r)
{
    add_trace(t, 'w');
    return r.ok ? r.value : -r.error;
}
WEFT_FN(whole_result, MUT(Trace), IN(Result));
static bool flag(Trace *t, const Out *o)
{
    add_trace(t, 'g');
    return o->value != 0;
}
WEFT_FN(flag, MUT(Trace), RES(Out));

/* ---- any value ------------------------------------------------------------------------------- */

WEFT_PIPELINE(then_one, int, int, THEN(twice));
WEFT_PIPELINE(then_two, int, int, THEN(twice), THEN(plus_one));
WEFT_PIPELINE(then_nothing, int, void, THEN(store));
WEFT_PIPELINE(then_no_input, int, int, THEN(forty_two), THEN(plus_one));
WEFT_PIPELINE(after_nothing, int, int, THEN(store), THEN(forty_two));
WEFT_PIPELINE(tap, int, int, TAP(look), TAP(look_away), TAP(is_big), THEN(twice));
WEFT_PIPELINE(tee, int, int, THEN(twice), TEE(then_nothing), THEN(plus_one));
WEFT_PIPELINE(guard, int, Maybe, GUARD(is_big));
WEFT_PIPELINE(guard_chain, int, Maybe, GUARD(is_big), FILTER(is_even), MAP(twice));
WEFT_PIPELINE(guard_bool, int, Maybe_bool, THEN(truth), GUARD(flag));
WEFT_PIPELINE(route, int, int, ROUTE(is_big, twice, plus_one));
WEFT_PIPELINE(route_pipelines, int, int, ROUTE(is_even, then_two, route));
WEFT_PIPELINE(route_nothing, int, void, ROUTE(is_big, store, look_away));
WEFT_PIPELINE(only_tap, int, void, TAP(store));

static void values(void **state)
{
    static const struct {
        int input, then_two, tap, route, route_pipelines;
        const char *route_trace, *pipelines_trace;
    } rows[] = {
        { 5, 11, 10, 6, 6, "bp", "ebp" },
        { 4, 9, 8, 5, 9, "bp", "etp" },
        { 11, 23, 22, 22, 22, "bt", "ebt" },
        { -3, -5, -6, -2, -2, "bp", "ebp" },
    };
    (void)state;
    BOUND(then_one);
    BOUND(then_two);
    BOUND(tap);
    BOUND(tee);
    BOUND(route);
    BOUND(route_pipelines);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const int v = rows[i].input;
        assert_int_equal(then_one_call(&then_one_s, world, &v), 2 * v);
        assert_trace("t");
        assert_int_equal(then_two_call(&then_two_s, world, &v), rows[i].then_two);
        assert_trace("tp");
        assert_int_equal(tap_call(&tap_s, world, &v), rows[i].tap);
        assert_trace("labt");
        assert_int_equal(tee_call(&tee_s, world, &v), 2 * v + 1);
        assert_trace("tsp");
        assert_int_equal(out->value, 2 * v);
        assert_int_equal(route_call(&route_s, world, &v), rows[i].route);
        assert_trace(rows[i].route_trace);
        assert_int_equal(route_pipelines_call(&route_pipelines_s, world, &v),
                         rows[i].route_pipelines);
        assert_trace(rows[i].pipelines_trace);
    }
}

static void nothing_is_a_value_too(void **state)
{
    (void)state;
    BOUND(then_nothing);
    BOUND(then_no_input);
    BOUND(after_nothing);
    BOUND(route_nothing);
    BOUND(only_tap);
    then_nothing_call(&then_nothing_s, world, &(int){ 3 });
    assert_int_equal(out->value, 3);
    assert_trace("s");
    assert_int_equal(then_no_input_call(&then_no_input_s, world, &(int){ 3 }), 43);
    assert_trace("fp");
    assert_int_equal(after_nothing_call(&after_nothing_s, world, &(int){ 4 }), 42);
    assert_trace("sf");
    route_nothing_call(&route_nothing_s, world, &(int){ 3 });
    assert_trace("ba");
    route_nothing_call(&route_nothing_s, world, &(int){ 30 });
    assert_trace("bs");
    only_tap_call(&only_tap_s, world, &(int){ 8 });
    assert_int_equal(out->value, 8);
    assert_trace("s");
}

static void guards(void **state)
{
    static const struct {
        int input;
        bool guard, chain;
        int value;
        const char *trace;
    } rows[] = {
        { 5, false, false, 0, "b" },
        { 11, true, false, 0, "be" },
        { 12, true, true, 24, "bet" },
        { 10, false, false, 0, "b" },
    };
    (void)state;
    BOUND(guard);
    BOUND(guard_chain);
    BOUND(guard_bool);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const Maybe m = guard_call(&guard_s, world, &rows[i].input);
        assert_int_equal(m.ok, rows[i].guard);
        if (m.ok)
            assert_int_equal(m.value, rows[i].input);
        assert_trace("b");
        const Maybe n = guard_chain_call(&guard_chain_s, world, &rows[i].input);
        assert_int_equal(n.ok, rows[i].chain);
        if (n.ok)
            assert_int_equal(n.value, rows[i].value);
        assert_trace(rows[i].trace);
    }
    out->value = 0;
    assert_false(guard_bool_call(&guard_bool_s, world, &(int){ 1 }).ok);
    out->value = 1;
    assert_true(guard_bool_call(&guard_bool_s, world, &(int){ 1 }).value);
    const Maybe_bool of_false = guard_bool_call(&guard_bool_s, world, &(int){ 0 });
    assert_true(of_false.ok);
    assert_false(of_false.value);
}

/* ---- options --------------------------------------------------------------------------------- */

WEFT_PIPELINE(o_map, int, Maybe, THEN(some_even), MAP(twice));
WEFT_PIPELINE(o_map_nothing, int, Done, THEN(some_even), MAP(store));
WEFT_PIPELINE(o_and_then, int, Maybe, THEN(some_even), AND_THEN(half));
WEFT_PIPELINE(o_filter, int, Maybe, THEN(some_even), FILTER(is_big));
WEFT_PIPELINE(o_inspect, int, Maybe, THEN(some_even), INSPECT(look));
WEFT_PIPELINE(o_on_none, int, Maybe, THEN(some_even), ON_NONE(look_away));
WEFT_PIPELINE(o_ok_or, int, Result, THEN(some_even), OK_OR((char)'m'));
WEFT_PIPELINE(o_ok_or_text, int, Texted, THEN(some_even), OK_OR("missing"));
WEFT_PIPELINE(o_ok_or_else, int, Result, THEN(some_even), OK_OR_ELSE(none_is_n));
WEFT_PIPELINE(o_unwrap_or, int, int, THEN(some_even), UNWRAP_OR(99));
WEFT_PIPELINE(o_unwrap_or_else, int, int, THEN(some_even), UNWRAP_OR_ELSE(forty_two));
WEFT_PIPELINE(o_ok, int, Maybe, THEN(some_even), OK);
WEFT_PIPELINE(o_catch, int, Maybe, THEN(some_even), CATCH(look_away));
WEFT_PIPELINE(o_inspect_err, int, Maybe, THEN(some_even), INSPECT_ERR(look_away));
WEFT_PIPELINE(o_map_err, int, Result, THEN(some_even), MAP_ERR(none_is_n));
/* What does not look inside. */
WEFT_PIPELINE(o_then, int, int, THEN(some_even), THEN(whole_option));
WEFT_PIPELINE(o_tap, int, Maybe, THEN(some_even), TAP(look_at_option));
WEFT_PIPELINE(o_guard_made, int, int, GUARD(is_even), OK, UNWRAP_OR(-5));

static void options(void **state)
{
    (void)state;
#define OPTION(P, input, is_ok, expected, traced)                  \
    do {                                                           \
        BOUND(P);                                                  \
        const Maybe m_ = P##_call(&P##_s, world, &(int){ input }); \
        assert_int_equal(m_.ok, is_ok);                            \
        if (m_.ok)                                                 \
            assert_int_equal(m_.value, expected);                  \
        assert_trace(traced);                                      \
    } while (0)
    OPTION(o_map, 4, true, 8, "t");
    OPTION(o_map, 5, false, 0, "");
    OPTION(o_and_then, 8, true, 4, "h");
    OPTION(o_and_then, 6, false, 0, "h");
    OPTION(o_and_then, 5, false, 0, "");
    OPTION(o_filter, 12, true, 12, "b");
    OPTION(o_filter, 4, false, 0, "b");
    OPTION(o_filter, 13, false, 0, "");
    OPTION(o_inspect, 4, true, 4, "l");
    OPTION(o_inspect, 5, false, 0, "");
    OPTION(o_on_none, 4, true, 4, "");
    OPTION(o_on_none, 5, false, 0, "a");
    OPTION(o_ok, 4, true, 4, "");
    OPTION(o_ok, 5, false, 0, "");
    OPTION(o_catch, 4, true, 4, "");
    OPTION(o_catch, 5, false, 0, "a");
    OPTION(o_inspect_err, 4, true, 4, "");
    OPTION(o_inspect_err, 5, false, 0, "a");
    OPTION(o_tap, 4, true, 4, "S");
    OPTION(o_tap, 5, false, 0, "N");
#define RESULT(P, input, is_ok, expected, traced)                   \
    do {                                                            \
        BOUND(P);                                                   \
        const Result r_ = P##_call(&P##_s, world, &(int){ input }); \
        assert_int_equal(r_.ok, is_ok);                             \
        assert_int_equal(r_.ok ? r_.value : r_.error, expected);    \
        assert_trace(traced);                                       \
    } while (0)
    RESULT(o_ok_or, 4, true, 4, "");
    RESULT(o_ok_or, 5, false, 'm', "");
    RESULT(o_ok_or_else, 4, true, 4, "");
    RESULT(o_ok_or_else, 5, false, 'n', "n");
    RESULT(o_map_err, 4, true, 4, "");
    RESULT(o_map_err, 5, false, 'n', "n");
#define PLAIN(P, input, expected, traced)                                     \
    do {                                                                      \
        BOUND(P);                                                             \
        assert_int_equal(P##_call(&P##_s, world, &(int){ input }), expected); \
        assert_trace(traced);                                                 \
    } while (0)
    PLAIN(o_unwrap_or, 4, 4, "");
    PLAIN(o_unwrap_or, 5, 99, "");
    PLAIN(o_unwrap_or_else, 4, 4, "");
    PLAIN(o_unwrap_or_else, 5, 42, "f");
    PLAIN(o_then, 4, 4, "w");
    PLAIN(o_then, 5, -1, "w");
    PLAIN(o_guard_made, 4, 4, "e");
    PLAIN(o_guard_made, 5, -5, "e");

    BOUND(o_map_nothing);
    assert_true(o_map_nothing_call(&o_map_nothing_s, world, &(int){ 6 }).ok);
    assert_int_equal(out->value, 6);
    assert_trace("s");
    assert_false(o_map_nothing_call(&o_map_nothing_s, world, &(int){ 7 }).ok);
    assert_int_equal(out->value, 6);
    assert_trace("");
    BOUND(o_ok_or_text);
    assert_int_equal(o_ok_or_text_call(&o_ok_or_text_s, world, &(int){ 8 }).value, 8);
    assert_string_equal(o_ok_or_text_call(&o_ok_or_text_s, world, &(int){ 7 }).error, "missing");
}

/* ---- an option that the table made, seen whole -------------------------------------------------
 */

static int sum_of_option(Trace *t, const Maybe *m)
{
    add_trace(t, 'w');
    return m->ok ? m->value : -1;
}
WEFT_FN(sum_of_option, MUT(Trace), REF(Maybe));
WEFT_PIPELINE(some_big, int, Maybe, GUARD(is_big), MAP(twice));
WEFT_PIPELINE(whole_then, int, int, THEN(some_big), THEN(sum_of_option));
WEFT_PIPELINE(whole_guard, int, int, THEN(some_big), GUARD(whole_is_some), MAP(sum_of_option),
              UNWRAP_OR(-2));
WEFT_PIPELINE(whole_route, int, int, THEN(some_big),
              ROUTE(whole_is_some, sum_of_option, forty_two));

static void a_part_that_is_a_pipeline_gives_its_option_whole(void **state)
{
    (void)state;
    PLAIN(whole_then, 20, 40, "btw");
    PLAIN(whole_then, 2, -1, "bw");
    PLAIN(whole_guard, 20, 40, "btWw");
    PLAIN(whole_guard, 2, -2, "bW");
    PLAIN(whole_route, 20, 40, "btWw");
    PLAIN(whole_route, 2, 42, "bWf");
}

/* ---- results --------------------------------------------------------------------------------- */

WEFT_PIPELINE(r_map, int, Result, THEN(checked), MAP(twice));
WEFT_PIPELINE(r_map_nothing, int, Emptied, THEN(checked), MAP(store));
WEFT_PIPELINE(r_and_then, int, Result, THEN(checked), AND_THEN(half_checked));
WEFT_PIPELINE(r_catch, int, Maybe, THEN(checked), CATCH(on_error));
WEFT_PIPELINE(r_map_err, int, Coded, THEN(checked), MAP_ERR(code));
WEFT_PIPELINE(r_or_else, int, Coded, THEN(checked), OR_ELSE(recover));
WEFT_PIPELINE(r_inspect, int, Result, THEN(checked), INSPECT(look));
WEFT_PIPELINE(r_inspect_err, int, Result, THEN(checked), INSPECT_ERR(on_error));
WEFT_PIPELINE(r_ok, int, Maybe, THEN(checked), OK);
WEFT_PIPELINE(r_unwrap_or, int, int, THEN(checked), UNWRAP_OR(999));
WEFT_PIPELINE(r_unwrap_or_else, int, int, THEN(checked), UNWRAP_OR_ELSE(code));
WEFT_PIPELINE(r_then, int, int, THEN(checked), THEN(whole_result));
WEFT_PIPELINE(r_long, int, int, THEN(checked), MAP(twice), AND_THEN(half_checked), MAP(plus_one),
              AND_THEN(half_checked), INSPECT(look), CATCH(on_error), UNWRAP_OR(-1));

static void results(void **state)
{
    (void)state;
    RESULT(r_map, 5, true, 10, "t");
    RESULT(r_map, -5, false, '-', "");
    RESULT(r_and_then, 10, true, 5, "h");
    RESULT(r_and_then, 5, false, 'o', "h");
    RESULT(r_and_then, -5, false, '-', "");
    OPTION(r_catch, 5, true, 5, "");
    OPTION(r_catch, -5, false, 0, "-");
    OPTION(r_catch, 500, false, 0, "+");
    RESULT(r_inspect, 5, true, 5, "l");
    RESULT(r_inspect, -5, false, '-', "");
    RESULT(r_inspect_err, 5, true, 5, "");
    RESULT(r_inspect_err, 500, false, '+', "+");
    OPTION(r_ok, 5, true, 5, "");
    OPTION(r_ok, -5, false, 0, "");
    PLAIN(r_unwrap_or, 5, 5, "");
    PLAIN(r_unwrap_or, -5, 999, "");
    PLAIN(r_unwrap_or_else, 5, 5, "");
    PLAIN(r_unwrap_or_else, -5, '-', "c");
    PLAIN(r_then, 5, 5, "w");
    PLAIN(r_then, -5, -'-', "w");
    PLAIN(r_long, 5, 3, "thphl");
    PLAIN(r_long, 4, -1, "thpho");
    PLAIN(r_long, -5, -1, "-");
#define CODED(P, input, is_ok, expected, traced)                   \
    do {                                                           \
        BOUND(P);                                                  \
        const Coded r_ = P##_call(&P##_s, world, &(int){ input }); \
        assert_int_equal(r_.ok, is_ok);                            \
        assert_int_equal(r_.ok ? r_.value : r_.error, expected);   \
        assert_trace(traced);                                      \
    } while (0)
    CODED(r_map_err, 5, true, 5, "");
    CODED(r_map_err, -5, false, '-', "c");
    CODED(r_or_else, 5, true, 5, "");
    CODED(r_or_else, -5, true, 7, "r");
    CODED(r_or_else, 500, false, 99, "r");

    BOUND(r_map_nothing);
    assert_true(r_map_nothing_call(&r_map_nothing_s, world, &(int){ 6 }).ok);
    assert_trace("s");
    assert_int_equal(r_map_nothing_call(&r_map_nothing_s, world, &(int){ -6 }).error, '-');
    assert_trace("");
}

/* ---- bool ------------------------------------------------------------------------------------ */

WEFT_PIPELINE(b_not, int, bool, THEN(truth), NOT);
WEFT_PIPELINE(b_and, int, bool, THEN(truth), AND(flag));
WEFT_PIPELINE(b_or, int, bool, THEN(truth), OR(flag));
WEFT_PIPELINE(b_xor, int, bool, THEN(truth), XOR(flag));

static void bools(void **state)
{
    static const struct {
        bool v, flag, and, or, xor;
        const char *and_trace, *or_trace;
    } rows[] = {
        { false, false, false, false, false, "", "g" },
        { false, true, false, true, true, "", "g" },
        { true, false, false, true, true, "g", "" },
        { true, true, true, true, false, "g", "" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        out->value = rows[i].flag;
        PLAIN(b_not, rows[i].v, !rows[i].v, "");
        PLAIN(b_and, rows[i].v, rows[i].and, rows[i].and_trace);
        PLAIN(b_or, rows[i].v, rows[i].or, rows[i].or_trace);
        PLAIN(b_xor, rows[i].v, rows[i].xor, "g");
    }
}

/* ---- what is written down -------------------------------------------------------------------- */

typedef struct {
    int low, high;
    double weights[8]; /* more than fits registers */
} Range;
WEFT_OPTION(Maybe_range, Range);
typedef struct {
    int code;
    const char *why;
} Why;
WEFT_RESULT(Ranged, Range, Why);

static int evaluated;
static int evaluate(void)
{
    return ++evaluated;
}
static Maybe_range find_range(int v)
{
    return (Maybe_range){ .ok = v > 0, .value = { v, 2 * v, { 0.5 } } };
}
WEFT_FN(find_range, IN(int));
static int width(const Range *r)
{
    return r->high - r->low;
}
WEFT_FN(width, REF(Range));
static bool is_wide(const Range *r)
{
    return r->high - r->low > 10;
}
WEFT_FN(is_wide, REF(Range));
WEFT_PIPELINE(or_initializers, int, int, THEN(find_range), UNWRAP_OR({ 3, 10, { 1, 2 } }),
              THEN(width));
WEFT_PIPELINE(or_designated, int, int, THEN(find_range), UNWRAP_OR({ .high = 77 }), THEN(width));
WEFT_PIPELINE(or_evaluated, int, int, THEN(some_even), UNWRAP_OR(evaluate()));
WEFT_PIPELINE(error_compound, int, Ranged, THEN(find_range), FILTER(is_wide),
              OK_OR((Why){ 4, "narrow" }));

static void what_is_written_down_is_evaluated_only_if_it_is_needed(void **state)
{
    (void)state;
    PLAIN(or_initializers, 5, 5, "");
    PLAIN(or_initializers, -5, 7, "");
    PLAIN(or_designated, -5, 77, "");
    evaluated = 0;
    PLAIN(or_evaluated, 2, 2, "");
    assert_int_equal(evaluated, 0);
    PLAIN(or_evaluated, 3, 1, "");
    PLAIN(or_evaluated, 5, 2, "");
    BOUND(error_compound);
    assert_int_equal(error_compound_call(&error_compound_s, world, &(int){ 20 }).value.high, 40);
    const Ranged narrow = error_compound_call(&error_compound_s, world, &(int){ 5 });
    assert_false(narrow.ok);
    assert_int_equal(narrow.error.code, 4);
    assert_string_equal(narrow.error.why, "narrow");
}

/* ---- how long, and into what ------------------------------------------------------------------
 */

WEFT_PIPELINE(sixteen, int, int, THEN(plus_one), THEN(plus_one), THEN(plus_one), THEN(plus_one),
              THEN(plus_one), THEN(plus_one), THEN(plus_one), THEN(plus_one), THEN(plus_one),
              THEN(plus_one), THEN(plus_one), THEN(plus_one), THEN(plus_one), THEN(plus_one),
              THEN(plus_one), THEN(plus_one));
WEFT_PIPELINE(two_hundred_fifty_six, int, int, THEN(sixteen), THEN(twice), THEN(sixteen));
WEFT_PIPELINE(dropped_result, int, void, THEN(checked), MAP(twice));
WEFT_PIPELINE(into_bool, int, bool, THEN(is_even));
WEFT_PIPELINE(into_done, int, Done, GUARD(is_big), MAP(store));
WEFT_PIPELINE(of_struct, Range, int, GUARD(is_wide), MAP(width), UNWRAP_OR(0));

static void sixteen_steps_and_parts_of_them(void **state)
{
    (void)state;
    PLAIN(sixteen, 1, 17, "pppppppppppppppp");
    PLAIN(two_hundred_fifty_six, 1, 50, "pppppppppppppppptpppppppppppppppp");
    BOUND(of_struct);
    assert_int_equal(of_struct_call(&of_struct_s, world, &(Range){ .low = 1, .high = 21 }), 20);
    assert_int_equal(of_struct_call(&of_struct_s, world, &(Range){ .low = 1, .high = 3 }), 0);
}

static void as_a_handler_it_says_true_unless_it_ends_in_false(void **state)
{
    (void)state;
    struct dropped_result dropped;
    struct into_bool bools_;
    struct into_done done;
    assert_int_equal(dropped_result_init(&dropped, world), WEFT_OK);
    assert_int_equal(into_bool_init(&bools_, world), WEFT_OK);
    assert_int_equal(into_done_init(&done, world), WEFT_OK);
    assert_true(weft_run(&dropped.base, world, &(int){ 5 }));
    assert_true(weft_run(&dropped.base, world, &(int){ -5 }));
    assert_true(weft_run(&bools_.base, world, &(int){ 4 }));
    assert_false(weft_run(&bools_.base, world, &(int){ 5 }));
    assert_true(weft_run(&done.base, world, &(int){ 4 }));
    assert_true(weft_run(&done.base, world, &(int){ 14 }));
    assert_int_equal(out->value, 14);
    assert_string_equal(weft_handler_name(&done.base), "into_done");
    assert_true(weft_handler_takes(&done.base, WEFT_EVENT(int)));
    assert_false(weft_handler_takes(&done.base, WEFT_EVENT(Range)));
    assert_int_equal(sizeof done, 16 + 8 + 16); /* a pointer per resource and step */
}

static void register_more(weft_builder *builder)
{
    (void)builder;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(values),
        TEST(nothing_is_a_value_too),
        TEST(guards),
        TEST(options),
        TEST(a_part_that_is_a_pipeline_gives_its_option_whole),
        TEST(results),
        TEST(bools),
        TEST(what_is_written_down_is_evaluated_only_if_it_is_needed),
        TEST(sixteen_steps_and_parts_of_them),
        TEST(as_a_handler_it_says_true_unless_it_ends_in_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
