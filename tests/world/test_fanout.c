/* Fan-outs: one event to several functions, in order, as they take it. */
#include <weft/fanout.h>
#include <weft/guard.h>
#include <weft/storage.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world_check.h"

typedef struct {
    uint64_t n;
} A;
typedef struct {
    uint64_t n;
} B;
typedef struct {
    double n;
} C;
WEFT_RESOURCE_DEFINE(A);
WEFT_RESOURCE_DEFINE(B);
WEFT_RESOURCE_DEFINE(C);

static test_world test;
static weft_world *world;

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER(test.builder, A, { 0 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, B, { 0 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, C, { 0 }), WEFT_OK);
    world = test_world_build(&test);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

static void add_a(A *a, const uint64_t *event)
{
    a->n += *event;
}
WEFT_FN(add_a, MUT(A), REF(uint64_t));
static void add_b_twice(B *b, uint64_t event)
{
    b->n += 2 * event;
}
WEFT_FN(add_b_twice, MUT(B), IN(uint64_t));
static void half_c(C *c, uint64_t event)
{
    c->n += (double)event / 2;
}
WEFT_FN(half_c, MUT(C), IN(uint64_t));
static void add_a_tenfold(A *a, uint64_t event)
{
    a->n += 10 * event;
}
WEFT_FN(add_a_tenfold, MUT(A), IN(uint64_t));
static void multiply_a(A *a, const uint64_t *event)
{
    a->n *= *event;
}
WEFT_FN(multiply_a, MUT(A), REF(uint64_t));
static bool count(uint64_t *own)
{
    ++*own;
    return false;
}
WEFT_FN(count, LOCAL(uint64_t));

WEFT_FANOUT(two, uint64_t, add_a, add_b_twice);
WEFT_FANOUT(three, uint64_t, add_a, add_b_twice, half_c);
WEFT_FANOUT(same_resource, uint64_t, add_a, add_a_tenfold);
WEFT_FANOUT(ordered, uint64_t, add_a, multiply_a);
WEFT_FANOUT(with_count, uint64_t, count, add_a);
WEFT_FANOUT(nested, uint64_t, two, half_c, count);

static void every_member_gets_the_event(void **state)
{
    (void)state;
    struct two f;
    assert_int_equal(two_init(&f, world), WEFT_OK);
    assert_true(weft_run(&f.base, world, &(uint64_t){ 5 }));
    assert_int_equal(WEFT_GET(world, A)->n, 5);
    assert_int_equal(WEFT_GET(world, B)->n, 10);
}

static void three_members_called_typed(void **state)
{
    (void)state;
    struct three f;
    assert_int_equal(three_init(&f, world), WEFT_OK);
    three_call(&f.state, world, &(uint64_t){ 10 });
    assert_int_equal(WEFT_GET(world, A)->n, 10);
    assert_int_equal(WEFT_GET(world, B)->n, 20);
    assert_true(WEFT_GET(world, C)->n == 5.0);
}

static void members_may_write_the_same_resource_by_value_and_by_reference(void **state)
{
    (void)state;
    struct same_resource f;
    assert_int_equal(same_resource_init(&f, world), WEFT_OK);
    weft_run(&f.base, world, &(uint64_t){ 3 });
    assert_int_equal(WEFT_GET(world, A)->n, 33);
}

static void members_run_in_the_order_of_the_list(void **state)
{
    (void)state;
    struct ordered f;
    assert_int_equal(ordered_init(&f, world), WEFT_OK);
    WEFT_GET(world, A)->n = 1;
    weft_run(&f.base, world, &(uint64_t){ 5 });
    assert_int_equal(WEFT_GET(world, A)->n, 30); /* (1 + 5) * 5 */
}

static void members_without_event_and_with_locals_take_part(void **state)
{
    (void)state;
    struct with_count f;
    assert_int_equal(with_count_init(&f, world), WEFT_OK);
    assert_true(weft_run(&f.base, world, &(uint64_t){ 5 })); /* what a member returns is ignored */
    weft_run(&f.base, world, &(uint64_t){ 5 });
    assert_int_equal(f.state.slots.count.local_uint64_t, 2);
    assert_int_equal(WEFT_GET(world, A)->n, 10);
}

static void a_fan_out_is_a_handler_like_any_other(void **state)
{
    (void)state;
    struct two f;
    assert_int_equal(two_init(&f, world), WEFT_OK);
    assert_string_equal(weft_handler_name(&f.base), "two");
    assert_int_equal(sizeof f, 16 + 8 + 8);
    assert_int_equal(weft_handler_size(&f.base), sizeof f);
    assert_true(weft_handler_takes(&f.base, WEFT_EVENT(uint64_t)));
    assert_false(weft_handler_takes(&f.base, WEFT_EVENT(A)));
    weft_handler *box;
    assert_int_equal(weft_box(&f.base, world, &box), WEFT_OK);
    weft_run(box, world, &(uint64_t){ 7 });
    assert_int_equal(WEFT_GET(world, A)->n, 7);
    assert_int_equal(WEFT_GET(world, B)->n, 14);
    weft_handler_fini(box);
}

static void a_fan_out_can_be_a_member_be_stamped_and_be_bound_by_table(void **state)
{
    (void)state;
    struct nested f;
    assert_int_equal(nested_init(&f, world), WEFT_OK);
    struct nested stamp = nested_stamp(&f);
    weft_run(&stamp.base, world, &(uint64_t){ 2 });
    assert_int_equal(weft_handler_bind(&f.base, &nested_fn, world), WEFT_OK);
    weft_run(&f.base, world, &(uint64_t){ 2 });
    assert_int_equal(WEFT_GET(world, A)->n, 4);
    assert_int_equal(WEFT_GET(world, B)->n, 8);
    assert_true(WEFT_GET(world, C)->n == 2.0);
    assert_int_equal(stamp.state.slots.count.local_uint64_t, 1);
}

#define LETTERS(X) X(p1) X(p2) X(p3) X(p4) X(p5) X(p6) X(p7) X(p8)
#define APPEND(name)                                           \
    static void name(A *a, uint64_t event)                     \
    {                                                          \
        a->n = a->n * 10 + (uint64_t)(#name[1] - '0') * event; \
    }                                                          \
    WEFT_FN(name, MUT(A), IN(uint64_t));
LETTERS(APPEND)
WEFT_FANOUT(eight, uint64_t, p1, p2, p3, p4, p5, p6, p7, p8);

static void eight_members_are_the_most(void **state)
{
    (void)state;
    struct eight f;
    assert_int_equal(eight_init(&f, world), WEFT_OK);
    weft_run(&f.base, world, &(uint64_t){ 1 });
    assert_int_equal(WEFT_GET(world, A)->n, 12345678);
}

static void missing_resources_are_said_with_the_members_that_lack_them(void **state)
{
    (void)state;
    test_world lacking;
    test_world_init(&lacking);
    assert_int_equal(WEFT_REGISTER_DEFAULT(lacking.builder, A), WEFT_OK);
    const weft_world *w = test_world_build(&lacking);
    struct nested f;
    assert_int_equal(nested_init(&f, w), WEFT_EMISSING);
    assert_int_equal(lacking.reports, 2); /* all that is missing is said at once */
    assert_string_equal(lacking.sentences[0],
                        "add_b_twice: parameter 1, MUT(B): resource B is not registered; register "
                        "it before binding, or write OPT_MUT(B) if the function can do without");
    assert_string_equal(lacking.sentences[1],
                        "half_c: parameter 1, MUT(C): resource C is not registered; register it "
                        "before binding, or write OPT_MUT(C) if the function can do without");
    assert_null(f.base.run);
    weft_handler_fini(&f.base);
    test_world_fini(&lacking);
}

static void fails(weft_world *w)
{
    weft_fail(w, "the second member");
}
WEFT_FN(fails, WORLD);
WEFT_FANOUT(failing, uint64_t, add_a, fails, add_b_twice);

static void a_failing_member_takes_those_behind_it_along(void **state)
{
    (void)state;
    struct failing f;
    weft_guard guard;
    assert_int_equal(failing_init(&f, world), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard, &f.base, world), WEFT_OK);
    assert_false(weft_run(&guard.base, world, &(uint64_t){ 5 }));
    assert_int_equal(WEFT_GET(world, A)->n, 5);
    assert_int_equal(WEFT_GET(world, B)->n, 0);
    weft_handler_fini(&guard.base);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_member_gets_the_event),
        TEST(three_members_called_typed),
        TEST(members_may_write_the_same_resource_by_value_and_by_reference),
        TEST(members_run_in_the_order_of_the_list),
        TEST(members_without_event_and_with_locals_take_part),
        TEST(a_fan_out_is_a_handler_like_any_other),
        TEST(a_fan_out_can_be_a_member_be_stamped_and_be_bound_by_table),
        TEST(eight_members_are_the_most),
        TEST(missing_resources_are_said_with_the_members_that_lack_them),
        TEST(a_failing_member_takes_those_behind_it_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
