/* The SPSC ring in one thread. What two threads do to it is in test_spsc_threads.c. */
#include <weft/spsc.h>

#define QUEUE(name, T) WEFT_SPSC(name, T)
#include "ring_cases.h"

static void a_claim_that_is_not_committed_is_nothing(void **state)
{
    (void)state;
    Letter_queue queue;
    Letter *place = NULL, *again = NULL;
    assert_int_equal(Letter_queue_init(&queue, NULL, 1), WEFT_OK);
    assert_int_equal(Letter_queue_claim(&queue, &place), WEFT_OK);
    *place = letter(1);
    assert_int_equal(Letter_queue_claim(&queue, &again), WEFT_OK);
    assert_ptr_equal(place, again);
    assert_int_equal(Letter_queue_len(&queue), 0);
    assert_int_equal(push(&queue, 2), WEFT_OK);
    assert_pops(&queue, 2);
    assert_int_equal(Letter_queue_claim(&queue, &place), WEFT_OK);
    Letter_queue_close(&queue);
    assert_no_pop(&queue, WEFT_ECLOSED);
    check(&queue);
    Letter_queue_fini(&queue);
}

typedef enum { PUSH, PUSH_N, CLAIM, CLOSE } notice;

/* A consumer that refuses gets what is there, and the end once the producer has noticed. */
static void a_refusing_consumer_gets_all_that_the_producer_sent_before_it_noticed(void **state)
{
    (void)state;
    for (notice how = PUSH; how <= CLOSE; how++) {
        Letter_queue queue;
        Letter message = letter(9), *place;
        size_t count;
        assert_int_equal(Letter_queue_init(&queue, NULL, 4), WEFT_OK);
        assert_int_equal(push(&queue, 1), WEFT_OK);
        assert_int_equal(push(&queue, 2), WEFT_OK);
        Letter_queue_refuse(&queue);
        Letter_queue_refuse(&queue);
        assert_pops(&queue, 1);
        switch (how) {
        case PUSH: assert_int_equal(push(&queue, 9), WEFT_ECLOSED); break;
        case PUSH_N:
            assert_int_equal(Letter_queue_push_n(&queue, &message, 1, &count), WEFT_ECLOSED);
            break;
        case CLAIM: assert_int_equal(Letter_queue_claim(&queue, &place), WEFT_ECLOSED); break;
        case CLOSE: Letter_queue_close(&queue); break;
        }
        assert_pops(&queue, 2);
        assert_no_pop(&queue, WEFT_ECLOSED);
        assert_no_push(&queue, WEFT_ECLOSED);
        Letter_queue_refuse(&queue); /* too late, and nothing new */
        assert_no_pop(&queue, WEFT_ECLOSED);
        check(&queue);
        Letter_queue_fini(&queue);
    }
}

static void a_refused_queue_is_not_over_before_the_producer_notices(void **state)
{
    (void)state;
    Letter_queue queue;
    Letter *place = NULL;
    assert_int_equal(Letter_queue_init(&queue, NULL, 4), WEFT_OK);
    assert_int_equal(Letter_queue_claim(&queue, &place), WEFT_OK);
    Letter_queue_refuse(&queue);
    assert_no_pop(&queue, WEFT_EAGAIN);
    *place = letter(1);
    Letter_queue_commit(&queue, place); /* claimed before: it counts */
    assert_pops(&queue, 1);
    assert_no_pop(&queue, WEFT_EAGAIN);
    assert_no_push(&queue, WEFT_ECLOSED);
    assert_no_pop(&queue, WEFT_ECLOSED);
    Letter_queue_fini(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RING_CASES,
        cmocka_unit_test(a_claim_that_is_not_committed_is_nothing),
        cmocka_unit_test(a_refusing_consumer_gets_all_that_the_producer_sent_before_it_noticed),
        cmocka_unit_test(a_refused_queue_is_not_over_before_the_producer_notices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
