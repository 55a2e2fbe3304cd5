/* test-labels: slow */
/* Signals (src/driver/signals.c) that arrive in any thread, in a real world, in all executions that
 * C11 allows: each is counted for one run and wakes the loop; a number may be given up, taken anew
 * or lose its world while a signal is on its way, and nothing is touched afterwards. */
#define _GNU_SOURCE
#include "model_system.h"

#include <signal.h>
#include <string.h>

/* The kernel's memory of who handles a signal. That one arrives is a call of on_signal, in one
 * thread or another, also after its disposition was changed: it may have been on its way. */
static struct sigaction dispositions[2];

static int model_sigaction(int signo, const struct sigaction *now, struct sigaction *former)
{
    struct sigaction *at = &dispositions[signo == SIGUSR2];
    if (former)
        *former = *at;
    if (now)
        *at = *now;
    return 0;
}

#define sigaction(signo, now, former) model_sigaction(signo, now, former)

#include "base/shutdown.c"
#include "base/wake.c"
#include "driver/signals.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <weft/fn.h>

enum { ARRIVALS = 2 };

static const int numbers[] = { SIGUSR1, SIGUSR2 };

/* ---- the program ----------------------------------------------------------------------------- */

static weft_world *world;
static weft_signals *signals;
static int arrivals[ARRIVALS][2]; /* in each thread, of each number */
static int published[2];          /* atomic: before each arrival */
static uint32_t counted[2];
static int ends;
static bool removes_itself;

static void on_end(int *which)
{
    ends++;
    *which = -1;
}

static void on_usr(int *which, weft_signal_event event)
{
    MODEL_THAT(*which >= 0 && event.signo == numbers[*which] && event.count > 0);
    counted[*which] += event.count;
    MODEL_THAT(__atomic_load_n(&published[*which], __ATOMIC_RELAXED) >= (int)counted[*which]);
    if (removes_itself)
        MODEL_THAT(weft_signals_remove(signals, event.id) == WEFT_OK);
}
WEFT_FN(on_usr, CTX(int, on_end), IN(weft_signal_event));

static int arrivals_of(int which)
{
    return arrivals[0][which] + arrivals[1][which];
}

static weft_signal_id handle(int which)
{
    struct on_usr handler;
    weft_signal_id id = { 0, 0 };
    MODEL_THAT(on_usr_init(&handler, world, which) == WEFT_OK);
    MODEL_THAT(weft_signals_add(signals, numbers[which], &handler.base, &id) == WEFT_OK);
    return id;
}

static void make_world(void)
{
    weft_builder *builder = weft_builder_new(&(weft_world_desc){ .allocator = &model_allocator });
    memset(cells, 0, sizeof cells);
    memset(dispositions, 0, sizeof dispositions);
    signals = weft_signals_install(builder, NULL);
    MODEL_THAT(signals != NULL);
    MODEL_THAT(weft_builder_build(builder, &world) == WEFT_OK);
    memset(published, 0, sizeof published);
    memset(counted, 0, sizeof counted);
    ends = 0;
}

static weft_signal_id ids[2];

static void reset(void)
{
    make_world();
    for (int i = 0; i < 2; i++)
        if (arrivals_of(i))
            ids[i] = handle(i);
}

static void reset_to_stop(void)
{
    make_world();
    MODEL_THAT(weft_signals_shutdown(signals, SIGUSR1) == WEFT_OK);
}

static void nothing_is_left(void)
{
    for (int i = 0; i < 2; i++) {
        MODEL_THAT(counted[i] <= (uint32_t)arrivals_of(i));
        MODEL_THAT(!cells[numbers[i] - 1].owner && !cells[numbers[i] - 1].inside);
        MODEL_THAT(dispositions[i].sa_handler == SIG_DFL);
    }
    MODEL_THAT(model_live_objects() == 0);
}

static void arrive(int thread)
{
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < arrivals[thread][i]; k++) {
            __atomic_fetch_add(&published[i], 1, __ATOMIC_RELAXED);
            on_signal(numbers[i]);
        }
}

static void arrive_in_0(void)
{
    arrive(0);
}

static void arrive_in_1(void)
{
    arrive(1);
}

static bool all_counted(void)
{
    return counted[0] == (uint32_t)arrivals_of(0) && counted[1] == (uint32_t)arrivals_of(1);
}

static void busy_loop(void)
{
    while (!all_counted())
        MODEL_UNTIL(weft_signals_poll(signals, world) > 0);
    weft_world_free(world);
}

static void sleep_once(uint64_t *reported)
{
    weft_wake *wake = weft_shutdown_wake(world->shutdown);
    int fd = -1;
    MODEL_THAT(weft_wake_fd(wake, &fd) == WEFT_OK);
    model_edge(fd, reported, weft_wake_sleep(wake));
    weft_wake_rouse(wake);
}

static void sleepy_loop(void)
{
    uint64_t reported = 0;
    while (!all_counted()) {
        sleep_once(&reported);
        MODEL_THAT(weft_signals_poll(signals, world) >= 0);
    }
    weft_world_free(world);
}

static void loop_until_stopped(void)
{
    uint64_t reported = 0;
    while (!weft_shutdown_triggered(world->shutdown))
        sleep_once(&reported);
    weft_world_free(world);
}

static void removing_loop(void)
{
    weft_signals_poll(signals, world);
    if (!removes_itself || !ends)
        MODEL_THAT(weft_signals_remove(signals, ids[0]) == WEFT_OK);
    MODEL_THAT(ends == 1);
    const uint32_t so_far = counted[0];
    weft_signals_poll(signals, world);
    MODEL_THAT(counted[0] == so_far);
    weft_world_free(world);
}

/* What was on its way to the handler may still come to the next one. */
static void changing_loop(void)
{
    MODEL_THAT(weft_signals_remove(signals, ids[0]) == WEFT_OK);
    handle(0);
    weft_signals_poll(signals, world);
    weft_world_free(world);
}

/* There is no handler for what was on its way, and nothing to run. */
static void loop_that_turns_to_stopping(void)
{
    MODEL_THAT(weft_signals_remove(signals, ids[0]) == WEFT_OK);
    MODEL_THAT(weft_signals_shutdown(signals, SIGUSR1) == WEFT_OK);
    MODEL_THAT(weft_signals_poll(signals, world) == 0);
    weft_world_free(world);
}

static void ending_loop(void)
{
    weft_world_free(world);
}

/* ---- claims ---------------------------------------------------------------------------------- */

typedef struct row {
    const char *claim;
    int arrivals[ARRIVALS][2];
    void (*setup)(void), (*loop)(void);
    bool removes_itself;
} row;

static const row rows[] = {
    { "each is counted: 1", { { 1 } }, reset, busy_loop, 0 },
    { "each is counted: 2", { { 2 } }, reset, busy_loop, 0 },
    { "each is counted: 1 and 1", { { 1 }, { 1 } }, reset, busy_loop, 0 },
    { "two numbers", { { 1, 0 }, { 0, 1 } }, reset, busy_loop, 0 },
    { "a sleeping loop: 1", { { 1 } }, reset, sleepy_loop, 0 },
    { "removed meanwhile: 1", { { 1 } }, reset, removing_loop, 0 },
    { "removed meanwhile: 1 and 1", { { 1 }, { 1 } }, reset, removing_loop, 0 },
    { "removed by its handler", { { 1 }, { 1 } }, reset, removing_loop, 1 },
    { "another handler", { { 1 } }, reset, changing_loop, 0 },
    { "to stop from now on", { { 1 } }, reset, loop_that_turns_to_stopping, 0 },
    { "the world ends: 1 and 1", { { 1 }, { 1 } }, reset, ending_loop, 0 },
    { "a stop ends a sleep", { { 1 } }, reset_to_stop, loop_until_stopped, 0 },
    { "a stop meets the end", { { 1 }, { 1 } }, reset_to_stop, ending_loop, 0 },
};

static const row more_rows[] = {
    { "each is counted: 2 and 1", { { 2 }, { 1 } }, reset, busy_loop, 0 },
    { "two stops", { { 1 }, { 1 } }, reset_to_stop, loop_until_stopped, 0 },
};

static model_program program_of(const void *at)
{
    const row *const of = at;
    memcpy(arrivals, of->arrivals, sizeof arrivals);
    removes_itself = of->removes_itself;
    const bool two = arrivals[1][0] || arrivals[1][1];
    return (model_program){ .setup = of->setup,
                            .threads = { { "loop", of->loop },
                                         { "one", arrive_in_0 },
                                         { two ? "two" : NULL, arrive_in_1 } },
                            .finish = nothing_is_left };
}

static void each_is_counted_and_nothing_is_left(void **state)
{
    (void)state;
    model_holds_all(MODEL_TABLE(rows, program_of));
}

static void nor_with_more_signals(void **state)
{
    (void)state;
    model_holds_all(MODEL_TABLE(more_rows, program_of));
}

/* Before each operation of the loop in turn, and behind its last. */
static void so_it_is_in_the_thread_of_the_loop(void **state)
{
    (void)state;
    static const row loops[] = {
        { "a sleeping loop", { { 0 }, { 1 } }, reset, sleepy_loop, 0 },
        { "a loop that removes", { { 0 }, { 1 } }, reset, removing_loop, 0 },
        { "a loop that turns to stopping",
          { { 0 }, { 1 } },
          reset,
          loop_that_turns_to_stopping,
          0 },
        { "a loop that is stopped", { { 0 }, { 1 } }, reset_to_stop, loop_until_stopped, 0 },
    };
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        model_program program = program_of(&loops[i]);
        program.handler = arrive_in_1;
        program.threads[1] = program.threads[2] = (model_thread){ NULL, NULL };
        model_holds_interrupted(loops[i].claim, &program);
    }
}

/* ---- orders ---------------------------------------------------------------------------------- */

static bool all_holds(void)
{
    return model_all_hold(MODEL_TABLE(rows, program_of));
}

/* `pending` hands over that a signal is counted: without that it could be taken and the count not
 * found, but only by load buffering, which the model leaves out. `stops` and the claim have more
 * than they need. */
static void no_other_order_can_be_weaker(void **state)
{
    (void)state;
    enum { RELAXED = __ATOMIC_RELAXED, ACQUIRE = __ATOMIC_ACQUIRE };
    enum { RELEASE = __ATOMIC_RELEASE, SEQ_CST = __ATOMIC_SEQ_CST };
    static const model_order expected[] = {
        { "load", "&owner->stops", ACQUIRE, RELAXED }, /* tell */
        { "fetch_add", "&owner->counts[signo - 1]", RELEASE, RELEASE },
        { "fetch_or", "&owner->pending", RELEASE, RELAXED },
        { "fetch_add", "&cells[signo - 1].inside", SEQ_CST, SEQ_CST }, /* on_signal */
        { "load", "&cells[signo - 1].owner", SEQ_CST, SEQ_CST },
        { "fetch_sub", "&cells[signo - 1].inside", SEQ_CST, RELEASE },
        { "compare_exchange", "&cells[signo - 1].owner", SEQ_CST, RELAXED }, /* claim */
        { "store", "&cells[signo - 1].owner", SEQ_CST, SEQ_CST },            /* disclaim */
        { "load", "&cells[signo - 1].inside", SEQ_CST, SEQ_CST },
        { "fetch_and", "&signals->stops", RELAXED, RELAXED },
        { "store", "&signals->counts[signo - 1]", RELAXED, RELAXED },
        { "fetch_or", "&signals->stops", RELEASE, RELAXED },         /* source_fill */
        { "exchange", "&signals->counts[index]", ACQUIRE, ACQUIRE }, /* deliver */
        { "load", "&signals->pending", RELAXED, RELAXED },           /* weft_signals_poll */
        { "exchange", "&signals->pending", ACQUIRE, RELAXED },
    };
    model_expect_orders("driver/signals.c", all_holds, expected,
                        sizeof expected / sizeof *expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_counted_and_nothing_is_left),
        cmocka_unit_test(nor_with_more_signals),
        cmocka_unit_test(so_it_is_in_the_thread_of_the_loop),
        cmocka_unit_test(no_other_order_can_be_weaker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
