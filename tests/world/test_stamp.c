/* Stamps: bound once, copied often, with and without a context. */
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
    int64_t n;
} Offset;
typedef struct {
    uint64_t n;
} Scale;
typedef struct {
    uint64_t n;
} Tag;
typedef struct {
    int n;
} Absent;
WEFT_RESOURCE_DEFINE(Counter);
WEFT_RESOURCE_DEFINE(Offset);
WEFT_RESOURCE_DEFINE(Scale);
WEFT_RESOURCE_DEFINE(Tag);
WEFT_RESOURCE_DEFINE(Absent);
WEFT_RESOURCE_DEFINE(bool);

static test_world test;
static weft_world *world;
static Counter *counter;

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Counter), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Offset), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, Scale, { 2 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Tag), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, bool, { true }), WEFT_OK);
    world = test_world_build(&test);
    counter = WEFT_GET(world, Counter);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

static void add(uint64_t *runs, Counter *c, uint64_t event)
{
    ++*runs;
    c->n += event;
}
WEFT_FN(add, LOCAL(uint64_t), MUT(Counter), IN(uint64_t));

static void stamps_run_independently(void **state)
{
    (void)state;
    struct add bound;
    assert_int_equal(add_init(&bound, world), WEFT_OK);
    struct add one = add_stamp(&bound), two = add_stamp(&bound);
    weft_run(&one.base, world, &(uint64_t){ 10 });
    assert_int_equal(counter->n, 10);
    weft_run(&two.base, world, &(uint64_t){ 5 });
    assert_int_equal(counter->n, 15);
    weft_run(&one.base, world, &(uint64_t){ 0 });
    assert_int_equal(one.state.slots.local_uint64_t, 2);
    assert_int_equal(two.state.slots.local_uint64_t, 1);
    assert_int_equal(bound.state.slots.local_uint64_t, 0);
    assert_string_equal(weft_handler_name(&two.base), "add");
}

static void stamping_looks_nothing_up_and_allocates_nothing(void **state)
{
    (void)state;
    struct add bound;
    assert_int_equal(add_init(&bound, world), WEFT_OK);
    const size_t before = test.heap.allocations;
    struct add many[100];
    for (size_t i = 0; i < 100; i++) {
        many[i] = add_stamp(&bound);
        weft_run(&many[i].base, world, &(uint64_t){ 1 });
    }
    assert_int_equal(counter->n, 100);
    assert_int_equal(test.heap.allocations, before);
}

static void five(Counter *c, const bool *flag, Offset *offset, const Scale *scale, Tag *tag,
                 uint64_t event)
{
    if (!*flag)
        return;
    c->n += event;
    offset->n += (int64_t)(event * scale->n);
    tag->n = c->n;
}
WEFT_FN(five, MUT(Counter), RES(bool), MUT(Offset), RES(Scale), MUT(Tag), IN(uint64_t));

static void a_stamp_of_five_resources_reaches_them_all(void **state)
{
    (void)state;
    struct five bound;
    assert_int_equal(five_init(&bound, world), WEFT_OK);
    struct five one = five_stamp(&bound), two = five_stamp(&bound);
    static const struct {
        uint64_t event, counter;
        int64_t offset;
        uint64_t tag;
    } expected[] = { { 10, 10, 20, 10 }, { 5, 15, 30, 15 } };
    struct five *stamps[] = { &one, &two };
    for (size_t i = 0; i < 2; i++) {
        weft_run(&stamps[i]->base, world, &expected[i].event);
        assert_int_equal(counter->n, expected[i].counter);
        assert_int_equal(WEFT_GET(world, Offset)->n, expected[i].offset);
        assert_int_equal(WEFT_GET(world, Tag)->n, expected[i].tag);
    }
}

static void event_only(uint64_t event)
{
    (void)event;
}
WEFT_FN(event_only, IN(uint64_t));

static void a_function_that_keeps_nothing_can_be_stamped(void **state)
{
    (void)state;
    struct event_only bound;
    assert_int_equal(event_only_init(&bound, world), WEFT_OK);
    struct event_only stamp = event_only_stamp(&bound);
    assert_true(weft_run(&stamp.base, world, &(uint64_t){ 5 }));
}

/* ---- with a context ------------------------------------------------------------------------- */

typedef struct {
    uint64_t id, fires;
} Timer;
static uint64_t ended;
static void timer_end(Timer *timer)
{
    ended += timer->id;
}
static void fire(Timer *timer, Counter *c)
{
    timer->fires++;
    c->n += timer->id;
}
WEFT_FN(fire, CTX(Timer, timer_end), MUT(Counter));

static void each_stamp_gets_a_context_of_its_own(void **state)
{
    (void)state;
    struct fire bound;
    assert_int_equal(fire_init(&bound, world, (Timer){ 0 }), WEFT_OK);
    struct fire one = fire_stamp(&bound, (Timer){ .id = 10 });
    struct fire two = fire_stamp(&bound, (Timer){ .id = 20 });
    weft_run(&one.base, world, NULL);
    weft_run(&two.base, world, NULL);
    assert_int_equal(counter->n, 30);
    assert_int_equal(one.state.ctx.fires, 1);
    assert_int_equal(two.state.ctx.fires, 1);
    assert_int_equal(bound.state.ctx.fires, 0);
    ended = 0;
    weft_handler_fini(&one.base);
    weft_handler_fini(&two.base);
    assert_int_equal(ended, 30);
}

static void the_context_of_a_stamp_is_within_reach(void **state)
{
    (void)state;
    struct fire bound;
    assert_int_equal(fire_init(&bound, world, (Timer){ 0 }), WEFT_OK);
    struct fire stamp = fire_stamp(&bound, (Timer){ .id = 42 });
    weft_run(&stamp.base, world, NULL);
    assert_int_equal(counter->n, 42);
    stamp.state.ctx.id = 99;
    weft_run(&stamp.base, world, NULL);
    assert_int_equal(counter->n, 141);
    assert_int_equal(stamp.state.ctx.fires, 2);
}

/* ---- errors --------------------------------------------------------------------------------- */

static void incomplete(const Absent *absent)
{
    (void)absent;
}
WEFT_FN(incomplete, RES(Absent));

static void what_cannot_be_bound_fails_before_it_is_stamped(void **state)
{
    (void)state;
    struct incomplete bound;
    assert_int_equal(incomplete_init(&bound, world), WEFT_EMISSING);
    assert_null(bound.base.run);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(stamps_run_independently),
        TEST(stamping_looks_nothing_up_and_allocates_nothing),
        TEST(a_stamp_of_five_resources_reaches_them_all),
        TEST(a_function_that_keeps_nothing_can_be_stamped),
        TEST(each_stamp_gets_a_context_of_its_own),
        TEST(the_context_of_a_stamp_is_within_reach),
        TEST(what_cannot_be_bound_fails_before_it_is_stamped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
