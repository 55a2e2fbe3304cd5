/* The MPSC ring in one thread. What several threads do to it is in test_mpsc_threads.c. */
#include <weft/mpsc.h>

#define QUEUE(name, T) WEFT_MPSC(name, T)
#include "ring_cases.h"

/* Two producers that are held up between claim and commit, and one that is not. */
static void what_lies_behind_an_unfilled_place_waits_for_it(void **state)
{
    (void)state;
    Letter_queue queue;
    Letter *first = NULL, *second = NULL;
    assert_int_equal(Letter_queue_init(&queue, NULL, 4), WEFT_OK);
    assert_int_equal(Letter_queue_claim(&queue, &first), WEFT_OK);
    assert_int_equal(Letter_queue_claim(&queue, &second), WEFT_OK);
    assert_int_equal(push(&queue, 3), WEFT_OK);
    assert_no_pop(&queue, WEFT_EAGAIN);
    *second = letter(2);
    Letter_queue_commit(&queue, second);
    assert_no_pop(&queue, WEFT_EAGAIN);
    assert_int_equal(push(&queue, 4), WEFT_OK);
    assert_no_push(&queue, WEFT_EFULL); /* the places count */
    assert_int_equal(Letter_queue_len(&queue), 4);
    *first = letter(1);
    Letter_queue_commit(&queue, first);
    for (uint64_t i = 1; i <= 4; i++)
        assert_pops(&queue, i);
    assert_no_pop(&queue, WEFT_EAGAIN);
    check(&queue);
    Letter_queue_fini(&queue);
}

static void the_end_waits_for_places_claimed_before_the_close(void **state)
{
    (void)state;
    Letter_queue queue;
    Letter *first = NULL, *second = NULL;
    assert_int_equal(Letter_queue_init(&queue, NULL, 4), WEFT_OK);
    assert_int_equal(Letter_queue_claim(&queue, &first), WEFT_OK);
    assert_int_equal(Letter_queue_claim(&queue, &second), WEFT_OK);
    *first = letter(1);
    Letter_queue_commit(&queue, first);
    Letter_queue_close(&queue);
    assert_no_push(&queue, WEFT_ECLOSED);
    assert_pops(&queue, 1);
    assert_no_pop(&queue, WEFT_EAGAIN);
    *second = letter(2);
    Letter_queue_commit(&queue, second);
    assert_pops(&queue, 2);
    assert_no_pop(&queue, WEFT_ECLOSED);
    check(&queue);
    Letter_queue_fini(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RING_CASES,
        cmocka_unit_test(what_lies_behind_an_unfilled_place_waits_for_it),
        cmocka_unit_test(the_end_waits_for_places_claimed_before_the_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
