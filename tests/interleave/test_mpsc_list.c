/* test-labels: slow */
/* The list from several threads to one (mpsc_list.h) in all executions that C11 allows: nothing is
 * lost or comes twice, each producer's order is kept, objects come with their contents, and a close
 * is exact. */
#include "model_atomics.h"

#include "base/mpsc_list.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PRODUCERS = 3, OBJECTS = 3 };

typedef struct object {
    weft_mpsc_link link; /* first */
    int producer, number;
} object;

/* ---- the program ----------------------------------------------------------------------------- */

static weft_mpsc_list list;
static object *objects[PRODUCERS][OBJECTS];
static int counts[PRODUCERS]; /* how many each is to push */
static int pushed[PRODUCERS], popped[PRODUCERS];
static int closer_did; /* plain: before the close */

static void reset(void)
{
    weft_mpsc_list_init(&list);
    closer_did = 0;
    for (int p = 0; p < PRODUCERS; p++) {
        pushed[p] = popped[p] = 0;
        for (int i = 0; i < OBJECTS; i++)
            objects[p][i] = model_allocator.alloc(NULL, sizeof(object), _Alignof(object));
    }
}

static void give_back(object *o)
{
    model_allocator.free(NULL, o, sizeof *o, _Alignof(object));
}

static void all_that_was_pushed_was_popped(void)
{
    const char *why = "";
    size_t left = 0;
    for (int p = 0; p < PRODUCERS; p++) {
        MODEL_THAT(popped[p] == pushed[p]);
        left += (size_t)(OBJECTS - pushed[p]);
    }
    MODEL_THAT(weft_mpsc_list_is_empty(&list));
    MODEL_THAT(weft_mpsc_list_check(&list, &why));
    MODEL_THAT(model_live_objects() == left);
}

/* What is refused is the caller's, who may use it on; and who closed did so before. */
static void produce(int producer)
{
    for (int i = 0; i < counts[producer]; i++) {
        object *o = objects[producer][i];
        o->producer = producer;
        o->number = i + 1;
        if (weft_mpsc_list_push(&list, &o->link)) {
            o->number = 0;
            MODEL_THAT(closer_did == 1);
            return;
        }
        pushed[producer]++;
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

static void produce_2(void)
{
    produce(2);
}

static void close_list(void)
{
    closer_did = 1;
    weft_mpsc_list_close(&list);
}

static void produce_and_close(void)
{
    produce(0);
    close_list();
}

static void expect_next(weft_mpsc_link *link)
{
    object *o = (object *)link;
    popped[o->producer]++;
    MODEL_THAT(o->number == popped[o->producer]);
    give_back(o);
}

static void consume(void)
{
    for (int left = counts[0] + counts[1] + counts[2]; left > 0; left--) {
        weft_mpsc_link *link = NULL;
        MODEL_UNTIL(weft_mpsc_list_pop(&list, &link) == WEFT_OK);
        expect_next(link);
    }
}

/* As a loop does it: so many pops as there were objects when it began. */
static void consume_by_passes(void)
{
    for (int left = counts[0] + counts[1]; left > 0;) {
        size_t count = 0;
        MODEL_UNTIL((count = weft_mpsc_list_take(&list)) > 0);
        for (; count > 0; count--, left--) {
            weft_mpsc_link *link = NULL;
            MODEL_THAT(weft_mpsc_list_pop(&list, &link) == WEFT_OK);
            expect_next(link);
        }
    }
}

static void consume_until_closed(void)
{
    weft_status status = WEFT_OK;
    while (status != WEFT_ECLOSED) {
        weft_mpsc_link *link = NULL;
        MODEL_UNTIL((status = weft_mpsc_list_pop(&list, &link)) != WEFT_EAGAIN);
        if (status == WEFT_OK)
            expect_next(link);
    }
    MODEL_THAT(closer_did == 1);
}

static void close_and_consume(void)
{
    close_list();
    consume_until_closed();
}

/* ---- claims ---------------------------------------------------------------------------------- */

static const struct row {
    const char *claim;
    int counts[PRODUCERS];
    void (*threads[4])(void);
} rows[] = {
    { "one producer", { 3 }, { consume, produce_0 } },
    { "two producers, 1 and 1", { 1, 1 }, { consume, produce_0, produce_1 } },
    { "two producers, 2 and 1", { 2, 1 }, { consume, produce_0, produce_1 } },
    { "in passes", { 2, 1 }, { consume_by_passes, produce_0, produce_1 } },
    { "the consumer closes", { 1, 1 }, { close_and_consume, produce_0, produce_1 } },
    { "a producer closes", { 1, 1 }, { consume_until_closed, produce_and_close, produce_1 } },
    { "somebody closes", { 2 }, { consume_until_closed, produce_0, close_list } },
};

static const struct row more_rows[] = {
    { "two producers, 2 and 2", { 2, 2 }, { consume, produce_0, produce_1 } },
    { "three producers", { 1, 1, 1 }, { consume, produce_0, produce_1, produce_2 } },
    { "three producers, passes", { 2, 2 }, { consume_by_passes, produce_0, produce_1 } },
    { "two producers, and somebody closes",
      { 1, 1 },
      { consume_until_closed, produce_0, produce_1, close_list } },
};

static model_program program_of(const void *at)
{
    const struct row *const row = at;
    static const char *const names[] = { "consumer", "one", "two", "three" };
    model_program program = { .setup = reset, .finish = all_that_was_pushed_was_popped };
    for (int p = 0; p < PRODUCERS; p++)
        counts[p] = row->counts[p];
    for (int t = 0; t < 4 && row->threads[t]; t++)
        program.threads[t] = (model_thread){ names[t], row->threads[t] };
    return program;
}

static void nothing_is_lost_and_order_is_kept(void **state)
{
    (void)state;
    model_holds_all(MODEL_TABLE(rows, program_of));
}

static void nor_with_more_objects(void **state)
{
    (void)state;
    model_holds_all(MODEL_TABLE(more_rows, program_of));
}

/* ---- orders ---------------------------------------------------------------------------------- */

static bool all_holds(void)
{
    return model_all_hold(MODEL_TABLE(rows, program_of));
}

/* Taking over acquires; the look before it has more than it needs. */
static void no_other_order_can_be_weaker(void **state)
{
    (void)state;
    enum { RELAXED = __ATOMIC_RELAXED, ACQUIRE = __ATOMIC_ACQUIRE };
    enum { RELEASE = __ATOMIC_RELEASE, ACQ_REL = __ATOMIC_ACQ_REL, SEQ_CST = __ATOMIC_SEQ_CST };
    static const model_order in_header[] = {
        { "load", "&list->top", ACQUIRE, ACQUIRE }, /* weft_mpsc_list_push */
        { "compare_exchange", "&list->top", RELEASE, RELEASE },
        { "load", "&list->top", SEQ_CST, RELAXED }, /* weft_mpsc_list_take */
    };
    static const model_order in_source[] = {
        { "compare_exchange", "&list->top", ACQ_REL, ACQUIRE }, /* weft_x_mpsc_list_take_over */
        { "load", "&list->top", ACQUIRE, ACQUIRE },             /* weft_mpsc_list_pop */
        { "fetch_or", "&list->top", ACQ_REL, RELEASE },         /* weft_mpsc_list_close */
    };
    model_expect_orders("weft/mpsc_list.h", all_holds, in_header,
                        sizeof in_header / sizeof *in_header);
    model_expect_orders("base/mpsc_list.c", all_holds, in_source,
                        sizeof in_source / sizeof *in_source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_and_order_is_kept),
        cmocka_unit_test(nor_with_more_objects),
        cmocka_unit_test(no_other_order_can_be_weaker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
