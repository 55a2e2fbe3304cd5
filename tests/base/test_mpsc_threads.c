/* The MPSC ring and the intrusive list among threads: of each producer, the consumer gets all that
 * went in, in order, and nothing else, also if somebody closes meanwhile. Messages are written and
 * read without atomic operations, so that TSan sees whether the queue orders them. Producers assert
 * nothing: they count. */
/* test-labels: threads */
#include <weft/mpsc.h>
#include <weft/mpsc_list.h>

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST_PRODUCERS = 3, MOST_AT_ONCE = 8 };

typedef struct Letter {
    uint64_t serial;
    uint32_t from;
    uint32_t copy[2];
} Letter;
WEFT_MPSC(Letter_queue, Letter);

typedef enum { BY_THE_LAST, BY_THE_CONSUMER, BY_SOMEBODY } closing;

typedef struct {
    const char *what;
    uint32_t producers;
    size_t capacity;   /* 0: the list */
    size_t at_once;    /* pushed and popped; 1: one by one; 0: in place */
    closing who;       /* closes */
    uint64_t messages; /* of each producer; or, in all, until it is closed */
    uint64_t start;
} profile;

static const profile profiles[] = {
    { "one place", 2, 1, 1, BY_THE_LAST, 5000, 0 },
    { "two places, in place", 2, 2, 0, BY_THE_LAST, 10000, UINT32_MAX - 1000 },
    { "three places, many at once", 3, 3, 5, BY_THE_LAST, 10000, UINT32_MAX - 1000 },
    { "a large ring", 3, 1024, 1, BY_THE_LAST, 50000, UINT32_MAX - 1000 },
    { "a large ring, in place", 3, 1024, 0, BY_THE_LAST, 50000, 0 },
    { "a large ring, many at once", 3, 1000, MOST_AT_ONCE, BY_THE_LAST, 100000, 0 },
    { "closed by the consumer, one place", 3, 1, 1, BY_THE_CONSUMER, 3000, 0 },
    { "closed by the consumer, in place", 3, 64, 0, BY_THE_CONSUMER, 5000, 0 },
    { "closed by the consumer, many at once", 2, 64, MOST_AT_ONCE, BY_THE_CONSUMER, 5000, 0 },
    { "closed by somebody, two places", 2, 2, 1, BY_SOMEBODY, 3000, 0 },
    { "closed by somebody, many at once", 2, 100, MOST_AT_ONCE, BY_SOMEBODY, 5000, 0 },
    { "list", 3, 0, 1, BY_THE_LAST, 20000, 0 },
    { "list, closed by the consumer", 3, 0, 1, BY_THE_CONSUMER, 5000, 0 },
    { "list, closed by somebody", 2, 0, 1, BY_SOMEBODY, 5000, 0 },
};

typedef struct Parcel {
    weft_mpsc_link link;
    Letter letter;
} Parcel;

typedef struct stress {
    const profile *kind;
    Letter_queue queue;
    weft_mpsc_list list;
    uint32_t next;    /* atomic: number of the next producer */
    uint32_t running; /* atomic: producers that are not done */
    uint64_t seen;    /* atomic, relaxed: messages popped, for somebody who closes */
    uint64_t pushed[MOST_PRODUCERS];
    uint64_t odd; /* atomic */
    uint64_t popped[MOST_PRODUCERS];
} stress;

static Letter letter(uint32_t from, uint64_t serial)
{
    const uint32_t low = (uint32_t)serial;
    return (Letter){ serial, from, { ~low, low * 3 + from } };
}

/* ---- producers ------------------------------------------------------------------------------- */

static weft_status push_parcel(stress *s, uint32_t me)
{
    Parcel *parcel = malloc(sizeof *parcel);
    parcel->letter = letter(me, s->pushed[me]);
    const weft_status status = weft_mpsc_list_push(&s->list, &parcel->link);
    if (status)
        free(parcel);
    return status;
}

static weft_status push_some(stress *s, uint32_t me, size_t most, size_t *count_out)
{
    Letter messages[MOST_AT_ONCE], *place;
    *count_out = 1;
    if (s->kind->capacity == 0)
        return push_parcel(s, me);
    if (s->kind->at_once == 0) {
        const weft_status status = Letter_queue_claim(&s->queue, &place);
        if (status)
            return status;
        *place = letter(me, s->pushed[me]);
        Letter_queue_commit(&s->queue, place);
        return WEFT_OK;
    }
    for (size_t i = 0; i < most; i++)
        messages[i] = letter(me, s->pushed[me] + i);
    return most == 1 ? Letter_queue_push(&s->queue, messages)
                     : Letter_queue_push_n(&s->queue, messages, most, count_out);
}

static void close_queue(stress *s)
{
    if (s->kind->capacity)
        Letter_queue_close(&s->queue);
    else
        weft_mpsc_list_close(&s->list);
}

static void *produce(void *arg)
{
    stress *s = arg;
    const uint32_t me = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED);
    const uint64_t target = s->kind->who == BY_THE_LAST ? s->kind->messages : UINT64_MAX;
    const size_t at_once = s->kind->at_once ? s->kind->at_once : 1;
    while (s->pushed[me] < target) {
        const uint64_t left = target - s->pushed[me];
        size_t count;
        const weft_status status =
            push_some(s, me, at_once < left ? at_once : (size_t)left, &count);
        if (status == WEFT_ECLOSED)
            break;
        if (status == WEFT_OK)
            s->pushed[me] += count;
        else if (status == WEFT_EFULL)
            sched_yield();
        else
            __atomic_fetch_add(&s->odd, 1, __ATOMIC_RELAXED);
    }
    if (__atomic_sub_fetch(&s->running, 1, __ATOMIC_ACQ_REL) == 0 && s->kind->who == BY_THE_LAST)
        close_queue(s);
    return NULL;
}

static void *close_some_time(void *arg)
{
    stress *s = arg;
    while (__atomic_load_n(&s->seen, __ATOMIC_RELAXED) < s->kind->messages)
        sched_yield();
    close_queue(s);
    return NULL;
}

/* ---- the consumer ---------------------------------------------------------------------------- */

static weft_status pop_some(stress *s, Letter *messages, size_t *count_out)
{
    weft_status status;
    weft_mpsc_link *link;
    Letter *place = NULL;
    *count_out = 1;
    if (s->kind->capacity == 0) {
        status = weft_mpsc_list_pop(&s->list, &link);
        if (!status) {
            *messages = ((Parcel *)link)->letter;
            free(link);
        }
        return status;
    }
    if (s->kind->at_once > 1)
        return Letter_queue_pop_n(&s->queue, messages, s->kind->at_once, count_out);
    if (s->kind->at_once == 1)
        return Letter_queue_pop(&s->queue, messages);
    status = Letter_queue_peek(&s->queue, &place);
    if (!status) {
        *messages = *place;
        Letter_queue_release(&s->queue);
    }
    return status;
}

static uint64_t look_at(stress *s, const Letter *got)
{
    assert_true(got->from < s->kind->producers);
    const Letter expected = letter(got->from, s->popped[got->from]++);
    assert_true(got->serial == expected.serial);
    assert_memory_equal(got->copy, expected.copy, sizeof got->copy);
    return __atomic_add_fetch(&s->seen, 1, __ATOMIC_RELAXED);
}

static void consume(stress *s)
{
    weft_status status;
    do {
        Letter messages[MOST_AT_ONCE];
        size_t count;
        uint64_t seen = 0;
        status = pop_some(s, messages, &count);
        if (status) {
            sched_yield();
            continue;
        }
        for (size_t i = 0; i < count; i++)
            seen = look_at(s, &messages[i]);
        if (s->kind->who == BY_THE_CONSUMER && seen >= s->kind->messages)
            close_queue(s);
    } while (status != WEFT_ECLOSED);
}

static void run_profile(const profile *kind)
{
    stress *s = calloc(1, sizeof *s);
    pthread_t threads[MOST_PRODUCERS + 1];
    uint32_t count = 0;
    s->kind = kind;
    s->running = kind->producers;
    weft_mpsc_list_init(&s->list);
    assert_int_equal(Letter_queue_init(&s->queue, NULL, kind->capacity ? kind->capacity : 1),
                     WEFT_OK);
    weft_x_ring_start_at(&s->queue.ring, kind->start);
    while (count < kind->producers)
        assert_int_equal(pthread_create(&threads[count++], NULL, produce, s), 0);
    if (kind->who == BY_SOMEBODY)
        assert_int_equal(pthread_create(&threads[count++], NULL, close_some_time, s), 0);
    consume(s);
    while (count)
        assert_int_equal(pthread_join(threads[--count], NULL), 0);
    assert_int_equal(s->odd, 0);
    for (uint32_t i = 0; i < kind->producers; i++)
        assert_true(s->popped[i] == s->pushed[i]);
    const char *why = NULL;
    if (!Letter_queue_check(&s->queue, &why) || !weft_mpsc_list_check(&s->list, &why))
        fail_msg("%s: %s", kind->what, why);
    print_message("%-36s %zu messages\n", kind->what, (size_t)s->seen);
    Letter_queue_fini(&s->queue);
    free(s);
}

static void what_was_pushed_comes_out_once_in_order_and_then_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        run_profile(&profiles[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_pushed_comes_out_once_in_order_and_then_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
