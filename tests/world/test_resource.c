/* Declaring and defining resource types: size, alignment, default, destructor. */
#include <weft/world.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world_check.h"

typedef struct {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter); /* as a header would */
WEFT_RESOURCE_DECLARE(Counter); /* twice does no harm */
WEFT_RESOURCE_DEFINE(Counter);

typedef enum { RED, GREEN } Colour;
WEFT_RESOURCE_DEFINE(Colour);

typedef char Name[16];
WEFT_RESOURCE_DEFINE(Name);

typedef struct {
    char text[3];
} Small;
WEFT_RESOURCE_DEFINE(Small, ALIGN(64));

typedef struct {
    _Alignas(128) char line[128];
} Line;
WEFT_RESOURCE_DEFINE(Line, ALIGN(8)); /* less than its own: its own holds */

typedef struct {
    int opened, closed;
} Journal;
static int journals_closed;
static void journal_open(Journal *journal)
{
    journal->opened = 7;
}
static void journal_close(Journal *journal)
{
    journals_closed += journal->opened;
}
WEFT_RESOURCE_DEFINE(Journal, FINI(journal_close), INIT(journal_open), ALIGN(32));

typedef struct {
    char huge[20000];
} Huge;
WEFT_RESOURCE_DEFINE(Huge, ALIGN(4096));

WEFT_RESOURCE_DEFINE(bool);
WEFT_RESOURCE_DEFINE(double);
WEFT_RESOURCE_DEFINE(uint64_t);

static void the_type_knows_name_size_and_alignment(void **state)
{
    (void)state;
    static const struct {
        const weft_type *type;
        const char *name;
        size_t size_bytes, align_bytes;
    } table[] = {
        { WEFT_TYPE(Counter), "Counter", 8, 8 },
        { WEFT_TYPE(Colour), "Colour", sizeof(Colour), _Alignof(Colour) },
        { WEFT_TYPE(Name), "Name", 16, 1 },
        { WEFT_TYPE(Small), "Small", 3, 64 },
        { WEFT_TYPE(Line), "Line", 128, 128 },
        { WEFT_TYPE(Journal), "Journal", 8, 32 },
        { WEFT_TYPE(Huge), "Huge", 20000, 4096 },
        { WEFT_TYPE(double), "double", 8, 8 },
        { WEFT_TYPE(uint64_t), "uint64_t", 8, 8 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_string_equal(table[i].type->name, table[i].name);
        assert_int_equal(table[i].type->size_bytes, table[i].size_bytes);
        assert_int_equal(table[i].type->align_bytes, table[i].align_bytes);
    }
}

static void init_and_fini_stand_only_where_they_were_given(void **state)
{
    (void)state;
    assert_null(WEFT_TYPE(Counter)->init);
    assert_null(WEFT_TYPE(Counter)->fini);
    assert_non_null(WEFT_TYPE(Journal)->init);
    assert_non_null(WEFT_TYPE(Journal)->fini);
}

static void every_value_lies_at_its_alignment_whatever_came_before(void **state)
{
    (void)state;
    test_world test;
    test_world_init(&test);
    const weft_type *types[] = { WEFT_TYPE(Small),   WEFT_TYPE(Name),   WEFT_TYPE(Line),
                                 WEFT_TYPE(Counter), WEFT_TYPE(Huge),   WEFT_TYPE(Colour),
                                 WEFT_TYPE(Journal), WEFT_TYPE(double), WEFT_TYPE(uint64_t) };
    const size_t count = sizeof types / sizeof *types;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(weft_builder_register(test.builder, types[i], NULL), WEFT_OK);
    const weft_world *world = test_world_build(&test);
    for (size_t i = 0; i < count; i++) {
        const char *value = weft_world_find(world, types[i]);
        assert_int_equal((uintptr_t)value % types[i]->align_bytes, 0);
        for (size_t j = 0; j < i; j++) {
            const char *other = weft_world_find(world, types[j]);
            assert_true(value + types[i]->size_bytes <= other ||
                        other + types[j]->size_bytes <= value);
        }
    }
    test_world_fini(&test);
}

static void the_default_is_all_zero_unless_the_type_says_otherwise(void **state)
{
    (void)state;
    test_world test;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Huge), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Journal), WEFT_OK);
    const weft_world *world = test_world_build(&test);
    static const Huge zero;
    assert_memory_equal(WEFT_GET(world, Huge), &zero, sizeof zero);
    assert_int_equal(WEFT_GET(world, Journal)->opened, 7);
    assert_int_equal(WEFT_GET(world, Journal)->closed, 0);
    journals_closed = 0;
    test_world_fini(&test);
    assert_int_equal(journals_closed, 7);
}

static void a_value_that_is_given_stands_as_it_is(void **state)
{
    (void)state;
    test_world test;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER(test.builder, Journal, { .closed = 3 }), WEFT_OK);
    const weft_world *world = test_world_build(&test);
    assert_int_equal(WEFT_GET(world, Journal)->opened, 0); /* INIT makes defaults only */
    assert_int_equal(WEFT_GET(world, Journal)->closed, 3);
    test_world_fini(&test);
}

static void scalars_enums_and_arrays_are_resources(void **state)
{
    (void)state;
    test_world test;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER(test.builder, bool, { true }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, double, { 42.5 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, uint64_t, { 7 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, Colour, { GREEN }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, Name, { "weft" }), WEFT_OK);
    const weft_world *world = test_world_build(&test);
    assert_true(*WEFT_GET(world, bool));
    assert_true(*WEFT_GET(world, double) == 42.5);
    assert_int_equal(*WEFT_GET(world, uint64_t), 7);
    assert_int_equal(*WEFT_GET(world, Colour), GREEN);
    assert_string_equal(*WEFT_GET(world, Name), "weft");
    test_world_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_type_knows_name_size_and_alignment),
        cmocka_unit_test(init_and_fini_stand_only_where_they_were_given),
        cmocka_unit_test(every_value_lies_at_its_alignment_whatever_came_before),
        cmocka_unit_test(the_default_is_all_zero_unless_the_type_says_otherwise),
        cmocka_unit_test(a_value_that_is_given_stands_as_it_is),
        cmocka_unit_test(scalars_enums_and_arrays_are_resources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
