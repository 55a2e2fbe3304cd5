/* Erased handlers and callbacks: sizes, names, contexts, types of events, binding by table. */
#include <weft/fn.h>
#include <weft/raw.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world_check.h"

typedef struct {
    uint64_t n;
} Counter;
typedef struct {
    int64_t items[8];
    size_t len;
} List;
typedef struct {
    int n;
} Absent;
WEFT_RESOURCE_DEFINE(Counter);
WEFT_RESOURCE_DEFINE(List);
WEFT_RESOURCE_DEFINE(Absent);
WEFT_RESOURCE_DEFINE(bool);

static test_world test;
static weft_world *world;
static Counter *counter;
static List *list;

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Counter), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, List, { .items = { 1, 2, 3 }, .len = 3 }),
                     WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, bool, { true }), WEFT_OK);
    world = test_world_build(&test);
    counter = WEFT_GET(world, Counter);
    list = WEFT_GET(world, List);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

/* ---- sizes ---------------------------------------------------------------------------------- */

#define NUMBERED(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define DECLARE(i)   \
    typedef struct { \
        int n;       \
    } R##i;          \
    WEFT_RESOURCE_DEFINE(R##i);
NUMBERED(DECLARE)

typedef struct {
    uint64_t id;
} Context;

#define USE(x) (void)(x)
static void h0(void)
{
}
static void h1(R1 *a)
{
    USE(a);
}
static void h2(R1 *a, R2 *b)
{
    USE(a), USE(b);
}
static void h4(R1 *a, R2 *b, R3 *c, R4 *d)
{
    USE(a), USE(b), USE(c), USE(d);
}
static void h8(R1 *a, R2 *b, R3 *c, R4 *d, R5 *e, R6 *f, R7 *g, R8 *h)
{
    USE(a), USE(b), USE(c), USE(d), USE(e), USE(f), USE(g), USE(h);
}
WEFT_FN(h0);
WEFT_FN(h1, MUT(R1));
WEFT_FN(h2, MUT(R1), MUT(R2));
WEFT_FN(h4, MUT(R1), MUT(R2), MUT(R3), MUT(R4));
WEFT_FN(h8, MUT(R1), MUT(R2), MUT(R3), MUT(R4), MUT(R5), MUT(R6), MUT(R7), MUT(R8));
static void c0(Context *x)
{
    USE(x);
}
static void c1(Context *x, R1 *a)
{
    USE(x), USE(a);
}
static void c2(Context *x, R1 *a, R2 *b)
{
    USE(x), USE(a), USE(b);
}
static void c4(Context *x, R1 *a, R2 *b, R3 *c, R4 *d)
{
    USE(x), USE(a), USE(b), USE(c), USE(d);
}
static void c8(Context *x, R1 *a, R2 *b, R3 *c, R4 *d, R5 *e, R6 *f, R7 *g, R8 *h)
{
    USE(x), USE(a), USE(b), USE(c), USE(d), USE(e), USE(f), USE(g), USE(h);
}
WEFT_FN(c0, CTX(Context));
WEFT_FN(c1, CTX(Context), MUT(R1));
WEFT_FN(c2, CTX(Context), MUT(R1), MUT(R2));
WEFT_FN(c4, CTX(Context), MUT(R1), MUT(R2), MUT(R3), MUT(R4));
WEFT_FN(c8, CTX(Context), MUT(R1), MUT(R2), MUT(R3), MUT(R4), MUT(R5), MUT(R6), MUT(R7), MUT(R8));
static void no_slots(int64_t seq, weft_seq *counting, weft_shutdown *shutdown, const weft_world *r,
                     weft_world *w, int event)
{
    USE(seq), USE(counting), USE(shutdown), USE(r), USE(w), USE(event);
}
WEFT_FN(no_slots, SEQ, SEQ_MUT, SHUTDOWN, REGISTRY, WORLD, IN(int));
static void with_local(uint64_t *own, const R1 *a)
{
    USE(own), USE(a);
}
WEFT_FN(with_local, LOCAL(uint64_t), OPT(R1));

static void a_handler_has_16_bytes_and_8_per_resource_and_its_own(void **state)
{
    (void)state;
    static const struct {
        const weft_fn *fn;
        size_t size, expected;
    } table[] = {
        { &h0_fn, sizeof(struct h0), 16 },
        { &h1_fn, sizeof(struct h1), 24 },
        { &h2_fn, sizeof(struct h2), 32 },
        { &h4_fn, sizeof(struct h4), 48 },
        { &h8_fn, sizeof(struct h8), 80 },
        { &c0_fn, sizeof(struct c0), 24 },
        { &c1_fn, sizeof(struct c1), 32 },
        { &c2_fn, sizeof(struct c2), 40 },
        { &c4_fn, sizeof(struct c4), 56 },
        { &c8_fn, sizeof(struct c8), 88 },
        { &no_slots_fn, sizeof(struct no_slots), 16 },
        { &with_local_fn, sizeof(struct with_local), 32 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(table[i].size, table[i].expected);
        assert_int_equal(table[i].fn->size_bytes, table[i].expected);
    }
    assert_int_equal(sizeof(weft_raw), 32);
}

/* ---- erased --------------------------------------------------------------------------------- */

static void add(Counter *c, uint64_t event)
{
    c->n += event;
}
WEFT_FN(add, MUT(Counter), IN(uint64_t));
static void multiply(Counter *c, const uint64_t *event)
{
    c->n *= *event;
}
WEFT_FN(multiply, MUT(Counter), REF(uint64_t));

static void a_list_of_handlers_runs_without_knowing_them(void **state)
{
    (void)state;
    struct add a;
    struct multiply m;
    assert_int_equal(add_init(&a, world), WEFT_OK);
    assert_int_equal(multiply_init(&m, world), WEFT_OK);
    weft_handler *handlers[] = { &a.base, &m.base };
    for (size_t i = 0; i < 2; i++)
        weft_run(handlers[i], world, &(uint64_t){ 3 });
    assert_int_equal(counter->n, 9); /* (0 + 3) * 3 */
}

static void a_handler_is_named_after_its_function(void **state)
{
    (void)state;
    struct add a;
    assert_int_equal(add_init(&a, world), WEFT_OK);
    assert_string_equal(weft_handler_name(&a.base), "add");
    assert_ptr_equal(weft_handler_inner(&a.base), &a.base);
    assert_int_equal(weft_handler_size(&a.base), 24);
}

static void a_copy_goes_on_independently(void **state)
{
    (void)state;
    struct with_local one, two;
    assert_int_equal(with_local_init(&one, world), WEFT_OK);
    one.state.slots.local_uint64_t = 5;
    two = one;
    two.state.slots.local_uint64_t++;
    assert_int_equal(one.state.slots.local_uint64_t, 5);
    assert_int_equal(two.state.slots.local_uint64_t, 6);
}

static void the_description_tells_every_parameter(void **state)
{
    (void)state;
    static const struct {
        weft_param_kind kind;
        const char *type_name;
        bool resource;
    } expected[] = {
        { WEFT_PARAM_CTX, "Context", false },
        { WEFT_PARAM_MUT, "R1", true },
        { WEFT_PARAM_MUT, "R2", true },
    };
    assert_string_equal(c2_fn.name, "c2");
    assert_int_equal(c2_fn.param_count, 3);
    assert_int_equal(c2_fn.input_count, 0);
    assert_true(c2_fn.has_ctx);
    assert_false(c2_fn.has_bundle);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(c2_fn.params[i].kind, expected[i].kind);
        assert_string_equal(c2_fn.params[i].type_name, expected[i].type_name);
        assert_int_equal(c2_fn.params[i].type != NULL, expected[i].resource);
    }
    assert_int_equal(no_slots_fn.input_count, 1);
    assert_int_equal(no_slots_fn.param_count, 6);
}

/* ---- what a source gives -------------------------------------------------------------------- */

static void wants_two(int a, int b)
{
    USE(a), USE(b);
}
WEFT_FN(wants_two, IN(int), IN(int));
static void takes_bool(bool event)
{
    USE(event);
}
WEFT_FN(takes_bool, IN(bool));

static void a_source_learns_whether_a_handler_takes_its_event(void **state)
{
    (void)state;
    struct add a;
    struct h0 none;
    struct takes_bool boolean;
    assert_int_equal(add_init(&a, world), WEFT_OK);
    assert_int_equal(h0_init(&none, world), WEFT_OK);
    assert_int_equal(takes_bool_init(&boolean, world), WEFT_OK);
    assert_true(weft_handler_takes(&a.base, WEFT_EVENT(uint64_t)));
    assert_false(weft_handler_takes(&a.base, WEFT_EVENT(uint32_t)));
    assert_false(weft_handler_takes(&a.base, WEFT_EVENT(int64_t))); /* same size */
    assert_true(weft_handler_takes(&none.base, WEFT_EVENT(uint64_t)));
    assert_true(weft_handler_takes(&boolean.base, WEFT_EVENT(bool)));
    assert_int_equal(weft_handler_expect(&a.base, world, "a timer", WEFT_EVENT(uint64_t)), WEFT_OK);
    assert_int_equal(test.reports, 0);
}

static void a_handler_of_another_event_is_refused_with_a_sentence(void **state)
{
    (void)state;
    struct add a;
    struct wants_two two;
    assert_int_equal(add_init(&a, world), WEFT_OK);
    assert_int_equal(wants_two_init(&two, world), WEFT_OK);
    assert_int_equal(weft_handler_expect(&a.base, world, "a timer", WEFT_EVENT(Counter)),
                     WEFT_ETYPE);
    test_world_expect(&test, WEFT_ETYPE,
                      "add takes IN(uint64_t), but a timer gives Counter: write IN(Counter), "
                      "REF(Counter), or no input");
    assert_int_equal(weft_handler_expect(&two.base, world, "a timer", WEFT_EVENT(int)), WEFT_ETYPE);
    test_world_expect(&test, WEFT_ETYPE, "wants_two takes 2 inputs, but a timer gives one, a int");
}

/* ---- callbacks ------------------------------------------------------------------------------ */

typedef struct {
    uint64_t id;
    uint64_t count;
} Session;

static void ctx_only(Session *session)
{
    session->count++;
}
WEFT_FN(ctx_only, CTX(Session));
static void ctx_reads(Session *session, const List *l)
{
    session->count += l->len;
}
WEFT_FN(ctx_reads, CTX(Session), RES(List));
static void ctx_pushes(Session *session, List *l, const bool *flag, int64_t event)
{
    if (*flag)
        l->items[l->len++] = event;
    session->count++;
}
WEFT_FN(ctx_pushes, CTX(Session), MUT(List), RES(bool), IN(int64_t));
static void ctx_adds(Session *session, Counter *c, uint64_t event)
{
    c->n += session->id + event;
    session->count++;
}
WEFT_FN(ctx_adds, CTX(Session), MUT(Counter), IN(uint64_t));

static void a_context_is_kept_read_and_written_between_runs(void **state)
{
    (void)state;
    struct ctx_only only;
    assert_int_equal(ctx_only_init(&only, world, (Session){ .id = 1 }), WEFT_OK);
    assert_int_equal(only.state.ctx.count, 0);
    for (int i = 0; i < 3; i++)
        weft_run(&only.base, world, NULL);
    assert_int_equal(only.state.ctx.count, 3);
    only.state.ctx.id = 99;
    weft_run(&only.base, world, NULL);
    assert_int_equal(only.state.ctx.id, 99);
    assert_int_equal(only.state.ctx.count, 4);
}

static void a_callback_takes_resources_beside_its_context(void **state)
{
    (void)state;
    struct ctx_reads reads;
    struct ctx_pushes pushes;
    assert_int_equal(ctx_reads_init(&reads, world, (Session){ 0 }), WEFT_OK);
    assert_int_equal(ctx_pushes_init(&pushes, world, (Session){ 0 }), WEFT_OK);
    weft_run(&reads.base, world, NULL);
    assert_int_equal(reads.state.ctx.count, 3);
    weft_run(&pushes.base, world, &(int64_t){ 42 });
    assert_int_equal(list->len, 4);
    assert_int_equal(list->items[3], 42);
}

static void callbacks_and_handlers_run_in_one_list(void **state)
{
    (void)state;
    struct ctx_adds adds;
    struct multiply m;
    assert_int_equal(ctx_adds_init(&adds, world, (Session){ .id = 10 }), WEFT_OK);
    assert_int_equal(multiply_init(&m, world), WEFT_OK);
    weft_handler *handlers[] = { &adds.base, &m.base };
    for (size_t i = 0; i < 2; i++)
        weft_run(handlers[i], world, &(uint64_t){ 5 });
    assert_int_equal(counter->n, 75); /* (0 + 10 + 5) * 5 */
    assert_int_equal(adds.state.ctx.count, 1);
}

static void ctx_anywhere(Counter *c, uint64_t *own, const weft_world *registry, Session *session,
                         uint64_t event)
{
    (void)registry;
    c->n = event + ++*own + session->id;
}
WEFT_FN(ctx_anywhere, MUT(Counter), LOCAL(uint64_t), REGISTRY, CTX(Session), IN(uint64_t));

static void a_context_stands_at_any_place_and_beside_any_parameter(void **state)
{
    (void)state;
    struct ctx_anywhere any;
    assert_int_equal(ctx_anywhere_init(&any, world, (Session){ .id = 100 }), WEFT_OK);
    weft_run(&any.base, world, &(uint64_t){ 20 });
    weft_run(&any.base, world, &(uint64_t){ 20 });
    assert_int_equal(counter->n, 122);
}

/* ---- ends ----------------------------------------------------------------------------------- */

static uint64_t ended_ids[4];
static size_t ended;
static void session_end(Session *session)
{
    ended_ids[ended++] = session->id;
}
static void owning(Session *session, const Absent *absent)
{
    (void)absent;
    session->count++;
}
WEFT_FN(owning, CTX(Session, session_end), OPT(Absent));
static void owning_but_incomplete(Session *session, const Absent *absent)
{
    owning(session, absent);
}
WEFT_FN(owning_but_incomplete, CTX(Session, session_end), RES(Absent));

static void the_contexts_destructor_runs_once_at_fini(void **state)
{
    (void)state;
    struct owning handler;
    ended = 0;
    assert_int_equal(owning_init(&handler, world, (Session){ .id = 7 }), WEFT_OK);
    weft_run(&handler.base, world, NULL);
    assert_int_equal(ended, 0);
    weft_handler_fini(&handler.base);
    assert_int_equal(ended, 1);
    assert_int_equal(ended_ids[0], 7);
}

static void fini_does_nothing_for_handlers_that_own_nothing_or_were_never_bound(void **state)
{
    (void)state;
    ended = 0;
    struct add a;
    assert_int_equal(add_init(&a, world), WEFT_OK);
    weft_handler_fini(&a.base);
    weft_handler_fini(NULL);
    weft_handler zeroed = { NULL, NULL };
    weft_handler_fini(&zeroed);
    struct owning_but_incomplete failed;
    assert_int_equal(owning_but_incomplete_init(&failed, world, (Session){ .id = 8 }),
                     WEFT_EMISSING);
    weft_handler_fini(&failed.base);
    assert_int_equal(ended, 0);
}

/* ---- by table ------------------------------------------------------------------------------- */

static void a_function_can_be_bound_by_its_table_alone(void **state)
{
    (void)state;
    struct ctx_adds room;
    memset(&room, 0xff, sizeof room);
    assert_int_equal(weft_handler_bind(&room.base, &ctx_adds_fn, world), WEFT_OK);
    assert_int_equal(room.state.ctx.id, 0);
    weft_run(&room.base, world, &(uint64_t){ 5 });
    assert_int_equal(counter->n, 5);
    struct owning_but_incomplete incomplete;
    assert_int_equal(weft_handler_bind(&incomplete.base, &owning_but_incomplete_fn, world),
                     WEFT_EMISSING);
    assert_non_null(strstr(test_world_sentence(&test), "owning_but_incomplete: parameter 2"));
}

static void a_failed_binding_by_table_leaves_nothing_to_run_or_end(void **state)
{
    (void)state;
    struct owning_but_incomplete incomplete;
    memset(&incomplete, 0xff, sizeof incomplete);
    ended = 0;
    assert_int_equal(weft_handler_bind(&incomplete.base, &owning_but_incomplete_fn, world),
                     WEFT_EMISSING);
    assert_null(incomplete.base.run);
    assert_null(incomplete.base.fn);
    weft_handler_fini(&incomplete.base);
    assert_int_equal(ended, 0);
    weft_raw raw = weft_raw_void(NULL, NULL);
    assert_int_equal(weft_handler_bind(&raw.base, raw.base.fn, world), WEFT_EINVAL);
    assert_null(raw.base.fn);
}

/* ---- unbound -------------------------------------------------------------------------------- */

static void an_unbound_handler_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static const char sentence[] =
        "a handler that was not bound, or could not be, was given to a timer";
    const weft_handler zeroed = { NULL, NULL };
    struct owning_but_incomplete failed;
    assert_int_equal(owning_but_incomplete_init(&failed, world, (Session){ .id = 8 }),
                     WEFT_EMISSING);
    const weft_handler *unbound[] = { NULL, &zeroed, &failed.base };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(weft_handler_expect(unbound[i], world, "a timer", WEFT_EVENT(uint64_t)),
                         WEFT_EINVAL);
        test_world_expect(&test, WEFT_EINVAL, sentence);
        assert_string_equal(weft_handler_name(unbound[i]), "unbound");
        assert_ptr_equal(weft_handler_inner(unbound[i]), unbound[i]);
        assert_false(weft_handler_takes(unbound[i], WEFT_EVENT(uint64_t)));
    }
}

/* ---- raw ------------------------------------------------------------------------------------ */

static void raw_add(weft_world *w, const void *event, void *ctx)
{
    WEFT_GET(w, Counter)->n += *(const uint64_t *)event;
    ++*(int *)ctx;
}
static bool raw_is_even(weft_world *w, const void *event, void *ctx)
{
    (void)w;
    (void)ctx;
    return *(const uint64_t *)event % 2 == 0;
}

static void an_existing_callback_becomes_a_handler(void **state)
{
    (void)state;
    int runs = 0;
    weft_raw adds = weft_raw_void(raw_add, &runs);
    weft_raw is_even = weft_raw_bool(raw_is_even, NULL);
    assert_true(weft_run(&adds.base, world, &(uint64_t){ 10 }));
    assert_true(weft_run(&adds.base, world, &(uint64_t){ 5 }));
    assert_int_equal(counter->n, 15);
    assert_int_equal(runs, 2);
    assert_true(weft_run(&is_even.base, world, &(uint64_t){ 4 }));
    assert_false(weft_run(&is_even.base, world, &(uint64_t){ 5 }));
}

static void a_raw_handler_is_taken_by_every_source_and_cannot_be_bound_by_table(void **state)
{
    (void)state;
    weft_raw raw = weft_raw_void(raw_add, NULL);
    assert_true(weft_handler_takes(&raw.base, WEFT_EVENT(uint64_t)));
    assert_true(weft_handler_takes(&raw.base, WEFT_EVENT(Counter)));
    assert_string_equal(weft_handler_name(&raw.base), "weft_raw");
    weft_handler_fini(&raw.base);
    assert_int_equal(weft_handler_bind(&raw.base, raw.base.fn, world), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "weft_raw cannot be bound by its table alone; use its own init function");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_handler_has_16_bytes_and_8_per_resource_and_its_own),
        TEST(a_list_of_handlers_runs_without_knowing_them),
        TEST(a_handler_is_named_after_its_function),
        TEST(a_copy_goes_on_independently),
        TEST(the_description_tells_every_parameter),
        TEST(a_source_learns_whether_a_handler_takes_its_event),
        TEST(a_handler_of_another_event_is_refused_with_a_sentence),
        TEST(a_context_is_kept_read_and_written_between_runs),
        TEST(a_callback_takes_resources_beside_its_context),
        TEST(callbacks_and_handlers_run_in_one_list),
        TEST(a_context_stands_at_any_place_and_beside_any_parameter),
        TEST(the_contexts_destructor_runs_once_at_fini),
        TEST(fini_does_nothing_for_handlers_that_own_nothing_or_were_never_bound),
        TEST(a_function_can_be_bound_by_its_table_alone),
        TEST(a_failed_binding_by_table_leaves_nothing_to_run_or_end),
        TEST(an_unbound_handler_is_refused_with_a_sentence),
        TEST(an_existing_callback_becomes_a_handler),
        TEST(a_raw_handler_is_taken_by_every_source_and_cannot_be_bound_by_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
