/* Where reactors end: what is refused, lack of memory, the end of the world. */
#include "reactor_fixture.h"

/* ---- what is refused ------------------------------------------------------------------------- */

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

static void a_body_that_was_never_bound_is_refused(void **state)
{
    (void)state;
    const weft_handler unbound = { .run = NULL };
    const weft_handler *const table[] = { &unbound, NULL };
    for (size_t i = 0; i < COUNT(table); i++) {
        weft_reactor_id id = { 1, 2 }, reserved;
        assert_int_equal(weft_reactors_spawn(reactors, table[i], &id), WEFT_EINVAL);
        test_world_expect(&test, WEFT_EINVAL,
                          "a handler that was not bound, or could not be, was given to a reactor");
        assert_int_equal(id.generation, 2);
        assert_int_equal(weft_reactors_len(reactors), i);
        assert_int_equal(weft_reactors_reserve(reactors, &reserved), WEFT_OK);
        assert_int_equal(weft_reactors_fill(reactors, reserved, table[i]), WEFT_EINVAL);
        test.reports = 0;
        check();
    }
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

/* So that whoever takes a place next has its last generation. */
static void age(weft_slab *slab, uint32_t index)
{
    weft_x_slab_tag(slab, index)->generation = UINT32_MAX - 1;
}

static void places_whose_generations_are_used_up_are_not_taken_again(void **state)
{
    (void)state;
    enum { PLACES = 100 };
    struct add_one body;
    assert_int_equal(add_one_init(&body, world), WEFT_OK);
    for (uint32_t i = 0; i < PLACES; i++) {
        const weft_source_id first = source;
        const weft_reactor_id early = spawn(&body.base);
        assert_int_equal(weft_reactors_remove(reactors, early), WEFT_OK);
        assert_int_equal(weft_reactors_remove_source(reactors, first), WEFT_OK);
        age(&reactors->reactors, early.index);
        age(&reactors->sources, first.index);

        assert_int_equal(weft_reactors_add_source(reactors, &source), WEFT_OK);
        const weft_reactor_id last = spawn(&body.base);
        assert_true(last.index == early.index && last.generation == UINT32_MAX);
        assert_true(source.index == first.index && source.generation == UINT32_MAX);
        assert_int_equal(turn(), 1);
        assert_int_equal(weft_reactors_mark(reactors, first), WEFT_ESTALE);
        assert_int_equal(weft_reactors_remove(reactors, early), WEFT_ESTALE);
        assert_int_equal(weft_reactors_mark(reactors, source), WEFT_OK);
        assert_int_equal(weft_reactors_remove(reactors, last), WEFT_OK);
        assert_int_equal(weft_reactors_remove_source(reactors, source), WEFT_OK);

        const weft_source_id retired = source;
        assert_int_equal(weft_reactors_add_source(reactors, &source), WEFT_OK);
        assert_int_equal(source.index, i + 1);
        assert_int_equal(weft_reactors_mark(reactors, retired), WEFT_ESTALE);
        assert_false(weft_reactors_has(reactors, last));
        check();
    }
    assert_int_equal(counter->n, PLACES);
}

static void installing_twice_is_refused(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_non_null(weft_reactors_install(test.builder, NULL));
    assert_null(weft_reactors_install(test.builder, NULL));
    test_world_fini(&test);
}

/* ---- memory ---------------------------------------------------------------------------------- */

typedef struct {
    char name[8];
} Instrument;

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
        status = weft_reactors_set_key(reactors, WEFT_KEY(Instrument, { "ABC" }), sources[1]);
    if (!status)
        status = weft_reactors_set_key(reactors, WEFT_KEY(Large, { { 1 } }), sources[1]);
    weft_source_id found;
    assert_true(status || weft_reactors_find_key(reactors, WEFT_KEY(Large, { { 1 } }), &found));
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

enum { MOST_INSTALLED = 100 };

/* Takes all that was asked for at installation. It must be there. */
static void take_what_is_installed(void)
{
    struct add_one body;
    assert_int_equal(add_one_init(&body, world), WEFT_OK);
    test.heap.refuse_after = 0;
    for (size_t i = 0; i < MOST_INSTALLED; i++) {
        assert_int_equal(weft_reactors_add_source(reactors, &source), WEFT_OK);
        assert_int_equal(weft_reactors_spawn(reactors, &body.base, NULL), WEFT_OK);
    }
    test.heap.refuse_after = SIZE_MAX;
}

static void refused_memory_at_installation(void **state)
{
    (void)state;
    size_t refusals = 0;
    for (size_t refuse = 0;; refuse++) {
        test_world_init(&test);
        assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Counter), WEFT_OK);
        test.heap.refuse_after = refuse;
        weft_reactors *const made =
            weft_reactors_install(test.builder, &(weft_reactors_desc){ .reactors = MOST_INSTALLED,
                                                                       .sources = MOST_INSTALLED });
        test.heap.refuse_after = SIZE_MAX;
        weft_reactors *const there = WEFT_GET(weft_builder_world(test.builder), weft_reactors);
        if (there && !made) { /* registered, but good for nothing */
            weft_reactor_id id;
            weft_source_id added;
            assert_int_equal(weft_reactors_reserve(there, &id), WEFT_ESTALE);
            assert_int_equal(weft_reactors_add_source(there, &added), WEFT_ESTALE);
        }
        world = NULL;
        assert_int_equal(weft_builder_build(test.builder, &world), made ? WEFT_OK : WEFT_ENOMEM);
        test.world = world;
        if (made) {
            test.builder = NULL;
            reactors = made;
            take_what_is_installed();
            check();
        }
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

/* A removed source leaves a hole among those that are marked, and the holes need no dispatch to be
 * closed. */
static void marked_sources_come_and_go_between_two_dispatches(void **state)
{
    (void)state;
    weft_source_id kept[3];
    weft_reactor_id ids[COUNT(kept)];
    struct add_one body;
    assert_int_equal(add_one_init(&body, world), WEFT_OK);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(weft_reactors_add_source(reactors, &source), WEFT_OK);
        const weft_reactor_id id = spawn(&body.base);
        assert_int_equal(weft_reactors_mark(reactors, source), WEFT_OK);
        check();
        if (i % 400 == 100) { /* three that stay */
            kept[i / 400] = source;
            ids[i / 400] = id;
            continue;
        }
        assert_int_equal(weft_reactors_remove_source(reactors, source), WEFT_OK);
        assert_int_equal(weft_reactors_remove(reactors, id), WEFT_OK);
        check();
    }
    assert_int_equal(weft_reactors_pending(reactors), COUNT(kept));
    assert_int_equal(weft_reactors_remove_source(reactors, kept[1]), WEFT_OK);
    assert_int_equal(weft_reactors_dispatch(reactors, world), 2);
    for (size_t i = 0; i < COUNT(kept); i++)
        assert_int_equal(weft_reactors_mark(reactors, kept[i]), i == 1 ? WEFT_ESTALE : WEFT_OK);
    assert_int_equal(weft_reactors_remove(reactors, ids[0]), WEFT_OK);
    assert_int_equal(weft_reactors_dispatch(reactors, world), 1);
    assert_int_equal(counter->n, 3);
}

/* ---- the end --------------------------------------------------------------------------------- */

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

/* Ends after the reactors, as it was registered after them. */
typedef struct {
    weft_reactor_id reactor;
    weft_source_id source;
    uint64_t *ended;
} Survivor;

static void survive(Survivor *self)
{
    weft_source_id found;
    weft_reactor_id late;
    assert_false(weft_reactors_has(reactors, self->reactor));
    assert_false(weft_reactors_has_source(reactors, self->source));
    assert_false(weft_reactors_find_key(reactors, WEFT_KEY(int, { 1 }), &found));
    assert_false(weft_reactors_drop_key(reactors, WEFT_KEY(int, { 1 })));
    assert_int_equal(weft_reactors_mark(reactors, self->source), WEFT_ESTALE);
    assert_int_equal(weft_reactors_subscribe(reactors, self->reactor, self->source), WEFT_ESTALE);
    assert_int_equal(weft_reactors_remove(reactors, self->reactor), WEFT_ESTALE);
    assert_int_equal(weft_reactors_remove_source(reactors, self->source), WEFT_ESTALE);
    assert_int_equal(weft_reactors_reserve(reactors, &late), WEFT_ESTALE);
    assert_false(weft_reactors_marked(reactors));
    assert_int_equal(weft_reactors_pending(reactors), 0);
    check();
    ++*self->ended;
}
WEFT_RESOURCE_DEFINE(Survivor, FINI(survive));

static void what_ends_after_the_reactors_may_hold_ids(void **state)
{
    (void)state;
    static uint64_t ended;
    ended = 0;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Counter), WEFT_OK);
    reactors = weft_reactors_install(test.builder, NULL);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Survivor), WEFT_OK);
    world = test_world_build(&test);
    assert_int_equal(weft_reactors_add_source(reactors, &source), WEFT_OK);
    assert_int_equal(weft_reactors_set_key(reactors, WEFT_KEY(int, { 1 }), source), WEFT_OK);
    struct add_one body;
    assert_int_equal(add_one_init(&body, world), WEFT_OK);
    *WEFT_GET(world, Survivor) = (Survivor){ spawn(&body.base), source, &ended };
    assert_int_equal(weft_reactors_mark(reactors, source), WEFT_OK);
    test_world_fini(&test);
    assert_int_equal(ended, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_body_for_another_event_is_refused),
        TEST(a_body_that_was_never_bound_is_refused),
        cmocka_unit_test_teardown(capacities_are_kept, teardown),
        TEST(places_whose_generations_are_used_up_are_not_taken_again),
        cmocka_unit_test(installing_twice_is_refused),
        cmocka_unit_test(refused_memory_is_said_and_harms_nothing),
        cmocka_unit_test(refused_memory_at_installation),
        TEST(marking_and_dispatching_do_not_allocate),
        TEST(marked_sources_come_and_go_between_two_dispatches),
        cmocka_unit_test(bodies_end_with_the_world_and_nothing_is_added_then),
        TEST(a_body_that_ends_may_remove_others),
        cmocka_unit_test(what_ends_after_the_reactors_may_hold_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
