/* Functions and their parameters: what each keyword gives. What is missing when they are bound is
 * in test_fn_binding.c. */
#include <weft/fn.h>

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
    uint64_t n;
} Seen;
typedef struct {
    int64_t items[8];
    size_t len;
} List;
typedef struct {
    int n;
} Absent;
WEFT_RESOURCE_DEFINE(Counter);
WEFT_RESOURCE_DEFINE(Seen);
WEFT_RESOURCE_DEFINE(List);
WEFT_RESOURCE_DEFINE(Absent);
WEFT_RESOURCE_DEFINE(bool);
WEFT_RESOURCE_DEFINE(double);
WEFT_RESOURCE_DEFINE(int64_t);

static test_world test;
static weft_world *world;
static Counter *counter;
static Seen *seen;
static List *list;

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER(test.builder, Counter, { 10 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Seen), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, List), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, bool, { true }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, double, { 42.5 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, int64_t, { -7 }), WEFT_OK);
    world = test_world_build(&test);
    counter = WEFT_GET(world, Counter);
    seen = WEFT_GET(world, Seen);
    list = WEFT_GET(world, List);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

/* Binds the function f to the world as the local variable `f##_h`. */
#define BOUND(f)    \
    struct f f##_h; \
    assert_int_equal(f##_init(&f##_h, world), WEFT_OK)

/* ---- resources ------------------------------------------------------------------------------ */

static void add(Counter *c, uint64_t event)
{
    c->n += event;
}
WEFT_FN(add, MUT(Counter), IN(uint64_t));

static void writing_through_mut_changes_the_resource(void **state)
{
    (void)state;
    BOUND(add);
    counter->n = 0;
    add_call(&add_h.state, world, &(uint64_t){ 10 });
    assert_true(weft_run(&add_h.base, world, &(uint64_t){ 5 }));
    assert_int_equal(counter->n, 15);
}

static uint64_t saw_counter, saw_event;
static bool saw_flag;
static void look(const Counter *c, const bool *flag, uint64_t event)
{
    saw_counter = c->n;
    saw_flag = *flag;
    saw_event = event;
}
WEFT_FN(look, RES(Counter), RES(bool), IN(uint64_t));

static void a_handler_sees_exactly_its_resources_and_its_event(void **state)
{
    (void)state;
    BOUND(look);
    weft_run(&look_h.base, world, &(uint64_t){ 7 });
    assert_int_equal(saw_counter, 10);
    assert_true(saw_flag);
    assert_int_equal(saw_event, 7);
}

static void by_reference(Seen *s, const Counter *event)
{
    s->n = event->n;
}
WEFT_FN(by_reference, MUT(Seen), REF(Counter));
static void by_value(Seen *s, Counter event)
{
    s->n = event.n;
}
WEFT_FN(by_value, MUT(Seen), IN(Counter));

static void by_value_and_by_reference_run_from_one_source(void **state)
{
    (void)state;
    BOUND(by_value);
    BOUND(by_reference);
    weft_handler *handlers[] = { &by_value_h.base, &by_reference_h.base };
    for (size_t i = 0; i < 2; i++) {
        const Counter event = { 30 + i };
        weft_run(handlers[i], world, &event);
        assert_int_equal(seen->n, 30 + i);
    }
}

static void no_event(Counter *c)
{
    c->n++;
}
WEFT_FN(no_event, MUT(Counter));

static void a_function_without_input_ignores_the_event(void **state)
{
    (void)state;
    BOUND(no_event);
    BOUND(add);
    counter->n = 0;
    weft_run(&no_event_h.base, world, NULL);
    assert_int_equal(counter->n, 1);
    weft_run(&add_h.base, world, &(uint64_t){ 10 });
    weft_run(&no_event_h.base, world, &(uint64_t){ 10 });
    assert_int_equal(counter->n, 12);
}

static int calls;
static void plain(void)
{
    calls++;
}
WEFT_FN(plain);

static void a_function_without_parameters_is_a_handler_of_16_bytes(void **state)
{
    (void)state;
    BOUND(plain);
    calls = 0;
    plain_call(&plain_h.state, world);
    weft_run(&plain_h.base, world, NULL);
    assert_int_equal(calls, 2);
    assert_int_equal(sizeof plain_h, 16);
}

static void present(const Counter *c, Seen *s, const Absent *absent)
{
    s->n = absent ? 0 : c->n;
}
WEFT_FN(present, OPT(Counter), OPT_MUT(Seen), OPT(Absent));

static void optional_resources_are_null_if_they_are_not_there(void **state)
{
    (void)state;
    BOUND(present);
    counter->n = 42;
    weft_run(&present_h.base, world, NULL);
    assert_int_equal(seen->n, 42);
    assert_int_equal(test.reports, 0);
}

static void scalars(const bool *flag, double *real, const int64_t *integer)
{
    *real = *flag ? *real + (double)*integer : 0;
}
WEFT_FN(scalars, RES(bool), MUT(double), RES(int64_t));

static void scalars_are_resources_like_any_other(void **state)
{
    (void)state;
    BOUND(scalars);
    weft_run(&scalars_h.base, world, NULL);
    assert_true(*WEFT_GET(world, double) == 35.5);
}

/* ---- results -------------------------------------------------------------------------------- */

static bool is_big(uint64_t event)
{
    return event > 10;
}
WEFT_FN(is_big, IN(uint64_t));
static int number(void)
{
    return 0;
}
WEFT_FN(number);

static void a_bool_is_reported_anything_else_counts_as_true(void **state)
{
    (void)state;
    BOUND(is_big);
    BOUND(number);
    assert_true(weft_run(&is_big_h.base, world, &(uint64_t){ 11 }));
    assert_false(weft_run(&is_big_h.base, world, &(uint64_t){ 10 }));
    assert_true(weft_run(&number_h.base, world, NULL));
    assert_int_equal(number_call(&number_h.state, world), 0);
}

static uint64_t two_inputs(const uint64_t *a, uint64_t b)
{
    return *a * 10 + b;
}
WEFT_FN(two_inputs, REF(uint64_t), IN(uint64_t));

static void several_inputs_come_as_an_array_of_pointers(void **state)
{
    (void)state;
    BOUND(two_inputs);
    const uint64_t a = 4, b = 2;
    assert_int_equal(two_inputs_call(&two_inputs_h.state, world, &a, &b), 42);
    const void *const both[] = { &a, &b };
    assert_int_equal(two_inputs_feed(&two_inputs_h.state.slots, NULL, world, both), 42);
    assert_true(weft_run(&two_inputs_h.base, world, both));
}

/* ---- locals --------------------------------------------------------------------------------- */

static void count_own(uint64_t *own, Counter *total)
{
    total->n += ++*own;
}
WEFT_FN(count_own, LOCAL(uint64_t), MUT(Counter));

static void a_local_persists_and_belongs_to_its_instance(void **state)
{
    (void)state;
    struct count_own a, b;
    assert_int_equal(count_own_init(&a, world), WEFT_OK);
    assert_int_equal(count_own_init(&b, world), WEFT_OK);
    counter->n = 0;
    weft_run(&a.base, world, NULL); /* 1 */
    weft_run(&b.base, world, NULL); /* 1 */
    weft_run(&a.base, world, NULL); /* 2 */
    assert_int_equal(counter->n, 4);
    assert_int_equal(a.state.slots.local_uint64_t, 2);
    assert_int_equal(b.state.slots.local_uint64_t, 1);
}

typedef struct {
    int low, high;
} Range;
static int step_range(Range *range, double *scale)
{
    return range->low++ * (int)*scale + range->high;
}
WEFT_FN(step_range, LOCAL(Range, { .low = 3, .high = 400 }), LOCAL(double, { 10.0 }));

static void a_local_starts_where_it_was_told_to(void **state)
{
    (void)state;
    BOUND(step_range);
    assert_int_equal(step_range_call(&step_range_h.state, world), 430);
    assert_int_equal(step_range_call(&step_range_h.state, world), 440);
    assert_int_equal(step_range_init(&step_range_h, world), WEFT_OK);
    assert_int_equal(step_range_call(&step_range_h.state, world), 430);
}

static void own_and_shared(Counter *own, const Counter *event)
{
    own->n += event->n;
}
WEFT_FN(own_and_shared, LOCAL(Counter), REF(Counter));
static void local_beside_resource(Counter *own, Counter *shared)
{
    shared->n = ++own->n;
}
WEFT_FN(local_beside_resource, LOCAL(Counter), MUT(Counter));

static void a_local_does_not_conflict_with_a_resource_or_event_of_its_type(void **state)
{
    (void)state;
    BOUND(local_beside_resource);
    BOUND(own_and_shared);
    weft_run(&local_beside_resource_h.base, world, NULL);
    assert_int_equal(counter->n, 1);
    weft_run(&own_and_shared_h.base, world, &(Counter){ 5 });
    assert_int_equal(own_and_shared_h.state.slots.local_Counter.n, 5);
}

/* ---- sequence ------------------------------------------------------------------------------- */

static void store_seq(int64_t seq, Seen *s)
{
    s->n = (uint64_t)seq;
}
WEFT_FN(store_seq, SEQ, MUT(Seen));
static void seq_first(int64_t seq, Counter *c, uint64_t event)
{
    c->n = (uint64_t)seq + event;
}
WEFT_FN(seq_first, SEQ, MUT(Counter), IN(uint64_t));
static void seq_middle(const bool *flag, int64_t seq, Counter *c, uint64_t event)
{
    c->n = *flag ? (uint64_t)seq + event : 0;
}
WEFT_FN(seq_middle, RES(bool), SEQ, MUT(Counter), IN(uint64_t));
static void seq_last(Counter *c, const bool *flag, int64_t seq)
{
    c->n = *flag ? (uint64_t)seq : 0;
}
WEFT_FN(seq_last, MUT(Counter), RES(bool), SEQ);

static void seq_is_the_number_of_the_event_in_any_position(void **state)
{
    (void)state;
    BOUND(store_seq);
    BOUND(seq_first);
    BOUND(seq_middle);
    BOUND(seq_last);
    weft_world_next_sequence(world);
    weft_run(&store_seq_h.base, world, NULL);
    assert_int_equal(seen->n, 1);
    weft_run(&seq_first_h.base, world, &(uint64_t){ 100 });
    assert_int_equal(counter->n, 101);
    weft_run(&seq_middle_h.base, world, &(uint64_t){ 50 });
    assert_int_equal(counter->n, 51);
    weft_world_next_sequence(world);
    weft_run(&seq_last_h.base, world, NULL);
    assert_int_equal(counter->n, 2);
}

static void advance_twice(weft_seq *seq, Seen *s)
{
    const uint64_t a = (uint64_t)weft_seq_advance(seq), b = (uint64_t)weft_seq_advance(seq);
    s->n = a * 100 + b;
}
WEFT_FN(advance_twice, SEQ_MUT, MUT(Seen));
static void advance_thrice(List *l, weft_seq *seq)
{
    for (int i = 0; i < 3; i++)
        l->items[l->len++] = weft_seq_advance(seq);
}
WEFT_FN(advance_thrice, MUT(List), SEQ_MUT);
static void advance(weft_seq *seq)
{
    weft_seq_advance(seq);
}
WEFT_FN(advance, SEQ_MUT);

static void seq_mut_advances_the_worlds_counter_at_once(void **state)
{
    (void)state;
    BOUND(advance_twice);
    weft_run(&advance_twice_h.base, world, NULL);
    assert_int_equal(seen->n, 102);
    assert_int_equal(weft_world_sequence(world), 2);
}

static void seq_mut_goes_on_from_run_to_run(void **state)
{
    (void)state;
    BOUND(advance);
    for (int i = 0; i < 3; i++)
        weft_run(&advance_h.base, world, NULL);
    assert_int_equal(weft_world_sequence(world), 3);
}

static void seq_mut_may_advance_often_in_one_run(void **state)
{
    (void)state;
    BOUND(advance_thrice);
    weft_run(&advance_thrice_h.base, world, NULL);
    assert_int_equal(list->len, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(list->items[i], i + 1);
    assert_int_equal(weft_world_sequence(world), 3);
}

static void snapshot(weft_seq *counting, int64_t before, List *l)
{
    weft_seq_advance(counting);
    weft_seq_advance(counting);
    l->items[0] = before;
    l->items[1] = weft_seq_get(counting);
}
WEFT_FN(snapshot, SEQ_MUT, SEQ, MUT(List));
static void shared_counter(weft_seq *one, weft_seq *two)
{
    assert_ptr_equal(one, two);
}
WEFT_FN(shared_counter, SEQ_MUT, SEQ_MUT);

static void seq_keeps_the_value_that_the_call_began_with(void **state)
{
    (void)state;
    BOUND(snapshot);
    BOUND(shared_counter);
    weft_world_next_sequence(world);
    weft_run(&snapshot_h.base, world, NULL);
    assert_int_equal(list->items[0], 1);
    assert_int_equal(list->items[1], 3);
    weft_run(&shared_counter_h.base, world, NULL);
}

/* ---- the rest of the world ------------------------------------------------------------------ */

static void shut_down(weft_shutdown *shutdown)
{
    weft_shutdown_trigger(shutdown);
}
WEFT_FN(shut_down, SHUTDOWN);

/* Binds another function while it runs. */
static void spawn(const weft_world *registry, struct add *slot)
{
    assert_int_equal(add_init(slot, registry), WEFT_OK);
}
typedef struct add Add;
static void spawn_into(Add *slot, const weft_world *registry)
{
    spawn(registry, slot);
}
WEFT_FN(spawn_into, LOCAL(Add), REGISTRY);

static void raw(weft_world *w, uint64_t event)
{
    WEFT_GET(w, Counter)->n += event;
    weft_world_next_sequence(w);
}
WEFT_FN(raw, WORLD, IN(uint64_t));

static void shutdown_registry_and_world_are_handed_over(void **state)
{
    (void)state;
    BOUND(shut_down);
    BOUND(spawn_into);
    BOUND(raw);
    weft_run(&spawn_into_h.base, world, NULL);
    weft_run(&spawn_into_h.state.slots.local_Add.base, world, &(uint64_t){ 5 });
    assert_int_equal(counter->n, 15);
    weft_run(&raw_h.base, world, &(uint64_t){ 5 });
    assert_int_equal(counter->n, 20);
    assert_int_equal(weft_world_sequence(world), 1);
    weft_run(&shut_down_h.base, world, NULL);
    assert_true(weft_world_stopping(world));
}

/* ---- many parameters ------------------------------------------------------------------------ */

#define NUMBERED(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define DECLARE(i)   \
    typedef struct { \
        uint64_t n;  \
    } R##i;          \
    WEFT_RESOURCE_DEFINE(R##i);
NUMBERED(DECLARE)

static uint64_t twelve(R1 *a, const R2 *b, R3 *c, const R4 *d, R5 *e, const R6 *f, R7 *g,
                       const R8 *h, R9 *i, const R10 *j, R11 *k, uint64_t event)
{
    a->n = c->n = e->n = g->n = i->n = k->n = event;
    return b->n + d->n + f->n + h->n + j->n;
}
WEFT_FN(twelve, MUT(R1), RES(R2), MUT(R3), RES(R4), MUT(R5), RES(R6), MUT(R7), RES(R8), MUT(R9),
        RES(R10), OPT_MUT(R11), IN(uint64_t));

static void a_function_takes_twelve_parameters_eleven_of_them_resources(void **state)
{
    (void)state;
    test_world many;
    test_world_init(&many);
#define REGISTER(i) assert_int_equal(WEFT_REGISTER(many.builder, R##i, { i }), WEFT_OK);
    NUMBERED(REGISTER)
    weft_world *w = test_world_build(&many);
    struct twelve handler;
    assert_int_equal(twelve_init(&handler, w), WEFT_OK);
    assert_int_equal(sizeof handler, 16 + 11 * 8);
    assert_int_equal(twelve_call(&handler.state, w, &(uint64_t){ 77 }), 2 + 4 + 6 + 8 + 10);
    assert_int_equal(WEFT_GET(w, R1)->n, 77);
    assert_int_equal(WEFT_GET(w, R9)->n, 77);
    assert_int_equal(WEFT_GET(w, R11)->n, 77);
    test_world_fini(&many);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(writing_through_mut_changes_the_resource),
        TEST(a_handler_sees_exactly_its_resources_and_its_event),
        TEST(by_value_and_by_reference_run_from_one_source),
        TEST(a_function_without_input_ignores_the_event),
        TEST(a_function_without_parameters_is_a_handler_of_16_bytes),
        TEST(optional_resources_are_null_if_they_are_not_there),
        TEST(scalars_are_resources_like_any_other),
        TEST(a_bool_is_reported_anything_else_counts_as_true),
        TEST(several_inputs_come_as_an_array_of_pointers),
        TEST(a_local_persists_and_belongs_to_its_instance),
        TEST(a_local_starts_where_it_was_told_to),
        TEST(a_local_does_not_conflict_with_a_resource_or_event_of_its_type),
        TEST(seq_is_the_number_of_the_event_in_any_position),
        TEST(seq_mut_advances_the_worlds_counter_at_once),
        TEST(seq_mut_goes_on_from_run_to_run),
        TEST(seq_mut_may_advance_often_in_one_run),
        TEST(seq_keeps_the_value_that_the_call_began_with),
        TEST(shutdown_registry_and_world_are_handed_over),
        TEST(a_function_takes_twelve_parameters_eleven_of_them_resources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
