/* Pipelines with a context: one for all steps and parts, given at creation, ended once. */
#include "pipeline_functions.h"

static void register_more(weft_builder *builder)
{
    (void)builder;
}

typedef struct {
    int retries, ended;
    int *ends;
} Session;
static int ends;
static void session_end(Session *session)
{
    ++*session->ends;
}
static int retried(Session *s, int v)
{
    s->retries++;
    return v * 10;
}
WEFT_FN(retried, CTX(Session), IN(int));
static bool retried_above(Session *s, const Out *threshold, const int *v)
{
    s->retries++;
    return *v > threshold->value;
}
WEFT_FN(retried_above, CTX(Session), RES(Out), REF(int));
static int retries(const Out *o, Session *s)
{
    (void)o;
    return s->retries;
}
WEFT_FN(retries, RES(Out), CTX(Session));
WEFT_PIPELINE(with_session, int, int, CTX(Session), THEN(retried), THEN(retried), TAP(retries));
WEFT_PIPELINE(session_guarded, int, Maybe, CTX(Session), GUARD(retried_above), MAP(retried));
WEFT_PIPELINE(session_arms, int, int, CTX(Session), FORK(retried, with_session), MERGE(plus));
WEFT_PIPELINE(session_rest, int, int, CTX(Session), ROUTE(retried_above, retried, session_arms),
              GUARD(retried_above), ON_NONE(retries), UNWRAP_OR_ELSE(retries));
WEFT_PIPELINE(session_handler, int, void, CTX(Session, session_end), THEN(retried), THEN(store));

static void steps_share_one_context(void **state)
{
    (void)state;
    struct with_session_state s;
    assert_int_equal(with_session_bind(&s, world), WEFT_OK);
    s.ctx = (Session){ .retries = 0 };
    assert_int_equal(with_session_call(&s, world, &(int){ 5 }), 500);
    assert_int_equal(s.ctx.retries, 2);

    struct session_guarded_state g;
    assert_int_equal(session_guarded_bind(&g, world), WEFT_OK);
    g.ctx = (Session){ .retries = 0 };
    out->value = 10;
    assert_false(session_guarded_call(&g, world, &(int){ 5 }).ok);
    assert_int_equal(g.ctx.retries, 1);
    assert_int_equal(session_guarded_call(&g, world, &(int){ 20 }).value, 200);
    assert_int_equal(g.ctx.retries, 3);
}

static void a_part_with_a_context_gets_the_pipelines(void **state)
{
    (void)state;
    struct session_arms_state a;
    assert_int_equal(session_arms_bind(&a, world), WEFT_OK);
    a.ctx = (Session){ .retries = 0 };
    assert_int_equal(session_arms_call(&a, world, &(int){ 3 }), 30 + 300);
    assert_int_equal(a.ctx.retries, 3);

    struct session_rest_state r;
    assert_int_equal(session_rest_bind(&r, world), WEFT_OK);
    r.ctx = (Session){ .retries = 0 };
    out->value = 400;
    assert_int_equal(session_rest_call(&r, world, &(int){ 3 }), 5); /* 330 is dropped */
    assert_int_equal(session_rest_call(&r, world, &(int){ 4 }), 440);
    assert_int_equal(session_rest_call(&r, world, &(int){ 500 }), 5000);
}

static void the_context_is_given_at_creation_and_ended_once(void **state)
{
    (void)state;
    ends = 0;
    struct session_handler one, two;
    assert_int_equal(session_handler_init(&one, world, (Session){ .ends = &ends }), WEFT_OK);
    two = session_handler_stamp(&one, (Session){ .retries = 40, .ends = &ends });
    weft_run(&one.base, world, &(int){ 7 });
    assert_int_equal(out->value, 70);
    weft_run(&two.base, world, &(int){ 8 });
    assert_int_equal(one.state.ctx.retries, 1);
    assert_int_equal(two.state.ctx.retries, 41);
    weft_handler_fini(&one.base);
    assert_int_equal(ends, 1);
    weft_handler_fini(&two.base);
    assert_int_equal(ends, 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(steps_share_one_context),
        TEST(a_part_with_a_context_gets_the_pipelines),
        TEST(the_context_is_given_at_creation_and_ended_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
