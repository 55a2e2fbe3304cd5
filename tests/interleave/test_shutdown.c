/* test-labels: slow */
/* The shutdown flag (src/base/shutdown.c) in all executions that C11 allows: a trigger ends a
 * sleep, shows what came before it, and the last of all references frees the flag, once. */
#include "model_system.h"

#include "base/shutdown.c"
#include "base/wake.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static weft_shutdown *stop;
static int fd, reasons[2]; /* plain: why each stopper stops */

static void reset(void)
{
    stop = weft_shutdown_new(&model_allocator);
    MODEL_THAT(weft_wake_fd(&stop->wake, &fd) == WEFT_OK);
    reasons[0] = reasons[1] = 0;
}

static void reset_with_one(void)
{
    reset();
    weft_shutdown_retain(stop);
}

static void reset_with_two(void)
{
    reset_with_one();
    weft_shutdown_retain(stop);
}

static void stop_0(void)
{
    reasons[0] = 1;
    weft_shutdown_trigger(stop);
    weft_shutdown_release(stop);
}

static void stop_1(void)
{
    weft_shutdown_trigger(stop);
    weft_shutdown_release(stop);
}

/* Hands a reference on, to itself here. */
static void pass_on(void)
{
    weft_shutdown *mine = weft_shutdown_retain(stop);
    weft_shutdown_release(stop);
    weft_shutdown_trigger(mine);
    weft_shutdown_release(mine);
}

static void loop(void)
{
    uint64_t reported = 0;
    while (!weft_shutdown_triggered(stop)) {
        model_edge(fd, &reported, weft_wake_sleep(&stop->wake));
        weft_wake_rouse(&stop->wake);
    }
    weft_shutdown_release(stop);
}

static void loop_that_asks_why(void)
{
    uint64_t reported = 0;
    while (!weft_shutdown_triggered(stop)) {
        model_edge(fd, &reported, weft_wake_sleep(&stop->wake));
        weft_wake_rouse(&stop->wake);
    }
    MODEL_THAT(reasons[0] == 1);
    weft_shutdown_release(stop);
}

static void let_go(void)
{
    weft_shutdown_release(stop);
}

static void look_and_let_go(void)
{
    if (weft_shutdown_triggered(stop))
        MODEL_THAT(reasons[0] == 1);
    weft_shutdown_release(stop);
}

static void nothing_is_left(void)
{
    MODEL_THAT(model_live_objects() == 0);
}

/* ---- claims ---------------------------------------------------------------------------------- */

static const struct row {
    const char *claim;
    void (*setup)(void);
    void (*threads[3])(void);
} rows[] = {
    { "a trigger ends a sleep", reset_with_one, { loop_that_asks_why, stop_0 } },
    { "a trigger meets the end", reset_with_one, { let_go, stop_0 } },
    { "a look meets a trigger", reset_with_one, { look_and_let_go, stop_0 } },
    { "two triggers", reset_with_two, { let_go, stop_0, stop_1 } },
    { "a reference is passed on", reset_with_one, { loop, pass_on } },
};

static model_program program_of(const void *at)
{
    const struct row *const row = at;
    static const char *const names[] = { "loop", "one", "two" };
    model_program program = { .setup = row->setup, .finish = nothing_is_left };
    for (int t = 0; t < 3 && row->threads[t]; t++)
        program.threads[t] = (model_thread){ names[t], row->threads[t] };
    return program;
}

static void a_trigger_is_seen_and_the_last_reference_frees(void **state)
{
    (void)state;
    model_holds_all(MODEL_TABLE(rows, program_of));
}

static bool all_holds(void)
{
    return model_all_hold(MODEL_TABLE(rows, program_of));
}

static void no_order_can_be_weaker(void **state)
{
    (void)state;
    enum { RELAXED = __ATOMIC_RELAXED, ACQUIRE = __ATOMIC_ACQUIRE };
    enum { RELEASE = __ATOMIC_RELEASE, ACQ_REL = __ATOMIC_ACQ_REL };
    static const model_order in_header[] = { { "load", "&shutdown->triggered", ACQUIRE, ACQUIRE } };
    static const model_order in_source[] = {
        { "fetch_add", "&shutdown->references", RELAXED, RELAXED },
        { "sub_fetch", "&shutdown->references", ACQ_REL, ACQ_REL },
        { "store", "&shutdown->triggered", RELEASE, RELEASE },
    };
    model_expect_orders("weft/shutdown.h", all_holds, in_header, 1);
    model_expect_orders("base/shutdown.c", all_holds, in_source,
                        sizeof in_source / sizeof *in_source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trigger_is_seen_and_the_last_reference_frees),
        cmocka_unit_test(no_order_can_be_weaker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
