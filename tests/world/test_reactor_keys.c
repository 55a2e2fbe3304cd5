/* Sources by key: values of any type, each type a namespace of its own. */
#include <weft/fn.h>
#include <weft/reactor.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "world_check.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct {
    uint32_t number;
} InstrumentId;

typedef struct {
    uint32_t number;
} StrategyId;

typedef uint32_t VenueId;

typedef struct {
    InstrumentId instrument;
    StrategyId strategy;
} Pair;

typedef enum {
    BID,
    ASK,
} Side;

typedef struct {
    char symbol[24];
    uint64_t venue;
} Listing; /* larger than what an entry holds itself */

typedef struct {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DEFINE(Counter);

static test_world test;
static weft_world *world;
static weft_reactors *reactors;
static weft_source_id sources[8];

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Counter), WEFT_OK);
    reactors = weft_reactors_install(test.builder, NULL);
    world = test_world_build(&test);
    for (size_t i = 0; i < COUNT(sources); i++)
        assert_int_equal(weft_reactors_add_source(reactors, &sources[i]), WEFT_OK);
    return 0;
}

static void check(void)
{
    const char *why = NULL;
    if (!weft_reactors_check(reactors, &why))
        fail_msg("%s", why);
}

static int teardown(void **state)
{
    (void)state;
    check();
    test_world_fini(&test);
    return 0;
}

static void set(weft_key key, size_t i)
{
    assert_int_equal(weft_reactors_set_key(reactors, key, sources[i]), WEFT_OK);
    check();
}

/* The number of the source with that key, or -1. */
static int find(weft_key key)
{
    weft_source_id found = { 77, 77 };
    if (!weft_reactors_find_key(reactors, key, &found)) {
        assert_true(found.index == 77 && found.generation == 77);
        return -1;
    }
    for (size_t i = 0; i < COUNT(sources); i++)
        if (memcmp(&found, &sources[i], sizeof found) == 0)
            return (int)i;
    fail_msg("a source that nobody added");
    return -2;
}

static void basic(void **state)
{
    (void)state;
    assert_int_equal(find(WEFT_KEY(uint32_t, { 1 })), -1);
    set(WEFT_KEY(uint32_t, { 1 }), 0);
    set(WEFT_KEY(uint32_t, { 2 }), 1);
    assert_int_equal(find(WEFT_KEY(uint32_t, { 1 })), 0);
    assert_int_equal(find(WEFT_KEY(uint32_t, { 2 })), 1);
    assert_int_equal(find(WEFT_KEY(uint32_t, { 3 })), -1);
}

static void multiple_key_types(void **state)
{
    (void)state;
    set(WEFT_KEY(InstrumentId, { 1 }), 0);
    set(WEFT_KEY(StrategyId, { 1 }), 1);
    set(WEFT_KEY(uint32_t, { 1 }), 2);
    set(WEFT_KEY(VenueId, { 1 }), 3);
    set(WEFT_KEY(int32_t, { 1 }), 4);
    assert_int_equal(find(WEFT_KEY(InstrumentId, { 1 })), 0);
    assert_int_equal(find(WEFT_KEY(StrategyId, { 1 })), 1);
    assert_int_equal(find(WEFT_KEY(uint32_t, { 1 })), 2);
    assert_int_equal(find(WEFT_KEY(VenueId, { 1 })), 3);
    assert_int_equal(find(WEFT_KEY(int32_t, { 1 })), 4);
}

static void tuple_keys(void **state)
{
    (void)state;
    set(WEFT_KEY(Pair, { { 1 }, { 2 } }), 0);
    set(WEFT_KEY(Pair, { { 2 }, { 1 } }), 1);
    assert_int_equal(find(WEFT_KEY(Pair, { .strategy = { 2 }, .instrument = { 1 } })), 0);
    const Pair pair = { { 2 }, { 1 } };
    assert_int_equal(find(WEFT_KEY_FROM(Pair, &pair)), 1);
    assert_int_equal(find(WEFT_KEY(Pair, { { 1 }, { 1 } })), -1);
}

static void enum_and_long_keys(void **state)
{
    (void)state;
    set(WEFT_KEY(Side, { BID }), 0);
    set(WEFT_KEY(Side, { ASK }), 1);
    set(WEFT_KEY(Listing, { "ABC", 1 }), 2);
    set(WEFT_KEY(Listing, { "ABC", 2 }), 3);
    set(WEFT_KEY(Listing, { "ABD", 1 }), 4);
    assert_int_equal(find(WEFT_KEY(Side, { BID })), 0);
    assert_int_equal(find(WEFT_KEY(Side, { ASK })), 1);
    assert_int_equal(find(WEFT_KEY(Listing, { "ABC", 1 })), 2);
    assert_int_equal(find(WEFT_KEY(Listing, { "ABC", 2 })), 3);
    assert_int_equal(find(WEFT_KEY(Listing, { "ABD", 1 })), 4);
    assert_true(weft_reactors_drop_key(reactors, WEFT_KEY(Listing, { "ABC", 2 })));
    assert_int_equal(find(WEFT_KEY(Listing, { "ABC", 2 })), -1);
}

/* Short ones lie in the table, long ones beside it. */
static void keys_of_any_length(void **state)
{
    (void)state;
    static const unsigned char bytes[40] = { 7, 7 };
    weft_source_id found;
    for (size_t length = 1; length <= sizeof bytes; length++)
        assert_int_equal(weft_reactors_set_key(reactors, (weft_key){ "Bytes", bytes, length },
                                               sources[length % 2]),
                         WEFT_OK);
    for (size_t length = 1; length <= sizeof bytes; length++) {
        const weft_key key = { "Bytes", bytes, length };
        assert_true(weft_reactors_find_key(reactors, key, &found));
        assert_memory_equal(&found, &sources[length % 2], sizeof found);
        if (length % 3)
            continue;
        assert_true(weft_reactors_drop_key(reactors, key));
        assert_false(weft_reactors_find_key(reactors, key, &found));
    }
}

static void drop_twice(void **state)
{
    (void)state;
    assert_false(weft_reactors_drop_key(reactors, WEFT_KEY(uint32_t, { 1 })));
    set(WEFT_KEY(uint32_t, { 1 }), 0);
    assert_true(weft_reactors_drop_key(reactors, WEFT_KEY(uint32_t, { 1 })));
    assert_false(weft_reactors_drop_key(reactors, WEFT_KEY(uint32_t, { 1 })));
    assert_int_equal(find(WEFT_KEY(uint32_t, { 1 })), -1);
    assert_true(weft_reactors_has_source(reactors, sources[0]));
}

static void overwrite_key(void **state)
{
    (void)state;
    set(WEFT_KEY(uint32_t, { 1 }), 0);
    set(WEFT_KEY(uint32_t, { 1 }), 5);
    assert_int_equal(find(WEFT_KEY(uint32_t, { 1 })), 5);
}

static void many_keys_of_one_source(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        set(WEFT_KEY(uint32_t, { i }), i % 2);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(find(WEFT_KEY_FROM(uint32_t, &i)), i % 2);
}

static void a_removed_source_has_no_key(void **state)
{
    (void)state;
    weft_source_id heir;
    set(WEFT_KEY(uint32_t, { 1 }), 0);
    set(WEFT_KEY(uint32_t, { 2 }), 1);
    assert_int_equal(weft_reactors_remove_source(reactors, sources[0]), WEFT_OK);
    check();
    assert_int_equal(find(WEFT_KEY(uint32_t, { 1 })), -1);
    assert_int_equal(weft_reactors_add_source(reactors, &heir), WEFT_OK);
    assert_int_equal(heir.index, sources[0].index); /* its place is not its name */
    assert_int_equal(find(WEFT_KEY(uint32_t, { 1 })), -1);
    assert_false(weft_reactors_drop_key(reactors, WEFT_KEY(uint32_t, { 1 })));
    assert_int_equal(weft_reactors_set_key(reactors, WEFT_KEY(uint32_t, { 1 }), sources[0]),
                     WEFT_ESTALE);
    assert_int_equal(find(WEFT_KEY(uint32_t, { 2 })), 1);
}

static void keys_of_removed_sources_do_not_pile_up(void **state)
{
    (void)state;
    set(WEFT_KEY(Listing, { "kept", 0 }), 0);
    for (uint64_t i = 1; i < 5000; i++) {
        weft_source_id passing;
        assert_int_equal(weft_reactors_add_source(reactors, &passing), WEFT_OK);
        assert_int_equal(weft_reactors_set_key(reactors, WEFT_KEY(Listing, { "gone", i }), passing),
                         WEFT_OK);
        assert_int_equal(weft_reactors_remove_source(reactors, passing), WEFT_OK);
        assert_true(test.heap.live < 100);
    }
    assert_int_equal(find(WEFT_KEY(Listing, { "kept", 0 })), 0);
}

static void add_one(Counter *c)
{
    c->n++;
}
WEFT_FN(add_one, MUT(Counter));

static void a_message_finds_its_reactors(void **state)
{
    (void)state;
    struct add_one body;
    weft_reactor_id id;
    weft_source_id found;
    assert_int_equal(add_one_init(&body, world), WEFT_OK);
    assert_int_equal(weft_reactors_spawn(reactors, &body.base, &id), WEFT_OK);
    set(WEFT_KEY(InstrumentId, { 7 }), 3);
    assert_true(weft_reactors_find_key(reactors, WEFT_KEY(InstrumentId, { 7 }), &found));
    assert_int_equal(weft_reactors_subscribe(reactors, id, found), WEFT_OK);
    assert_int_equal(weft_reactors_mark(reactors, sources[3]), WEFT_OK);
    assert_int_equal(weft_reactors_dispatch(reactors, world), 1);
    assert_int_equal(WEFT_GET(world, Counter)->n, 1);
}

/* ---- a model ----------------------------------------------------------------------------------
 */

enum { KEYS = 200, OPERATIONS = 100000 };

/* The i-th key, of one of three types; the bytes are the caller's. */
static weft_key key_of(uint64_t i, Listing *bytes)
{
    *bytes = (Listing){ "", i / 3 };
    switch (i % 3) {
    case 0: return WEFT_KEY_FROM(Listing, bytes);
    case 1: return WEFT_KEY_FROM(uint64_t, &bytes->venue);
    default: return (weft_key){ "Other", &bytes->venue, sizeof bytes->venue };
    }
}

static void random_keys_do_what_an_array_does(void **state)
{
    (void)state;
    int model[KEYS];
    uint64_t random = 1;
    memset(model, -1, sizeof model);
    for (int n = 0; n < OPERATIONS; n++) {
        const uint64_t i = test_random_below(&random, KEYS);
        Listing bytes;
        const weft_key key = key_of(i, &bytes);
        const size_t at = test_random_below(&random, COUNT(sources));
        switch (test_random_below(&random, n / 5000 % 2 ? 5 : 8)) {
        case 0:
        case 1:
            assert_int_equal(weft_reactors_drop_key(reactors, key), model[i] >= 0);
            model[i] = -1;
            break;
        case 2:
            if (test_random_below(&random, 50))
                break;
            assert_int_equal(weft_reactors_remove_source(reactors, sources[at]), WEFT_OK);
            assert_int_equal(weft_reactors_add_source(reactors, &sources[at]), WEFT_OK);
            for (size_t k = 0; k < KEYS; k++)
                model[k] = model[k] == (int)at ? -1 : model[k];
            break;
        case 3: assert_int_equal(find(key), model[i]); break;
        default:
            assert_int_equal(weft_reactors_set_key(reactors, key, sources[at]), WEFT_OK);
            model[i] = (int)at;
            break;
        }
        if (n % 16 == 0)
            check();
    }
    for (size_t i = 0; i < KEYS; i++) {
        Listing bytes;
        assert_int_equal(find(key_of(i, &bytes)), model[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(basic, setup, teardown),
        cmocka_unit_test_setup_teardown(multiple_key_types, setup, teardown),
        cmocka_unit_test_setup_teardown(tuple_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(enum_and_long_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_of_any_length, setup, teardown),
        cmocka_unit_test_setup_teardown(drop_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(overwrite_key, setup, teardown),
        cmocka_unit_test_setup_teardown(many_keys_of_one_source, setup, teardown),
        cmocka_unit_test_setup_teardown(a_removed_source_has_no_key, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_of_removed_sources_do_not_pile_up, setup, teardown),
        cmocka_unit_test_setup_teardown(a_message_finds_its_reactors, setup, teardown),
        cmocka_unit_test_setup_teardown(random_keys_do_what_an_array_does, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
