/* test-labels: slow */
/* Tokens from several threads to one (src/base/conflate.c) in all executions that C11 allows: each
 * notification is heard, none twice, and the receiver does not sleep on one. */
#include "model_system.h"

#define WEFT_CONFLATE_SPINS 1
#include "base/conflate.c"
#include "base/wake.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TOKENS = 2, PRODUCERS = 2 };

/* ---- the program ----------------------------------------------------------------------------- */

static weft_conflate *queue;
static int notices[PRODUCERS][TOKENS]; /* how often each producer notifies each */
static int published[TOKENS];          /* atomic: before each notification */
static int seen[TOKENS], outs[TOKENS];

static void reset(void)
{
    const weft_conflate_desc desc = { .tokens = TOKENS, .allocator = &model_allocator };
    MODEL_THAT(weft_conflate_new(&desc, &queue) == WEFT_OK);
    memset(published, 0, sizeof published);
    memset(seen, 0, sizeof seen);
    memset(outs, 0, sizeof outs);
}

static int notices_of(int token)
{
    return notices[0][token] + notices[1][token];
}

static bool all_heard(void)
{
    for (int i = 0; i < TOKENS; i++)
        if (seen[i] < notices_of(i))
            return false;
    return true;
}

/* What was heard early is still in the queue. */
static void all_is_heard_once(void)
{
    const char *why = "";
    uint32_t tokens[TOKENS];
    MODEL_THAT(weft_conflate_check(queue, &why));
    const size_t left = weft_conflate_poll(queue, tokens, TOKENS);
    for (size_t i = 0; i < left; i++)
        outs[tokens[i]]++;
    for (int i = 0; i < TOKENS; i++)
        MODEL_THAT(outs[i] <= notices_of(i));
    weft_conflate_free(queue);
    MODEL_THAT(model_live_objects() == 0);
}

static void produce(int producer)
{
    for (int i = 0; i < TOKENS; i++)
        for (int k = 0; k < notices[producer][i]; k++) {
            __atomic_fetch_add(&published[i], 1, __ATOMIC_RELAXED);
            MODEL_THAT(weft_conflate_notify(queue, (uint32_t)i) == WEFT_OK);
        }
}

static void producer_0(void)
{
    produce(0);
}

static void producer_1(void)
{
    produce(1);
}

/* A producer alone notifies the first token first. */
static void hear(const uint32_t *tokens, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t token = tokens[i];
        MODEL_THAT(token < TOKENS);
        if (token == 1 && notices[0][0] && !notices[1][0] && !notices[1][1])
            MODEL_THAT(outs[0] > 0);
        outs[token]++;
        seen[token] = __atomic_load_n(&published[token], __ATOMIC_RELAXED);
    }
}

static void busy_receiver(void)
{
    while (!all_heard()) {
        uint32_t tokens[1];
        MODEL_UNTIL(weft_conflate_poll(queue, tokens, 1) > 0);
        hear(tokens, 1);
    }
}

static void sleepy_receiver(void)
{
    while (!all_heard()) {
        uint32_t tokens[TOKENS];
        size_t count = 0;
        MODEL_THAT(weft_conflate_receive(queue, tokens, TOKENS, -1, &count) == WEFT_OK);
        hear(tokens, count);
    }
}

/* ---- claims ---------------------------------------------------------------------------------- */

typedef struct row {
    const char *claim;
    int notices[PRODUCERS][TOKENS];
    void (*receiver)(void);
} row;

static const row rows[] = {
    { "one token, 2", { { 2 } }, busy_receiver },
    { "one token, 3", { { 3 } }, busy_receiver },
    { "one token, 1 and 1", { { 1 }, { 1 } }, busy_receiver },
    { "one token, 2 and 1", { { 2 }, { 1 } }, busy_receiver },
    { "two tokens", { { 1, 1 } }, busy_receiver },
    { "two tokens, a producer each", { { 1, 0 }, { 0, 1 } }, busy_receiver },
    { "two tokens, crosswise", { { 1, 1 }, { 1, 0 } }, busy_receiver },
    { "asleep, 1", { { 1 } }, sleepy_receiver },
};

static const row more_rows[] = {
    { "two tokens, two producers", { { 1, 1 }, { 1, 1 } }, busy_receiver },
    { "asleep, 2", { { 2 } }, sleepy_receiver },
    { "asleep, two tokens", { { 1, 1 } }, sleepy_receiver },
    { "asleep, 1 and 1", { { 1 }, { 1 } }, sleepy_receiver },
};

static model_program program_of(const void *at)
{
    const row *const of = at;
    memcpy(notices, of->notices, sizeof notices);
    const bool two = notices[1][0] || notices[1][1];
    return (model_program){ .setup = reset,
                            .threads = { { "receiver", of->receiver },
                                         { "one", producer_0 },
                                         { two ? "two" : NULL, producer_1 } },
                            .finish = all_is_heard_once };
}

static void each_notification_is_heard(void **state)
{
    (void)state;
    model_holds_all(MODEL_TABLE(rows, program_of));
}

static void nor_with_more_of_them(void **state)
{
    (void)state;
    model_holds_all(MODEL_TABLE(more_rows, program_of));
}

/* ---- orders ---------------------------------------------------------------------------------- */

static bool all_holds(void)
{
    return model_all_hold(MODEL_TABLE(rows, program_of));
}

static void no_order_can_be_weaker(void **state)
{
    (void)state;
    enum { RELAXED = __ATOMIC_RELAXED, ACQUIRE = __ATOMIC_ACQUIRE };
    enum { RELEASE = __ATOMIC_RELEASE, ACQ_REL = __ATOMIC_ACQ_REL };
    static const model_order expected[] = {
        { "exchange", "&at->pending", ACQ_REL, ACQ_REL }, /* weft_conflate_notify */
        { "load", "&queue->top", RELAXED, RELAXED },
        { "compare_exchange", "&queue->top", RELEASE, RELEASE },
        { "exchange", "&queue->top", ACQUIRE, ACQUIRE }, /* take_all */
        { "load", "&queue->top", RELAXED, RELAXED },     /* weft_conflate_poll */
        { "exchange", "&at->pending", ACQ_REL, ACQ_REL },
        { "load", "&queue->top", RELAXED, RELAXED }, /* spin */
        { "ppoll", "descriptor", RELAXED, RELAXED }, /* sleep_once */
        { "read", "descriptor", RELAXED, RELAXED },
    };
    model_expect_orders("base/conflate.c", all_holds, expected, sizeof expected / sizeof *expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_notification_is_heard),
        cmocka_unit_test(nor_with_more_of_them),
        cmocka_unit_test(no_order_can_be_weaker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
