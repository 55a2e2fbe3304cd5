/* What reactors are made of: bodies of all kinds, ids, two phases, keys, limits and lack of memory,
 * the end of the world. */
#include <weft/broadcast.h>
#include <weft/fn.h>
#include <weft/guard.h>
#include <weft/raw.h>
#include <weft/reactor.h>
#include <weft/storage.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "soundness.h"
#include "world_check.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DEFINE(Counter);

typedef struct {
    char text[64];
} Wire;
WEFT_RESOURCE_DEFINE(Wire);

static test_world test;
static weft_world *world;
static weft_reactors *reactors;
static weft_source_id source;
static Counter *counter;

static void build(const weft_reactors_desc *desc)
{
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Counter), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Wire), WEFT_OK);
    reactors = weft_reactors_install(test.builder, desc);
    assert_non_null(reactors);
    world = test_world_build(&test);
    assert_ptr_equal(WEFT_GET(world, weft_reactors), reactors);
    counter = WEFT_GET(world, Counter);
}

static int setup(void **state)
{
    (void)state;
    build(NULL);
    assert_int_equal(weft_reactors_add_source(reactors, &source), WEFT_OK);
    return 0;
}

#define check() assert_sound_by(weft_reactors_check, reactors)

static int teardown(void **state)
{
    (void)state;
    check();
    test_world_fini(&test);
    return 0;
}

/* Spawns, subscribes to the source. */
static weft_reactor_id spawn(const weft_handler *handler)
{
    weft_reactor_id id;
    assert_int_equal(weft_reactors_spawn(reactors, handler, &id), WEFT_OK);
    assert_int_equal(weft_reactors_subscribe(reactors, id, source), WEFT_OK);
    check();
    return id;
}

/* Marks the source and dispatches. */
static size_t turn(void)
{
    assert_int_equal(weft_reactors_mark(reactors, source), WEFT_OK);
    const size_t count = weft_reactors_dispatch(reactors, world);
    check();
    return count;
}

/* ---- bodies -----------------------------------------------------------------------------------
 */

static void add_one(Counter *c)
{
    c->n++;
}
WEFT_FN(add_one, MUT(Counter));

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

typedef struct {
    unsigned char bytes[200];
} Large;

static void run_large(Counter *c, Large *large)
{
    for (size_t i = 0; i < sizeof large->bytes; i++)
        c->n += large->bytes[i];
}
WEFT_FN(run_large, MUT(Counter), CTX(Large));

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

static void fail_each_second(Counter *c, uint64_t *runs, weft_world *at)
{
    c->n++;
    if (++*runs % 2)
        weft_fail(at, "run %d", (int)*runs);
}
WEFT_FN(fail_each_second, MUT(Counter), LOCAL(uint64_t), WORLD);

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

/* ---- made while the program runs --------------------------------------------------------------
 */

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

/* ---- what is refused --------------------------------------------------------------------------
 */

static void take_number(Counter *c, uint32_t number)
{
    c->n += number;
}
WEFT_FN(take_number, MUT(Counter), IN(uint32_t));

static void a_body_for_another_event_is_refused(void **state)
{
    (void)state;
    struct take_number body;
    weft_reactor_id id = { 7, 7 };
    assert_int_equal(take_number_init(&body, world), WEFT_OK);
    assert_int_equal(weft_reactors_spawn(reactors, &body.base, &id), WEFT_ETYPE);
    test_world_expect(&test, WEFT_ETYPE,
                      "take_number takes IN(uint32_t), but a reactor gives weft_reactor_event: "
                      "write IN(weft_reactor_event), REF(weft_reactor_event), or no input");
    assert_true(id.index == 7 && id.generation == 7);
    assert_int_equal(weft_reactors_len(reactors), 0);
    assert_int_equal(weft_reactors_reserve(reactors, &id), WEFT_OK);
    assert_int_equal(weft_reactors_fill(reactors, id, &body.base), WEFT_ETYPE);
    assert_int_equal(weft_reactors_len(reactors), 1);
}

static void capacities_are_kept(void **state)
{
    (void)state;
    build(&(weft_reactors_desc){ .reactors = 2, .sources = 1 });
    const size_t allocations = test.heap.allocations;
    struct add_one body;
    weft_reactor_id ids[3];
    weft_source_id other;
    assert_int_equal(add_one_init(&body, world), WEFT_OK);
    assert_int_equal(weft_reactors_add_source(reactors, &source), WEFT_OK);
    assert_int_equal(weft_reactors_add_source(reactors, &other), WEFT_EFULL);
    test_world_expect(&test, WEFT_EFULL,
                      "no source: all 1 are taken; raise weft_reactors_desc.sources");
    assert_int_equal(weft_reactors_spawn(reactors, &body.base, &ids[0]), WEFT_OK);
    assert_int_equal(weft_reactors_reserve(reactors, &ids[1]), WEFT_OK);
    assert_int_equal(weft_reactors_spawn(reactors, &body.base, &ids[2]), WEFT_EFULL);
    test_world_expect(&test, WEFT_EFULL,
                      "no reactor for add_one: all 2 are taken; raise weft_reactors_desc.reactors");
    assert_int_equal(weft_reactors_reserve(reactors, &ids[2]), WEFT_EFULL);
    assert_int_equal(weft_reactors_remove(reactors, ids[0]), WEFT_OK);
    assert_int_equal(weft_reactors_spawn(reactors, &body.base, &ids[2]), WEFT_OK);
    assert_int_equal(test.heap.allocations, allocations);
    check();
}

static void installing_twice_is_refused(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_non_null(weft_reactors_install(test.builder, NULL));
    assert_null(weft_reactors_install(test.builder, NULL));
    test_world_fini(&test);
}

/* ---- memory -----------------------------------------------------------------------------------
 */

/* Everything that allocates, once. Returns the first failure. */
static weft_status use_memory(const weft_handler *small, const weft_handler *large)
{
    weft_reactor_id ids[3];
    weft_source_id sources[2];
    weft_status status = weft_reactors_add_source(reactors, &sources[0]);
    if (!status)
        status = weft_reactors_add_source(reactors, &sources[1]);
    if (!status)
        status = weft_reactors_spawn(reactors, small, &ids[0]);
    if (!status)
        status = weft_reactors_spawn(reactors, large, &ids[1]);
    if (!status)
        status = weft_reactors_reserve(reactors, &ids[2]);
    if (!status)
        status = weft_reactors_fill(reactors, ids[2], large);
    for (size_t i = 0; i < 6 && !status; i++)
        status = weft_reactors_subscribe(reactors, ids[i / 2], sources[i % 2]);
    for (uint64_t key = 0; key < 20 && !status; key++)
        status = weft_reactors_set_key(reactors, WEFT_KEY(uint64_t, { key }), sources[0]);
    if (!status)
        status = weft_reactors_set_key(reactors, WEFT_KEY(Route, { "ABC" }), sources[1]);
    if (!status)
        status = weft_reactors_set_key(reactors, WEFT_KEY(Large, { { 1 } }), sources[1]);
    return status;
}

static void refused_memory_is_said_and_harms_nothing(void **state)
{
    (void)state;
    size_t refusals = 0;
    for (size_t refuse = 0;; refuse++) {
        build(NULL);
        struct add_one small;
        struct run_large large;
        assert_int_equal(add_one_init(&small, world), WEFT_OK);
        assert_int_equal(run_large_init(&large, world, (Large){ { 0 } }), WEFT_OK);
        test.heap.refuse_after = refuse;
        const weft_status status = use_memory(&small.base, &large.base);
        check();
        assert_true(status == WEFT_OK || status == WEFT_ENOMEM);
        assert_int_equal(test.reports, status != WEFT_OK);
        refusals += status != WEFT_OK;
        test.heap.refuse_after = SIZE_MAX;
        test.reports = 0;
        assert_int_equal(use_memory(&small.base, &large.base), WEFT_OK);
        check();
        test_world_fini(&test);
        if (status == WEFT_OK)
            break;
    }
    assert_true(refusals >= 12);
}

static void refused_memory_at_installation(void **state)
{
    (void)state;
    size_t refusals = 0;
    for (size_t refuse = 0;; refuse++) {
        test_world_init(&test);
        test.heap.refuse_after = refuse;
        const weft_reactors *made = weft_reactors_install(
            test.builder, &(weft_reactors_desc){ .reactors = 100, .sources = 100 });
        test.heap.refuse_after = SIZE_MAX;
        weft_world *out = NULL;
        assert_int_equal(weft_builder_build(test.builder, &out), made ? WEFT_OK : WEFT_ENOMEM);
        if (made)
            test.builder = NULL;
        test.world = out;
        test_world_fini(&test);
        if (made)
            break;
        refusals++;
    }
    assert_true(refusals >= 4);
}

static void dispatch_body(weft_world *at, void *arg)
{
    (void)arg;
    (void)weft_reactors_dispatch(reactors, at);
}

static void marking_and_dispatching_do_not_allocate(void **state)
{
    (void)state;
    struct add_one plain;
    struct fail_each_second failing;
    weft_source_id sources[100];
    assert_int_equal(add_one_init(&plain, world), WEFT_OK);
    assert_int_equal(fail_each_second_init(&failing, world), WEFT_OK);
    for (size_t i = 0; i < COUNT(sources); i++) {
        assert_int_equal(weft_reactors_add_source(reactors, &sources[i]), WEFT_OK);
        source = sources[i];
        spawn(&plain.base);
        spawn(i % 30 ? &plain.base : &failing.base);
    }
    test.heap.refuse_after = 0;
    for (size_t round = 0; round < 50; round++) {
        for (size_t i = 0; i < COUNT(sources); i++)
            assert_int_equal(weft_reactors_mark(reactors, sources[i * 7 % COUNT(sources)]),
                             WEFT_OK);
        for (size_t pending = 2 * COUNT(sources); pending > 0;) {
            assert_int_equal(weft_reactors_pending(reactors), pending);
            const uint64_t before = counter->n;
            const weft_status status = weft_try(world, dispatch_body, NULL);
            assert_true(status == WEFT_OK || status == WEFT_EFAILED);
            assert_true(counter->n > before);
            pending -= counter->n - before;
            check();
        }
    }
    test.heap.refuse_after = SIZE_MAX;
}

/* ---- the end ----------------------------------------------------------------------------------
 */

typedef struct {
    uint64_t *ended;
} Mourner;

static void mourn(Mourner *self)
{
    struct add_one body;
    weft_reactor_id id;
    weft_source_id late;
    assert_int_equal(add_one_init(&body, world), WEFT_OK);
    assert_int_equal(weft_reactors_spawn(reactors, &body.base, &id), WEFT_ESTALE);
    assert_int_equal(weft_reactors_reserve(reactors, &id), WEFT_ESTALE);
    assert_int_equal(weft_reactors_add_source(reactors, &late), WEFT_ESTALE);
    ++*self->ended;
}

static void live(Mourner *self)
{
    (void)self;
}
WEFT_FN(live, CTX(Mourner, mourn));

static void bodies_end_with_the_world_and_nothing_is_added_then(void **state)
{
    (void)state;
    static uint64_t ended;
    ended = 0;
    build(NULL);
    assert_int_equal(weft_reactors_add_source(reactors, &source), WEFT_OK);
    struct live body;
    assert_int_equal(live_init(&body, world, (Mourner){ &ended }), WEFT_OK);
    for (size_t i = 0; i < 5; i++)
        spawn(&body.base);
    assert_int_equal(weft_reactors_mark(reactors, source), WEFT_OK);
    test_world_fini(&test);
    assert_int_equal(ended, 5);
}

typedef struct {
    weft_reactor_id other;
    uint64_t *ended;
} Domino;

static void fall(Domino *self)
{
    ++*self->ended;
    (void)weft_reactors_remove(reactors, self->other);
    (void)weft_reactors_mark(reactors, source);
}

static void stand(Domino *self)
{
    (void)self;
}
WEFT_FN(stand, CTX(Domino, fall));

static void a_body_that_ends_may_remove_others(void **state)
{
    (void)state;
    static uint64_t ended;
    ended = 0;
    weft_reactor_id before = { 0, 0 };
    for (size_t i = 0; i < 10; i++) {
        struct stand body;
        assert_int_equal(stand_init(&body, world, (Domino){ before, &ended }), WEFT_OK);
        before = spawn(&body.base);
    }
    assert_int_equal(weft_reactors_remove(reactors, before), WEFT_OK);
    assert_int_equal(ended, 10);
    assert_int_equal(weft_reactors_len(reactors), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bodies_take_the_event_or_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_may_be_of_any_size, setup, teardown),
        cmocka_unit_test_setup_teardown(what_contains_handlers_is_a_body, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guarded_body_fails_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_reactor_that_marks_itself_and_dispatches_runs_inside_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_ends_when_its_outermost_run_does, setup, teardown),
        cmocka_unit_test_setup_teardown(two_phases_give_a_body_its_own_id, setup, teardown),
        cmocka_unit_test_setup_teardown(filling_in_what_is_not_reserved_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_handler_registers_a_reactor_that_ends_itself, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reactors_of_several_kinds_share_a_source, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_for_another_event_is_refused, setup, teardown),
        cmocka_unit_test_teardown(capacities_are_kept, teardown),
        cmocka_unit_test(installing_twice_is_refused),
        cmocka_unit_test(refused_memory_is_said_and_harms_nothing),
        cmocka_unit_test(refused_memory_at_installation),
        cmocka_unit_test_setup_teardown(marking_and_dispatching_do_not_allocate, setup, teardown),
        cmocka_unit_test(bodies_end_with_the_world_and_nothing_is_added_then),
        cmocka_unit_test_setup_teardown(a_body_that_ends_may_remove_others, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
