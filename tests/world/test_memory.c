/* Memory: a whole program under an allocator that gives up at every possible point, and no
 * allocation once it runs.
 */
#include <weft/adapt.h>
#include <weft/broadcast.h>
#include <weft/fanout.h>
#include <weft/fn.h>
#include <weft/guard.h>
#include <weft/raw.h>
#include <weft/storage.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "heap_check.h"

typedef struct {
    uint64_t n;
} Counter;
typedef struct {
    uint64_t id;
} Mortal;
static uint64_t ended;
static void mortal_end(Mortal *mortal)
{
    ended += mortal->id;
}
WEFT_RESOURCE_DEFINE(Counter);
WEFT_RESOURCE_DEFINE(Mortal, FINI(mortal_end));

typedef struct {
    char huge[10000]; /* a chunk of its own */
} Huge;
WEFT_RESOURCE_DEFINE(Huge, ALIGN(256));

/* ---- functions of every kind ---------------------------------------------------------------- */

typedef struct {
    uint64_t id;
    char room[64];
} Session;
static void session_end(Session *session)
{
    ended += session->id;
}
static void on_event(Session *session, Counter *counter, uint64_t event)
{
    session->room[0]++;
    counter->n += event;
}
WEFT_FN(on_event, CTX(Session, session_end), MUT(Counter), IN(uint64_t));
static void tick(uint64_t *own, Counter *counter, int64_t seq)
{
    counter->n += ++*own + (uint64_t)seq;
}
WEFT_FN(tick, LOCAL(uint64_t), MUT(Counter), SEQ);
static void fails(weft_world *world)
{
    weft_fail(world, "on purpose");
}
WEFT_FN(fails, WORLD);
WEFT_OPTION(Maybe, uint64_t);
static Maybe decode(uint32_t wire)
{
    return (Maybe){ .ok = wire > 0, .value = wire };
}
WEFT_FN(decode, IN(uint32_t));
static void add(Counter *counter, const uint64_t *event)
{
    counter->n += *event;
}
WEFT_FN(add, MUT(Counter), REF(uint64_t));
WEFT_FANOUT(both, uint64_t, add, tick);
WEFT_ADAPT(on_wire, uint32_t, decode, both);
WEFT_BUNDLE(Things, MUT(Counter, counter), RES(Huge, huge));
static void with_bundle(Things *things)
{
    things->counter->n += (uint64_t)things->huge->huge[0];
}
WEFT_FN(with_bundle, BUNDLE(Things));
static void raw(weft_world *world, const void *event, void *ctx)
{
    (void)event;
    (void)ctx;
    WEFT_GET(world, Counter)->n++;
}

/* ---- a program ------------------------------------------------------------------------------ */

/* What the program keeps; the last three own something once they are bound. */
typedef struct program {
    weft_world *world;
    struct on_event on_event;
    struct tick tick;
    struct on_wire on_wire;
    struct with_bundle with_bundle;
    weft_raw raw;
    weft_broadcast broadcast;
    weft_handler *box;
    weft_guard guard;
    weft_flex_64 flex;
} program;

static void ignore_report(void *ctx, weft_status status, const char *sentence)
{
    (void)sentence;
    *(weft_status *)ctx = status;
}

static weft_status register_all(weft_builder *builder)
{
    static weft_type more[40]; /* enough to make table and order grow */
    weft_status status = WEFT_REGISTER(builder, Mortal, { 1 });
    if (!status)
        status = WEFT_REGISTER_DEFAULT(builder, Counter);
    if (!status)
        status = WEFT_REGISTER_DEFAULT(builder, Huge);
    for (size_t i = 0; i < 40 && !status; i++) {
        more[i] = (weft_type){ .name = "More", .size_bytes = 100 + i, .align_bytes = 8 };
        status = weft_builder_register(builder, &more[i], NULL);
    }
    return status;
}

/* A world with its resources, and one that was not needed: WEFT_ENOMEM or a whole world. */
static weft_status world_make(program *p, const weft_world_desc *desc)
{
    weft_builder *builder = weft_builder_new(desc);
    if (!builder)
        return WEFT_ENOMEM;
    weft_status status = register_all(builder);
    if (!status) {
        const uint64_t before = ended;
        status = WEFT_ENSURE(builder, Mortal, { 100 });
        assert_int_equal(ended, status ? before : before + 100);
    }
    if (!status)
        status = weft_builder_build(builder, &p->world);
    if (status)
        weft_builder_free(builder);
    return status;
}

static weft_status bind_all(program *p)
{
    const weft_world *w = p->world;
    struct on_event boxed, flexed, listed;
    struct fails failing;
    const Session session = { .id = 10 };
    weft_status status = on_event_init(&p->on_event, w, session);
    if (status || (status = tick_init(&p->tick, w)) || (status = on_wire_init(&p->on_wire, w)) ||
        (status = with_bundle_init(&p->with_bundle, w)) || (status = fails_init(&failing, w)))
        return status;
    p->raw = weft_raw_void(raw, NULL);
    boxed = on_event_stamp(&p->on_event, session);
    flexed = on_event_stamp(&p->on_event, session);
    listed = on_event_stamp(&p->on_event, session);
    if ((status = weft_box(&boxed.base, w, &p->box)))
        return status;
    if ((status = weft_flex_set(&p->flex.base, sizeof p->flex, w, &flexed.base))) {
        p->flex.base.fn = NULL;
        return status;
    }
    if ((status = weft_guard_init(&p->guard, &failing.base, w)))
        return status;
    if ((status = weft_broadcast_init(&p->broadcast, w, WEFT_EVENT(uint64_t))))
        return status;
    for (int i = 0; i < 12 && !status; i++)
        status = weft_broadcast_add(&p->broadcast, &p->tick.base, NULL);
    return status ? status : weft_broadcast_add(&p->broadcast, &listed.base, NULL);
}

static void run_all(program *p)
{
    const uint64_t event = 3;
    const uint32_t wire = 2;
    weft_handler *on_events[] = { &p->on_event.base,  &p->tick.base,       p->box,
                                  &p->flex.base,      &p->guard.base,      &p->raw.base,
                                  &p->broadcast.base, &p->with_bundle.base };
    for (size_t i = 0; i < sizeof on_events / sizeof *on_events; i++) {
        weft_world_next_sequence(p->world);
        weft_run(on_events[i], p->world, &event);
    }
    weft_run(&p->on_wire.base, p->world, &wire);
}

static void free_all(program *p)
{
    weft_handler_fini(&p->on_event.base);
    weft_handler_fini(p->box);
    weft_handler_fini(&p->flex.base);
    weft_handler_fini(&p->guard.base);
    weft_broadcast_fini(&p->broadcast);
    weft_world_free(p->world);
}

/* The whole program with that many allocations; its status, and how many it made. */
static weft_status live(size_t granted, size_t *allocations_out)
{
    test_heap heap;
    test_heap_init(&heap);
    heap.refuse_after = granted;
    weft_status reported = WEFT_OK;
    const weft_world_desc desc = { .allocator = &heap.allocator,
                                   .report = ignore_report,
                                   .report_ctx = &reported };
    program p = { .world = NULL };
    weft_status status = world_make(&p, &desc);
    if (!status)
        status = bind_all(&p);
    if (!status)
        status = weft_world_startup(p.world, &tick_fn);
    if (!status) {
        const size_t before = heap.allocations;
        for (int i = 0; i < 10; i++)
            run_all(&p);
        assert_int_equal(heap.allocations, before); /* nothing allocates once it runs */
    }
    free_all(&p);
    *allocations_out = heap.allocations;
    assert_int_equal(heap.live, 0);
    assert_int_equal(heap.mistakes, 0);
    assert_true(status == WEFT_OK || status == WEFT_ENOMEM);
    return status;
}

static void a_program_needs_memory_only_before_it_runs_and_gives_all_back(void **state)
{
    (void)state;
    size_t allocations;
    ended = 0;
    assert_int_equal(live(SIZE_MAX, &allocations), WEFT_OK);
    assert_in_range(allocations, 20, 100);
    /* The world's Mortal, the rejected one, and four sessions. */
    assert_int_equal(ended, 1 + 100 + 4 * 10);
}

static void wherever_memory_ends_the_program_says_so_and_leaks_nothing(void **state)
{
    (void)state;
    size_t needed, made;
    assert_int_equal(live(SIZE_MAX, &needed), WEFT_OK);
    for (size_t granted = 0; granted < needed; granted++) {
        assert_int_equal(live(granted, &made), WEFT_ENOMEM);
        assert_int_equal(made, granted);
    }
    assert_int_equal(live(needed, &made), WEFT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_needs_memory_only_before_it_runs_and_gives_all_back),
        cmocka_unit_test(wherever_memory_ends_the_program_says_so_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
