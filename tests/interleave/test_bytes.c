/* test-labels: slow */
/* The byte rings (bytes.h) in all executions that C11 allows, at each offset in the smallest ring
 * and across the ring's end: nothing is lost or comes twice, order is kept, contents are complete,
 * what is aborted is not seen, and closing is exact. */
#include "model_atomics.h"

#include "base/bytes.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static model_result result;

enum { PRODUCERS = 2, MESSAGES = 4, LARGEST = 24 };

typedef struct message {
    int size_bytes;
    bool is_aborted;
} message;

/* ---- the program ----------------------------------------------------------------------------- */

typedef struct row {
    const char *claim;
    weft_bytes_kind kind;
    size_t capacity_bytes;
    message messages[PRODUCERS][MESSAGES]; /* up to one of size -1 */
    void (*threads[4])(void);
} row;

static weft_bytes queue;
static const row *now;
static uint64_t start;
static int sent[PRODUCERS];     /* messages whose claim succeeded */
static int received[PRODUCERS]; /* the same, as far as the consumer can tell */

static void reset(void)
{
    MODEL_THAT(weft_bytes_init(&queue, &model_allocator, now->capacity_bytes, now->kind) ==
               WEFT_OK);
    weft_x_bytes_start_at(&queue, start);
    memset(sent, 0, sizeof sent);
    memset(received, 0, sizeof received);
}

/* Over what the producer has aborted. */
static void skip_aborted(int producer)
{
    while (received[producer] < sent[producer] &&
           now->messages[producer][received[producer]].is_aborted)
        received[producer]++;
}

static void all_that_was_sent_was_received(void)
{
    const char *why = "";
    for (int p = 0; p < PRODUCERS; p++) {
        skip_aborted(p);
        MODEL_THAT(received[p] == sent[p]);
    }
    MODEL_THAT(weft_bytes_check(&queue, &why));
    weft_bytes_fini(&queue);
    MODEL_THAT(model_live_objects() == 0);
}

/* The first byte says who sent it and the number; the others repeat it. */
static unsigned char byte_of(int producer, int number)
{
    return (unsigned char)(producer * MESSAGES + number + 1);
}

/* Until all are sent, or the queue is closed. */
static void produce(int producer)
{
    const message *m = now->messages[producer];
    for (int i = 0; i < MESSAGES && m[i].size_bytes > 0; i++) {
        weft_status status = WEFT_OK;
        void *room = NULL;
        MODEL_UNTIL((status = weft_bytes_claim(&queue, (size_t)m[i].size_bytes, &room)) !=
                    WEFT_EFULL);
        if (status == WEFT_ECLOSED)
            return;
        memset(room, byte_of(producer, i), (size_t)m[i].size_bytes);
        sent[producer]++;
        if (m[i].is_aborted)
            weft_bytes_abort(&queue, room);
        else
            weft_bytes_commit(&queue, room, (size_t)m[i].size_bytes);
    }
}

static void produce_0(void)
{
    produce(0);
}

static void produce_1(void)
{
    produce(1);
}

/* The consumer's refusal counts when the producer has noticed it. */
static void produce_until_refused(void)
{
    void *room;
    produce(0);
    MODEL_UNTIL(weft_bytes_claim(&queue, 1, &room) == WEFT_ECLOSED);
}

static void close_queue(void)
{
    weft_bytes_close(&queue);
}

static void produce_and_close(void)
{
    produce(0);
    weft_bytes_close(&queue);
}

static void expect_message(const weft_bytes_message *got)
{
    const unsigned char *bytes = got->data;
    MODEL_THAT(got->size_bytes > 0);
    const int producer = (bytes[0] - 1) / MESSAGES, number = (bytes[0] - 1) % MESSAGES;
    MODEL_THAT(producer < PRODUCERS);
    while (received[producer] < number && now->messages[producer][received[producer]].is_aborted)
        received[producer]++;
    MODEL_THAT(received[producer] == number);
    MODEL_THAT(!now->messages[producer][number].is_aborted);
    MODEL_THAT(got->size_bytes == (size_t)now->messages[producer][number].size_bytes);
    for (size_t i = 1; i < got->size_bytes; i++)
        MODEL_THAT(bytes[i] == bytes[0]);
    received[producer]++;
}

static int to_come(void)
{
    int count = 0;
    for (int p = 0; p < PRODUCERS; p++)
        for (int i = 0; i < MESSAGES && now->messages[p][i].size_bytes > 0; i++)
            count += !now->messages[p][i].is_aborted;
    return count;
}

static void consume(void)
{
    for (int left = to_come(); left > 0; left--) {
        weft_bytes_message got;
        MODEL_UNTIL(weft_bytes_peek(&queue, &got) == WEFT_OK);
        expect_message(&got);
        weft_bytes_release(&queue);
    }
}

static void consume_until_closed(void)
{
    weft_status status = WEFT_OK;
    while (status != WEFT_ECLOSED) {
        weft_bytes_message got;
        MODEL_UNTIL((status = weft_bytes_peek(&queue, &got)) != WEFT_EAGAIN);
        if (status)
            continue;
        expect_message(&got);
        weft_bytes_release(&queue);
    }
}

static void refuse_and_consume(void)
{
    weft_bytes_refuse(&queue);
    consume_until_closed();
}

/* Who is neither end sees no more in it than there can be: two records, of which one is a gap. */
static void look_on(void)
{
    const size_t used = weft_bytes_used(&queue);
    MODEL_THAT(used <= 24 + 24 && used <= now->capacity_bytes);
}

/* ---- claims ---------------------------------------------------------------------------------- */

#define SPSC WEFT_BYTES_SPSC
#define MPSC WEFT_BYTES_MPSC

static const row rows[] = {
    { "spsc, 32 bytes",
      SPSC,
      32,
      { { { 8, 0 }, { 3, 0 }, { 8, 0 }, { 1, 0 } } },
      { consume, produce_0 } },
    { "spsc, across the end",
      SPSC,
      64,
      { { { 24, 0 }, { 17, 0 }, { 24, 0 }, { 2, 0 } } },
      { consume, produce_0 } },
    { "spsc, closed",
      SPSC,
      32,
      { { { 8, 0 }, { 8, 0 } } },
      { consume_until_closed, produce_and_close } },
    { "spsc, refused",
      SPSC,
      32,
      { { { 8, 0 }, { 8, 0 } } },
      { refuse_and_consume, produce_until_refused } },
    { "spsc, its length", SPSC, 64, { { { 16, 0 } } }, { consume, produce_0, look_on } },
    { "mpsc, its length", MPSC, 64, { { { 16, 0 } } }, { consume, produce_0, look_on } },
    { "mpsc, its length, full",
      MPSC,
      32,
      { { { 8, 0 }, { 8, 0 }, { 8, 0 } } },
      { consume, produce_0, look_on } },
    { "mpsc, one producer",
      MPSC,
      32,
      { { { 8, 0 }, { 3, 0 }, { 8, 0 } } },
      { consume, produce_0 } },
    { "mpsc, 1 and 1",
      MPSC,
      32,
      { { { 8, 0 } }, { { 5, 0 } } },
      { consume, produce_0, produce_1 } },
    { "mpsc, 2 and 1",
      MPSC,
      32,
      { { { 8, 0 }, { 3, 0 } }, { { 8, 0 } } },
      { consume, produce_0, produce_1 } },
    { "mpsc, aborted",
      MPSC,
      32,
      { { { 8, 1 }, { 3, 0 } }, { { 8, 0 } } },
      { consume, produce_0, produce_1 } },
    { "mpsc, the consumer closes",
      MPSC,
      32,
      { { { 8, 0 } }, { { 8, 0 } } },
      { refuse_and_consume, produce_0, produce_1 } },
    { "mpsc, a producer closes",
      MPSC,
      32,
      { { { 8, 0 } }, { { 8, 1 } } },
      { consume_until_closed, produce_and_close, produce_1 } },
    { "mpsc, somebody closes",
      MPSC,
      32,
      { { { 8, 0 } } },
      { consume_until_closed, produce_0, close_queue } },
};

static const row more_rows[] = {
    { "mpsc, across the end",
      MPSC,
      64,
      { { { 24, 0 }, { 17, 0 } }, { { 24, 0 } } },
      { consume, produce_0, produce_1 } },
    { "mpsc, somebody closes two",
      MPSC,
      32,
      { { { 8, 0 } }, { { 8, 0 } } },
      { consume_until_closed, produce_0, produce_1, close_queue } },
    /* The patient's: */
    { "mpsc, 2 and 2",
      MPSC,
      32,
      { { { 8, 0 }, { 3, 0 } }, { { 8, 0 }, { 1, 0 } } },
      { consume, produce_0, produce_1 } },
};

static model_program program_of(const row *of, uint64_t offset)
{
    static const char *const names[] = { "consumer", "one", "two", "three" };
    model_program program = { .setup = reset, .finish = all_that_was_sent_was_received };
    now = of;
    start = offset;
    for (int t = 0; t < 4 && of->threads[t]; t++)
        program.threads[t] = (model_thread){ names[t], of->threads[t] };
    return program;
}

static void hold(const row *of, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint64_t executions = 0;
        for (uint64_t offset = 0; offset < of[i].capacity_bytes; offset += WEFT_BYTES_ALIGN) {
            const model_program program = program_of(&of[i], offset);
            executions += model_executions(of[i].claim, &program);
        }
        print_message("[          ] %s, at each offset: %llu executions\n", of[i].claim,
                      (unsigned long long)executions);
    }
}

static void nothing_is_lost_and_order_is_kept(void **state)
{
    (void)state;
    hold(rows, sizeof rows / sizeof *rows);
}

static void nor_with_more_messages(void **state)
{
    (void)state;
    hold(more_rows, sizeof more_rows / sizeof *more_rows - (model_is_patient() ? 0 : 1));
}

/* ---- orders ---------------------------------------------------------------------------------- */

static bool all_holds(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (uint64_t offset = 0; offset < 32; offset += WEFT_BYTES_ALIGN) {
            const model_program program = program_of(&rows[i], offset);
            model_explore(&program, &result);
            if (result.failed)
                return false;
        }
    }
    return true;
}

/* Records and `head` hand over; who sees a tail or a refusal has more than it needs. */
static void no_other_order_can_be_weaker(void **state)
{
    (void)state;
    enum { RELAXED = __ATOMIC_RELAXED, ACQUIRE = __ATOMIC_ACQUIRE };
    enum { RELEASE = __ATOMIC_RELEASE, ACQ_REL = __ATOMIC_ACQ_REL };
    static const model_order expected[] = {
        { "load", "&queue->head", ACQUIRE, ACQUIRE }, /* weft_bytes_used */
        { "load", "&queue->tail", ACQUIRE, RELAXED },
        { "load", "&queue->state", ACQUIRE, RELAXED }, /* claim_alone */
        { "store", "&queue->state", RELEASE, RELEASE },
        { "load", "&queue->tail", RELAXED, RELAXED },
        { "load", "&queue->head", ACQUIRE, ACQUIRE },
        { "load", "&queue->tail", ACQUIRE, RELAXED }, /* claim_among_many */
        { "load", "&queue->head_seen", ACQUIRE, ACQUIRE },
        { "load", "&queue->head", ACQUIRE, ACQUIRE },
        { "store", "&queue->head_seen", RELEASE, RELEASE },
        { "compare_exchange", "&queue->tail", ACQUIRE, RELAXED },
        { "store", "&header_at(queue, tail)->extent", RELEASE, RELEASE },
        { "load", "&queue->tail", RELAXED, RELAXED }, /* commit_alone */
#if !defined(NDEBUG)
        { "load", "&queue->state", RELAXED, RELAXED },
#endif
        { "store", "&header_at(queue, end)->extent", RELAXED, RELAXED },
        { "store", "&queue->tail", RELAXED, RELAXED },
        { "store", "&record->extent", RELAXED, RELAXED },
        { "store", "&at_tail->extent", RELEASE, RELEASE },
        { "store", "&record->extent", RELEASE, RELEASE },
        { "store", "&record->extent", RELEASE, RELEASE }, /* weft_bytes_commit */
        { "store", "&record->extent", RELEASE, RELEASE }, /* weft_bytes_abort */
        { "store", "&queue->head", RELEASE, RELEASE },    /* give_back */
        { "load", "&queue->state", ACQUIRE, ACQUIRE },    /* not_ready */
        { "load", "&queue->tail", ACQUIRE, RELAXED },
        { "load", "&header_at(queue, head)->extent", ACQUIRE, RELAXED },
        { "load", "&queue->head", RELAXED, RELAXED }, /* weft_bytes_peek */
        { "load", "&record->extent", ACQUIRE, ACQUIRE },
        { "load", "&queue->head", RELAXED, RELAXED }, /* weft_bytes_release */
        { "load", "&header_at(queue, head)->extent", RELAXED, RELAXED },
        { "fetch_or", "&queue->tail", ACQ_REL, RELAXED }, /* weft_bytes_close */
        { "store", "&queue->state", RELEASE, RELEASE },
        { "compare_exchange", "&queue->state", ACQ_REL, RELAXED }, /* weft_bytes_refuse */
    };
    model_expect_orders("base/bytes.c", all_holds, expected, sizeof expected / sizeof *expected);
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
