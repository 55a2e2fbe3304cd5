/* Schedulers out of letters: "abc" are three systems, "a>b" an edge from a to b. Each system writes
 * its letter to the trace and returns true unless it is told otherwise.
 */
#ifndef WEFT_TEST_SCHEDULER_FIXTURE_H
#define WEFT_TEST_SCHEDULER_FIXTURE_H

#include <weft/fn.h>
#include <weft/scheduler.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world_check.h"

static test_world test;
static weft_world *world;
static weft_scheduler scheduler;
static weft_system_id ids[128]; /* by letter */
static char trace[128];
static const char *unchanged = ""; /* who returns false */
static const char *failing = "";   /* who fails */

typedef struct {
    char letter;
} Actor;

static void actor_end(Actor *actor)
{
    const size_t len = strlen(trace);
    assert_true(len + 2 < sizeof trace);
    trace[len] = '~';
    trace[len + 1] = actor->letter;
    trace[len + 2] = '\0';
}

static bool act(Actor *actor, weft_world *w)
{
    const size_t len = strlen(trace);
    assert_true(len + 1 < sizeof trace);
    trace[len] = actor->letter;
    trace[len + 1] = '\0';
    if (strchr(failing, actor->letter))
        weft_fail(w, "%c was told to", actor->letter);
    return !strchr(unchanged, actor->letter);
}
WEFT_FN(act, CTX(Actor, actor_end), WORLD);

static inline void add_letters(const char *letters)
{
    for (const char *at = letters; *at; at++)
        assert_int_equal(WEFT_SYSTEM(&scheduler, act, &ids[(int)*at], (Actor){ *at }), WEFT_OK);
}

/* "a>b b>c" */
static inline void add_edges(const char *edges)
{
    for (const char *at = edges; *at; at += at[3] ? 4 : 3)
        assert_int_equal(weft_scheduler_after(&scheduler, ids[(int)at[2]], ids[(int)at[0]]),
                         WEFT_OK);
}

static inline void check(void)
{
    const char *why = "";
    if (!weft_scheduler_check(&scheduler, &why))
        fail_msg("%s", why);
}

/* Ends the scheduler and begins another one. */
static inline void renew(void)
{
    weft_scheduler_fini(&scheduler);
    weft_scheduler_init(&scheduler, world);
    unchanged = failing = "";
    trace[0] = '\0';
}

static inline void build_letters(const char *letters, const char *edges)
{
    renew();
    add_letters(letters);
    add_edges(edges);
    check();
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
    check();
}

/* The trace so far, which begins anew. */
static inline void expect_trace(const char *expected)
{
    assert_string_equal(trace, expected);
    trace[0] = '\0';
}

static inline int begin_test(void **state)
{
    (void)state;
    test_world_init(&test);
    world = test_world_build(&test);
    weft_scheduler_init(&scheduler, world);
    trace[0] = '\0';
    return 0;
}

static inline int end_test(void **state)
{
    (void)state;
    weft_scheduler_fini(&scheduler);
    test_world_fini(&test);
    trace[0] = '\0';
    unchanged = failing = "";
    return 0;
}

#endif
