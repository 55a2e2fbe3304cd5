/* Functions that are bound: what is missing is named, and a function keeps to its world. */
#include <weft/fn.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "world_check.h"

typedef struct {
    uint64_t n;
} Counter;
typedef struct {
    int n;
} Absent;
WEFT_RESOURCE_DEFINE(Counter);
WEFT_RESOURCE_DEFINE(Absent);

static test_world test;
static weft_world *world;

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER(test.builder, Counter, { 10 }), WEFT_OK);
    world = test_world_build(&test);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

static void add(Counter *c, uint64_t event)
{
    c->n += event;
}
WEFT_FN(add, MUT(Counter), IN(uint64_t));

/* ---- what is missing ------------------------------------------------------------------------- */

static void needs_first(const Absent *absent, const Counter *c)
{
    (void)absent;
    (void)c;
}
WEFT_FN(needs_first, RES(Absent), RES(Counter));
static void needs_second(const Counter *c, Absent *absent, uint64_t event)
{
    (void)absent;
    (void)c;
    (void)event;
}
WEFT_FN(needs_second, RES(Counter), MUT(Absent), IN(uint64_t));

static void a_missing_resource_is_named_with_function_position_and_remedy(void **state)
{
    (void)state;
    struct needs_first first;
    assert_int_equal(needs_first_init(&first, world), WEFT_EMISSING);
    test_world_expect(&test, WEFT_EMISSING,
                      "needs_first: parameter 1, RES(Absent): resource Absent is not registered; "
                      "register it before binding, or write OPT(Absent) if the function can do "
                      "without");
    struct needs_second second;
    assert_int_equal(needs_second_init(&second, world), WEFT_EMISSING);
    test_world_expect(&test, WEFT_EMISSING,
                      "needs_second: parameter 2, MUT(Absent): resource Absent is not registered; "
                      "register it before binding, or write OPT_MUT(Absent) if the function can "
                      "do without");
}

static void a_builder_knows_what_was_registered_so_far(void **state)
{
    (void)state;
    test_world early;
    test_world_init(&early);
    const weft_world *builder_world = weft_builder_world(early.builder);
    struct add handler;
    assert_int_equal(add_init(&handler, builder_world), WEFT_EMISSING);
    weft_builder_free(early.builder); /* it remembers the failure */
    early.builder = weft_builder_new(&early.desc);
    assert_int_equal(WEFT_REGISTER(early.builder, Counter, { 1 }), WEFT_OK);
    assert_int_equal(add_init(&handler, weft_builder_world(early.builder)), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(early.builder, Absent), WEFT_OK);
    weft_world *w = test_world_build(&early);
    weft_run(&handler.base, w, &(uint64_t){ 2 });
    assert_int_equal(WEFT_GET(w, Counter)->n, 3);
    test_world_fini(&early);
}

static void a_failure_to_bind_makes_the_build_fail(void **state)
{
    (void)state;
    test_world early;
    test_world_init(&early);
    struct add handler;
    assert_int_equal(add_init(&handler, weft_builder_world(early.builder)), WEFT_EMISSING);
    weft_world *w;
    assert_int_equal(weft_builder_build(early.builder, &w), WEFT_EMISSING);
    test_world_fini(&early);
}

/* ---- worlds mixed up ------------------------------------------------------------------------- */

#ifndef NDEBUG
struct mixed {
    struct add *handler;
    weft_world *world;
};
static void run_mixed(weft_world *w, void *arg)
{
    const struct mixed *mixed = arg;
    weft_run(&mixed->handler->base, w, &(uint64_t){ 1 });
}

static void a_function_that_runs_on_another_world_fails_in_debug_builds(void **state)
{
    (void)state;
    struct add handler;
    assert_int_equal(add_init(&handler, world), WEFT_OK);
    test_world other;
    test_world_init(&other);
    assert_int_equal(WEFT_REGISTER(other.builder, Counter, { 1000 }), WEFT_OK);
    weft_world *w = test_world_build(&other);
    assert_int_equal(weft_try(w, run_mixed, &(struct mixed){ &handler, w }), WEFT_EFAILED);
    test_world_expect(&other, WEFT_EWORLD,
                      "add runs on a world that it was not bound to: its Counter belongs to "
                      "another; bind it to each world it serves");
    assert_int_equal(WEFT_GET(world, Counter)->n, 10);
    assert_int_equal(WEFT_GET(w, Counter)->n, 1000);
    test_world_fini(&other);
}
#endif

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_missing_resource_is_named_with_function_position_and_remedy),
        TEST(a_builder_knows_what_was_registered_so_far),
        TEST(a_failure_to_bind_makes_the_build_fail),
#ifndef NDEBUG
        TEST(a_function_that_runs_on_another_world_fails_in_debug_builds),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
