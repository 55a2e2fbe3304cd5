/* Describe: the text and the graph of everything that can be made of functions. */
#define _GNU_SOURCE
#include "pipeline_check.h"

#include <weft/adapt.h>
#include <weft/broadcast.h>
#include <weft/describe.h>
#include <weft/fanout.h>
#include <weft/guard.h>
#include <weft/raw.h>
#include <weft/storage.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int limit;
} Config;
WEFT_RESOURCE_DEFINE(Config);
WEFT_OPTION(Maybe, int);
WEFT_RESULT(Result, int, char);
typedef const char *Text;
WEFT_RESULT(Texted, int, Text);
WEFT_BUNDLE(Market, RES(Config, config), MUT(Out, out));

static Result validate(const Config *config, const int *v)
{
    return *v < config->limit ? (Result){ .ok = true, .value = *v } : (Result){ .error = 'l' };
}
WEFT_FN(validate, RES(Config), REF(int));
static Result enrich(int v)
{
    return (Result){ .ok = true, .value = v };
}
WEFT_FN(enrich, IN(int));
static void reject(Trace *t, char e)
{
    add_trace(t, e);
}
WEFT_FN(reject, MUT(Trace), IN(char));
static void submit(Market *market, int64_t seq, int v)
{
    (void)seq;
    market->out->value = v;
}
WEFT_FN(submit, BUNDLE(Market), SEQ, IN(int));
static int plus_one(int v)
{
    return v + 1;
}
WEFT_FN(plus_one, IN(int));
static int plus(const int *a, int b)
{
    return *a + b;
}
WEFT_FN(plus, REF(int), IN(int));
static bool is_big(const Out *out_, int v)
{
    return v > out_->value;
}
WEFT_FN(is_big, RES(Out), IN(int));
static bool equal(int a, int b)
{
    return a == b;
}
WEFT_FN(equal, IN(int), IN(int));
static int zero(void)
{
    return 0;
}
WEFT_FN(zero);
static void to_int(Out *o, int v)
{
    o->value = v;
}
WEFT_FN(to_int, MUT(Out), IN(int));
typedef struct {
    int n;
} Session;
static void on_session(Session *session, const Trace *t, int *local)
{
    (void)t;
    *local = session->n++;
}
WEFT_FN(on_session, CTX(Session), OPT(Trace), LOCAL(int));
static void with_all(Out *o, const weft_world *registry, weft_world *w, weft_shutdown *shutdown,
                     weft_seq *seq)
{
    (void)o;
    (void)registry;
    (void)w;
    (void)shutdown;
    (void)seq;
}
WEFT_FN(with_all, OPT_MUT(Out), REGISTRY, WORLD, SHUTDOWN, SEQ_MUT);
static void idle(void)
{
}
WEFT_FN(idle);
static bool on_raw(weft_world *w, const void *event, void *ctx)
{
    (void)event;
    (void)ctx;
    (void)w;
    return true;
}
static Maybe decode(char wire)
{
    return (Maybe){ .ok = true, .value = wire };
}
WEFT_FN(decode, IN(char));
typedef weft_broadcast Prices;
WEFT_RESOURCE_DEFINE(Prices);

WEFT_PIPELINE(on_order, int, void, THEN(validate), AND_THEN(enrich), CATCH(reject), MAP(submit));
WEFT_PIPELINE(inner, int, int, THEN(plus_one), THEN(plus_one));
WEFT_PIPELINE(dag, int, Texted, CTX(Session), TAP(on_session), FORK(inner, plus_one), MERGE(plus),
              DEDUP, UNWRAP_OR(-1), DEDUP_BY(equal), UNWRAP_OR_ELSE(zero),
              ROUTE(is_big, inner, plus_one), GUARD(is_big), OK_OR("a \"small\" one"));
WEFT_PIPELINE(graph, int, void, FORK(inner, plus_one), MERGE(plus),
              ROUTE(is_big, plus_one, plus_one), THEN(to_int));
WEFT_PIPELINE(to_prices, int, void, DISPATCH(Prices, int));
WEFT_FANOUT(both, int, on_order, idle);
WEFT_ADAPT(on_char, char, decode, both);

static void register_more(weft_builder *builder)
{
    assert_int_equal(WEFT_REGISTER(builder, Config, { 100 }), WEFT_OK);
}

/* What a function writes to a file. */
static char text[8192];
static void described(void (*describe)(const weft_handler *, FILE *), const weft_handler *handler)
{
    memset(text, 0, sizeof text);
    FILE *file = fmemopen(text, sizeof text, "w");
    describe(handler, file);
    assert_int_equal(ferror(file), 0);
    fclose(file);
}
static void described_fn(void (*describe)(const weft_fn *, FILE *), const weft_fn *fn)
{
    memset(text, 0, sizeof text);
    FILE *file = fmemopen(text, sizeof text, "w");
    describe(fn, file);
    fclose(file);
}

static void functions_and_callbacks(void **state)
{
    static const struct {
        const weft_fn *fn;
        const char *expected;
    } rows[] = {
        { &idle_fn, "function idle(), 16 bytes\n" },
        { &plus_fn, "function plus(REF int, IN int), 16 bytes\n" },
        { &validate_fn, "function validate(RES Config, REF int), 24 bytes\n"
                        "  reads Config\n" },
        { &submit_fn, "function submit(BUNDLE Market { RES Config, MUT Out }, SEQ, IN int), 32 "
                      "bytes\n"
                      "  reads Config\n"
                      "  writes Out\n" },
        { &with_all_fn, "function with_all(OPT_MUT Out, REGISTRY, WORLD, SHUTDOWN, SEQ_MUT), 24 "
                        "bytes\n"
                        "  writes Out\n" },
        { &on_session_fn, "callback on_session(CTX Session, OPT Trace, LOCAL int), 40 bytes\n"
                          "  reads Trace\n" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        described_fn(weft_describe_fn, rows[i].fn);
        assert_string_equal(text, rows[i].expected);
    }
}

static void pipelines(void **state)
{
    static const struct {
        const weft_fn *fn;
        const char *expected;
    } rows[] = {
        { &on_order_fn, "pipeline on_order(REF int) -> void, 48 bytes\n"
                        "  1 THEN validate(RES Config, REF int)\n"
                        "  2 AND_THEN enrich(IN int)\n"
                        "  3 CATCH reject(MUT Trace, IN char)\n"
                        "  4 MAP submit(BUNDLE Market { RES Config, MUT Out }, SEQ, IN int)\n"
                        "  reads Config\n"
                        "  writes Trace, Out\n" },
        { &to_prices_fn, "pipeline to_prices(MUT Prices, REF int) -> void, 24 bytes\n"
                         "  1 DISPATCH(Prices, int)\n"
                         "  writes Prices\n" },
        { &dag_fn, "pipeline dag(CTX Session, REF int) -> Texted, 72 bytes\n"
                   "  2 TAP on_session(CTX Session, OPT Trace, LOCAL int)\n"
                   "  3 FORK pipeline inner(REF int) -> int\n"
                   "    1 THEN plus_one(IN int)\n"
                   "    2 THEN plus_one(IN int)\n"
                   "  3 FORK plus_one(IN int)\n"
                   "  4 MERGE plus(REF int, IN int)\n"
                   "  5 DEDUP\n"
                   "  6 UNWRAP_OR(-1)\n"
                   "  7 DEDUP_BY equal(IN int, IN int)\n"
                   "  8 UNWRAP_OR_ELSE zero()\n"
                   "  9 ROUTE if is_big(RES Out, IN int)\n"
                   "  9 ROUTE then pipeline inner(REF int) -> int\n"
                   "    1 THEN plus_one(IN int)\n"
                   "    2 THEN plus_one(IN int)\n"
                   "  9 ROUTE else plus_one(IN int)\n"
                   "  10 GUARD is_big(RES Out, IN int)\n"
                   "  11 OK_OR(\"a \\\"small\\\" one\")\n"
                   "  reads Trace, Out\n" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        described_fn(weft_describe_fn, rows[i].fn);
        assert_string_equal(text, rows[i].expected);
    }
}

static void what_holds_handlers(void **state)
{
    (void)state;
    struct on_char adapter;
    assert_int_equal(on_char_init(&adapter, world), WEFT_OK);
    described(weft_describe, &adapter.base);
    assert_string_equal(text,
                        "adapter on_char(REF char), 48 bytes\n"
                        "  1 decoder decode(IN char)\n"
                        "  2 inner fan-out both(REF int)\n"
                        "    1 member pipeline on_order(REF int) -> void\n"
                        "      1 THEN validate(RES Config, REF int)\n"
                        "      2 AND_THEN enrich(IN int)\n"
                        "      3 CATCH reject(MUT Trace, IN char)\n"
                        "      4 MAP submit(BUNDLE Market { RES Config, MUT Out }, SEQ, IN int)\n"
                        "    1 member idle()\n"
                        "  reads Config\n"
                        "  writes Trace, Out\n");

    struct to_int to_int;
    struct on_session session;
    weft_guard guard;
    weft_handler *box;
    weft_broadcast list;
    weft_broadcast_id gone;
    assert_int_equal(to_int_init(&to_int, world), WEFT_OK);
    assert_int_equal(on_session_init(&session, world, (Session){ 0 }), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard, &to_int.base, world), WEFT_OK);
    assert_int_equal(weft_broadcast_init(&list, world, WEFT_EVENT(int)), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&list, &session.base, &gone), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&list, &guard.base, NULL), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&list, &session.base, NULL), WEFT_OK);
    assert_int_equal(weft_broadcast_remove(&list, gone), WEFT_OK);
    assert_int_equal(weft_box(&list.base, world, &box), WEFT_OK);
    described(weft_describe, box);
    assert_string_equal(text,
                        "box of\n"
                        "  broadcast of int\n"
                        "    1 member guard of\n"
                        "      function to_int(MUT Out, IN int), 24 bytes\n"
                        "    2 member callback on_session(CTX Session, OPT Trace, LOCAL int), 40 "
                        "bytes\n"
                        "  reads Trace\n"
                        "  writes Out\n");
    weft_handler_fini(box);

    weft_raw raw = weft_raw_bool(on_raw, NULL);
    described(weft_describe, &raw.base);
    assert_string_equal(text, "raw weft_raw(), 32 bytes\n");
    described(weft_describe, &(weft_handler){ NULL, NULL });
    assert_string_equal(text, "nothing: no handler was bound\n");
    described(weft_describe, NULL);
    assert_string_equal(text, "nothing: no handler was bound\n");
}

static void graphs(void **state)
{
    (void)state;
    described_fn(weft_describe_dot_fn, &validate_fn);
    assert_string_equal(text, "digraph \"validate\" {\n"
                              "  n0 [shape=box, label=\"validate\\nRES Config, REF int\"];\n"
                              "  \"Config\" -> n0 [style=dashed];\n"
                              "}\n");
    described_fn(weft_describe_dot_fn, &graph_fn);
    assert_string_equal(text, "digraph \"graph\" {\n"
                              "  subgraph cluster_0 {\n"
                              "    label=\"pipeline graph\";\n"
                              "    n0 [shape=point];\n"
                              "    subgraph cluster_1 {\n"
                              "      label=\"FORK pipeline inner\";\n"
                              "      n1 [shape=point];\n"
                              "      n2 [shape=box, label=\"THEN plus_one\\nIN int\"];\n"
                              "      n1 -> n2;\n"
                              "      n3 [shape=box, label=\"THEN plus_one\\nIN int\"];\n"
                              "      n2 -> n3;\n"
                              "      n4 [shape=point];\n"
                              "      n3 -> n4;\n"
                              "    }\n"
                              "    n0 -> n1;\n"
                              "    n5 [shape=box, label=\"FORK plus_one\\nIN int\"];\n"
                              "    n0 -> n5;\n"
                              "    n6 [shape=box, label=\"MERGE plus\\nREF int, IN int\"];\n"
                              "    n4 -> n6;\n"
                              "    n5 -> n6;\n"
                              "    n7 [shape=box, label=\"ROUTE if is_big\\nRES Out, IN int\"];\n"
                              "    \"Out\" -> n7 [style=dashed];\n"
                              "    n6 -> n7;\n"
                              "    n8 [shape=box, label=\"ROUTE then plus_one\\nIN int\"];\n"
                              "    n7 -> n8;\n"
                              "    n9 [shape=box, label=\"ROUTE else plus_one\\nIN int\"];\n"
                              "    n7 -> n9;\n"
                              "    n10 [shape=box, label=\"THEN to_int\\nMUT Out, IN int\"];\n"
                              "    n10 -> \"Out\" [style=dashed];\n"
                              "    n8 -> n10;\n"
                              "    n9 -> n10;\n"
                              "    n11 [shape=point];\n"
                              "    n10 -> n11;\n"
                              "  }\n"
                              "}\n");
    described(weft_describe_dot, NULL);
    assert_string_equal(text, "digraph \"nothing\" {\n}\n");
}

static void graphs_show_resources_however_they_come_in(void **state)
{
    static const struct {
        const weft_fn *fn;
        const char *expected;
    } rows[] = {
        { &with_all_fn, "n0 -> \"Out\" [style=dashed];" },
        { &submit_fn, "\"Config\" -> n0 [style=dashed];" }, /* in a bundle */
        { &submit_fn, "n0 -> \"Out\" [style=dashed];" },
        { &to_prices_fn, "n0 -> \"Prices\" [style=dashed];" }, /* the pipeline's own */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        described_fn(weft_describe_dot_fn, rows[i].fn);
        assert_non_null(strstr(text, rows[i].expected));
    }
}

/* Frames are numbered each for itself, whatever stands in them; braces are in balance. */
static void graphs_of_what_holds_handlers(void **state)
{
    (void)state;
    weft_guard guard, outer;
    weft_broadcast list;
    struct both fanout;
    assert_int_equal(both_init(&fanout, world), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard, &fanout.base, world), WEFT_OK);
    assert_int_equal(weft_guard_init(&outer, &guard.base, world), WEFT_OK);
    assert_int_equal(weft_broadcast_init(&list, world, WEFT_EVENT(int)), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&list, &outer.base, NULL), WEFT_OK);
    described(weft_describe_dot, &list.base);
    int open = 0, frames = 0;
    for (const char *c = text; *c; c++) {
        open += *c == '{' && c[1] == '\n';
        open -= *c == '}' && c[1] == '\n';
        assert_true(open >= 0);
    }
    assert_int_equal(open, 0);
    for (; frames < 5; frames++) {
        char frame[32];
        snprintf(frame, sizeof frame, "subgraph cluster_%d {", frames);
        const char *found = strstr(text, frame);
        assert_non_null(found);
        assert_null(strstr(found + 1, frame));
    }
    assert_null(strstr(text, "subgraph cluster_5"));
    weft_broadcast_fini(&list);

    described_fn(weft_describe_dot_fn, &dag_fn);
    assert_non_null(strstr(text, "label=\"OK_OR \\\"a \\\\\\\"small\\\\\\\" one\\\"\""));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(functions_and_callbacks),       TEST(pipelines),
        TEST(what_holds_handlers),           TEST(graphs),
        TEST(graphs_of_what_holds_handlers), TEST(graphs_show_resources_however_they_come_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
