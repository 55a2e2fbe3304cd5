/* Bundles of parameters: values, nesting, and their part in the conflict check. */
#include <weft/fn.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "world_check.h"

typedef struct {
    double bid, ask;
} Prices;
typedef struct {
    double exposure;
} Risk;
typedef struct {
    double limit;
} Config;
typedef struct {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DEFINE(Prices);
WEFT_RESOURCE_DEFINE(Risk);
WEFT_RESOURCE_DEFINE(Config);
WEFT_RESOURCE_DEFINE(Counter);

WEFT_BUNDLE(Market, RES(Prices, prices), MUT(Risk, risk), OPT(Config, config),
            LOCAL(uint64_t, calls));
WEFT_BUNDLE(Desk, BUNDLE(Market, market), OPT_MUT(Counter, counter), LOCAL(int, own));
WEFT_BUNDLE(Floor, LOCAL(double, noise), BUNDLE(Desk, desk));
WEFT_BUNDLE(Limits, RES(Config, config));

static test_world test;
static weft_world *world;

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER(test.builder, Prices, { 100, 101 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Risk), WEFT_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

static void build(void)
{
    world = test_world_build(&test);
}

/* ---- values --------------------------------------------------------------------------------- */

static void spread(Market *market)
{
    market->risk->exposure =
        market->config ? market->config->limit : market->prices->ask - market->prices->bid;
    market->calls++;
}
WEFT_FN(spread, BUNDLE(Market));

static void members_are_resources_optionals_and_locals(void **state)
{
    (void)state;
    build();
    struct spread handler;
    assert_int_equal(spread_init(&handler, world), WEFT_OK);
    for (int i = 0; i < 3; i++)
        weft_run(&handler.base, world, NULL);
    assert_true(WEFT_GET(world, Risk)->exposure == 1.0);
    assert_int_equal(handler.state.slots.bundle_Market.calls, 3);
    assert_int_equal(sizeof handler, 16 + 3 * 8 + 8);
}

static void an_optional_member_is_there_if_it_is_registered(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER(test.builder, Config, { 500 }), WEFT_OK);
    build();
    struct spread handler;
    assert_int_equal(spread_init(&handler, world), WEFT_OK);
    weft_run(&handler.base, world, NULL);
    assert_true(WEFT_GET(world, Risk)->exposure == 500);
}

static void count_on(Floor *floor, double factor)
{
    floor->desk.market.risk->exposure = floor->desk.market.prices->bid * factor;
    floor->desk.counter->n += (uint64_t)++floor->desk.own;
    floor->noise += 0.5;
}
WEFT_FN(count_on, BUNDLE(Floor), IN(double));

static void bundles_nest_and_stand_beside_other_parameters(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Counter), WEFT_OK);
    build();
    struct count_on handler;
    assert_int_equal(count_on_init(&handler, world), WEFT_OK);
    weft_run(&handler.base, world, &(double){ 2 });
    weft_run(&handler.base, world, &(double){ 2 });
    assert_true(WEFT_GET(world, Risk)->exposure == 200);
    assert_int_equal(WEFT_GET(world, Counter)->n, 3);
    assert_true(handler.state.slots.bundle_Floor.noise == 1.0);
}

/* ---- what is missing, what conflicts -------------------------------------------------------- */

static void limits_only(Limits *limits)
{
    (void)limits;
}
WEFT_FN(limits_only, BUNDLE(Limits));
static void clash(Risk *risk, Market *market)
{
    (void)risk;
    (void)market;
}
WEFT_FN(clash, MUT(Risk), BUNDLE(Market));
static void clash_first(const Prices *prices, Market *market)
{
    (void)prices;
    (void)market;
}
WEFT_FN(clash_first, RES(Prices), BUNDLE(Market));
static void clash_read(Market *market, const Prices *prices)
{
    (void)prices;
    (void)market;
}
WEFT_FN(clash_read, BUNDLE(Market), RES(Prices));
static void clash_optional(Market *market, const Config *config)
{
    (void)config;
    (void)market;
}
WEFT_FN(clash_optional, BUNDLE(Market), OPT(Config));
static void clash_bundles(Market *market, Floor *floor)
{
    (void)floor;
    (void)market;
}
WEFT_FN(clash_bundles, BUNDLE(Market), BUNDLE(Floor));
static void no_clash(Market *market, Limits *limits)
{
    (void)limits;
    (void)market;
}
WEFT_FN(no_clash, BUNDLE(Market), BUNDLE(Limits));

static void a_missing_member_is_named_with_its_bundle(void **state)
{
    (void)state;
    build();
    struct limits_only handler;
    assert_int_equal(limits_only_init(&handler, world), WEFT_EMISSING);
    test_world_expect(&test, WEFT_EMISSING,
                      "limits_only: parameter 1, RES(Config) in bundle Limits: resource Config is "
                      "not registered; register it before binding, or write OPT(Config) if the "
                      "function can do without");
}

static void a_bundle_that_reaches_another_parameters_resource_is_refused(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Config), WEFT_OK);
    build();
    struct clash one;
    assert_int_equal(clash_init(&one, world), WEFT_ECONFLICT);
    test_world_expect(&test, WEFT_ECONFLICT,
                      "clash: resource Risk is reached twice, by MUT(Risk) and by MUT(Risk) in "
                      "bundle Market; take it in one place");
    struct clash_read two;
    assert_int_equal(clash_read_init(&two, world), WEFT_ECONFLICT);
    test_world_expect(&test, WEFT_ECONFLICT,
                      "clash_read: resource Prices is reached twice, by RES(Prices) in bundle "
                      "Market and by RES(Prices); take it in one place");
    struct clash_first first;
    assert_int_equal(clash_first_init(&first, world), WEFT_ECONFLICT);
    test_world_expect(&test, WEFT_ECONFLICT,
                      "clash_first: resource Prices is reached twice, by RES(Prices) and by "
                      "RES(Prices) in bundle Market; take it in one place");
    struct clash_bundles three;
    assert_int_equal(clash_bundles_init(&three, world), WEFT_ECONFLICT);
    test_world_expect(&test, WEFT_ECONFLICT,
                      "clash_bundles: resource Prices is reached twice, by RES(Prices) in bundle "
                      "Market and by RES(Prices) in bundle Market; take it in one place");
    struct no_clash four;
    assert_int_equal(no_clash_init(&four, world), WEFT_ECONFLICT); /* both reach Config */
}

static void optional_resources_conflict_only_if_they_are_there(void **state)
{
    (void)state;
    struct clash_optional handler;
    const weft_world *before = weft_builder_world(test.builder);
    assert_int_equal(clash_optional_init(&handler, before), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Config), WEFT_OK);
    assert_int_equal(clash_optional_init(&handler, before), WEFT_ECONFLICT);
    test_world_expect(&test, WEFT_ECONFLICT,
                      "clash_optional: resource Config is reached twice, by OPT(Config) in bundle "
                      "Market and by OPT(Config); take it in one place");
}

static void what_is_missing_is_said_before_what_conflicts(void **state)
{
    (void)state;
    build();
    struct no_clash handler;
    assert_int_equal(no_clash_init(&handler, world), WEFT_EMISSING);
    assert_int_equal(test.reports, 1);
}

#ifndef NDEBUG
static void run_spread(weft_world *w, void *arg)
{
    weft_run(arg, w, NULL);
}

static void the_world_is_checked_through_bundles_in_debug_builds(void **state)
{
    (void)state;
    build();
    struct spread handler;
    assert_int_equal(spread_init(&handler, world), WEFT_OK);
    test_world other;
    test_world_init(&other);
    weft_world *w = test_world_build(&other);
    assert_int_equal(weft_try(w, run_spread, &handler.base), WEFT_EFAILED);
    test_world_expect(&other, WEFT_EWORLD,
                      "spread runs on a world that it was not bound to: its Prices belongs to "
                      "another; bind it to each world it serves");
    test_world_fini(&other);
}
#endif

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(members_are_resources_optionals_and_locals),
        TEST(an_optional_member_is_there_if_it_is_registered),
        TEST(bundles_nest_and_stand_beside_other_parameters),
        TEST(a_missing_member_is_named_with_its_bundle),
        TEST(a_bundle_that_reaches_another_parameters_resource_is_refused),
        TEST(optional_resources_conflict_only_if_they_are_there),
        TEST(what_is_missing_is_said_before_what_conflicts),
#ifndef NDEBUG
        TEST(the_world_is_checked_through_bundles_in_debug_builds),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
