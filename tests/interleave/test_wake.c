/* test-labels: slow */
/* The handshake of a sleeping loop (src/base/wake.c), in all executions that C11 allows. */
#include "model_system.h"

#include "base/wake.c"

#if defined(WEFT_PORTABLE)
#define WITH_PIPE true /* test_wake_pipe.c */
#else
#define WITH_PIPE false
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static model_result result;

/* ---- the program ----------------------------------------------------------------------------- */

enum { PRODUCERS = 3 };

static weft_wake wake;
static int fd;
static uint64_t reported, sleeps;
static int published[PRODUCERS]; /* atomic */
static int signals[PRODUCERS];   /* how often each producer does it */

static void reset(void)
{
    weft_wake_init(&wake);
    MODEL_THAT(weft_wake_fd(&wake, &fd) == WEFT_OK);
    reported = sleeps = 0;
    memset(published, 0, sizeof published);
}

static void publish(int producer)
{
    for (int i = 1; i <= signals[producer]; i++) {
        __atomic_store_n(&published[producer], i, __ATOMIC_RELEASE);
        weft_wake_signal(&wake);
    }
}

static void producer_0(void)
{
    publish(0);
}

static void producer_1(void)
{
    publish(1);
}

static void handler(void)
{
    publish(2);
}

/* As the poller does it: a descriptor that is edge-triggered and never read, and looked at also if
 * the loop may not block. */
static void turn(void)
{
    const bool may_block = weft_wake_sleep(&wake);
    sleeps++;
    model_edge(fd, &reported, may_block);
    weft_wake_rouse(&wake);
}

static bool has_seen(int producer)
{
    return __atomic_load_n(&published[producer], __ATOMIC_ACQUIRE) == signals[producer];
}

/* Sleeps until it has seen everything. */
static void loop(void)
{
    for (int producer = 0; producer < PRODUCERS; producer++)
        while (!has_seen(producer))
            turn();
}

static void nothing_is_written_but_to_a_sleeper(void)
{
    MODEL_THAT(model_writes(fd) <= sleeps);
}

/* Looks until it has seen everything. */
static void busy_loop(void)
{
    for (int producer = 0; producer < PRODUCERS; producer++)
        MODEL_UNTIL(has_seen(producer));
}

static void nothing_is_written(void)
{
    MODEL_THAT(model_writes(fd) == 0);
}

static model_program program_of(int of_0, int of_1)
{
    signals[0] = of_0;
    signals[1] = of_1;
    signals[2] = 0;
    return (model_program){
        .setup = reset,
        .threads = { { "loop", loop }, { "one", producer_0 }, { of_1 ? "two" : NULL, producer_1 } },
        .finish = nothing_is_written_but_to_a_sleeper
    };
}

/* ---- claims ---------------------------------------------------------------------------------- */

static void no_wake_is_lost_between_producers_and_a_sleeping_loop(void **state)
{
    (void)state;
    static const struct {
        int of_0, of_1;
        bool long_one;
    } rows[] = { { 1, 0, 0 }, { 2, 0, 0 }, { 3, 0, WITH_PIPE }, { 1, 1, 0 }, { 2, 1, 1 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].long_one && !model_is_patient())
            continue;
        const model_program program = program_of(rows[i].of_0, rows[i].of_1);
        char claim[64];
        snprintf(claim, sizeof claim, "%d and %d signals", rows[i].of_0, rows[i].of_1);
        model_holds(claim, &program);
    }
}

static model_program with_handler(model_program program)
{
    signals[2] = 1;
    program.handler = handler;
    return program;
}

static void no_wake_of_a_signal_handler_is_lost(void **state)
{
    (void)state;
    const model_program alone = with_handler(program_of(0, 0));
    model_holds_interrupted("a handler", &alone);
    const model_program beside = with_handler(program_of(1, 0));
    model_holds_interrupted("a handler and a producer", &beside);
}

/* The descriptor is made by the loop, while others signal already. */
static void reset_without_descriptor(void)
{
    reset();
    weft_wake_init(&wake);
}

static void late_loop(void)
{
    MODEL_THAT(!weft_wake_sleep(&wake));
    weft_wake_rouse(&wake);
    MODEL_THAT(weft_wake_fd(&wake, &fd) == WEFT_OK);
    loop();
}

static model_program late_program(void)
{
    model_program program = program_of(1, 1);
    program.setup = reset_without_descriptor;
    program.threads[0].run = late_loop;
    return program;
}

static void the_descriptor_may_be_made_while_others_signal(void **state)
{
    (void)state;
    const model_program program = late_program();
    model_holds("a late descriptor", &program);
}

static void a_loop_that_does_not_sleep_is_not_written_to(void **state)
{
    (void)state;
    model_program program = program_of(1, 1);
    program.threads[0].run = busy_loop;
    program.finish = nothing_is_written;
    model_holds("a busy loop", &program);
}

/* ---- orders ---------------------------------------------------------------------------------- */

static bool explore(const model_program *program)
{
    model_explore(program, &result);
    return !result.failed;
}

static bool all_holds(void)
{
    model_program program = program_of(2, 0);
    if (!explore(&program))
        return false;
    program = program_of(1, 1);
    if (!explore(&program))
        return false;
    program = late_program();
    if (!explore(&program))
        return false;
    program = with_handler(program_of(0, 0));
    for (program.interrupt_at = 1; explore(&program) && result.interrupted;)
        program.interrupt_at++;
    return !result.failed;
}

/* The fences have one place for all. */
static void no_order_can_be_weaker(void **state)
{
    (void)state;
    enum { RELAXED = __ATOMIC_RELAXED, SEQ_CST = __ATOMIC_SEQ_CST };
    static const model_order in_wake[] = {
#if defined(WEFT_PORTABLE)
        { "store", "&wake->write_fd_plus_1", RELAXED, RELAXED }, /* open_fd */
        { "store", "&wake->fd_plus_1", RELAXED, RELAXED },
        { "load", "&wake->write_fd_plus_1", RELAXED, RELAXED }, /* fd_to_write */
        /* With what the kernel orders, these two leave nothing in the pipe for good; no wake
         * depends on that. */
        { "store", "&wake->rung", __ATOMIC_RELEASE, RELAXED }, /* has_written */
        { "load", "&wake->rung", RELAXED, RELAXED },           /* empty */
        { "exchange", "&wake->rung", __ATOMIC_ACQUIRE, RELAXED },
        { "read", "descriptor", RELAXED, RELAXED },
#else
        { "store", "&wake->fd_plus_1", RELAXED, RELAXED }, /* open_fd */
        { "load", "&wake->fd_plus_1", RELAXED, RELAXED },  /* fd_to_write */
#endif
        { "write", "descriptor", RELAXED, RELAXED },  /* ring */
        { "load", "&wake->woken", RELAXED, RELAXED }, /* signal_fenced */
        { "exchange", "&wake->woken", SEQ_CST, SEQ_CST },
        { "load", "&wake->asleep", SEQ_CST, SEQ_CST },
        { "exchange", "&wake->asleep", RELAXED, RELAXED },
        { "store", "&wake->asleep", SEQ_CST, SEQ_CST }, /* weft_wake_sleep */
        { "load", "&wake->woken", SEQ_CST, SEQ_CST },
        { "load", "&wake->asleep", RELAXED, RELAXED }, /* weft_wake_rouse */
        { "store", "&wake->asleep", RELAXED, RELAXED },
        { "load", "&wake->woken", RELAXED, RELAXED },
        { "exchange", "&wake->woken", RELAXED, RELAXED },
    };
    static const model_order in_fence[] = { { "fence", "", SEQ_CST, SEQ_CST } };
    model_expect_orders("base/wake.c", all_holds, in_wake, sizeof in_wake / sizeof *in_wake);
    model_expect_orders("base/fence.h", all_holds, in_fence, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_wake_is_lost_between_producers_and_a_sleeping_loop),
        cmocka_unit_test(no_wake_of_a_signal_handler_is_lost),
        cmocka_unit_test(the_descriptor_may_be_made_while_others_signal),
        cmocka_unit_test(no_order_can_be_weaker),
        cmocka_unit_test(a_loop_that_does_not_sleep_is_not_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
