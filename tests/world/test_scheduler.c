/* What a pass runs: roots always, the others if something upstream of them changed. */
#include <weft/storage.h>

#include "scheduler_fixture.h"

/* ---- systems -------------------------------------------------------------------------------- */

typedef struct {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DEFINE(Counter);
typedef struct {
    bool on;
} Flag;
WEFT_RESOURCE_DEFINE(Flag);

static bool no_parameter(void)
{
    return true;
}
WEFT_FN(no_parameter);

static void nothing_at_all(void)
{
}
WEFT_FN(nothing_at_all);

static bool above_ten(const Counter *counter)
{
    return counter->n > 10;
}
WEFT_FN(above_ten, RES(Counter));

static bool copy_to_flag(const Counter *counter, Flag *flag)
{
    flag->on = counter->n > 0;
    return flag->on;
}
WEFT_FN(copy_to_flag, RES(Counter), MUT(Flag));

static bool below_three(Counter *counter, uint64_t *calls)
{
    counter->n = ++*calls;
    return *calls < 3;
}
WEFT_FN(below_three, MUT(Counter), LOCAL(uint64_t));

static void set_99(Counter *counter)
{
    counter->n = 99;
}
WEFT_FN(set_99, MUT(Counter));

static void add_1(Counter *counter)
{
    counter->n += 1;
}
WEFT_FN(add_1, MUT(Counter));

static bool add_1_quietly(Counter *counter)
{
    counter->n += 1;
    return false;
}
WEFT_FN(add_1_quietly, MUT(Counter));

static bool add_1_up_to_2(Counter *counter)
{
    return ++counter->n <= 2;
}
WEFT_FN(add_1_up_to_2, MUT(Counter));

static void add_10(Counter *counter)
{
    counter->n += 10;
}
WEFT_FN(add_10, MUT(Counter));

static void add_100(Counter *counter)
{
    counter->n += 100;
}
WEFT_FN(add_100, MUT(Counter));

static void twice(Counter *counter)
{
    counter->n *= 2;
}
WEFT_FN(twice, MUT(Counter));

static void raise_flag(Flag *flag)
{
    flag->on = true;
}
WEFT_FN(raise_flag, MUT(Flag));

static Counter *counter;
static Flag *flag;
static int begin_with_resources(void **state)
{
    (void)state;
    test_world_init(&test);
    WEFT_REGISTER_DEFAULT(test.builder, Counter);
    WEFT_REGISTER_DEFAULT(test.builder, Flag);
    world = test_world_build(&test);
    counter = WEFT_GET(world, Counter);
    flag = WEFT_GET(world, Flag);
    weft_scheduler_init(&scheduler, world);
    return 0;
}

/* ---- a system alone ------------------------------------------------------------------------- */

static void a_system_answers_whether_its_outputs_changed(void **state)
{
    (void)state;
    static const struct {
        const weft_fn *fn;
        uint64_t before;
        bool answer;
        uint64_t after;
    } rows[] = {
        { &no_parameter_fn, 0, true, 0 },   { &nothing_at_all_fn, 0, true, 0 },
        { &above_ten_fn, 42, true, 42 },    { &above_ten_fn, 5, false, 5 },
        { &copy_to_flag_fn, 7, true, 7 },   { &copy_to_flag_fn, 0, false, 0 },
        { &set_99_fn, 0, true, 99 },        { &add_1_up_to_2_fn, 1, true, 2 },
        { &add_1_up_to_2_fn, 2, false, 3 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weft_flat_64 system;
        assert_int_equal(weft_handler_bind(&system.base, rows[i].fn, world), WEFT_OK);
        counter->n = rows[i].before;
        assert_int_equal(weft_run(&system.base, world, NULL), rows[i].answer);
        assert_int_equal(counter->n, rows[i].after);
    }
    assert_false(flag->on);
}

static void a_systems_local_lasts_from_run_to_run(void **state)
{
    (void)state;
    struct below_three system;
    weft_handler *box;
    assert_int_equal(below_three_init(&system, world), WEFT_OK);
    assert_int_equal(weft_box(&system.base, world, &box), WEFT_OK);
    static const bool answers[] = { true, true, false };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(weft_run(box, world, NULL), answers[i]);
    assert_int_equal(counter->n, 3);
    weft_handler_fini(box);

    assert_int_equal(WEFT_SYSTEM(&scheduler, below_three, NULL), WEFT_OK);
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
    for (uint64_t pass = 1; pass <= 3; pass++) {
        assert_int_equal(weft_scheduler_run(&scheduler, world), 1);
        assert_int_equal(counter->n, pass);
    }
}

/* ---- passes over resources ------------------------------------------------------------------ */

static void an_empty_scheduler_runs_nothing(void **state)
{
    (void)state;
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
    assert_int_equal(weft_scheduler_run(&scheduler, world), 0);
    assert_int_equal(weft_scheduler_len(&scheduler), 0);
    check();
}

static void each_system_sees_what_those_before_it_wrote(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const weft_fn *systems[4];
        int edges[4][2]; /* later, earlier; {0, 0} ends them */
        uint64_t before;
        int ran;
        uint64_t after;
        bool flag;
    } rows[] = {
        { "single root", { &add_1_fn }, { { 0 } }, 0, 1, 1, false },
        { "linear chain",
          { &add_1_up_to_2_fn, &add_10_fn, &add_100_fn },
          { { 1, 0 }, { 2, 1 } },
          0,
          3,
          111,
          false },
        { "linear chain that stops",
          { &add_1_up_to_2_fn, &add_10_fn, &add_100_fn },
          { { 1, 0 }, { 2, 1 } },
          2,
          1,
          3,
          false },
        { "false root", { &above_ten_fn, &set_99_fn }, { { 1, 0 } }, 0, 1, 0, false },
        { "diamond",
          { &add_1_fn, &add_1_fn, &raise_flag_fn, &add_1_fn },
          { { 1, 0 }, { 2, 0 }, { 3, 1 }, { 3, 2 } },
          0,
          4,
          3,
          true },
        { "roots", { &add_1_fn, &add_1_fn, &add_1_fn }, { { 0 } }, 0, 3, 3, false },
        { "mutations",
          { &add_1_fn, &twice_fn, &twice_fn },
          { { 1, 0 }, { 2, 1 } },
          0,
          3,
          4,
          false },
        { "after two of which one changed",
          { &add_1_quietly_fn, &add_1_fn, &add_1_fn },
          { { 2, 0 }, { 2, 1 } },
          0,
          3,
          3,
          false },
        { "after two that wrote but did not change",
          { &add_1_quietly_fn, &add_1_quietly_fn, &add_1_fn },
          { { 2, 0 }, { 2, 1 } },
          0,
          2,
          2,
          false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weft_system_id id[4];
        renew();
        counter->n = rows[i].before;
        flag->on = false;
        for (int j = 0; j < 4 && rows[i].systems[j]; j++) {
            weft_flat_64 system;
            assert_int_equal(weft_handler_bind(&system.base, rows[i].systems[j], world), WEFT_OK);
            assert_int_equal(weft_scheduler_add(&scheduler, &system.base, &id[j]), WEFT_OK);
        }
        for (int j = 0; j < 4 && rows[i].edges[j][0]; j++)
            weft_scheduler_after(&scheduler, id[rows[i].edges[j][0]], id[rows[i].edges[j][1]]);
        assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
        check();
        const int64_t sequence = weft_world_sequence(world);
        assert_int_equal(weft_scheduler_run(&scheduler, world), rows[i].ran);
        assert_int_equal(weft_world_sequence(world), sequence);
        if (counter->n != rows[i].after || flag->on != rows[i].flag)
            fail_msg("%s: %lu", rows[i].what, counter->n);
    }
}

/* The example of the reference: price -> mid -> quote, each of which compares with what it had. */
typedef struct {
    int64_t next, last;
} Price;
WEFT_RESOURCE_DEFINE(Price);
typedef struct {
    int64_t value;
} Quote;
WEFT_RESOURCE_DEFINE(Quote);

static bool take_price(Price *price)
{
    const bool changed = price->next != price->last;
    price->last = price->next;
    return changed;
}
WEFT_FN(take_price, MUT(Price));

static bool make_quote(const Price *price, Quote *quote)
{
    const int64_t value = price->last + 5;
    const bool changed = quote->value != value;
    quote->value = value;
    return changed;
}
WEFT_FN(make_quote, RES(Price), MUT(Quote));

static int begin_with_prices(void **state)
{
    (void)state;
    test_world_init(&test);
    WEFT_REGISTER_DEFAULT(test.builder, Counter);
    WEFT_REGISTER_DEFAULT(test.builder, Price);
    WEFT_REGISTER_DEFAULT(test.builder, Quote);
    world = test_world_build(&test);
    counter = WEFT_GET(world, Counter);
    weft_scheduler_init(&scheduler, world);
    return 0;
}

static void a_price_that_stays_stops_at_the_root(void **state)
{
    (void)state;
    weft_system_id price, quote, count;
    WEFT_SYSTEM(&scheduler, take_price, &price);
    WEFT_SYSTEM(&scheduler, make_quote, &quote);
    WEFT_SYSTEM(&scheduler, add_1, &count);
    weft_scheduler_before(&scheduler, price, quote);
    weft_scheduler_before(&scheduler, quote, count);
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
    static const struct {
        int64_t price;
        int ran;
        uint64_t counted;
    } rows[] = { { 50100, 3, 1 }, { 50200, 3, 2 }, { 50200, 1, 2 }, { 50300, 3, 3 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        WEFT_GET(world, Price)->next = rows[i].price;
        assert_int_equal(weft_scheduler_run(&scheduler, world), rows[i].ran);
        assert_int_equal(WEFT_GET(world, Quote)->value, rows[i].price + 5);
        assert_int_equal(counter->n, rows[i].counted);
    }
}

/* ---- who runs ------------------------------------------------------------------------------- */

static void who_runs_follows_from_who_changed(void **state)
{
    (void)state;
    static const struct {
        const char *systems, *edges, *unchanged, *trace;
    } rows[] = {
        { "a", "", "", "a" },
        { "a", "", "a", "a" },
        { "abc", "", "abc", "abc" },
        { "abc", "a>b b>c", "", "abc" },
        { "abc", "a>b b>c", "a", "a" },
        { "abc", "a>b b>c", "b", "ab" },
        { "abc", "a>b b>c", "c", "abc" },
        /* A diamond's join runs once; one parent that changed is enough. */
        { "abcd", "a>b a>c b>d c>d", "", "abcd" },
        { "abcd", "a>b a>c b>d c>d", "b", "abcd" },
        { "abcd", "a>b a>c b>d c>d", "c", "abcd" },
        { "abcd", "a>b a>c b>d c>d", "bc", "abc" },
        /* Neither parent: nothing downstream of the join either. */
        { "abcde", "a>c b>c c>d d>e", "ab", "ab" },
        /* One parent skipped, the other one changed. */
        { "abcd", "a>b b>d c>d", "a", "acd" },
        { "abcd", "a>b b>d c>d", "ac", "ac" },
        /* Edges given twice, and a shortcut past a system that did not change. */
        { "ab", "a>b a>b a>b", "", "ab" },
        { "ab", "a>b a>b a>b", "a", "a" },
        { "abc", "a>b b>c a>c", "b", "abc" },
        { "abc", "a>b b>c a>c", "a", "a" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        build_letters(rows[i].systems, rows[i].edges);
        unchanged = rows[i].unchanged;
        for (int pass = 0; pass < 3; pass++) {
            assert_int_equal(weft_scheduler_run(&scheduler, world), strlen(rows[i].trace));
            expect_trace(rows[i].trace);
            check();
        }
        /* Nothing is left from pass to pass. */
        unchanged = "";
        assert_int_equal(weft_scheduler_run(&scheduler, world), strlen(rows[i].systems));
    }
}

static void systems_run_in_the_order_of_adding_as_far_as_edges_allow(void **state)
{
    (void)state;
    static const struct {
        const char *systems, *edges, *trace;
    } rows[] = {
        { "cab", "", "cab" },
        { "abc", "c>a", "bca" },
        { "abcde", "e>a e>b c>d", "cdeab" },
        { "abcde", "c>d e>b e>a", "cdeab" },
        { "abcd", "d>c c>b b>a", "dcba" },
        { "abcd", "a>c", "abcd" },
        { "abcdef", "f>a a>b", "cdefab" },
        { "abcdef", "d>a f>b", "cdaefb" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        build_letters(rows[i].systems, rows[i].edges);
        weft_scheduler_run(&scheduler, world);
        expect_trace(rows[i].trace);
    }
}

/* ---- many ----------------------------------------------------------------------------------- */

typedef struct {
    size_t number;
} Place;
static size_t last_place, places_run;
static bool (*place_answers)(size_t number);

static bool run_place(Place *place)
{
    assert_true(places_run == 0 || place->number > last_place);
    last_place = place->number;
    places_run++;
    return place_answers(place->number);
}
WEFT_FN(run_place, CTX(Place));

static bool always(size_t number)
{
    (void)number;
    return true;
}
static bool until_700(size_t number)
{
    return number < 700;
}
static bool only_the_root(size_t number)
{
    return number == 0;
}

/* `distance`: each system is after the one that many before it; 0: after the first one. */
static void build_many(size_t len, size_t distance)
{
    static weft_system_id many[1000];
    renew();
    for (size_t i = 0; i < len; i++)
        assert_int_equal(WEFT_SYSTEM(&scheduler, run_place, &many[i], (Place){ i }), WEFT_OK);
    for (size_t i = distance ? distance : 1; i < len; i++)
        weft_scheduler_after(&scheduler, many[i], many[distance ? i - distance : 0]);
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
    check();
}

static void there_may_be_more_systems_than_a_word_has_bits(void **state)
{
    (void)state;
    static const struct {
        size_t len, distance;
        bool (*answers)(size_t number);
        int ran;
    } rows[] = {
        { 63, 1, always, 63 },          { 64, 1, always, 64 },
        { 65, 1, always, 65 },          { 64, 0, always, 64 },
        { 65, 0, always, 65 },          { 65, 0, only_the_root, 65 },
        { 65, 64, always, 65 },         { 65, 64, only_the_root, 65 },
        { 128, 1, always, 128 },        { 129, 1, always, 129 },
        { 129, 64, only_the_root, 65 }, { 1000, 1, always, 1000 },
        { 1000, 1, until_700, 701 },    { 1000, 0, only_the_root, 1000 },
        { 1000, 1, only_the_root, 2 },  { 1000, 100, always, 1000 },
        { 1000, 100, until_700, 800 },  { 1000, 999, always, 1000 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        build_many(rows[i].len, rows[i].distance);
        for (int pass = 0; pass < 2; pass++) {
            places_run = 0;
            place_answers = rows[i].answers;
            assert_int_equal(weft_scheduler_run(&scheduler, world), rows[i].ran);
            assert_int_equal(places_run, rows[i].ran);
            check();
        }
    }
}

static void a_pass_allocates_nothing(void **state)
{
    (void)state;
    build_many(1000, 1);
    place_answers = always;
    const size_t before = test.heap.allocations;
    for (int i = 0; i < 10; i++) {
        places_run = 0;
        assert_int_equal(weft_scheduler_run(&scheduler, world), 1000);
    }
    assert_int_equal(test.heap.allocations, before);
}

int main(void)
{
#define IN_A_WORLD(f)     cmocka_unit_test_setup_teardown(f, begin_test, end_test)
#define WITH_RESOURCES(f) cmocka_unit_test_setup_teardown(f, begin_with_resources, end_test)
    const struct CMUnitTest tests[] = {
        WITH_RESOURCES(a_system_answers_whether_its_outputs_changed),
        WITH_RESOURCES(a_systems_local_lasts_from_run_to_run),
        IN_A_WORLD(an_empty_scheduler_runs_nothing),
        WITH_RESOURCES(each_system_sees_what_those_before_it_wrote),
        cmocka_unit_test_setup_teardown(a_price_that_stays_stops_at_the_root, begin_with_prices,
                                        end_test),
        IN_A_WORLD(who_runs_follows_from_who_changed),
        IN_A_WORLD(systems_run_in_the_order_of_adding_as_far_as_edges_allow),
        IN_A_WORLD(there_may_be_more_systems_than_a_word_has_bits),
        IN_A_WORLD(a_pass_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
