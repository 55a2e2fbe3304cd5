/* The SPSC ring between two threads. Messages are written and read without atomic operations, so
 * that TSan sees whether the ring orders them; and each says what its number should be. The
 * producer asserts nothing: it counts. */
/* test-labels: threads */
#include <weft/spsc.h>

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST_AT_ONCE = 16 };

typedef struct Letter {
    uint64_t serial;
    uint32_t copy[3];
} Letter;
WEFT_SPSC(Letter_queue, Letter);

typedef struct {
    const char *what;
    size_t capacity;
    uint64_t start;
    uint64_t messages;     /* until the producer closes */
    uint64_t refuse_after; /* of them, the consumer wants no more; 0: it wants all */
    size_t at_once;        /* pushed and popped; 1: one by one; 0: in place */
} profile;

static const profile profiles[] = {
    { "one place", 1, 0, 20000, 0, 1 },
    { "one place, in place", 1, 0, 20000, 0, 0 },
    { "two places, the numbers wrap", 2, UINT32_MAX - 5000, 20000, 0, 1 },
    { "three places, many at once", 3, 0, 50000, 0, 7 },
    { "a large ring", 1024, UINT32_MAX - 5000, 200000, 0, 1 },
    { "a large ring, in place", 1024, 0, 200000, 0, 0 },
    { "a large ring, many at once", 1000, UINT32_MAX - 5000, 500000, 0, MOST_AT_ONCE },
    { "nothing but the close", 4, 0, 0, 0, 1 },
    { "refused, one place", 1, 0, UINT64_MAX, 1000, 1 },
    { "refused, in place", 3, 0, UINT64_MAX, 1000, 0 },
    { "refused, many at once", 64, 0, UINT64_MAX, 5000, MOST_AT_ONCE },
};

typedef struct stress {
    const profile *kind;
    Letter_queue queue;
    uint64_t pushed;
    uint64_t odd; /* statuses that push should not give */
} stress;

static Letter letter(uint64_t serial)
{
    const uint32_t low = (uint32_t)serial;
    return (Letter){ serial, { low, ~low, low * 3 } };
}

/* Pushes the next ones; how many went in. */
static weft_status push_some(stress *s, size_t *count_out)
{
    Letter messages[MOST_AT_ONCE], *place;
    const uint64_t left = s->kind->messages - s->pushed;
    if (s->kind->at_once == 0) {
        const weft_status status = Letter_queue_claim(&s->queue, &place);
        if (status)
            return status;
        *place = letter(s->pushed);
        Letter_queue_commit(&s->queue, place);
        *count_out = 1;
        return WEFT_OK;
    }
    const size_t most = s->kind->at_once < left ? s->kind->at_once : (size_t)left;
    for (size_t i = 0; i < most; i++)
        messages[i] = letter(s->pushed + i);
    *count_out = 1;
    return most == 1 ? Letter_queue_push(&s->queue, messages)
                     : Letter_queue_push_n(&s->queue, messages, most, count_out);
}

static void *produce(void *arg)
{
    stress *s = arg;
    while (s->pushed < s->kind->messages) {
        size_t count;
        const weft_status status = push_some(s, &count);
        if (status == WEFT_ECLOSED)
            break;
        if (status == WEFT_OK)
            s->pushed += count;
        else if (status == WEFT_EFULL)
            sched_yield();
        else
            s->odd++;
    }
    if (!s->kind->refuse_after)
        Letter_queue_close(&s->queue);
    return NULL;
}

static weft_status pop_some(stress *s, Letter *messages, size_t *count_out)
{
    Letter *place = NULL;
    *count_out = 1;
    if (s->kind->at_once > 1)
        return Letter_queue_pop_n(&s->queue, messages, s->kind->at_once, count_out);
    if (s->kind->at_once == 1)
        return Letter_queue_pop(&s->queue, messages);
    const weft_status status = Letter_queue_peek(&s->queue, &place);
    if (!status) {
        *messages = *place;
        Letter_queue_release(&s->queue);
    }
    return status;
}

static void assert_letter(const Letter *got, uint64_t serial)
{
    const Letter expected = letter(serial);
    assert_true(got->serial == serial);
    assert_memory_equal(got->copy, expected.copy, sizeof got->copy);
}

static void run_profile(const profile *kind)
{
    stress *s = calloc(1, sizeof *s);
    pthread_t producer;
    uint64_t popped = 0;
    weft_status status;
    s->kind = kind;
    assert_int_equal(Letter_queue_init(&s->queue, NULL, kind->capacity), WEFT_OK);
    weft_x_ring_start_at(&s->queue.ring, kind->start);
    assert_int_equal(pthread_create(&producer, NULL, produce, s), 0);
    do {
        Letter messages[MOST_AT_ONCE];
        size_t count;
        status = pop_some(s, messages, &count);
        if (status) {
            sched_yield();
            continue;
        }
        assert_true(Letter_queue_len(&s->queue) <= kind->capacity);
        for (size_t i = 0; i < count; i++)
            assert_letter(&messages[i], popped++);
        if (kind->refuse_after && popped >= kind->refuse_after)
            Letter_queue_refuse(&s->queue);
    } while (status != WEFT_ECLOSED);
    assert_int_equal(pthread_join(producer, NULL), 0);
    assert_true(popped == s->pushed);
    assert_int_equal(s->odd, 0);
    const char *why = NULL;
    if (!Letter_queue_check(&s->queue, &why))
        fail_msg("%s: %s", kind->what, why);
    print_message("%-32s %zu messages\n", kind->what, (size_t)popped);
    Letter_queue_fini(&s->queue);
    free(s);
}

static void what_was_pushed_comes_out_once_in_order_and_then_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        run_profile(&profiles[i]);
}

/* ---- closing, again and again ---------------------------------------------------------------- */

enum { CLOSINGS = 3000 };

typedef struct last_words {
    Letter_queue queue;
    uint32_t round; /* atomic: the producer's turn */
} last_words;

static void *say(void *arg)
{
    last_words *w = arg;
    for (uint32_t round = 1; round <= CLOSINGS; round++) {
        while (__atomic_load_n(&w->round, __ATOMIC_ACQUIRE) != round)
            sched_yield();
        const Letter message = letter(round);
        if (round % 3 == 0 || Letter_queue_push(&w->queue, &message) == WEFT_OK)
            Letter_queue_close(&w->queue);
    }
    return NULL;
}

/* The message is pushed and the queue closed while the consumer is between its looks at the one and
 * at the other. */
static void a_message_ahead_of_the_close_is_not_lost(void **state)
{
    (void)state;
    static last_words w; /* not on the stack, where TSan does not see races */
    pthread_t producer;
    assert_int_equal(pthread_create(&producer, NULL, say, &w), 0);
    for (uint32_t round = 1; round <= CLOSINGS; round++) {
        assert_int_equal(Letter_queue_init(&w.queue, NULL, 1), WEFT_OK);
        __atomic_store_n(&w.round, round, __ATOMIC_RELEASE);
        uint32_t popped = 0, looks = 0;
        weft_status status;
        Letter message;
        while ((status = Letter_queue_pop(&w.queue, &message)) != WEFT_ECLOSED) {
            if (status) {
                if (++looks % 256 == 0)
                    sched_yield();
                continue;
            }
            assert_letter(&message, round);
            popped++;
        }
        assert_int_equal(popped, round % 3 != 0);
        Letter_queue_fini(&w.queue);
    }
    assert_int_equal(pthread_join(producer, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_pushed_comes_out_once_in_order_and_then_the_end),
        cmocka_unit_test(a_message_ahead_of_the_close_is_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
