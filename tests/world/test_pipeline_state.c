/* Pipelines: what they keep between runs, per instance; contexts; where they can stand; how they
 * are bound and how they fail. */
#include "pipeline_check.h"

#include <weft/adapt.h>
#include <weft/broadcast.h>
#include <weft/fanout.h>
#include <weft/guard.h>
#include <weft/storage.h>

#include <stdlib.h>

WEFT_OPTION(Maybe, int);
WEFT_OPTION(Maybe_double, double);

static int same(int v)
{
    return v;
}
WEFT_FN(same, IN(int));
static int half(int v)
{
    return v / 2;
}
WEFT_FN(half, IN(int));
static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));
static void store(Out *o, int v)
{
    o->value = v;
}
WEFT_FN(store, MUT(Out), IN(int));
static void add(Out *o, int v)
{
    o->value += v;
}
WEFT_FN(add, MUT(Out), IN(int));
static bool above_5(int v)
{
    return v > 5;
}
WEFT_FN(above_5, IN(int));

/* ---- scan ------------------------------------------------------------------------------------ */

typedef int Sum;
static int running_sum(Sum *sum, int v)
{
    return *sum += v;
}
WEFT_FN(running_sum, LOCAL(Sum), IN(int));
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

/* ---- context --------------------------------------------------------------------------------- */

typedef struct {
    int retries, ended;
    int *ends;
} Session;
static int ends;
static void session_end(Session *session)
{
    ++*session->ends;
}
static int retried(Session *s, int v)
{
    s->retries++;
    return v * 10;
}
WEFT_FN(retried, CTX(Session), IN(int));
static bool retried_above(Session *s, const Out *threshold, const int *v)
{
    s->retries++;
    return *v > threshold->value;
}
WEFT_FN(retried_above, CTX(Session), RES(Out), REF(int));
static int retries(const Out *o, Session *s)
{
    (void)o;
    return s->retries;
}
WEFT_FN(retries, RES(Out), CTX(Session));
static int plus(int a, const int *b)
{
    return a + *b;
}
WEFT_FN(plus, IN(int), REF(int));
WEFT_PIPELINE(with_session, int, int, CTX(Session), THEN(retried), THEN(retried), TAP(retries));
WEFT_PIPELINE(session_guarded, int, Maybe, CTX(Session), GUARD(retried_above), MAP(retried));
WEFT_PIPELINE(session_arms, int, int, CTX(Session), FORK(retried, with_session), MERGE(plus));
WEFT_PIPELINE(session_rest, int, int, CTX(Session), ROUTE(retried_above, retried, session_arms),
              GUARD(retried_above), ON_NONE(retries), UNWRAP_OR_ELSE(retries));
WEFT_PIPELINE(session_handler, int, void, CTX(Session, session_end), THEN(retried), THEN(store));

static void steps_share_one_context(void **state)
{
    (void)state;
    struct with_session_state s;
    assert_int_equal(with_session_bind(&s, world), WEFT_OK);
    s.ctx = (Session){ .retries = 0 };
    assert_int_equal(with_session_call(&s, world, &(int){ 5 }), 500);
    assert_int_equal(s.ctx.retries, 2);

    struct session_guarded_state g;
    assert_int_equal(session_guarded_bind(&g, world), WEFT_OK);
    g.ctx = (Session){ .retries = 0 };
    out->value = 10;
    assert_false(session_guarded_call(&g, world, &(int){ 5 }).ok);
    assert_int_equal(g.ctx.retries, 1);
    assert_int_equal(session_guarded_call(&g, world, &(int){ 20 }).value, 200);
    assert_int_equal(g.ctx.retries, 3);
}

static void a_part_with_a_context_gets_the_pipelines(void **state)
{
    (void)state;
    struct session_arms_state a;
    assert_int_equal(session_arms_bind(&a, world), WEFT_OK);
    a.ctx = (Session){ .retries = 0 };
    assert_int_equal(session_arms_call(&a, world, &(int){ 3 }), 30 + 300);
    assert_int_equal(a.ctx.retries, 3);

    struct session_rest_state r;
    assert_int_equal(session_rest_bind(&r, world), WEFT_OK);
    r.ctx = (Session){ .retries = 0 };
    out->value = 400;
    assert_int_equal(session_rest_call(&r, world, &(int){ 3 }), 5); /* 330 is dropped */
    assert_int_equal(session_rest_call(&r, world, &(int){ 4 }), 440);
    assert_int_equal(session_rest_call(&r, world, &(int){ 500 }), 5000);
}

static void the_context_is_given_at_creation_and_ended_once(void **state)
{
    (void)state;
    ends = 0;
    struct session_handler one, two;
    assert_int_equal(session_handler_init(&one, world, (Session){ .ends = &ends }), WEFT_OK);
    two = session_handler_stamp(&one, (Session){ .retries = 40, .ends = &ends });
    weft_run(&one.base, world, &(int){ 7 });
    assert_int_equal(out->value, 70);
    weft_run(&two.base, world, &(int){ 8 });
    assert_int_equal(one.state.ctx.retries, 1);
    assert_int_equal(two.state.ctx.retries, 41);
    weft_handler_fini(&one.base);
    assert_int_equal(ends, 1);
    weft_handler_fini(&two.base);
    assert_int_equal(ends, 2);
}

/* ---- dispatch -------------------------------------------------------------------------------- */

typedef weft_broadcast Prices;
typedef struct store Stored;
typedef weft_broadcast Absent;
WEFT_RESOURCE_DEFINE(Prices);
WEFT_RESOURCE_DEFINE(Stored);
WEFT_RESOURCE_DEFINE(Absent);

static void register_more(weft_builder *builder)
{
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Prices), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Stored), WEFT_OK);
}

static void add_doubled(Out *o, const int *v)
{
    o->value += 2 * *v;
}
WEFT_FN(add_doubled, MUT(Out), REF(int));
static int seven(void)
{
    return 7;
}
WEFT_FN(seven);
WEFT_PIPELINE(to_prices, int, void, THEN(twice), DISPATCH(Prices, int));
WEFT_PIPELINE(to_stored, int, int, THEN(twice), TEE(to_prices), DISPATCH(Stored, int), THEN(seven));
WEFT_PIPELINE(to_absent, int, void, DISPATCH(Absent, int));

static void dispatch_runs_the_handler_that_a_resource_holds(void **state)
{
    (void)state;
    Prices *prices = WEFT_GET(world, Prices);
    struct add one;
    struct add_doubled two;
    assert_int_equal(weft_broadcast_init(prices, world, WEFT_EVENT(int)), WEFT_OK);
    assert_int_equal(add_init(&one, world), WEFT_OK);
    assert_int_equal(add_doubled_init(&two, world), WEFT_OK);
    assert_int_equal(weft_broadcast_add(prices, &one.base, NULL), WEFT_OK);

    struct to_prices handler;
    assert_int_equal(to_prices_init(&handler, world), WEFT_OK);
    weft_run(&handler.base, world, &(int){ 5 });
    assert_int_equal(out->value, 10);
    assert_int_equal(weft_broadcast_add(prices, &two.base, NULL), WEFT_OK); /* after binding */
    weft_run(&handler.base, world, &(int){ 5 });
    assert_int_equal(out->value, 10 + 10 + 20);

    assert_int_equal(store_init(WEFT_GET(world, Stored), world), WEFT_OK);
    BOUND(to_stored);
    assert_int_equal(to_stored_call(&to_stored_s, world, &(int){ 4 }), 7);
    assert_int_equal(out->value, 8);
    weft_broadcast_fini(prices);
}

static void a_dispatch_is_checked_when_it_is_bound(void **state)
{
    (void)state;
    struct to_prices_state s;
    assert_int_equal(to_prices_bind(&s, world), WEFT_EMISSING);
    test_world_expect(&test, WEFT_EMISSING,
                      "to_prices: DISPATCH(Prices): there is no handler in resource Prices yet; "
                      "put it there before binding");
    Prices *prices = WEFT_GET(world, Prices);
    assert_int_equal(weft_broadcast_init(prices, world, WEFT_EVENT(double)), WEFT_OK);
    assert_int_equal(to_prices_bind(&s, world), WEFT_ETYPE);
    test_world_expect(&test, WEFT_ETYPE,
                      "weft_broadcast takes IN(double), but DISPATCH(Prices) of to_prices gives "
                      "int: write IN(int), REF(int), or no input");
    weft_broadcast_fini(prices);
    struct to_absent_state absent;
    assert_int_equal(to_absent_bind(&absent, world), WEFT_EMISSING);
    test_world_expect(&test, WEFT_EMISSING,
                      "to_absent: DISPATCH(Absent): resource Absent is not registered; register it "
                      "before binding");
}

/* ---- where a pipeline can stand -------------------------------------------------------------- */

static Maybe parse(const char *text)
{
    return (Maybe){ .ok = *text >= '0' && *text <= '9', .value = *text - '0' };
}
WEFT_FN(parse, REF(char));
WEFT_PIPELINE(parse_doubled, char, Maybe, THEN(parse), MAP(twice));
WEFT_PIPELINE(add_large, int, void, GUARD(above_5), MAP(add));
WEFT_PIPELINE(is_large, int, bool, THEN(above_5));
WEFT_ADAPT(on_char, char, parse_doubled, is_large);
WEFT_ADAPT(add_char, char, parse_doubled, add_large);
WEFT_FANOUT(both, int, add_large, add);
WEFT_PIPELINE(with_fanout, int, void, THEN(twice), THEN(both));
WEFT_PIPELINE(with_adapter, char, bool, THEN(on_char));

static void a_pipeline_stands_wherever_a_function_does(void **state)
{
    (void)state;
    struct on_char on_char;
    struct add_char add_char;
    struct both both;
    assert_int_equal(on_char_init(&on_char, world), WEFT_OK);
    assert_false(weft_run(&on_char.base, world, "x"));
    assert_false(weft_run(&on_char.base, world, "2"));
    assert_true(weft_run(&on_char.base, world, "3"));
    assert_int_equal(add_char_init(&add_char, world), WEFT_OK);
    weft_run(&add_char.base, world, "4");
    assert_int_equal(out->value, 8);
    assert_int_equal(both_init(&both, world), WEFT_OK);
    weft_run(&both.base, world, &(int){ 6 });
    assert_int_equal(out->value, 20);
    weft_run(&both.base, world, &(int){ 1 });
    assert_int_equal(out->value, 21);
    BOUND(with_fanout);
    with_fanout_call(&with_fanout_s, world, &(int){ 5 });
    assert_int_equal(out->value, 41);
    BOUND(with_adapter);
    assert_true(with_adapter_call(&with_adapter_s, world, "9"));

    weft_broadcast list;
    struct add_large large;
    assert_int_equal(add_large_init(&large, world), WEFT_OK);
    assert_int_equal(weft_broadcast_init(&list, world, WEFT_EVENT(int)), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&list, &large.base, NULL), WEFT_OK);
    weft_run(&list.base, world, &(int){ 9 });
    assert_int_equal(out->value, 50);
    weft_broadcast_fini(&list);
    weft_handler *box;
    assert_int_equal(weft_box(&large.base, world, &box), WEFT_OK);
    weft_run(box, world, &(int){ 8 });
    assert_int_equal(out->value, 58);
    weft_handler_fini(box);
}

static void a_table_binds_a_handler_but_not_what_ends_in_a_value(void **state)
{
    (void)state;
    struct add_large large;
    assert_int_equal(weft_handler_bind(&large.base, &add_large_fn, world), WEFT_OK);
    weft_run(&large.base, world, &(int){ 9 });
    assert_int_equal(out->value, 9);
    struct scan value;
    assert_int_equal(weft_handler_bind(&value.base, &scan_fn, world), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "scan cannot be bound by its table alone; use its own init function");
}

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

/* ---- binding, failing, memory ---------------------------------------------------------------- */

typedef struct {
    int n;
} Missing;
typedef struct {
    int n;
} Missing_too;
WEFT_RESOURCE_DEFINE(Missing);
WEFT_RESOURCE_DEFINE(Missing_too);
static int needs_missing(const Missing *m, int v)
{
    return v + m->n;
}
WEFT_FN(needs_missing, RES(Missing), IN(int));
static int needs_more(Missing_too *m, int v)
{
    return v + m->n;
}
WEFT_FN(needs_more, MUT(Missing_too), IN(int));
WEFT_PIPELINE(unbound, int, void, THEN(same), FORK(same, needs_missing), MERGE(plus),
              ROUTE(above_5, needs_more, same), THEN(store));

static void a_step_that_cannot_be_bound_says_so_itself(void **state)
{
    (void)state;
    struct unbound handler;
    assert_int_equal(unbound_init(&handler, world), WEFT_EMISSING);
    assert_int_equal(test.reports, 2);
    test_world_expect(&test, WEFT_EMISSING,
                      "needs_more: parameter 1, MUT(Missing_too): resource Missing_too is not "
                      "registered; register it before binding, or write OPT_MUT(Missing_too) if "
                      "the function can do without");
    assert_null(handler.base.run);
    weft_handler_fini(&handler.base);
}

static int fails_on_3(weft_world *w, int v)
{
    if (v == 3)
        weft_fail(w, "it was %d", v);
    return v;
}
WEFT_FN(fails_on_3, WORLD, IN(int));
WEFT_PIPELINE(failing, int, void, TAP(store), DEDUP, MAP(fails_on_3), MAP(running_sum), MAP(store));

static void a_step_that_fails_ends_this_run_alone(void **state)
{
    static const int rows[][2] = { { 1, 1 }, { 3, 3 }, { 3, 3 }, { 2, 3 }, { 3, 3 }, { 4, 7 } };
    (void)state;
    struct failing handler;
    weft_guard guard;
    assert_int_equal(failing_init(&handler, world), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard, &handler.base, world), WEFT_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        weft_run(&guard.base, world, &rows[i][0]);
        assert_int_equal(out->value, rows[i][1]);
    }
    assert_int_equal(weft_guard_failures(&guard), 2); /* DEDUP had let the second 3 not pass */
    assert_string_equal(weft_world_failure(world), "it was 3");
    weft_handler_fini(&guard.base);
}

static void running_allocates_nothing(void **state)
{
    (void)state;
    Prices *prices = WEFT_GET(world, Prices);
    struct add one;
    assert_int_equal(weft_broadcast_init(prices, world, WEFT_EVENT(int)), WEFT_OK);
    assert_int_equal(add_init(&one, world), WEFT_OK);
    assert_int_equal(weft_broadcast_add(prices, &one.base, NULL), WEFT_OK);
    BOUND(to_prices);
    BOUND(remembering);
    BOUND(with_fanout);
    const size_t before = test.heap.allocations;
    for (int i = 0; i < 100; i++) {
        to_prices_call(&to_prices_s, world, &i);
        remembering_call(&remembering_s, world, &i);
        with_fanout_call(&with_fanout_s, world, &i);
    }
    assert_int_equal(test.heap.allocations, before);
    weft_broadcast_fini(prices);
}

#ifndef NDEBUG
static void a_step_notices_another_world(void **state)
{
    (void)state;
    Prices *prices = WEFT_GET(world, Prices);
    assert_int_equal(weft_broadcast_init(prices, world, WEFT_EVENT(int)), WEFT_OK);
    struct dedup_half handler;
    struct to_prices dispatching;
    weft_guard guard, guard_too;
    assert_int_equal(dedup_half_init(&handler, world), WEFT_OK);
    assert_int_equal(to_prices_init(&dispatching, world), WEFT_OK);

    test_world other;
    test_world_init(&other);
    weft_world *stranger = test_world_build(&other);
    assert_int_equal(weft_guard_init(&guard, &handler.base, stranger), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard_too, &dispatching.base, stranger), WEFT_OK);
    assert_false(weft_run(&guard.base, stranger, &(int){ 5 }));
    assert_string_equal(weft_world_failure(stranger), "add was bound to another world");
    assert_false(weft_run(&guard_too.base, stranger, &(int){ 5 }));
    assert_string_equal(weft_world_failure(stranger), "to_prices was bound to another world");
    assert_int_equal(out->value, 0);
    weft_handler_fini(&guard.base);
    weft_handler_fini(&guard_too.base);
    test_world_fini(&other);
    weft_broadcast_fini(prices);
}
#endif

/* ---- names ----------------------------------------------------------------------------------- */

/* The user's names are the user's, in the file and in what is written down in a step. */
static int p0 = 1, v1 = 2, o1 = 3, s1 = 4, status = 5, input = 6, value = 7, none = 8;
typedef struct {
    int last;
} last;
WEFT_OPTION(Maybe_last, last);
static last make_last(int has)
{
    return (last){ has };
}
WEFT_FN(make_last, IN(int));
static bool never(const last *a, const last *b)
{
    return a->last == b->last || b->last == 4;
}
WEFT_FN(never, REF(last), REF(last));
static int ok(const last *ctx)
{
    return ctx->last;
}
WEFT_FN(ok, REF(last));
WEFT_PIPELINE(P, int, int, THEN(make_last), DEDUP_BY(never), MAP(ok), OK,
              UNWRAP_OR(p0 + v1 + o1 + s1 + status + input + value + none));

static void names_do_not_clash(void **state)
{
    (void)state;
    BOUND(P);
    assert_int_equal(P_call(&P_s, world, &(int){ 3 }), 3);
    assert_int_equal(P_call(&P_s, world, &(int){ 4 }), 36);
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
        TEST(locals_survive_runs),
        TEST(steps_share_one_context),
        TEST(a_part_with_a_context_gets_the_pipelines),
        TEST(the_context_is_given_at_creation_and_ended_once),
        TEST(dispatch_runs_the_handler_that_a_resource_holds),
        TEST(a_dispatch_is_checked_when_it_is_bound),
        TEST(a_pipeline_stands_wherever_a_function_does),
        TEST(a_table_binds_a_handler_but_not_what_ends_in_a_value),
        TEST(an_event_may_be_borrowed),
        TEST(a_step_that_cannot_be_bound_says_so_itself),
        TEST(a_step_that_fails_ends_this_run_alone),
        TEST(running_allocates_nothing),
#ifndef NDEBUG
        TEST(a_step_notices_another_world),
#endif
        TEST(names_do_not_clash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
