/* test-labels: slow */
/* Notifications (src/driver/notify.c) between threads, in a real world, in all executions that C11
 * allows: each signal is answered, none twice; closing and the world's end may meet signals; every
 * reference is given up once, and nothing is touched afterwards. */
#include "model_system.h"

#include "base/mpsc_list.c"
#include "base/shutdown.c"
#include "base/wake.c"
#include "driver/notify.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/fn.h>

enum { OBJECTS = 2, PRODUCERS = 2 };

/* ---- the program ----------------------------------------------------------------------------- */

static weft_world *world;
static weft_notifies *notifies;
static weft_notify *objects[OBJECTS];
static int signals[PRODUCERS][OBJECTS]; /* how many each producer is to give */
static int published[OBJECTS];          /* atomic: before each signal */
static int seen[OBJECTS];               /* what the last run saw of it */
static int runs[OBJECTS], ends[OBJECTS];
static bool closes_itself;

static void on_end(int *object)
{
    ends[*object]++;
}

static void on_signal(int *object)
{
    MODEL_THAT(ends[*object] == 0);
    runs[*object]++;
    seen[*object] = __atomic_load_n(&published[*object], __ATOMIC_RELAXED);
    if (closes_itself)
        MODEL_THAT(weft_notify_close(objects[*object]) == WEFT_OK);
}
WEFT_FN(on_signal, CTX(int, on_end));

static int signals_of(int object)
{
    int sum = 0;
    for (int p = 0; p < PRODUCERS; p++)
        sum += signals[p][object];
    return sum;
}

static void reset(void)
{
    weft_builder *builder = weft_builder_new(&(weft_world_desc){ .allocator = &model_allocator });
    notifies = weft_notifies_install(builder, NULL);
    MODEL_THAT(notifies != NULL);
    MODEL_THAT(weft_builder_build(builder, &world) == WEFT_OK);
    for (int i = 0; i < OBJECTS; i++) {
        struct on_signal handler;
        published[i] = seen[i] = runs[i] = ends[i] = 0;
        objects[i] = NULL;
        if (signals_of(i) == 0)
            continue;
        MODEL_THAT(on_signal_init(&handler, world, i) == WEFT_OK);
        MODEL_THAT(weft_notify_new(notifies, &handler.base, &objects[i]) == WEFT_OK);
        for (int p = 0; p < PRODUCERS; p++)
            if (signals[p][i])
                weft_notify_retain(objects[i]);
    }
}

static void nothing_is_left(void)
{
    for (int i = 0; i < OBJECTS; i++) {
        MODEL_THAT(runs[i] <= signals_of(i));
        MODEL_THAT(ends[i] == (objects[i] != NULL));
    }
    MODEL_THAT(model_live_objects() == 0);
}

static void produce(int producer)
{
    for (int i = 0; i < OBJECTS; i++)
        for (int k = 0; k < signals[producer][i]; k++) {
            __atomic_fetch_add(&published[i], 1, __ATOMIC_RELAXED);
            weft_notify_signal(objects[i]);
        }
    for (int i = 0; i < OBJECTS; i++)
        if (signals[producer][i])
            weft_notify_release(objects[i]);
}

static void producer_0(void)
{
    produce(0);
}

static void producer_1(void)
{
    produce(1);
}

static bool all_seen(void)
{
    for (int i = 0; i < OBJECTS; i++)
        if (seen[i] < signals_of(i))
            return false;
    return true;
}

/* Polls until it has seen everything; whoever was seen early is still answered. */
static void busy_loop(void)
{
    while (!all_seen())
        MODEL_UNTIL(weft_notifies_poll(notifies, world) > 0);
    weft_world_free(world);
}

/* The same, asleep in between. */
static void sleepy_loop(void)
{
    weft_wake *wake = weft_shutdown_wake(world->shutdown);
    uint64_t reported = 0;
    int fd = -1;
    MODEL_THAT(weft_wake_fd(wake, &fd) == WEFT_OK);
    while (!all_seen()) {
        model_edge(fd, &reported, weft_wake_sleep(wake));
        weft_wake_rouse(wake);
        MODEL_THAT(weft_notifies_poll(notifies, world) >= 0);
    }
    weft_world_free(world);
}

/* Takes what is there, closes, and goes on as if nothing had happened. */
static void closing_loop(void)
{
    weft_notifies_poll(notifies, world);
    if (!ends[0])
        MODEL_THAT(weft_notify_close(objects[0]) == WEFT_OK);
    const int so_far = runs[0];
    weft_notifies_poll(notifies, world);
    MODEL_THAT(runs[0] == so_far);
    weft_world_free(world);
}

static void closed_by_its_handler(void)
{
    MODEL_UNTIL(weft_notifies_poll(notifies, world) > 0);
    weft_notifies_poll(notifies, world);
    MODEL_THAT(runs[0] == 1);
    weft_world_free(world);
}

static void ending_loop(void)
{
    weft_world_free(world);
}

static void polling_and_ending_loop(void)
{
    weft_notifies_poll(notifies, world);
    weft_world_free(world);
}

/* ---- claims ---------------------------------------------------------------------------------- */

typedef struct row {
    const char *claim;
    int signals[PRODUCERS][OBJECTS];
    void (*loop)(void);
} row;

static const row rows[] = {
    { "each signal is answered: 1", { { 1 } }, busy_loop },
    { "each signal is answered: 2", { { 2 } }, busy_loop },
    { "each signal is answered: 3", { { 3 } }, busy_loop },
    { "each signal is answered: 1 and 1", { { 1 }, { 1 } }, busy_loop },
    { "each signal is answered: 2 and 1", { { 2 }, { 1 } }, busy_loop },
    { "two objects, one producer", { { 1, 1 } }, busy_loop },
    { "two objects, a producer each", { { 1, 0 }, { 0, 1 } }, busy_loop },
    { "a sleeping loop: 1", { { 1 } }, sleepy_loop },
    { "closed meanwhile: 1", { { 1 } }, closing_loop },
    { "closed meanwhile: 2", { { 2 } }, closing_loop },
    { "closed meanwhile: 1 and 1", { { 1 }, { 1 } }, closing_loop },
    { "closed by its handler", { { 2 } }, closed_by_its_handler },
    { "the world ends: 1", { { 1 } }, ending_loop },
    { "the world ends: 2", { { 2 } }, ending_loop },
    { "the world ends: 1 and 1", { { 1 }, { 1 } }, ending_loop },
    { "the world ends behind a poll", { { 1 }, { 1 } }, polling_and_ending_loop },
    { "the world ends with two objects", { { 1, 0 }, { 0, 1 } }, polling_and_ending_loop },
};

static const row more_rows[] = {
    { "a sleeping loop: 2", { { 2 } }, sleepy_loop },
    { "a sleeping loop: 1 and 1", { { 1 }, { 1 } }, sleepy_loop },
    { "closed meanwhile: 2 and 1", { { 2 }, { 1 } }, closing_loop },
    /* The patient's: */
    { "the world ends: 2 and 2", { { 2 }, { 2 } }, polling_and_ending_loop },
    { "two objects, two producers", { { 1, 1 }, { 1, 1 } }, busy_loop },
};

static model_program program_of(const void *at)
{
    const row *const of = at;
    memcpy(signals, of->signals, sizeof signals);
    closes_itself = of->loop == closed_by_its_handler;
    const bool two = signals[1][0] || signals[1][1];
    return (model_program){ .setup = reset,
                            .threads = { { "loop", of->loop },
                                         { "one", producer_0 },
                                         { two ? "two" : NULL, producer_1 } },
                            .finish = nothing_is_left };
}

static void nothing_is_lost_and_nothing_is_left(void **state)
{
    (void)state;
    model_holds_all(MODEL_TABLE(rows, program_of));
}

static void nor_with_more_signals(void **state)
{
    (void)state;
    model_table table = *MODEL_TABLE(more_rows, program_of);
    table.len -= model_is_patient() ? 0 : 2;
    model_holds_all(&table);
}

/* The handler comes before each operation of the loop in turn, and behind its last. */
static void no_signal_of_a_signal_handler_is_lost(void **state)
{
    (void)state;
    model_program program = program_of(&(row){ "", { { 0 }, { 1 } }, sleepy_loop });
    program.handler = producer_1;
    program.threads[1] = program.threads[2] = (model_thread){ NULL, NULL };
    model_holds_interrupted("a handler", &program);
    program = program_of(&(row){ "", { { 1 }, { 1 } }, sleepy_loop });
    program.handler = producer_1;
    program.threads[2] = (model_thread){ NULL, NULL };
    model_holds_interrupted("a handler and a producer", &program);
}

/* ---- orders ---------------------------------------------------------------------------------- */

static bool all_holds(void)
{
    return model_all_hold(MODEL_TABLE(rows, program_of));
}

/* The close takes `pending`, and the poll looks, with more than they need, at no cost on x86. */
static void no_other_order_can_be_weaker(void **state)
{
    (void)state;
    enum { RELAXED = __ATOMIC_RELAXED, ACQ_REL = __ATOMIC_ACQ_REL };
    static const model_order expected[] = {
        { "sub_fetch", "&queue->references", ACQ_REL, ACQ_REL },
        { "sub_fetch", "&notify->references", ACQ_REL, ACQ_REL },
        { "exchange", "&notify->pending", ACQ_REL, ACQ_REL }, /* weft_notify_signal */
        { "exchange", "&notify->pending", ACQ_REL, RELAXED }, /* weft_notify_close */
        { "exchange", "&notify->pending", ACQ_REL, ACQ_REL }, /* run */
    };
    model_expect_orders("driver/notify.c", all_holds, expected, sizeof expected / sizeof *expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_and_nothing_is_left),
        cmocka_unit_test(nor_with_more_signals),
        cmocka_unit_test(no_signal_of_a_signal_handler_is_lost),
        cmocka_unit_test(no_other_order_can_be_weaker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
