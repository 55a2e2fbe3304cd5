/* What reactors are made of: bodies of all kinds, and those made while the program runs. What is
 * refused, lack of memory and the end of the world are in test_reactor_limits.c. */
#include <weft/broadcast.h>
#include <weft/fn.h>
#include <weft/guard.h>
#include <weft/raw.h>
#include <weft/reactor.h>
#include <weft/storage.h>

#include <stdio.h>

#include "reactor_fixture.h"

/* ---- bodies ---------------------------------------------------------------------------------- */

typedef struct {
    weft_reactor_id id;
} Seen;

static void see(Counter *c, Seen *seen, const weft_reactor_event *event)
{
    c->n++;
    seen->id = event->id;
}
WEFT_FN(see, MUT(Counter), LOCAL(Seen), REF(weft_reactor_event));

static void weigh_id(Counter *c, weft_reactor_event event)
{
    c->n += event.id.index + 1;
}
WEFT_FN(weigh_id, MUT(Counter), IN(weft_reactor_event));

static bool say_no(Counter *c)
{
    c->n += 100;
    return false;
}
WEFT_FN(say_no, MUT(Counter));

static void bodies_take_the_event_or_nothing(void **state)
{
    (void)state;
    struct add_one plain;
    struct see by_reference;
    struct weigh_id by_value;
    struct say_no refusing;
    assert_int_equal(add_one_init(&plain, world), WEFT_OK);
    assert_int_equal(see_init(&by_reference, world), WEFT_OK);
    assert_int_equal(weigh_id_init(&by_value, world), WEFT_OK);
    assert_int_equal(say_no_init(&refusing, world), WEFT_OK);
    spawn(&refusing.base); /* what a body returns is ignored */
    spawn(&plain.base);
    spawn(&by_reference.base);
    const weft_reactor_id last = spawn(&by_value.base);
    assert_int_equal(turn(), 4);
    assert_int_equal(counter->n, 100 + 1 + 1 + last.index + 1);
    assert_int_equal(weft_world_sequence(world), 0);
}

static void a_body_may_be_of_any_size(void **state)
{
    (void)state;
    Large ones;
    memset(&ones, 1, sizeof ones);
    struct run_large body;
    assert_int_equal(run_large_init(&body, world, ones), WEFT_OK);
    spawn(&body.base);
    assert_int_equal(turn(), 1);
    assert_int_equal(counter->n, 200);
}

static void raw_add(weft_world *at, const void *event, void *ctx)
{
    assert_non_null(event);
    WEFT_GET(at, Counter)->n += *(const uint64_t *)ctx;
}

static void what_contains_handlers_is_a_body(void **state)
{
    (void)state;
    static const uint64_t ten = 10;
    struct add_one plain;
    assert_int_equal(add_one_init(&plain, world), WEFT_OK);
    weft_broadcast all;
    weft_handler *boxed;
    assert_int_equal(weft_broadcast_init(&all, world, WEFT_EVENT(weft_reactor_event)), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&all, &plain.base, NULL), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&all, &plain.base, NULL), WEFT_OK);
    assert_int_equal(weft_box(&plain.base, world, &boxed), WEFT_OK);
    const weft_raw raw = weft_raw_void(raw_add, (void *)(uintptr_t)&ten);
    spawn(&all.base);
    spawn(boxed);
    spawn(&raw.base);
    /* The reactor owns what was in the box; the box itself is a copy of 48 bytes in its place. */
    assert_int_equal(turn(), 3);
    assert_int_equal(counter->n, 2 + 1 + 10);
}

static void a_guarded_body_fails_alone(void **state)
{
    (void)state;
    struct fail_each_second failing;
    struct add_one plain;
    weft_guard guard;
    assert_int_equal(fail_each_second_init(&failing, world), WEFT_OK);
    assert_int_equal(add_one_init(&plain, world), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard, &failing.base, world), WEFT_OK);
    spawn(&guard.base);
    spawn(&plain.base);
    for (uint64_t i = 1; i <= 4; i++) {
        assert_int_equal(turn(), 2);
        assert_int_equal(counter->n, 2 * i);
        assert_int_equal(weft_guard_failures(&guard), (i + 1) / 2);
    }
}

static void dispatch_twice(uint64_t *runs, weft_world *at)
{
    if (++*runs == 1) {
        assert_int_equal(weft_reactors_mark(reactors, source), WEFT_OK);
        assert_int_equal(weft_reactors_dispatch(reactors, at), 1);
        assert_int_equal(*runs, 2);
        check();
    }
}
WEFT_FN(dispatch_twice, LOCAL(uint64_t), WORLD);

static void a_reactor_that_marks_itself_and_dispatches_runs_inside_itself(void **state)
{
    (void)state;
    struct dispatch_twice body;
    assert_int_equal(dispatch_twice_init(&body, world), WEFT_OK);
    spawn(&body.base);
    assert_int_equal(turn(), 1);
    assert_false(weft_reactors_marked(reactors));
}

typedef struct {
    weft_reactor_id id;
    bool *ended;
} Recursive;

static void recursive_end(Recursive *self)
{
    *self->ended = true;
}

static void remove_inside(Recursive *self, uint64_t *runs, weft_world *at)
{
    if (++*runs == 1) {
        assert_int_equal(weft_reactors_mark(reactors, source), WEFT_OK);
        assert_int_equal(weft_reactors_dispatch(reactors, at), 1);
        assert_false(*self->ended); /* it still runs here */
        check();
    } else {
        assert_int_equal(weft_reactors_remove(reactors, self->id), WEFT_OK);
        assert_false(weft_reactors_has(reactors, self->id));
    }
}
WEFT_FN(remove_inside, CTX(Recursive, recursive_end), LOCAL(uint64_t), WORLD);

static void a_body_ends_when_its_outermost_run_does(void **state)
{
    (void)state;
    bool ended = false;
    weft_reactor_id id;
    struct remove_inside body;
    assert_int_equal(weft_reactors_reserve(reactors, &id), WEFT_OK);
    assert_int_equal(remove_inside_init(&body, world, (Recursive){ id, &ended }), WEFT_OK);
    assert_int_equal(weft_reactors_fill(reactors, id, &body.base), WEFT_OK);
    assert_int_equal(weft_reactors_subscribe(reactors, id, source), WEFT_OK);
    assert_int_equal(turn(), 1);
    assert_true(ended);
    assert_int_equal(weft_reactors_len(reactors), 0);
}

/* ---- made while the program runs ------------------------------------------------------------- */

typedef struct {
    weft_reactor_id id;
    uint64_t amount;
} Own;

static void add_own(Counter *c, Own *own)
{
    c->n += own->amount + own->id.index;
}
WEFT_FN(add_own, MUT(Counter), CTX(Own));

static void two_phases_give_a_body_its_own_id(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 2; i++) {
        weft_reactor_id id;
        struct add_own body;
        assert_int_equal(weft_reactors_reserve(reactors, &id), WEFT_OK);
        assert_true(weft_reactors_has(reactors, id));
        assert_int_equal(weft_reactors_len(reactors), i + 1);
        assert_int_equal(add_own_init(&body, world, (Own){ id, 1 }), WEFT_OK);
        assert_int_equal(weft_reactors_fill(reactors, id, &body.base), WEFT_OK);
        assert_int_equal(weft_reactors_subscribe(reactors, id, source), WEFT_OK);
        assert_int_equal(turn(), i + 1);
        assert_int_equal(counter->n, i == 0 ? 1 : 1 + 1 + 2);
    }
}

static void filling_in_what_is_not_reserved_is_refused(void **state)
{
    (void)state;
    struct add_one body;
    weft_reactor_id id;
    assert_int_equal(add_one_init(&body, world), WEFT_OK);
    assert_int_equal(weft_reactors_fill(reactors, (weft_reactor_id){ 0, 0 }, &body.base),
                     WEFT_ESTALE);
    test_world_expect(&test, WEFT_ESTALE,
                      "add_one cannot be filled in: its id was not reserved, or was removed since");
    assert_int_equal(weft_reactors_spawn(reactors, &body.base, &id), WEFT_OK);
    assert_int_equal(weft_reactors_fill(reactors, id, &body.base), WEFT_EEXISTS);
    test_world_expect(&test, WEFT_EEXISTS,
                      "add_one cannot be filled in: this reactor is add_one already");
    assert_int_equal(weft_reactors_reserve(reactors, &id), WEFT_OK);
    assert_int_equal(weft_reactors_fill(reactors, id, &body.base), WEFT_OK);
    assert_int_equal(weft_reactors_fill(reactors, id, &body.base), WEFT_EEXISTS);
    assert_int_equal(weft_reactors_remove(reactors, id), WEFT_OK);
    assert_int_equal(weft_reactors_fill(reactors, id, &body.base), WEFT_ESTALE);
}

/* A reactor of three slices, which a handler registers. */
static void slice(Counter *c, weft_reactors *all, uint64_t *left, weft_reactor_event event)
{
    c->n++;
    if (--*left == 0)
        assert_int_equal(weft_reactors_remove(all, event.id), WEFT_OK);
}
WEFT_FN(slice, MUT(Counter), MUT(weft_reactors), CTX(uint64_t), IN(weft_reactor_event));

static void on_order(weft_reactors *all, const weft_world *registry, const uint64_t *slices)
{
    struct slice body;
    weft_reactor_id id;
    assert_int_equal(slice_init(&body, registry, *slices), WEFT_OK);
    assert_int_equal(weft_reactors_spawn(all, &body.base, &id), WEFT_OK);
    assert_int_equal(weft_reactors_subscribe(all, id, source), WEFT_OK);
}
WEFT_FN(on_order, MUT(weft_reactors), REGISTRY, REF(uint64_t));

static void a_handler_registers_a_reactor_that_ends_itself(void **state)
{
    (void)state;
    static const struct {
        uint64_t counter;
        size_t ran, len;
    } frames[] = { { 1, 1, 1 }, { 2, 1, 1 }, { 3, 1, 0 }, { 3, 0, 0 } };
    struct on_order handler;
    assert_int_equal(on_order_init(&handler, world), WEFT_OK);
    weft_run(&handler.base, world, &(uint64_t){ 3 });
    for (size_t i = 0; i < COUNT(frames); i++) {
        assert_int_equal(turn(), frames[i].ran);
        assert_int_equal(counter->n, frames[i].counter);
        assert_int_equal(weft_reactors_len(reactors), frames[i].len);
    }
}

typedef struct {
    char instrument[8];
} Route;

static void route_fill(Wire *wire, Route *route)
{
    snprintf(wire->text, sizeof wire->text, "fill:%s:1", route->instrument);
}
WEFT_FN(route_fill, MUT(Wire), CTX(Route));

static void reactors_of_several_kinds_share_a_source(void **state)
{
    (void)state;
    struct add_one plain;
    struct route_fill routing;
    assert_int_equal(add_one_init(&plain, world), WEFT_OK);
    assert_int_equal(route_fill_init(&routing, world, (Route){ "ETH" }), WEFT_OK);
    spawn(&plain.base);
    spawn(&routing.base);
    assert_int_equal(turn(), 2);
    assert_int_equal(counter->n, 1);
    assert_string_equal(WEFT_GET(world, Wire)->text, "fill:ETH:1");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(bodies_take_the_event_or_nothing),
        TEST(a_body_may_be_of_any_size),
        TEST(what_contains_handlers_is_a_body),
        TEST(a_guarded_body_fails_alone),
        TEST(a_reactor_that_marks_itself_and_dispatches_runs_inside_itself),
        TEST(a_body_ends_when_its_outermost_run_does),
        TEST(two_phases_give_a_body_its_own_id),
        TEST(filling_in_what_is_not_reserved_is_refused),
        TEST(a_handler_registers_a_reactor_that_ends_itself),
        TEST(reactors_of_several_kinds_share_a_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
