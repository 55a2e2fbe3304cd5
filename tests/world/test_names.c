/* The macros get along with whatever users call their types, functions and variables: this file
 * takes the names that an expansion would most likely use itself.
 */
#include <weft/adapt.h>
#include <weft/fanout.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "world_check.h"

/* ---- macros ---------------------------------------------------------------------------------- */

#define NONE   0
#define SOME   0
#define SLOT   0
#define INPUT  0
#define FIELD  0
#define THUNK  0
#define MEMBER 0
#define FORMAL 0
#define ROW    0
#define ARG    0
#define BIND   0
#define CALL   0
#define ONCE   0
#define CENSUS 0

/* ---- types ---------------------------------------------------------------------------------- */

#define DECLARE(name) \
    typedef struct {  \
        uint64_t n;   \
    } name;           \
    WEFT_RESOURCE_DECLARE(name)
DECLARE(state);
DECLARE(world);
DECLARE(event);
DECLARE(handler);
DECLARE(bound);
DECLARE(next);
DECLARE(init);
DECLARE(ctx);
DECLARE(copy);
DECLARE(status);
DECLARE(value);
DECLARE(type);
DECLARE(builder);
DECLARE(base);
DECLARE(run);
DECLARE(result);
DECLARE(in0);
DECLARE(name);

static void state_end(state *s)
{
    s->n = 0;
}
static void value_start(value *v)
{
    v->n = 5;
}
WEFT_RESOURCE_DEFINE(state, FINI(state_end), ALIGN(64));
WEFT_RESOURCE_DEFINE(value, INIT(value_start), FINI(value_start));
WEFT_RESOURCE_DEFINE(world);
WEFT_RESOURCE_DEFINE(handler);
WEFT_RESOURCE_DEFINE(bound);
WEFT_RESOURCE_DEFINE(status);
WEFT_RESOURCE_DEFINE(next);

static void all_resources(state *a, const world *b, handler *c, const bound *d, status *e,
                          const next *f, event in)
{
    a->n += in.n + b->n + d->n + (f ? f->n : 0);
    c->n = e->n = a->n;
}
WEFT_FN(all_resources, MUT(state), RES(world), MUT(handler), RES(bound), MUT(status), OPT(next),
        IN(event));

static void context_end(ctx *c)
{
    c->n = 77;
}
static void all_own(copy *a, init *b, in0 *c, ctx *d, const result *in)
{
    d->n += ++a->n + ++b->n + ++c->n + in->n;
}
WEFT_FN(all_own, LOCAL(copy), LOCAL(init, { 10 }), LOCAL(in0), CTX(ctx, context_end), REF(result));

WEFT_BUNDLE(fn, MUT(state, state), RES(world, world), OPT(next, base), LOCAL(type, event));
static void bundled(fn *f)
{
    f->state->n += ++f->event.n;
}
WEFT_FN(bundled, BUNDLE(fn));

WEFT_OPTION(decoded, event);
static decoded decode(run wire)
{
    return (decoded){ .ok = wire.n > 0, .value = { wire.n } };
}
WEFT_FN(decode, IN(run));
static void again(state *s, const event *in)
{
    s->n += in->n;
}
WEFT_FN(again, MUT(state), REF(event));
WEFT_FANOUT(both, event, all_resources, again);
WEFT_ADAPT(from_wire, run, decode, both);

/* ---- variables and functions ---------------------------------------------------------------- */

static int f, T, i, E, p, all, kind, role, member;

static void types_may_have_any_name(void **unused)
{
    (void)unused;
    test_world test;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER(test.builder, state, { 1 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, value), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, world, { 10 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, handler, { 0 }), WEFT_OK);
    assert_int_equal(WEFT_REGISTER(test.builder, bound, { 100 }), WEFT_OK);
    assert_int_equal(WEFT_ENSURE(test.builder, status, { 0 }), WEFT_OK);
    weft_world *w = test_world_build(&test);
    state *s = WEFT_GET(w, state);
    assert_int_equal(WEFT_GET(w, value)->n, 5);

    struct all_resources resources;
    assert_int_equal(all_resources_init(&resources, w), WEFT_OK);
    weft_run(&resources.base, w, &(event){ 1000 });
    assert_int_equal(s->n, 1111);

    struct all_own own;
    assert_int_equal(all_own_init(&own, w, (ctx){ 1 }), WEFT_OK);
    struct all_own stamp = all_own_stamp(&own, (ctx){ 2 });
    weft_run(&own.base, w, &(result){ 100 });
    weft_run(&stamp.base, w, &(result){ 200 });
    assert_int_equal(own.state.ctx.n, 1 + 1 + 11 + 1 + 100);
    assert_int_equal(stamp.state.ctx.n, 2 + 1 + 11 + 1 + 200);
    weft_handler_fini(&own.base);
    assert_int_equal(own.state.ctx.n, 77);

    struct bundled bundle;
    assert_int_equal(bundled_init(&bundle, w), WEFT_OK);
    weft_run(&bundle.base, w, NULL);
    assert_int_equal(s->n, 1112);

    struct from_wire wire;
    assert_int_equal(from_wire_init(&wire, w), WEFT_OK);
    s->n = 0;
    assert_true(weft_run(&wire.base, w, &(run){ 1 }));
    assert_int_equal(s->n, 112);
    test_world_fini(&test);
    (void)(f + T + i + E + p + all + kind + role + member);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_may_have_any_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
