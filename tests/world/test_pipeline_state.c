/* Pipelines: what they keep between runs, per instance; and that they keep nothing of an event. */
#include "pipeline_functions.h"

#include <stdlib.h>

static void register_more(weft_builder *builder)
{
    (void)builder;
}

/* ---- scan ------------------------------------------------------------------------------------ */

static int from_hundred(Sum *sum, int v)
{
    return *sum += v;
}
WEFT_FN(from_hundred, LOCAL(Sum, 100), IN(int));
static Maybe over_limit(const Out *limit, Sum *sum, int v)
{
    *sum += v;
    return (Maybe){ .ok = *sum > limit->value, .value = *sum };
}
WEFT_FN(over_limit, RES(Out), LOCAL(Sum), IN(int));
static int count_wholes(Sum *seen, const Maybe *m)
{
    (void)m;
    return ++*seen;
}
WEFT_FN(count_wholes, LOCAL(Sum), REF(Maybe));
WEFT_PIPELINE(scan, int, int, SCAN(running_sum));
WEFT_PIPELINE(scan_from, int, int, SCAN(from_hundred));
WEFT_PIPELINE(scan_twice, int, int, SCAN(running_sum), SCAN(running_sum));
WEFT_PIPELINE(scan_limit, int, Maybe, SCAN(over_limit), OK);
WEFT_PIPELINE(maybe_above, int, Maybe, GUARD(above_5));
WEFT_PIPELINE(scan_options, int, int, THEN(maybe_above), SCAN(count_wholes));

static void scans_keep_their_accumulator_each_its_own(void **state)
{
    static const struct {
        int input, scan, from, twice;
    } rows[] = {
        { 10, 10, 110, 10 },
        { 20, 30, 130, 40 },
        { 5, 35, 135, 75 },
        { -35, 0, 100, 75 },
    };
    (void)state;
    BOUND(scan);
    BOUND(scan_from);
    BOUND(scan_twice);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(scan_call(&scan_s, world, &rows[i].input), rows[i].scan);
        assert_int_equal(scan_from_call(&scan_from_s, world, &rows[i].input), rows[i].from);
        assert_int_equal(scan_twice_call(&scan_twice_s, world, &rows[i].input), rows[i].twice);
    }
    assert_int_equal(scan_bind(&scan_s, world), WEFT_OK); /* starts anew */
    assert_int_equal(scan_call(&scan_s, world, &(int){ 3 }), 3);
}

static void scans_see_options_whole_and_may_give_them(void **state)
{
    static const struct {
        int limit, inputs[3], expected[3]; /* 0: none */
    } rows[] = {
        { 100, { 50, 30, 25 }, { 0, 0, 105 } },
        { 50, { 20, 20, 20 }, { 0, 0, 60 } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        out->value = rows[i].limit;
        BOUND(scan_limit);
        for (size_t k = 0; k < 3; k++) {
            const Maybe m = scan_limit_call(&scan_limit_s, world, &rows[i].inputs[k]);
            assert_int_equal(m.ok ? m.value : 0, rows[i].expected[k]);
        }
    }
    BOUND(scan_options);
    assert_int_equal(scan_options_call(&scan_options_s, world, &(int){ 1 }), 1);
    assert_int_equal(scan_options_call(&scan_options_s, world, &(int){ 9 }), 2);
}

/* ---- dedup ----------------------------------------------------------------------------------- */

typedef struct {
    int key, noise;
    double more[6];
} Item;
WEFT_OPTION(Maybe_item, Item);
WEFT_OPTION(Maybe_double, double);
static bool same_key(const Item *a, Item b)
{
    return a->key == b.key;
}
WEFT_FN(same_key, REF(Item), IN(Item));
static bool near(const Out *distance, int a, int b)
{
    return (a > b ? a - b : b - a) <= distance->value;
}
WEFT_FN(near, RES(Out), IN(int), IN(int));
static bool is_same_option(const Maybe *a, const Maybe *b)
{
    return a->ok == b->ok && (!a->ok || a->value == b->value);
}
WEFT_FN(is_same_option, REF(Maybe), REF(Maybe));
static bool is_some(const Maybe *m)
{
    return m->ok;
}
WEFT_FN(is_some, REF(Maybe));
WEFT_PIPELINE(dedup, int, Maybe, DEDUP);
WEFT_PIPELINE(dedup_half, int, void, THEN(half), DEDUP, MAP(add));
WEFT_PIPELINE(dedup_double, double, Maybe_double, DEDUP);
WEFT_PIPELINE(dedup_item, Item, Maybe_item, DEDUP_BY(same_key));
WEFT_PIPELINE(dedup_near, int, Maybe, DEDUP_BY(near));
WEFT_PIPELINE(dedup_option, int, bool, THEN(maybe_above), DEDUP_BY(is_same_option), MAP(is_some),
              UNWRAP_OR(false));
WEFT_PIPELINE(dedup_twice, int, Maybe, DEDUP, MAP(half), UNWRAP_OR(-1), DEDUP);

static void dedup_remembers_the_last_that_passed(void **state)
{
    static const struct {
        int input;
        bool passes, passes_twice;
    } rows[] = {
        { 0, true, true }, /* the first always passes */
        { 0, false, true }, { 5, true, true },  { 5, false, true },
        { 4, true, true },  { 5, true, false }, { 4, true, false },
    };
    (void)state;
    BOUND(dedup);
    BOUND(dedup_twice);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const Maybe m = dedup_call(&dedup_s, world, &rows[i].input);
        assert_int_equal(m.ok, rows[i].passes);
        if (m.ok)
            assert_int_equal(m.value, rows[i].input);
        assert_int_equal(dedup_twice_call(&dedup_twice_s, world, &rows[i].input).ok,
                         rows[i].passes_twice);
    }
    BOUND(dedup_half);
    static const int counts[][2] = { { 4, 2 }, { 5, 2 }, { 6, 5 } };
    for (size_t i = 0; i < COUNT(counts); i++) {
        dedup_half_call(&dedup_half_s, world, &counts[i][0]);
        assert_int_equal(out->value, counts[i][1]);
    }
}

static void dedup_by_what_the_user_calls_equal(void **state)
{
    (void)state;
    BOUND(dedup_item);
    assert_true(dedup_item_call(&dedup_item_s, world, &(Item){ .key = 1, .noise = 1 }).ok);
    assert_false(dedup_item_call(&dedup_item_s, world, &(Item){ .key = 1, .noise = 2 }).ok);
    const Maybe_item other = dedup_item_call(&dedup_item_s, world, &(Item){ .key = 2, .noise = 3 });
    assert_true(other.ok);
    assert_int_equal(other.value.noise, 3);

    /* Compared with the last that passed, not with the last that came. */
    static const int steps[][2] = { { 0, 1 }, { 2, 0 }, { 4, 1 }, { 6, 0 }, { 8, 1 } };
    out->value = 3;
    BOUND(dedup_near);
    for (size_t i = 0; i < COUNT(steps); i++)
        assert_int_equal(dedup_near_call(&dedup_near_s, world, &steps[i][0]).ok, steps[i][1]);

    /* none, none: the second is suppressed. */
    BOUND(dedup_option);
    assert_false(dedup_option_call(&dedup_option_s, world, &(int){ 1 }));
    assert_true(dedup_option_call(&dedup_option_s, world, &(int){ 9 }));
    assert_false(dedup_option_call(&dedup_option_s, world, &(int){ 9 }));
}

static void what_never_equals_itself_always_passes(void **state)
{
    (void)state;
    const double nan = strtod("nan", NULL);
    BOUND(dedup_double);
    assert_true(dedup_double_call(&dedup_double_s, world, &nan).ok);
    assert_true(dedup_double_call(&dedup_double_s, world, &nan).ok);
    assert_true(dedup_double_call(&dedup_double_s, world, &(double){ 1 }).ok);
    assert_false(dedup_double_call(&dedup_double_s, world, &(double){ 1 }).ok);
}

/* ---- instances ------------------------------------------------------------------------------- */

WEFT_PIPELINE(remembering, int, void, DEDUP, MAP(running_sum), MAP(store));

static void instances_remember_each_for_itself(void **state)
{
    (void)state;
    struct remembering one, other;
    assert_int_equal(remembering_init(&one, world), WEFT_OK);
    weft_run(&one.base, world, &(int){ 5 });
    assert_int_equal(out->value, 5);
    other = remembering_stamp(&one); /* a copy goes on from where it is */
    weft_run(&one.base, world, &(int){ 6 });
    assert_int_equal(out->value, 11);
    weft_run(&other.base, world, &(int){ 5 }); /* still its last */
    assert_int_equal(out->value, 11);
    weft_run(&other.base, world, &(int){ 7 });
    assert_int_equal(out->value, 12);
    weft_run(&one.base, world, &(int){ 7 });
    assert_int_equal(out->value, 18);
}

static void binding_forgets_what_was_remembered(void **state)
{
    (void)state;
    struct remembering again;
    memset(&again, 0xff, sizeof again); /* as if it remembered -1 */
    for (int round = 0; round < 2; round++) {
        assert_int_equal(remembering_init(&again, world), WEFT_OK);
        out->value = 0;
        weft_run(&again.base, world, &(int){ -1 });
        assert_int_equal(out->value, -1);
        weft_run(&again.base, world, &(int){ -1 });
        assert_int_equal(out->value, -1);
        out->value = 0;
        weft_run(&again.base, world, &(int){ 5 });
        assert_int_equal(out->value, 4);
        weft_run(&again.base, world, &(int){ -1 });
        assert_int_equal(out->value, 3);
    }
}

static int calls_so_far(Sum *calls, int v)
{
    return 100 * v + ++*calls;
}
WEFT_FN(calls_so_far, LOCAL(Sum), IN(int));
WEFT_PIPELINE(locals, int, void, THEN(calls_so_far), THEN(store));
WEFT_PIPELINE(locals_within, int, void, TAP(locals), TAP(locals));

static void locals_survive_runs(void **state)
{
    static const int rows[][2] = { { 3, 301 }, { 2, 202 }, { 3, 303 } };
    (void)state;
    BOUND(locals);
    for (size_t i = 0; i < COUNT(rows); i++) {
        locals_call(&locals_s, world, &rows[i][0]);
        assert_int_equal(out->value, rows[i][1]);
    }
    BOUND(locals_within); /* the same pipeline twice is two instances */
    locals_within_call(&locals_within_s, world, &(int){ 3 });
    assert_int_equal(out->value, 301);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* An event that points elsewhere, for the time of the run. */
typedef struct {
    const unsigned char *bytes;
    size_t length;
} Slice;
WEFT_OPTION(Maybe_slice, Slice);
static bool is_not_empty(const Slice *s)
{
    return s->length > 0;
}
WEFT_FN(is_not_empty, REF(Slice));
static void store_length(Out *o, Slice s)
{
    o->value = (int64_t)s.length;
}
WEFT_FN(store_length, MUT(Out), IN(Slice));
static void mark_empty(Trace *t)
{
    add_trace(t, 'e');
}
WEFT_FN(mark_empty, MUT(Trace));
WEFT_PIPELINE(slices, Slice, void, GUARD(is_not_empty), MAP(store_length), ON_NONE(mark_empty));

static void an_event_may_be_borrowed(void **state)
{
    (void)state;
    BOUND(slices);
    {
        const unsigned char three[] = { 1, 2, 3 };
        slices_call(&slices_s, world, &(Slice){ three, sizeof three });
    }
    assert_int_equal(out->value, 3);
    assert_trace("");
    slices_call(&slices_s, world, &(Slice){ NULL, 0 });
    assert_int_equal(out->value, 3);
    assert_trace("e");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(scans_keep_their_accumulator_each_its_own),
        TEST(scans_see_options_whole_and_may_give_them),
        TEST(dedup_remembers_the_last_that_passed),
        TEST(dedup_by_what_the_user_calls_equal),
        TEST(what_never_equals_itself_always_passes),
        TEST(instances_remember_each_for_itself),
        TEST(binding_forgets_what_was_remembered),
        TEST(locals_survive_runs),
        TEST(an_event_may_be_borrowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
