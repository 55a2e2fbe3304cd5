/* Pipelines among handlers: what DISPATCH runs, where a pipeline can stand, how it is bound, how it
 * fails, and that names of its own do not get in the way. */
#include "pipeline_functions.h"

#include <weft/adapt.h>
#include <weft/broadcast.h>
#include <weft/fanout.h>
#include <weft/guard.h>
#include <weft/storage.h>

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

WEFT_PIPELINE(scan, int, int, SCAN(running_sum));

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

WEFT_PIPELINE(remembering, int, void, DEDUP, MAP(running_sum), MAP(store));

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
WEFT_PIPELINE(dedup_half, int, void, THEN(half), DEDUP, MAP(add));

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

/* So are short names of macros. */
typedef struct {
    int seen;
} Session;
static int with_seen(Session *session, int v)
{
    return 10 * v + session->seen++;
}
WEFT_FN(with_seen, CTX(Session), IN(int));
#define T        1
#define D        2
#define i        3
#define f        4
#define fork     5
#define route    6
#define memory   7
#define nothing  8
#define dispatch 9
WEFT_PIPELINE(among_macros, int, void, CTX(Session), THEN(with_seen), DEDUP, UNWRAP_OR(T + D),
              ROUTE(above_5, half, twice), FORK(same, twice), MERGE(plus), DISPATCH(Prices, int));
#undef T
#undef D
#undef i
#undef f
#undef fork
#undef route
#undef memory
#undef nothing
#undef dispatch

static void names_do_not_clash(void **state)
{
    (void)state;
    BOUND(P);
    assert_int_equal(P_call(&P_s, world, &(int){ 3 }), 3);
    assert_int_equal(P_call(&P_s, world, &(int){ 4 }), 36);

    Prices *prices = WEFT_GET(world, Prices);
    struct add handler;
    struct among_macros macros;
    assert_int_equal(weft_broadcast_init(prices, world, WEFT_EVENT(int)), WEFT_OK);
    assert_int_equal(add_init(&handler, world), WEFT_OK);
    assert_int_equal(weft_broadcast_add(prices, &handler.base, NULL), WEFT_OK);
    assert_int_equal(among_macros_init(&macros, world, (Session){ 0 }), WEFT_OK);
    weft_run(&macros.base, world, &(int){ 4 });
    assert_int_equal(out->value, 20 + 40);
    weft_broadcast_fini(prices);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(dispatch_runs_the_handler_that_a_resource_holds),
        TEST(a_dispatch_is_checked_when_it_is_bound),
        TEST(a_pipeline_stands_wherever_a_function_does),
        TEST(a_table_binds_a_handler_but_not_what_ends_in_a_value),
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
