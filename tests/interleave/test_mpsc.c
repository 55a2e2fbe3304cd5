/* test-labels: slow */
/* A ring from several threads to one (mpsc.h) in all executions that C11 allows: nothing is lost or
 * comes twice, each producer's order is kept, messages are complete, and a close from anywhere is
 * exact: what was pushed comes out, what was not stays the caller's. */
#include "model_atomics.h"

#include "base/ring.c"

#include <weft/mpsc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct message {
    uint32_t producer, number, copy;
} message;

WEFT_MPSC(message_queue, message);

enum { PRODUCERS = 3 };

/* ---- the program ----------------------------------------------------------------------------- */

static message_queue queue;
static uint32_t capacity;
static uint32_t messages[PRODUCERS]; /* how many each is to push */
static uint64_t start;
static uint32_t pushed[PRODUCERS], popped[PRODUCERS];

static void reset(void)
{
    MODEL_THAT(message_queue_init(&queue, &model_allocator, capacity) == WEFT_OK);
    weft_x_ring_start_at(&queue.ring, start);
    memset(pushed, 0, sizeof pushed);
    memset(popped, 0, sizeof popped);
}

static void all_that_was_pushed_was_popped(void)
{
    const char *why = "";
    for (int p = 0; p < PRODUCERS; p++)
        MODEL_THAT(popped[p] == pushed[p]);
    MODEL_THAT(message_queue_len(&queue) == 0);
    MODEL_THAT(message_queue_check(&queue, &why));
    message_queue_fini(&queue);
    MODEL_THAT(model_live_objects() == 0);
}

static message next_of(uint32_t producer)
{
    return (message){ producer, pushed[producer] + 1, pushed[producer] + 1 };
}

static weft_status push_next(uint32_t producer)
{
    const message next = next_of(producer);
    const weft_status status = message_queue_push(&queue, &next);
    pushed[producer] += status == WEFT_OK;
    return status;
}

static void expect_next(const message *m)
{
    MODEL_THAT(m->producer < PRODUCERS);
    popped[m->producer]++;
    MODEL_THAT(m->number == popped[m->producer]);
    MODEL_THAT(m->copy == m->number);
}

/* Until all are in, or the queue is closed. */
static void produce(uint32_t producer)
{
    weft_status status = WEFT_OK;
    while (status != WEFT_ECLOSED && pushed[producer] < messages[producer])
        MODEL_UNTIL((status = push_next(producer)) != WEFT_EFULL);
}

static void produce_0(void)
{
    produce(0);
}

static void produce_1(void)
{
    produce(1);
}

static void produce_2(void)
{
    produce(2);
}

/* Two places are claimed at once, and filled the other way round. */
static void claim_two(void)
{
    message *first = NULL, *second = NULL;
    MODEL_UNTIL(message_queue_claim(&queue, &first) == WEFT_OK);
    MODEL_UNTIL(message_queue_claim(&queue, &second) == WEFT_OK);
    *second = (message){ 0, 2, 2 };
    message_queue_commit(&queue, second);
    *first = (message){ 0, 1, 1 };
    message_queue_commit(&queue, first);
    pushed[0] = 2;
}

static void push_batch(void)
{
    const message batch[2] = { { 1, 1, 1 }, { 1, 2, 2 } };
    while (pushed[1] < 2) {
        size_t count = 0;
        MODEL_UNTIL(message_queue_push_n(&queue, &batch[pushed[1]], 2 - pushed[1], &count) ==
                    WEFT_OK);
        pushed[1] += (uint32_t)count;
    }
}

static void close_queue(void)
{
    message_queue_close(&queue);
}

static void produce_and_close(void)
{
    produce(0);
    message_queue_close(&queue);
    MODEL_THAT(push_next(0) == WEFT_ECLOSED);
}

static void consume(void)
{
    const uint32_t all = messages[0] + messages[1] + messages[2];
    for (uint32_t i = 0; i < all; i++) {
        message m;
        MODEL_UNTIL(message_queue_pop(&queue, &m) == WEFT_OK);
        expect_next(&m);
    }
}

static void consume_by_batches(void)
{
    for (uint32_t left = messages[0] + messages[1]; left > 0;) {
        message batch[2];
        size_t count = 0;
        MODEL_UNTIL(message_queue_pop_n(&queue, batch, 2, &count) == WEFT_OK);
        left -= (uint32_t)count;
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

static void close_and_consume(void)
{
    message_queue_close(&queue);
    consume_until_closed();
}

/* Who is neither end sees no more in it than there can be. */
static void look_on(void)
{
    const size_t len = message_queue_len(&queue);
    MODEL_THAT(len <= messages[0] + messages[1] && len <= capacity);
}

/* ---- claims ---------------------------------------------------------------------------------- */

static const struct row {
    const char *claim;
    uint32_t capacity, messages[PRODUCERS];
    uint64_t start;
    void (*threads[4])(void);
} rows[] = {
    { "1 slot, 1 and 1", 1, { 1, 1 }, 0, { consume, produce_0, produce_1 } },
    { "1 slot, 2 and 1", 1, { 2, 1 }, 0, { consume, produce_0, produce_1 } },
    { "2 slots, 2 and 1", 2, { 2, 1 }, 0, { consume, produce_0, produce_1 } },
    { "turns wrap around", 2, { 2, 1 }, UINT32_MAX, { consume, produce_0, produce_1 } },
    { "capacity 3 of 4 slots", 3, { 2, 2 }, 0, { consume, produce_0, produce_1 } },
    { "three producers", 2, { 1, 1, 1 }, 0, { consume, produce_0, produce_1, produce_2 } },
    { "1 slot, 2 and 2", 1, { 2, 2 }, 0, { consume, produce_0, produce_1 } },
    { "claims and batches", 4, { 2, 2 }, 0, { consume_by_batches, claim_two, push_batch } },
    { "the consumer closes", 1, { 1, 1 }, 0, { close_and_consume, produce_0, produce_1 } },
    { "a producer closes", 2, { 1, 1 }, 0, { consume_until_closed, produce_and_close, produce_1 } },
    { "its length", 4, { 1, 1 }, 0, { consume, produce_0, produce_1, look_on } },
    { "its length, full", 1, { 2 }, 0, { consume, produce_0, look_on } },
    { "somebody closes",
      2,
      { 1, 1 },
      0,
      { consume_until_closed, produce_0, produce_1, close_queue } },
};

static model_program program_of(const void *at)
{
    const struct row *const row = at;
    static const char *const names[] = { "consumer", "one", "two", "three" };
    capacity = row->capacity;
    start = row->start;
    memcpy(messages, row->messages, sizeof messages);
    model_program program = { .setup = reset, .finish = all_that_was_pushed_was_popped };
    for (int t = 0; t < 4 && row->threads[t]; t++)
        program.threads[t] = (model_thread){ names[t], row->threads[t] };
    return program;
}

static void nothing_is_lost_and_order_is_kept(void **state)
{
    (void)state;
    model_holds_all(MODEL_TABLE(rows, program_of));
}

static void nor_with_more_messages(void **state)
{
    (void)state;
    static const struct row more_rows[] = {
        { "1 slot, 3 and 2", 1, { 3, 2 }, 0, { consume, produce_0, produce_1 } },
        { "2 slots, 3 and 2", 2, { 3, 2 }, 0, { consume, produce_0, produce_1 } },
        { "2 slots, 2, 1 and 1", 2, { 2, 1, 1 }, 0, { consume, produce_0, produce_1, produce_2 } },
    };
    model_holds_all(MODEL_TABLE(more_rows, program_of));
}

/* ---- orders ---------------------------------------------------------------------------------- */

static bool all_holds(void)
{
    return model_all_hold(MODEL_TABLE(rows, program_of));
}

/* Slots hand messages and room over; who sees a tail has more than it needs. */
static void no_other_order_can_be_weaker(void **state)
{
    (void)state;
    enum { RELAXED = __ATOMIC_RELAXED, ACQUIRE = __ATOMIC_ACQUIRE };
    enum { RELEASE = __ATOMIC_RELEASE, ACQ_REL = __ATOMIC_ACQ_REL };
    static const model_order in_header[] = {
        { "load", "&ring->head", ACQUIRE, ACQUIRE }, /* weft_x_ring_len */
        { "load", "&ring->tail", ACQUIRE, RELAXED },
        { "load", "word", ACQUIRE, ACQUIRE },        /* weft_x_ring_room */
        { "load", "&ring->tail", ACQUIRE, RELAXED }, /* weft_x_mpsc_claim */
        { "load", "&ring->tail", ACQUIRE, RELAXED },
        { "compare_exchange", "&ring->tail", ACQUIRE, RELAXED },
        { "store", "word", RELEASE, RELEASE }, /* weft_x_ring_publish */
        { "store", "word", RELEASE, RELEASE }, /* weft_x_ring_publish_claimed */
        { "load", "word", RELAXED, RELAXED },
        { "load", "&ring->head", RELAXED, RELAXED },  /* weft_x_ring_head */
        { "load", "word", ACQUIRE, ACQUIRE },         /* weft_x_ring_is_there */
        { "store", "word", RELEASE, RELEASE },        /* weft_x_ring_empty */
        { "store", "&ring->head", RELEASE, RELEASE }, /* weft_x_ring_advance */
    };
    static const model_order in_source[] = {
        { "load", "&ring->state", ACQUIRE, RELAXED }, /* weft_x_ring_is_over */
        { "load", "&ring->tail", ACQUIRE, RELAXED },
        { "fetch_or", "&ring->tail", ACQ_REL, RELAXED }, /* weft_x_mpsc_close */
        { "store", "&ring->state", RELEASE, RELEASE },
    };
    model_expect_orders("weft/ring.h", all_holds, in_header, sizeof in_header / sizeof *in_header);
    model_expect_orders("base/ring.c", all_holds, in_source, sizeof in_source / sizeof *in_source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_and_order_is_kept),
        cmocka_unit_test(nor_with_more_messages),
        cmocka_unit_test(no_other_order_can_be_weaker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
