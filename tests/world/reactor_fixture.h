/* A world with reactors, and a source that most of them are subscribed to. The bodies count in a
 * resource. */
#ifndef WEFT_TEST_REACTOR_FIXTURE_H
#define WEFT_TEST_REACTOR_FIXTURE_H

#include <weft/fn.h>
#include <weft/reactor.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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

static inline void build(const weft_reactors_desc *desc)
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
static inline weft_reactor_id spawn(const weft_handler *handler)
{
    weft_reactor_id id;
    assert_int_equal(weft_reactors_spawn(reactors, handler, &id), WEFT_OK);
    assert_int_equal(weft_reactors_subscribe(reactors, id, source), WEFT_OK);
    check();
    return id;
}

/* Marks the source and dispatches. */
static inline size_t turn(void)
{
    assert_int_equal(weft_reactors_mark(reactors, source), WEFT_OK);
    const size_t count = weft_reactors_dispatch(reactors, world);
    check();
    return count;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static void add_one(Counter *c)
{
    c->n++;
}
WEFT_FN(add_one, MUT(Counter));

static void fail_each_second(Counter *c, uint64_t *runs, weft_world *at)
{
    c->n++;
    if (++*runs % 2)
        weft_fail(at, "run %d", (int)*runs);
}
WEFT_FN(fail_each_second, MUT(Counter), LOCAL(uint64_t), WORLD);

typedef struct {
    unsigned char bytes[200];
} Large;

static void run_large(Counter *c, Large *large)
{
    for (size_t i = 0; i < sizeof large->bytes; i++)
        c->n += large->bytes[i];
}
WEFT_FN(run_large, MUT(Counter), CTX(Large));

#endif
