/* test-labels: slow */
/* A ring between two threads (spsc.h) in all executions that C11 allows: nothing is lost or comes
 * twice, order is kept, messages are complete, and closing from either side is exact. */
#include "model_atomics.h"

#include "base/ring.c"

#include <weft/spsc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct message {
    uint32_t number, copy;
} message;

WEFT_SPSC(message_queue, message);

/* ---- the program ----------------------------------------------------------------------------- */

static message_queue queue;
static uint32_t capacity, messages;
static uint64_t start;
static uint32_t pushed, popped; /* each of one thread, until the end */

static void reset(void)
{
    MODEL_THAT(message_queue_init(&queue, &model_allocator, capacity) == WEFT_OK);
    weft_x_ring_start_at(&queue.ring, start);
    pushed = popped = 0;
}

static void all_that_was_pushed_was_popped(void)
{
    const char *why = "";
    MODEL_THAT(popped == pushed);
    MODEL_THAT(message_queue_len(&queue) == 0);
    MODEL_THAT(message_queue_check(&queue, &why));
    message_queue_fini(&queue);
    MODEL_THAT(model_live_objects() == 0);
}

static void expect_next(const message *m)
{
    popped++;
    MODEL_THAT(m->number == popped);
    MODEL_THAT(m->copy == popped);
}

static weft_status push_next(void)
{
    const message next = { pushed + 1, pushed + 1 };
    const weft_status status = message_queue_push(&queue, &next);
    pushed += status == WEFT_OK;
    return status;
}

static void produce(void)
{
    for (uint32_t i = 0; i < messages; i++)
        MODEL_UNTIL(push_next() == WEFT_OK);
}

static void produce_by_claims(void)
{
    for (uint32_t i = 0; i < messages; i++) {
        message *m = NULL;
        MODEL_UNTIL(message_queue_claim(&queue, &m) == WEFT_OK);
        *m = (message){ pushed + 1, pushed + 1 };
        pushed++;
        message_queue_commit(&queue, m);
    }
}

static void produce_by_batches(void)
{
    message batch[3];
    for (uint32_t i = 0; i < 3; i++)
        batch[i] = (message){ i + 1, i + 1 };
    while (pushed < messages) {
        size_t count = 0;
        MODEL_UNTIL(message_queue_push_n(&queue, &batch[pushed], messages - pushed, &count) ==
                    WEFT_OK);
        pushed += (uint32_t)count;
    }
}

static void produce_and_close(void)
{
    produce();
    message_queue_close(&queue);
    MODEL_THAT(push_next() == WEFT_ECLOSED);
}

static void produce_until_refused(void)
{
    weft_status status = WEFT_OK;
    while (status != WEFT_ECLOSED && pushed < messages)
        MODEL_UNTIL((status = push_next()) != WEFT_EFULL);
    if (status != WEFT_ECLOSED)
        MODEL_UNTIL(__atomic_load_n(&queue.ring.state, __ATOMIC_RELAXED) != WEFT_X_RING_OPEN);
    MODEL_THAT(push_next() == WEFT_ECLOSED);
}

static void consume(void)
{
    for (uint32_t i = 0; i < messages; i++) {
        message m;
        MODEL_UNTIL(message_queue_pop(&queue, &m) == WEFT_OK);
        expect_next(&m);
    }
}

static void consume_in_place(void)
{
    for (uint32_t i = 0; i < messages; i++) {
        message *m = NULL;
        MODEL_UNTIL(message_queue_peek(&queue, &m) == WEFT_OK);
        expect_next(m);
        message_queue_release(&queue);
    }
}

static void consume_by_batches(void)
{
    while (popped < messages) {
        message batch[3];
        size_t count = 0;
        MODEL_UNTIL(message_queue_pop_n(&queue, batch, 3, &count) == WEFT_OK);
        for (size_t i = 0; i < count; i++)
            expect_next(&batch[i]);
    }
}

static void consume_until_closed(void)
{
    weft_status status = WEFT_OK;
    while (status != WEFT_ECLOSED) {
        message m;
        MODEL_UNTIL((status = message_queue_pop(&queue, &m)) != WEFT_EAGAIN);
        if (status == WEFT_OK)
            expect_next(&m);
    }
}

static void refuse_and_consume(void)
{
    message_queue_refuse(&queue);
    consume_until_closed();
}

static void consume_one_and_refuse(void)
{
    message m;
    MODEL_UNTIL(message_queue_pop(&queue, &m) == WEFT_OK);
    expect_next(&m);
    refuse_and_consume();
}

/* Who is neither end sees no more in it than there can be. */
static void look_on(void)
{
    const size_t len = message_queue_len(&queue);
    MODEL_THAT(len <= messages && len <= capacity);
}

/* ---- claims ---------------------------------------------------------------------------------- */

static const struct row {
    const char *claim;
    uint32_t capacity, messages;
    uint64_t start;
    void (*threads[3])(void);
} rows[] = {
    { "capacity 1", 1, 6, 0, { produce, consume } },
    { "capacity 2", 2, 6, 0, { produce, consume } },
    { "capacity 2, turns that wrap around", 2, 4, UINT32_MAX - 1, { produce, consume } },
    { "capacity 3 of 4 slots", 3, 4, UINT32_MAX, { produce, consume } },
    { "claimed and read in place", 2, 3, 0, { produce_by_claims, consume_in_place } },
    { "batches", 2, 3, 0, { produce_by_batches, consume_by_batches } },
    { "batches against single messages", 1, 3, 0, { produce_by_batches, consume } },
    { "closed by the producer, empty", 2, 0, 0, { produce_and_close, consume_until_closed } },
    { "closed by the producer", 2, 2, 0, { produce_and_close, consume_until_closed } },
    { "closed by the producer, full", 1, 2, 0, { produce_and_close, consume_until_closed } },
    { "refused by the consumer", 2, 2, 0, { produce_until_refused, refuse_and_consume } },
    { "refused by the consumer, full", 1, 2, 0, { produce_until_refused, refuse_and_consume } },
    { "refused behind the first", 1, 3, 0, { produce_until_refused, consume_one_and_refuse } },
    { "its length", 3, 2, 0, { produce, consume, look_on } },
    { "its length, full", 1, 2, 0, { produce, consume, look_on } },
};

static model_program program_of(const void *at)
{
    const struct row *const row = at;
    static const char *const names[] = { "producer", "consumer", "onlooker" };
    capacity = row->capacity;
    messages = row->messages;
    start = row->start;
    model_program program = { .setup = reset, .finish = all_that_was_pushed_was_popped };
    for (int t = 0; t < 3 && row->threads[t]; t++)
        program.threads[t] = (model_thread){ names[t], row->threads[t] };
    return program;
}

static void nothing_is_lost_and_order_is_kept(void **state)
{
    (void)state;
    model_holds_all(MODEL_TABLE(rows, program_of));
}

/* ---- orders ---------------------------------------------------------------------------------- */

static bool all_holds(void)
{
    return model_all_hold(MODEL_TABLE(rows, program_of));
}

/* Who sees a refusal, or a tail, has more than it needs. */
static void no_other_order_can_be_weaker(void **state)
{
    (void)state;
    enum { RELAXED = __ATOMIC_RELAXED, ACQUIRE = __ATOMIC_ACQUIRE };
    enum { RELEASE = __ATOMIC_RELEASE, ACQ_REL = __ATOMIC_ACQ_REL };
    static const model_order in_header[] = {
        { "load", "&ring->head", ACQUIRE, ACQUIRE }, /* weft_x_ring_len */
        { "load", "&ring->tail", ACQUIRE, RELAXED },
        { "load", "word", ACQUIRE, ACQUIRE },         /* weft_x_ring_room */
        { "load", "&ring->state", ACQUIRE, RELAXED }, /* weft_x_spsc_claim */
#if !defined(NDEBUG)
        { "load", "&ring->state", RELAXED, RELAXED }, /* weft_x_spsc_is_closed */
#endif
        { "store", "&ring->tail", RELAXED, RELAXED }, /* weft_x_spsc_advance */
        { "store", "word", RELEASE, RELEASE },        /* weft_x_ring_publish */
        { "load", "&ring->head", RELAXED, RELAXED },  /* weft_x_ring_head */
        { "load", "word", ACQUIRE, ACQUIRE },         /* weft_x_ring_is_there */
        { "store", "word", RELEASE, RELEASE },        /* weft_x_ring_empty */
        { "store", "&ring->head", RELEASE, RELEASE }, /* weft_x_ring_advance */
    };
    static const model_order in_source[] = {
        { "load", "&ring->state", ACQUIRE, ACQUIRE }, /* weft_x_ring_is_over */
        { "load", "&ring->tail", ACQUIRE, RELAXED },
        { "store", "&ring->state", RELEASE, RELEASE },            /* weft_x_spsc_refused */
        { "compare_exchange", "&ring->state", ACQ_REL, RELAXED }, /* weft_x_spsc_refuse */
    };
    model_expect_orders("weft/ring.h", all_holds, in_header, sizeof in_header / sizeof *in_header);
    model_expect_orders("base/ring.c", all_holds, in_source, sizeof in_source / sizeof *in_source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_and_order_is_kept),
        cmocka_unit_test(no_other_order_can_be_weaker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
