/* Facts about pipelines with a context, one by one; each begins with all its counters 0.
 *
 * Here the context is not lent for each run: it belongs to the pipeline's state, and is given when
 * that is made. Left out: closures (every function has a name here); a step that is no WEFT_FN
 * ("opaque") is one with WORLD, which looks up what it wants. The context is the first parameter by
 * habit only.
 */
#include "pipeline_check.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int calls, a, b;
    char said[24];
} Calls;
typedef struct {
    int value;
} Scale;
WEFT_RESOURCE_DEFINE(Scale);
static Scale *scale;

typedef const char *Word;
typedef struct {
    char text[24];
} Text;
WEFT_OPTION(Maybe, int);
WEFT_RESULT(Worded, int, Word);
WEFT_RESULT(Numbered, int, int);
WEFT_RESULT(Texted, int, Text);

/* R f(Calls *c, const T *v): counts the call and gives an expression. */
#define COUNTING(R, f, T, ...)       \
    static R f(Calls *c, const T *v) \
    {                                \
        c->calls++;                  \
        return (__VA_ARGS__);        \
    }                                \
    WEFT_FN(f, CTX(Calls), REF(T))
#define COUNTING_INT(f, ...) COUNTING(int, f, int, __VA_ARGS__)
COUNTING_INT(keep, *v);
COUNTING_INT(twice, 2 * *v);
COUNTING_INT(triple, 3 * *v);
COUNTING_INT(plus_10, *v + 10);
COUNTING(Maybe, positive, int, (Maybe){ .ok = *v > 0, .value = *v });
COUNTING(Maybe, twice_above_5, int, (Maybe){ .ok = *v > 5, .value = 2 * *v });
COUNTING(bool, above_5, int, *v > 5);
COUNTING(bool, above_10, int, *v > 10);
static void count(Calls *c)
{
    c->calls++;
}
WEFT_FN(count, CTX(Calls));
static int times_scale(Calls *c, const Scale *s, const int *v)
{
    c->calls++;
    return s->value * *v;
}
WEFT_FN(times_scale, CTX(Calls), RES(Scale), REF(int));
static void store(Calls *c, Out *o, const int *v)
{
    (void)c;
    o->value = *v;
}
WEFT_FN(store, CTX(Calls), MUT(Out), REF(int));
static void seen(Calls *c, const int *v)
{
    c->a = *v;
}
WEFT_FN(seen, CTX(Calls), REF(int));

/* A P of fresh counters, as P_s. */
#define FRESH(P)        \
    BOUND(P);           \
    P##_s.ctx = (Calls) \
    {                   \
        .calls = 0      \
    }
#define CALL(P, input) P##_call(&P##_s, world, &(int){ input })
/* From fresh counters: the int that comes of an int, and how many calls were counted. */
#define GIVES(P, input, expected, counted)          \
    do {                                            \
        FRESH(P);                                   \
        assert_int_equal(CALL(P, input), expected); \
        assert_int_equal(P##_s.ctx.calls, counted); \
    } while (0)
/* The same for what gives an option or result: its value. */
#define GIVES_SOME(P, input, expected, counted)     \
    do {                                            \
        FRESH(P);                                   \
        const P##_result r_ = CALL(P, input);       \
        assert_true(r_.ok);                         \
        assert_int_equal(r_.value, expected);       \
        assert_int_equal(P##_s.ctx.calls, counted); \
    } while (0)
#define GIVES_NONE(P, input, counted)               \
    do {                                            \
        FRESH(P);                                   \
        assert_false(CALL(P, input).ok);            \
        assert_int_equal(P##_s.ctx.calls, counted); \
    } while (0)

/* ---- chains ---------------------------------------------------------------------------------- */

static int above_0(Calls *c, Out *o, const int *v)
{
    (void)c;
    o->value = *v > 0;
    return *v;
}
WEFT_FN(above_0, CTX(Calls), MUT(Out), REF(int));
WEFT_PIPELINE(three_steps, int, int, CTX(Calls), THEN(keep), THEN(times_scale), THEN(above_0));
WEFT_PIPELINE(scale_twice, int, int, CTX(Calls), THEN(times_scale), THEN(twice));
static int add_to_scale(Calls *c, Scale *s, const int *v)
{
    c->calls++;
    return s->value += *v;
}
WEFT_FN(add_to_scale, CTX(Calls), MUT(Scale), REF(int));
WEFT_PIPELINE(add_and_keep, int, int, CTX(Calls), THEN(add_to_scale), THEN(keep));
WEFT_PIPELINE(tap, int, int, CTX(Calls), TAP(seen));
static void add_to_calls(Calls *c, const int *v)
{
    c->calls += *v;
}
WEFT_FN(add_to_calls, CTX(Calls), REF(int));
WEFT_PIPELINE(tap_counts, int, int, CTX(Calls), THEN(keep), TAP(add_to_calls));

WEFT_PIPELINE(sixteen_steps, int, int, CTX(Calls), THEN(plus_10), THEN(plus_10), THEN(plus_10),
              THEN(plus_10), THEN(plus_10), THEN(plus_10), THEN(plus_10), THEN(plus_10),
              THEN(plus_10), THEN(plus_10), THEN(plus_10), THEN(plus_10), THEN(plus_10),
              THEN(plus_10), THEN(plus_10), THEN(plus_10));

static void a_context_is_none_of_the_sixteen_steps(void **state)
{
    (void)state;
    GIVES(sixteen_steps, 1, 161, 16);
}

static void steps_share_the_context_and_see_resources(void **state)
{
    (void)state;
    scale->value = 5;
    GIVES(three_steps, 10, 50, 2);
    assert_int_equal(out->value, 1);
    scale->value = 3;
    GIVES(scale_twice, 10, 60, 2);
    scale->value = 5;
    GIVES(scale_twice, 10, 100, 2);
    scale->value = 10;
    GIVES(add_and_keep, 5, 15, 2);
    assert_int_equal(scale->value, 15);
}

static void a_tap_leaves_the_value(void **state)
{
    (void)state;
    FRESH(tap);
    assert_int_equal(CALL(tap, 10), 10);
    assert_int_equal(tap_s.ctx.a, 10);
    GIVES(tap_counts, 10, 10, 11);
}

static void the_context_lasts_from_run_to_run(void **state)
{
    (void)state;
    scale->value = 1;
    FRESH(scale_twice);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(CALL(scale_twice, 1), 2);
        assert_int_equal(scale_twice_s.ctx.calls, 2 * i);
    }
}

/* ---- options --------------------------------------------------------------------------------- */

static bool quietly_above_10(Calls *c, const int *v)
{
    (void)c;
    return *v > 10;
}
WEFT_FN(quietly_above_10, CTX(Calls), REF(int));
static Maybe quietly_positive(const int *v)
{
    return (Maybe){ .ok = *v > 0, .value = *v };
}
WEFT_FN(quietly_positive, REF(int));
static int forty_two(Calls *c)
{
    c->calls++;
    return 42;
}
WEFT_FN(forty_two, CTX(Calls));
WEFT_PIPELINE(guard_and_map, int, Maybe, CTX(Calls), GUARD(quietly_above_10), MAP(twice));
WEFT_PIPELINE(and_then, int, Maybe, CTX(Calls), THEN(quietly_positive), AND_THEN(twice_above_5));
WEFT_PIPELINE(filter, int, Maybe, CTX(Calls), THEN(positive), FILTER(above_5));
WEFT_PIPELINE(inspect, int, Maybe, CTX(Calls), THEN(positive), INSPECT(seen));
WEFT_PIPELINE(on_none, int, Maybe, CTX(Calls), THEN(quietly_positive), ON_NONE(count));
WEFT_PIPELINE(ok_or, int, Worded, CTX(Calls), THEN(positive), OK_OR("was zero"));
WEFT_PIPELINE(option_or, int, int, CTX(Calls), THEN(quietly_positive), UNWRAP_OR(99));
WEFT_PIPELINE(option_or_else, int, int, CTX(Calls), THEN(quietly_positive),
              UNWRAP_OR_ELSE(forty_two));

static void what_is_skipped_counts_no_call(void **state)
{
    (void)state;
    GIVES_NONE(guard_and_map, 5, 0);
    GIVES_SOME(guard_and_map, 20, 40, 1);
    GIVES_NONE(and_then, 3, 1); /* called, and gave none */
    GIVES_SOME(and_then, 10, 20, 1);
    GIVES_NONE(and_then, 0, 0);
    GIVES_NONE(filter, 0, 1);
    GIVES_NONE(filter, 3, 2);
    GIVES_SOME(filter, 7, 7, 2);
}

static void an_option_is_looked_at_and_unwrapped(void **state)
{
    (void)state;
    GIVES_SOME(inspect, 7, 7, 1);
    FRESH(inspect);
    CALL(inspect, 0);
    assert_int_equal(inspect_s.ctx.a, 0);
    CALL(inspect, 7);
    assert_int_equal(inspect_s.ctx.a, 7);
    GIVES_NONE(on_none, 0, 1);
    GIVES_SOME(on_none, 5, 5, 0);
    GIVES_SOME(ok_or, 5, 5, 1);
    FRESH(ok_or);
    const Worded zero = CALL(ok_or, 0);
    assert_false(zero.ok);
    assert_string_equal(zero.error, "was zero");
    GIVES(option_or, 5, 5, 0);
    GIVES(option_or, 0, 99, 0);
    GIVES(option_or_else, 5, 5, 0);
    GIVES(option_or_else, 0, 42, 1);
}

/* ---- results --------------------------------------------------------------------------------- */

static Numbered nonzero(const int *v)
{
    return (Numbered){ .ok = *v != 0, .value = *v, .error = *v };
}
WEFT_FN(nonzero, REF(int));
static Numbered five_times(Calls *c, const int *v)
{
    c->a++;
    return (Numbered){ .ok = true, .value = 5 * *v };
}
WEFT_FN(five_times, CTX(Calls), REF(int));
static void retry(Calls *c, int error)
{
    c->calls++;
    snprintf(c->said, sizeof c->said, "error: %d", error);
}
WEFT_FN(retry, CTX(Calls), IN(int));
static Text describe(Calls *c, int error)
{
    Text text;
    c->calls++;
    snprintf(text.text, sizeof text.text, "error: %d", error);
    return text;
}
WEFT_FN(describe, CTX(Calls), IN(int));
WEFT_PIPELINE(catch, int, Maybe, CTX(Calls), THEN(nonzero), CATCH(retry));
WEFT_PIPELINE(map_err, int, Texted, CTX(Calls), THEN(nonzero), AND_THEN(five_times),
              MAP_ERR(describe));
WEFT_PIPELINE(inspect_err, int, Numbered, CTX(Calls), THEN(nonzero), INSPECT_ERR(retry));
WEFT_PIPELINE(result_ok, int, Maybe, CTX(Calls), THEN(nonzero), OK);
WEFT_PIPELINE(result_or, int, int, CTX(Calls), THEN(nonzero), UNWRAP_OR(99));
WEFT_PIPELINE(result_inspect, int, Numbered, CTX(Calls), THEN(nonzero), INSPECT(seen));

static void an_error_is_caught_mapped_or_looked_at(void **state)
{
    (void)state;
    GIVES_NONE(catch, 0, 1);
    GIVES_SOME(catch, 42, 42, 0);
    GIVES_SOME(map_err, 10, 50, 0);
    FRESH(map_err);
    const Texted zero = CALL(map_err, 0);
    assert_false(zero.ok);
    assert_string_equal(zero.error.text, "error: 0");
    assert_int_equal(map_err_s.ctx.calls, 1);
    FRESH(inspect_err);
    assert_false(CALL(inspect_err, 0).ok);
    assert_int_equal(inspect_err_s.ctx.calls, 1);
    assert_string_equal(inspect_err_s.ctx.said, "error: 0");
    assert_int_equal(CALL(inspect_err, 5).value, 5);
    assert_int_equal(inspect_err_s.ctx.calls, 1);
}

static void a_result_is_looked_at_and_unwrapped(void **state)
{
    (void)state;
    GIVES_SOME(result_ok, 5, 5, 0);
    GIVES_NONE(result_ok, 0, 0);
    GIVES(result_or, 5, 5, 0);
    GIVES(result_or, 0, 99, 0);
    FRESH(result_inspect);
    assert_false(CALL(result_inspect, 0).ok);
    assert_int_equal(result_inspect_s.ctx.a, 0);
    assert_int_equal(CALL(result_inspect, 7).value, 7);
    assert_int_equal(result_inspect_s.ctx.a, 7);
}

static Numbered parse(const char *text)
{
    char *end;
    const long number = strtol(text, &end, 10);
    return (Numbered){ .ok = end != text, .value = (int)number, .error = *text };
}
WEFT_FN(parse, REF(char));
static int twice_quietly(int v)
{
    return 2 * v;
}
WEFT_FN(twice_quietly, IN(int));
WEFT_PIPELINE(parse_twice, char, Numbered, CTX(Calls), THEN(parse), MAP(twice_quietly),
              INSPECT_ERR(retry));

static void a_text_is_parsed_or_counted_as_an_error(void **state)
{
    (void)state;
    FRESH(parse_twice);
    const Numbered good = parse_twice_call(&parse_twice_s, world, "21");
    assert_true(good.ok);
    assert_int_equal(good.value, 42);
    assert_int_equal(parse_twice_s.ctx.calls, 0);
    assert_false(parse_twice_call(&parse_twice_s, world, "abc").ok);
    assert_int_equal(parse_twice_s.ctx.calls, 1);
}

/* ---- steps that look things up themselves; handlers ------------------------------------------ */

static int add_found(Calls *c, weft_world *w, const int *v)
{
    c->calls++;
    return *v + WEFT_GET(w, Scale)->value;
}
WEFT_FN(add_found, CTX(Calls), WORLD, REF(int));
static bool above_found(Calls *c, weft_world *w, const int *v)
{
    (void)c;
    return *v > WEFT_GET(w, Scale)->value;
}
WEFT_FN(above_found, CTX(Calls), WORLD, REF(int));
static int found_42(Calls *c, weft_world *w)
{
    c->calls++;
    return WEFT_GET(w, Scale)->value + 32;
}
WEFT_FN(found_42, CTX(Calls), WORLD);
WEFT_PIPELINE(opaque_step, int, int, CTX(Calls), THEN(add_found));
WEFT_PIPELINE(opaque_guard, int, Maybe, CTX(Calls), GUARD(above_found));
WEFT_PIPELINE(opaque_producer, int, int, CTX(Calls), THEN(quietly_positive),
              UNWRAP_OR_ELSE(found_42));

static void a_step_may_have_the_whole_world(void **state)
{
    (void)state;
    scale->value = 10;
    GIVES(opaque_step, 5, 15, 1);
    GIVES_NONE(opaque_guard, 5, 0);
    GIVES_SOME(opaque_guard, 20, 20, 0);
    GIVES(opaque_producer, 0, 42, 1);
}

WEFT_PIPELINE(guarded_store, int, void, CTX(Calls), GUARD(above_10), MAP(store));

static void what_ends_in_an_option_of_nothing_is_a_handler(void **state)
{
    (void)state;
    struct guarded_store handler;
    assert_int_equal(guarded_store_init(&handler, world, (Calls){ .calls = 0 }), WEFT_OK);
    weft_run(&handler.base, world, &(int){ 5 });
    assert_int_equal(out->value, 0);
    weft_run(&handler.base, world, &(int){ 20 });
    assert_int_equal(out->value, 20);
    assert_int_equal(handler.state.ctx.calls, 2);
    weft_handler_fini(&handler.base);
}

/* ---- forks ----------------------------------------------------------------------------------- */

static int arm_a(Calls *c, const int *v)
{
    c->a++;
    return 2 * *v;
}
WEFT_FN(arm_a, CTX(Calls), REF(int));
static int arm_b(Calls *c, const int *v)
{
    c->b++;
    return 3 * *v;
}
WEFT_FN(arm_b, CTX(Calls), REF(int));
static int join_2(Calls *c, const int *a, const int *b)
{
    c->calls++;
    snprintf(c->said, sizeof c->said, "%d,%d", *a, *b);
    return *a + *b;
}
WEFT_FN(join_2, CTX(Calls), REF(int), REF(int));
static int join_3(Calls *c, const int *a, const int *b, const int *d)
{
    c->calls++;
    snprintf(c->said, sizeof c->said, "%d,%d,%d", *a, *b, *d);
    return *a + *b + *d;
}
WEFT_FN(join_3, CTX(Calls), REF(int), REF(int), REF(int));
static int join_scaled(Calls *c, const Scale *s, const int *a, const int *b)
{
    c->calls++;
    return s->value * (*a + *b);
}
WEFT_FN(join_scaled, CTX(Calls), RES(Scale), REF(int), REF(int));
static void sink_a(Calls *c, const int *v)
{
    c->a += *v > 0;
}
WEFT_FN(sink_a, CTX(Calls), REF(int));
static void sink_b(Calls *c, const int *v)
{
    c->b += *v > 0;
}
WEFT_FN(sink_b, CTX(Calls), REF(int));
WEFT_PIPELINE(two_arms, int, int, CTX(Calls), THEN(keep), FORK(arm_a, arm_b), MERGE(join_2));
WEFT_PIPELINE(three_arms, int, int, CTX(Calls), THEN(keep), FORK(arm_a, arm_b, arm_b),
              MERGE(join_3));
WEFT_PIPELINE(linear, int, int, CTX(Calls), THEN(keep), THEN(twice));
WEFT_PIPELINE(joined, int, void, CTX(Calls), FORK(sink_a, sink_b), JOIN);
WEFT_PIPELINE(guard_before_fork, int, int, CTX(Calls), GUARD(above_10), UNWRAP_OR(0),
              FORK(keep, keep), MERGE(join_2));
WEFT_PIPELINE(merge_with_param, int, int, CTX(Calls), FORK(arm_a, arm_b), MERGE(join_scaled));
WEFT_PIPELINE(arms_of_42, int, int, CTX(Calls), FORK(twice, plus_10), MERGE(join_2));
WEFT_PIPELINE(inner, int, int, CTX(Calls), FORK(arm_a, arm_b), MERGE(join_2));
WEFT_PIPELINE(outer, int, int, CTX(Calls), FORK(inner, triple), MERGE(join_2));

#define COUNTED(P, calls_, a_, b_)                 \
    do {                                           \
        assert_int_equal(P##_s.ctx.calls, calls_); \
        assert_int_equal(P##_s.ctx.a, a_);         \
        assert_int_equal(P##_s.ctx.b, b_);         \
    } while (0)

static void arms_and_merge_share_the_context(void **state)
{
    (void)state;
    FRESH(two_arms);
    assert_int_equal(CALL(two_arms, 5), 25);
    assert_string_equal(two_arms_s.ctx.said, "10,15");
    COUNTED(two_arms, 2, 1, 1);
    FRESH(three_arms);
    assert_int_equal(CALL(three_arms, 5), 40);
    assert_string_equal(three_arms_s.ctx.said, "10,15,15");
    COUNTED(three_arms, 2, 1, 2);
    GIVES(linear, 5, 10, 2);
    FRESH(joined);
    CALL(joined, 5);
    COUNTED(joined, 0, 1, 1);
    GIVES(arms_of_42, 42, 136, 3);
    FRESH(arms_of_42);
    CALL(arms_of_42, 42);
    assert_string_equal(arms_of_42_s.ctx.said, "84,52");
    FRESH(outer);
    assert_int_equal(CALL(outer, 5), 40);
    COUNTED(outer, 3, 1, 1);
}

static void an_option_is_resolved_before_a_fork_and_a_merge_takes_resources(void **state)
{
    (void)state;
    GIVES(guard_before_fork, 5, 0, 4);
    GIVES(guard_before_fork, 20, 40, 4);
    scale->value = 4;
    GIVES(merge_with_param, 5, 100, 1);
}

/* ---- main ------------------------------------------------------------------------------------ */

static void register_more(weft_builder *builder)
{
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Scale), WEFT_OK);
}

static int begin(void **state)
{
    setup(state);
    scale = WEFT_GET(world, Scale);
    return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, teardown)
    const struct CMUnitTest tests[] = {
        TEST(steps_share_the_context_and_see_resources),
        TEST(a_context_is_none_of_the_sixteen_steps),
        TEST(a_tap_leaves_the_value),
        TEST(the_context_lasts_from_run_to_run),
        TEST(what_is_skipped_counts_no_call),
        TEST(an_option_is_looked_at_and_unwrapped),
        TEST(an_error_is_caught_mapped_or_looked_at),
        TEST(a_result_is_looked_at_and_unwrapped),
        TEST(a_text_is_parsed_or_counted_as_an_error),
        TEST(a_step_may_have_the_whole_world),
        TEST(what_ends_in_an_option_of_nothing_is_a_handler),
        TEST(arms_and_merge_share_the_context),
        TEST(an_option_is_resolved_before_a_fork_and_a_merge_takes_resources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
