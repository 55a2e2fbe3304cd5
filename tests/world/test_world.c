/* test-labels: threads */
/* Builder and world: registering, looking up, freezing, destroying, running. */
#include <weft/world.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "world_check.h"

typedef struct {
    double value;
} Price;
WEFT_RESOURCE_DEFINE(Price);

typedef struct {
    char text[8];
} Venue;
WEFT_RESOURCE_DEFINE(Venue);

typedef struct {
    int64_t quantity;
} Quantity;
WEFT_RESOURCE_DEFINE(Quantity);

typedef struct {
    int items[4];
    int len;
} List;
WEFT_RESOURCE_DEFINE(List);

/* Writes its letter when it dies. */
static char obituary[64];
typedef struct {
    char letter;
} Mortal_a, Mortal_b, Mortal_c;
static void mortal_end(Mortal_a *mortal)
{
    strncat(obituary, &mortal->letter, 1);
}
static void mortal_b_end(Mortal_b *mortal)
{
    strncat(obituary, &mortal->letter, 1);
}
static void mortal_c_end(Mortal_c *mortal)
{
    strncat(obituary, &mortal->letter, 1);
}
WEFT_RESOURCE_DEFINE(Mortal_a, FINI(mortal_end));
WEFT_RESOURCE_DEFINE(Mortal_b, FINI(mortal_b_end));
WEFT_RESOURCE_DEFINE(Mortal_c, FINI(mortal_c_end));

static test_world test;

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    obituary[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

/* ---- registering and looking up ------------------------------------------------------------- */

static void an_empty_builder_makes_an_empty_world(void **state)
{
    (void)state;
    const weft_world *world = test_world_build(&test);
    assert_int_equal(weft_world_len(world), 0);
    assert_false(WEFT_CONTAINS(world, Price));
    assert_null(WEFT_GET(world, Price));
}

static void what_is_registered_can_be_counted_and_read(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER(test.builder, Price, { 42.5 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, Venue, { "CB" }), WEFT_OK);
    const weft_world *world = test_world_build(&test);
    assert_int_equal(weft_world_len(world), 2);
    assert_true(WEFT_GET(world, Price)->value == 42.5);
    assert_string_equal(WEFT_GET(world, Venue)->text, "CB");
}

static void a_resource_can_be_written(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Quantity), WEFT_OK);
    const weft_world *world = test_world_build(&test);
    WEFT_GET(world, Quantity)->quantity = 99;
    assert_int_equal(WEFT_GET(world, Quantity)->quantity, 99);
}

static void ids_are_distinct_addresses_that_survive_building(void **state)
{
    (void)state;
    const weft_world *before = weft_builder_world(test.builder);
    assert_int_equal(WEFT_REGISTER(test.builder, Price, { 10.0 }), WEFT_OK);
    const Price *price = WEFT_GET(before, Price);
    assert_int_equal(WEFT_REGISTER(test.builder, Venue, { "CB" }), WEFT_OK);
    const Venue *venue = WEFT_GET(before, Venue);
    assert_int_equal(WEFT_REGISTER(test.builder, Quantity, { 500 }), WEFT_OK);
    const Quantity *quantity = WEFT_GET(before, Quantity);
    assert_ptr_not_equal(price, venue);
    assert_ptr_not_equal(venue, quantity);
    assert_ptr_not_equal(quantity, price);
    assert_null(WEFT_GET(before, List));

    const weft_world *world = test_world_build(&test);
    assert_ptr_equal(WEFT_GET(world, Price), price);
    assert_ptr_equal(WEFT_GET(world, Venue), venue);
    assert_ptr_equal(WEFT_GET(world, Quantity), quantity);
    assert_true(price->value == 10.0);
    assert_string_equal(venue->text, "CB");
    assert_int_equal(quantity->quantity, 500);
}

static void contains_reflects_registration(void **state)
{
    (void)state;
    const weft_world *before = weft_builder_world(test.builder);
    assert_false(WEFT_CONTAINS(before, Price));
    assert_int_equal(WEFT_REGISTER(test.builder, Price, { 1.0 }), WEFT_OK);
    assert_true(WEFT_CONTAINS(before, Price));
    assert_false(WEFT_CONTAINS(before, Venue));
    const weft_world *world = test_world_build(&test);
    assert_true(WEFT_CONTAINS(world, Price));
    assert_false(WEFT_CONTAINS(world, Venue));
}

static void registering_twice_is_refused_and_keeps_the_first_value(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER(test.builder, Price, { 1.0 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, Price, { 2.0 }), WEFT_EEXISTS);
    test_world_expect(&test, WEFT_EEXISTS,
                      "resource Price is already registered; register it once, or use WEFT_ENSURE "
                      "if several places may");
    assert_true(WEFT_GET(weft_builder_world(test.builder), Price)->value == 1.0);
    assert_int_equal(weft_world_len(weft_builder_world(test.builder)), 1);
}

static void a_copy_of_a_value_can_be_registered(void **state)
{
    (void)state;
    Price price = { 3.5 };
    assert_int_equal(WEFT_REGISTER_FROM(test.builder, Price, &price), WEFT_OK);
    price.value = 0;
    assert_true(WEFT_GET(test_world_build(&test), Price)->value == 3.5);
}

static void a_builder_remembers_its_first_failure(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER(test.builder, Price, { 1.0 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, Price, { 2.0 }), WEFT_EEXISTS);
    weft_report(weft_builder_world(test.builder), WEFT_EINVAL, "a later one");
    weft_world *untouched = NULL;
    assert_int_equal(weft_builder_build(test.builder, &untouched), WEFT_EEXISTS);
    assert_null(untouched);
}

static void nothing_is_added_once_the_world_is_built(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER(test.builder, Mortal_a, { 'a' }), WEFT_OK);
    weft_builder *builder = test.builder;
    weft_world *world = test_world_build(&test);
    assert_int_equal(WEFT_REGISTER(builder, Price, { 1.0 }), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "resource Price comes too late: the world is built, and its resources are "
                      "fixed");
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Price), WEFT_EINVAL);
    assert_int_equal(WEFT_ENSURE(builder, Price, { 1.0 }), WEFT_EINVAL);
    assert_int_equal(WEFT_ENSURE(builder, Mortal_a, { 'x' }), WEFT_EINVAL);
    assert_string_equal(obituary, ""); /* the refused value is the caller's */
    assert_int_equal(WEFT_ENSURE_DEFAULT(builder, Mortal_a), WEFT_EINVAL);
    assert_int_equal(weft_world_len(world), 1);
    assert_false(WEFT_CONTAINS(world, Price));
}

static weft_status install_price(weft_builder *builder, const void *arg)
{
    ++*(int *)(uintptr_t)arg;
    return WEFT_REGISTER(builder, Price, { 1.0 });
}

static void a_used_up_builder_installs_builds_and_frees_nothing(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER(test.builder, Mortal_a, { 'a' }), WEFT_OK);
    weft_builder *builder = test.builder;
    const weft_world *world = test_world_build(&test);
    int installed = 0;
    assert_int_equal(
        weft_builder_plugin(builder, &(weft_plugin){ "prices", install_price, &installed }),
        WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "plugin prices comes too late: the world is built, and its resources are "
                      "fixed");
    assert_int_equal(installed, 0);
    weft_world *untouched = NULL;
    assert_int_equal(weft_builder_build(builder, &untouched), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "a second weft_builder_build comes too late: the world is built, and its "
                      "resources are fixed");
    assert_null(untouched);
    weft_builder_free(builder);
    assert_string_equal(obituary, "");
    assert_int_equal(WEFT_GET(world, Mortal_a)->letter, 'a');
}

/* ---- ensure --------------------------------------------------------------------------------- */

static void ensure_registers_what_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(WEFT_ENSURE(test.builder, Quantity, { 42 }), WEFT_OK);
    assert_int_equal(WEFT_ENSURE_DEFAULT(test.builder, List), WEFT_OK);
    const weft_world *world = test_world_build(&test);
    assert_int_equal(WEFT_GET(world, Quantity)->quantity, 42);
    assert_int_equal(WEFT_GET(world, List)->len, 0);
}

static void ensure_keeps_the_value_and_the_address_that_are_there(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER(test.builder, Quantity, { 42 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, List, { { 1, 2, 3 }, 3 }), WEFT_OK);
    const Quantity *quantity = WEFT_GET(weft_builder_world(test.builder), Quantity);
    assert_int_equal(WEFT_ENSURE(test.builder, Quantity, { 99 }), WEFT_OK);
    assert_int_equal(WEFT_ENSURE_DEFAULT(test.builder, List), WEFT_OK);
    const weft_world *world = test_world_build(&test);
    assert_ptr_equal(WEFT_GET(world, Quantity), quantity);
    assert_int_equal(quantity->quantity, 42);
    assert_int_equal(WEFT_GET(world, List)->len, 3);
    assert_int_equal(WEFT_GET(world, List)->items[2], 3);
}

static void ensure_destroys_the_value_that_it_does_not_need(void **state)
{
    (void)state;
    assert_int_equal(WEFT_ENSURE(test.builder, Mortal_a, { 'a' }), WEFT_OK);
    assert_string_equal(obituary, "");
    assert_int_equal(WEFT_ENSURE(test.builder, Mortal_a, { 'x' }), WEFT_OK);
    assert_string_equal(obituary, "x");
    assert_int_equal(WEFT_ENSURE_DEFAULT(test.builder, Mortal_a), WEFT_OK);
    assert_string_equal(obituary, "x");
    weft_builder_free(test.builder);
    test.builder = NULL;
    assert_string_equal(obituary, "xa");
}

static void a_refused_value_stays_with_the_caller(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER(test.builder, Mortal_a, { 'a' }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, Mortal_a, { 'x' }), WEFT_EEXISTS);
    assert_string_equal(obituary, "");
}

/* ---- destruction ---------------------------------------------------------------------------- */

static void register_mortals(void)
{
    assert_int_equal(WEFT_REGISTER(test.builder, Mortal_b, { 'b' }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, Price, { 1.0 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, Mortal_a, { 'a' }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, Mortal_c, { 'c' }), WEFT_OK);
}

static void a_world_destroys_once_in_order_of_registration(void **state)
{
    (void)state;
    register_mortals();
    weft_world *world = test_world_build(&test);
    assert_string_equal(obituary, "");
    weft_world_free(world);
    test.world = NULL;
    assert_string_equal(obituary, "bac");
}

static void an_unbuilt_builder_destroys_the_same_way(void **state)
{
    (void)state;
    register_mortals();
    weft_builder_free(test.builder);
    test.builder = NULL;
    assert_string_equal(obituary, "bac");
}

static void a_builder_whose_build_failed_destroys_the_same_way(void **state)
{
    (void)state;
    register_mortals();
    assert_int_equal(WEFT_REGISTER(test.builder, Mortal_b, { 'x' }), WEFT_EEXISTS);
    weft_world *world = NULL;
    assert_int_equal(weft_builder_build(test.builder, &world), WEFT_EEXISTS);
    assert_string_equal(obituary, "");
    weft_builder_free(test.builder);
    test.builder = NULL;
    assert_string_equal(obituary, "bac");
}

static void nothing_is_freed_for_null(void **state)
{
    (void)state;
    weft_builder_free(NULL);
    weft_world_free(NULL);
}

static void worlds_can_be_made_and_ended_again_and_again(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        weft_builder *builder = weft_builder_new(&test.desc);
        assert_non_null(builder);
        assert_int_equal(WEFT_REGISTER(builder, Quantity, { i }), WEFT_OK);
        assert_int_equal(WEFT_REGISTER_DEFAULT(builder, List), WEFT_OK);
        weft_world *world;
        assert_int_equal(weft_builder_build(builder, &world), WEFT_OK);
        for (int k = 0; k < 10; k++)
            WEFT_GET(world, Quantity)->quantity++;
        assert_int_equal(WEFT_GET(world, Quantity)->quantity, i + 10);
        weft_world_free(world);
    }
}

/* ---- many ----------------------------------------------------------------------------------- */

enum { MANY = 300 };
static size_t many_ended;
static void many_end(void *value)
{
    uint32_t number;
    memcpy(&number, value, sizeof number);
    assert_int_equal(number, many_ended);
    many_ended++;
}

static void hundreds_of_types_are_found_and_end_in_order(void **state)
{
    (void)state;
    static weft_type types[MANY];
    for (uint32_t i = 0; i < MANY; i++) {
        types[i] = (weft_type){ .name = "Many",
                                .size_bytes = sizeof(uint32_t) + i % 100,
                                .align_bytes = (size_t)4 << i % 6,
                                .fini = many_end };
        unsigned char value[sizeof(uint32_t) + 100] = { 0 };
        memcpy(value, &i, sizeof i);
        assert_int_equal(weft_builder_register(test.builder, &types[i], value), WEFT_OK);
    }
    many_ended = 0;
    weft_world *world = test_world_build(&test);
    assert_int_equal(weft_world_len(world), MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        const void *value = weft_world_find(world, &types[i]);
        assert_non_null(value);
        assert_int_equal((uintptr_t)value % types[i].align_bytes, 0);
        assert_memory_equal(value, &i, sizeof i);
        assert_true(weft_world_owns(world, value));
    }
    static const weft_type stranger = { .name = "Stranger" };
    assert_null(weft_world_find(world, &stranger));
    assert_false(weft_world_owns(world, &stranger));
    weft_world_free(world);
    test.world = NULL;
    assert_int_equal(many_ended, MANY);
}

static void values_of_no_size_have_addresses_of_their_own(void **state)
{
    (void)state;
    static const weft_type empty[2] = { { .name = "Empty", .align_bytes = 1 },
                                        { .name = "Void", .align_bytes = 1 } };
    assert_int_equal(weft_builder_register(test.builder, &empty[0], NULL), WEFT_OK);
    assert_int_equal(weft_builder_register(test.builder, &empty[1], NULL), WEFT_OK);
    const weft_world *world = test_world_build(&test);
    assert_non_null(weft_world_find(world, &empty[0]));
    assert_ptr_not_equal(weft_world_find(world, &empty[0]), weft_world_find(world, &empty[1]));
}

static void a_size_that_cannot_be_is_refused(void **state)
{
    (void)state;
    static const weft_type monster = { .name = "Monster",
                                       .size_bytes = SIZE_MAX - 8,
                                       .align_bytes = 8 };
    assert_int_equal(weft_builder_register(test.builder, &monster, NULL), WEFT_ENOMEM);
    assert_non_null(strstr(test_world_sentence(&test), "no memory to register resource Monster"));
}

/* ---- two worlds, two threads ---------------------------------------------------------------- */

static void two_worlds_share_nothing(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER(test.builder, Quantity, { 1 }), WEFT_OK);
    const weft_world *one = test_world_build(&test);
    test_world other;
    test_world_init(&other);
    assert_int_equal(WEFT_REGISTER(other.builder, Quantity, { 1000 }), WEFT_OK);
    weft_world *two = test_world_build(&other);
    WEFT_GET(one, Quantity)->quantity += 5;
    weft_world_next_sequence(two);
    assert_int_equal(WEFT_GET(one, Quantity)->quantity, 6);
    assert_int_equal(WEFT_GET(two, Quantity)->quantity, 1000);
    assert_int_equal(weft_world_sequence(one), 0);
    assert_false(weft_world_owns(one, WEFT_GET(two, Quantity)));
    test_world_fini(&other);
}

static void *read_price(void *arg)
{
    weft_world *world = arg;
    WEFT_GET(world, Price)->value += 1.0;
    weft_world_next_sequence(world);
    return NULL;
}

static void a_world_can_be_handed_to_another_thread(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER(test.builder, Price, { 54.5 }), WEFT_OK);
    weft_world *world = test_world_build(&test);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_price, world), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(WEFT_GET(world, Price)->value == 55.5);
    assert_int_equal(weft_world_sequence(world), 1);
}

/* ---- running -------------------------------------------------------------------------------- */

static void count_to_three(weft_world *world, void *arg)
{
    int *turns = arg;
    if (++*turns == 3)
        weft_shutdown_trigger(weft_world_shutdown(world));
}

static void run_turns_until_shutdown_and_never_after(void **state)
{
    (void)state;
    weft_world *world = test_world_build(&test);
    int turns = 0;
    weft_world_run(world, count_to_three, &turns);
    assert_int_equal(turns, 3); /* the turn that triggers is completed */
    assert_true(weft_world_stopping(world));
    assert_int_equal(weft_world_sequence(world), 0);
    weft_world_run(world, count_to_three, &turns);
    assert_int_equal(turns, 3);
}

/* ---- reporting ------------------------------------------------------------------------------ */

static void a_report_reaches_the_hook_and_returns_its_status(void **state)
{
    (void)state;
    const weft_world *world = test_world_build(&test);
    assert_int_equal(weft_report(world, WEFT_EFULL, "%s is full, %d of %d", "it", 3, 3),
                     WEFT_EFULL);
    test_world_expect(&test, WEFT_EFULL, "it is full, 3 of 3");
}

static void a_long_sentence_is_cut_not_overrun(void **state)
{
    (void)state;
    char lots[2000];
    memset(lots, 'x', sizeof lots);
    lots[sizeof lots - 1] = '\0';
    assert_int_equal(weft_report(weft_builder_world(test.builder), WEFT_EINVAL, "%s", lots),
                     WEFT_EINVAL);
    assert_int_equal(strlen(test_world_sentence(&test)), 511);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_empty_builder_makes_an_empty_world),
        TEST(what_is_registered_can_be_counted_and_read),
        TEST(a_resource_can_be_written),
        TEST(ids_are_distinct_addresses_that_survive_building),
        TEST(contains_reflects_registration),
        TEST(registering_twice_is_refused_and_keeps_the_first_value),
        TEST(a_copy_of_a_value_can_be_registered),
        TEST(a_builder_remembers_its_first_failure),
        TEST(nothing_is_added_once_the_world_is_built),
        TEST(a_used_up_builder_installs_builds_and_frees_nothing),
        TEST(ensure_registers_what_is_not_there),
        TEST(ensure_keeps_the_value_and_the_address_that_are_there),
        TEST(ensure_destroys_the_value_that_it_does_not_need),
        TEST(a_refused_value_stays_with_the_caller),
        TEST(a_world_destroys_once_in_order_of_registration),
        TEST(an_unbuilt_builder_destroys_the_same_way),
        TEST(a_builder_whose_build_failed_destroys_the_same_way),
        TEST(nothing_is_freed_for_null),
        TEST(worlds_can_be_made_and_ended_again_and_again),
        TEST(hundreds_of_types_are_found_and_end_in_order),
        TEST(values_of_no_size_have_addresses_of_their_own),
        TEST(a_size_that_cannot_be_is_refused),
        TEST(two_worlds_share_nothing),
        TEST(a_world_can_be_handed_to_another_thread),
        TEST(run_turns_until_shutdown_and_never_after),
        TEST(a_report_reaches_the_hook_and_returns_its_status),
        TEST(a_long_sentence_is_cut_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
