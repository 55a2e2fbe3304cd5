/* What the tests of pipelines share: a world, a trace of which functions ran, small functions. */
#ifndef WEFT_TEST_PIPELINE_CHECK_H
#define WEFT_TEST_PIPELINE_CHECK_H

#include <weft/pipeline.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world_check.h"

/* One letter per call. */
typedef struct {
    char text[64];
    size_t len;
} Trace;
WEFT_RESOURCE_DEFINE(Trace);

typedef struct {
    int64_t value;
} Out;
WEFT_RESOURCE_DEFINE(Out);

static test_world test;
static weft_world *world;
static Trace *trace;
static Out *out;

__attribute__((unused)) static void add_trace(Trace *to, char letter)
{
    assert_true(to->len + 1 < sizeof to->text);
    to->text[to->len++] = letter;
    to->text[to->len] = '\0';
}

/* The test fails unless exactly these functions ran since the last look. */
#define assert_trace(expected)                        \
    do {                                              \
        assert_string_equal(trace->text, (expected)); \
        memset(trace, 0, sizeof *trace);              \
    } while (0)

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Binds P, which must succeed, as struct P_state P_s. */
#define BOUND(P)            \
    struct P##_state P##_s; \
    assert_int_equal(P##_bind(&P##_s, world), WEFT_OK)

/* A test's own resources. */
static void register_more(weft_builder *builder);

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Trace), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Out), WEFT_OK);
    register_more(test.builder);
    world = test_world_build(&test);
    trace = WEFT_GET(world, Trace);
    out = WEFT_GET(world, Out);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

#endif
