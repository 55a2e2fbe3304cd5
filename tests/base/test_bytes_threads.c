/* Byte rings among threads: of each producer, the consumer gets all that was committed, whole and
 * in order, and nothing that was aborted, also if somebody closes meanwhile. A message says whose
 * it is, its number and its length, and the rest follows from these. Producers assert nothing: they
 * count. */
/* test-labels: threads */
#include <weft/bytes.h>

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"

enum { MOST_PRODUCERS = 3 };

typedef struct {
    const char *what;
    weft_bytes_kind kind;
    uint32_t producers;
    size_t capacity;
    uint64_t messages; /* of each producer; or, in all, until the consumer refuses */
    bool refuse;
    uint64_t start;
} profile;

static const profile profiles[] = {
    { "one producer, a small ring", WEFT_BYTES_SPSC, 1, 128, 20000, false, 0 },
    { "one producer", WEFT_BYTES_SPSC, 1, 4096, 20000, false, (UINT64_C(1) << 32) - 8 },
    { "one producer, refused", WEFT_BYTES_SPSC, 1, 256, 2000, true, 40 },
    { "one of many", WEFT_BYTES_MPSC, 1, 4096, 10000, false, 0 },
    { "many producers, a small ring", WEFT_BYTES_MPSC, 3, 128, 5000, false, 0 },
    { "many producers", WEFT_BYTES_MPSC, 3, 4096, 8000, false, (UINT64_C(1) << 32) - 8 },
    { "many producers, refused", WEFT_BYTES_MPSC, 3, 256, 3000, true, 40 },
};

/* At the beginning of each message that is not empty. */
typedef struct Head {
    uint32_t from;
    uint32_t size_bytes;
    uint64_t serial;
} Head;

typedef struct stress {
    const profile *kind;
    weft_bytes queue;
    uint32_t next;    /* atomic: number of the next producer */
    uint32_t running; /* atomic: producers that are not done */
    uint64_t sent[MOST_PRODUCERS];
    uint64_t empty_sent; /* atomic: messages of no bytes */
    uint64_t odd;        /* atomic */
    uint64_t seen[MOST_PRODUCERS];
    uint64_t empty_seen;
} stress;

static unsigned char byte_at(const Head *head, size_t i)
{
    return (unsigned char)(head->serial * 13 + head->from * 101 + i);
}

static void fill(void *room, const Head *head)
{
    unsigned char *bytes = room;
    memcpy(bytes, head, sizeof *head);
    for (size_t i = sizeof *head; i < head->size_bytes; i++)
        bytes[i] = byte_at(head, i);
}

/* One claim, and what becomes of it. */
static weft_status produce_one(stress *s, uint32_t me, uint64_t dice)
{
    const size_t most = weft_bytes_max_message(&s->queue);
    const size_t room_bytes = sizeof(Head) + (size_t)(dice >> 8) % (most - sizeof(Head) + 1);
    void *room;
    const weft_status status = weft_bytes_claim(&s->queue, room_bytes, &room);
    if (status)
        return status;
    if (dice % 8 == 0) {
        memset(room, 0xff, room_bytes);
        weft_bytes_abort(&s->queue, room);
    } else if (dice % 8 == 1) {
        weft_bytes_commit(&s->queue, room, 0);
        __atomic_fetch_add(&s->empty_sent, 1, __ATOMIC_RELAXED);
    } else {
        const size_t size_bytes = dice % 8 == 2 ? sizeof(Head) : room_bytes;
        const Head head = { me, (uint32_t)size_bytes, s->sent[me] };
        fill(room, &head);
        weft_bytes_commit(&s->queue, room, size_bytes);
        s->sent[me]++;
    }
    return WEFT_OK;
}

static void *produce(void *arg)
{
    stress *s = arg;
    const uint32_t me = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED);
    const uint64_t target = s->kind->refuse ? UINT64_MAX : s->kind->messages;
    uint64_t random = me;
    while (s->sent[me] < target) {
        const weft_status status = produce_one(s, me, test_random(&random));
        if (status == WEFT_ECLOSED)
            break;
        if (status == WEFT_EFULL)
            sched_yield();
        else if (status)
            __atomic_fetch_add(&s->odd, 1, __ATOMIC_RELAXED);
    }
    if (__atomic_sub_fetch(&s->running, 1, __ATOMIC_ACQ_REL) == 0 && !s->kind->refuse)
        weft_bytes_close(&s->queue);
    return NULL;
}

static void look_at(stress *s, const weft_bytes_message *message)
{
    Head head;
    const unsigned char *bytes = message->data;
    if (message->size_bytes == 0) {
        s->empty_seen++;
        return;
    }
    assert_true(message->size_bytes >= sizeof head);
    memcpy(&head, bytes, sizeof head);
    assert_int_equal(head.size_bytes, message->size_bytes);
    assert_true(head.from < s->kind->producers);
    assert_true(head.serial == s->seen[head.from]++);
    for (size_t i = sizeof head; i < head.size_bytes; i++)
        if (bytes[i] != byte_at(&head, i))
            fail_msg("byte %zu of message %zu", i, (size_t)head.serial);
}

static void consume(stress *s)
{
    weft_status status;
    uint64_t seen = 0;
    do {
        weft_bytes_message message;
        status = weft_bytes_peek(&s->queue, &message);
        if (status) {
            sched_yield();
            continue;
        }
        assert_true(weft_bytes_used(&s->queue) <= weft_bytes_capacity(&s->queue));
        look_at(s, &message);
        weft_bytes_release(&s->queue);
        if (++seen == s->kind->messages && s->kind->refuse)
            weft_bytes_refuse(&s->queue);
    } while (status != WEFT_ECLOSED);
}

static void run_profile(const profile *kind)
{
    stress *s = calloc(1, sizeof *s);
    pthread_t threads[MOST_PRODUCERS];
    s->kind = kind;
    s->running = kind->producers;
    assert_int_equal(weft_bytes_init(&s->queue, NULL, kind->capacity, kind->kind), WEFT_OK);
    weft_x_bytes_start_at(&s->queue, kind->start);
    for (uint32_t i = 0; i < kind->producers; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, produce, s), 0);
    consume(s);
    for (uint32_t i = 0; i < kind->producers; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(s->odd, 0);
    uint64_t total = s->empty_seen;
    assert_true(s->empty_seen == s->empty_sent);
    for (uint32_t i = 0; i < kind->producers; i++) {
        assert_true(s->seen[i] == s->sent[i]);
        total += s->seen[i];
    }
    const char *why = NULL;
    if (!weft_bytes_check(&s->queue, &why))
        fail_msg("%s: %s", kind->what, why);
    print_message("%-32s %zu messages\n", kind->what, (size_t)total);
    weft_bytes_fini(&s->queue);
    free(s);
}

static void what_was_committed_comes_out_once_whole_and_in_order_and_then_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        run_profile(&profiles[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_committed_comes_out_once_whole_and_in_order_and_then_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
