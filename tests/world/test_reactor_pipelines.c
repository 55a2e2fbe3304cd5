/* Pipelines and DAGs as the bodies of reactors. */
#include <weft/pipeline.h>
#include <weft/reactor.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct {
    uint64_t value;
} Input;
WEFT_RESOURCE_DEFINE(Input);
typedef struct {
    uint64_t value;
} Output;
WEFT_RESOURCE_DEFINE(Output);

typedef struct {
    uint64_t factor;
} Strategy;

static uint64_t read_input(const Input *input)
{
    return input->value;
}
WEFT_FN(read_input, RES(Input));

static uint64_t times_factor(Strategy *strategy, uint64_t v)
{
    return strategy->factor * v;
}
WEFT_FN(times_factor, CTX(Strategy), IN(uint64_t));

static bool over_ten(uint64_t v)
{
    return v > 10;
}
WEFT_FN(over_ten, IN(uint64_t));

static uint64_t plus_five(uint64_t v)
{
    return v + 5;
}
WEFT_FN(plus_five, IN(uint64_t));

static uint64_t sum(uint64_t a, uint64_t b)
{
    return a + b;
}
WEFT_FN(sum, IN(uint64_t), IN(uint64_t));

static void store(Output *output, uint64_t v)
{
    output->value = v;
}
WEFT_FN(store, MUT(Output), IN(uint64_t));

static void store_999(Output *output)
{
    output->value = 999;
}
WEFT_FN(store_999, MUT(Output));

/* A reactor's event is which reactor it is; these look at resources only. */
WEFT_PIPELINE(scaled, weft_reactor_event, void, CTX(Strategy), THEN(read_input), THEN(times_factor),
              THEN(store));
WEFT_PIPELINE(forked, weft_reactor_event, void, CTX(Strategy), THEN(read_input),
              FORK(times_factor, plus_five), MERGE(sum), THEN(store));
WEFT_PIPELINE(guarded, weft_reactor_event, void, THEN(read_input), GUARD(over_ten), MAP(store_999));

typedef struct {
    weft_world *world;
    weft_reactors *reactors;
    weft_source_id source;
    Input *input;
    Output *output;
} desk;

static desk begin(void)
{
    desk d = { .world = NULL };
    weft_builder *builder = weft_builder_new(NULL);
    assert_non_null(builder);
    WEFT_REGISTER_DEFAULT(builder, Input);
    WEFT_REGISTER_DEFAULT(builder, Output);
    d.reactors = weft_reactors_install(builder, NULL);
    assert_int_equal(weft_builder_build(builder, &d.world), WEFT_OK);
    assert_int_equal(weft_reactors_add_source(d.reactors, &d.source), WEFT_OK);
    d.input = WEFT_GET(d.world, Input);
    d.output = WEFT_GET(d.world, Output);
    return d;
}

static void listen_with(const desk *d, const weft_handler *body)
{
    weft_reactor_id id;
    assert_int_equal(weft_reactors_spawn(d->reactors, body, &id), WEFT_OK);
    assert_int_equal(weft_reactors_subscribe(d->reactors, id, d->source), WEFT_OK);
}

/* Sets the input, marks, dispatches `ran` reactors, and returns the output. */
static uint64_t output_of(const desk *d, uint64_t input, int ran)
{
    const char *why = "";
    d->input->value = input;
    weft_reactors_mark(d->reactors, d->source);
    assert_int_equal(weft_reactors_dispatch(d->reactors, d->world), ran);
    assert_true(weft_reactors_check(d->reactors, &why));
    return d->output->value;
}

static void a_pipeline_is_a_body_with_its_own_context(void **state)
{
    (void)state;
    const desk d = begin();
    struct scaled body;
    assert_int_equal(scaled_init(&body, d.world, (Strategy){ .factor = 2 }), WEFT_OK);
    listen_with(&d, &body.base);
    assert_int_equal(output_of(&d, 10, 1), 20);
    /* The reactor has a copy: what was bound can be stamped for another. */
    const struct scaled other = scaled_stamp(&body, (Strategy){ .factor = 3 });
    listen_with(&d, &other.base);
    assert_int_equal(output_of(&d, 10, 2), 30);
    weft_world_free(d.world);
}

static void a_dag_is_a_body(void **state)
{
    (void)state;
    const desk d = begin();
    struct forked body;
    assert_int_equal(forked_init(&body, d.world, (Strategy){ .factor = 1 }), WEFT_OK);
    listen_with(&d, &body.base);
    assert_int_equal(output_of(&d, 10, 1), 25);
    weft_world_free(d.world);
}

static void a_guard_that_drops_still_counts_as_a_run(void **state)
{
    (void)state;
    const desk d = begin();
    struct guarded body;
    assert_int_equal(guarded_init(&body, d.world), WEFT_OK);
    listen_with(&d, &body.base);
    assert_int_equal(output_of(&d, 5, 1), 0);
    assert_int_equal(output_of(&d, 20, 1), 999);
    weft_world_free(d.world);
}

static void a_pipeline_fills_in_what_was_reserved(void **state)
{
    (void)state;
    const desk d = begin();
    weft_reactor_id id;
    struct scaled body;
    assert_int_equal(weft_reactors_reserve(d.reactors, &id), WEFT_OK);
    assert_int_equal(scaled_init(&body, d.world, (Strategy){ .factor = 2 }), WEFT_OK);
    assert_int_equal(weft_reactors_fill(d.reactors, id, &body.base), WEFT_OK);
    assert_int_equal(weft_reactors_subscribe(d.reactors, id, d.source), WEFT_OK);
    assert_int_equal(output_of(&d, 10, 1), 20);
    weft_world_free(d.world);
}

/* Starts a pipeline for the source that it is told. */
static void start(weft_reactors *all, const weft_world *registry, const weft_source_id *source)
{
    weft_reactor_id id;
    struct scaled body;
    assert_int_equal(scaled_init(&body, registry, (Strategy){ .factor = 1 }), WEFT_OK);
    assert_int_equal(weft_reactors_spawn(all, &body.base, &id), WEFT_OK);
    assert_int_equal(weft_reactors_subscribe(all, id, *source), WEFT_OK);
}
WEFT_FN(start, MUT(weft_reactors), REGISTRY, REF(weft_source_id));

static void a_handler_starts_a_pipeline_at_run_time(void **state)
{
    (void)state;
    const desk d = begin();
    struct start handler;
    assert_int_equal(start_init(&handler, d.world), WEFT_OK);
    assert_int_equal(output_of(&d, 10, 0), 0);
    weft_run(&handler.base, d.world, &d.source);
    assert_int_equal(output_of(&d, 10, 1), 10);
    weft_world_free(d.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipeline_is_a_body_with_its_own_context),
        cmocka_unit_test(a_dag_is_a_body),
        cmocka_unit_test(a_guard_that_drops_still_counts_as_a_run),
        cmocka_unit_test(a_pipeline_fills_in_what_was_reserved),
        cmocka_unit_test(a_handler_starts_a_pipeline_at_run_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
