/* Byte rings of both kinds in one thread: literal cases, and random operations beside a model. What
 * threads do to them is in test_bytes_threads.c. */
#include <weft/bytes.h>
#include <weft/testing.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "soundness.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static weft_bytes_kind kind; /* that the tests run on now */

#define check(queue) assert_sound_by(weft_bytes_check, queue)

static void make(weft_bytes *queue, size_t capacity_bytes)
{
    assert_int_equal(weft_bytes_init(queue, NULL, capacity_bytes, kind), WEFT_OK);
    check(queue);
}

static void fill(void *data, size_t size_bytes, uint64_t serial)
{
    unsigned char *at = data;
    for (size_t i = 0; i < size_bytes; i++)
        at[i] = (unsigned char)(serial * 31 + i * 7 + (i >> 8));
}

static void assert_filled(const void *data, size_t size_bytes, uint64_t serial)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < size_bytes; i++)
        assert_int_equal(at[i], (unsigned char)(serial * 31 + i * 7 + (i >> 8)));
}

static weft_status push(weft_bytes *queue, size_t size_bytes, uint64_t serial)
{
    void *room;
    const weft_status status = weft_bytes_claim(queue, size_bytes, &room);
    if (status)
        return status;
    assert_int_equal((uintptr_t)room % WEFT_BYTES_ALIGN, 0);
    fill(room, size_bytes, serial);
    weft_bytes_commit(queue, room, size_bytes);
    return WEFT_OK;
}

static void assert_peeks(weft_bytes *queue, size_t size_bytes, uint64_t serial)
{
    weft_bytes_message message;
    assert_int_equal(weft_bytes_peek(queue, &message), WEFT_OK);
    assert_int_equal(message.size_bytes, size_bytes);
    assert_int_equal((uintptr_t)message.data % WEFT_BYTES_ALIGN, 0);
    assert_filled(message.data, size_bytes, serial);
}

static void assert_takes(weft_bytes *queue, size_t size_bytes, uint64_t serial)
{
    assert_peeks(queue, size_bytes, serial);
    weft_bytes_release(queue);
}

static void assert_no_message(weft_bytes *queue, weft_status expected)
{
    weft_bytes_message message = { NULL, 4711 };
    assert_int_equal(weft_bytes_peek(queue, &message), expected);
    assert_int_equal(message.size_bytes, 4711);
}

static void assert_no_claim(weft_bytes *queue, size_t size_bytes, weft_status expected)
{
    void *room = &room;
    assert_int_equal(weft_bytes_claim(queue, size_bytes, &room), expected);
    assert_ptr_equal(room, &room);
}

/* ---- literal cases --------------------------------------------------------------------------- */

static void the_largest_message_fits_an_empty_ring_wherever_it_stands(void **state)
{
    (void)state;
    for (size_t capacity = WEFT_BYTES_LEAST; capacity <= 1024; capacity *= 2) {
        for (uint64_t offset = 0; offset < capacity; offset += WEFT_BYTES_ALIGN) {
            weft_bytes queue;
            make(&queue, capacity);
            weft_x_bytes_start_at(&queue, offset);
            const size_t most = weft_bytes_max_message(&queue);
            assert_int_equal(most, capacity / 2 - 8);
            for (uint64_t turn = 0; turn < 3; turn++) {
                assert_int_equal(push(&queue, most, turn), WEFT_OK);
                check(&queue);
                assert_takes(&queue, most, turn);
                check(&queue);
            }
            assert_no_claim(&queue, most + 1, WEFT_ETOOBIG);
            assert_no_claim(&queue, SIZE_MAX, WEFT_ETOOBIG);
            weft_bytes_fini(&queue);
        }
    }
}

/* Small steps bring the ring to each offset by itself, where the reference of this design refused
 * what did not fit before the end, for ever. */
static void a_record_that_does_not_fit_before_the_end_goes_to_the_beginning(void **state)
{
    (void)state;
    for (size_t steps = 0; steps < 8; steps++) {
        weft_bytes queue;
        make(&queue, 128);
        for (uint64_t i = 0; i < steps; i++) {
            assert_int_equal(push(&queue, 5, i), WEFT_OK);
            assert_takes(&queue, 5, i);
        }
        assert_int_equal(push(&queue, 56, 99), WEFT_OK);
        check(&queue);
        assert_takes(&queue, 56, 99);
        assert_no_message(&queue, WEFT_EAGAIN);
        check(&queue);
        weft_bytes_fini(&queue);
    }
}

static void messages_may_be_empty(void **state)
{
    (void)state;
    weft_bytes queue;
    make(&queue, 64);
    uint64_t in = 0;
    while (weft_bytes_push(&queue, NULL, 0) == WEFT_OK)
        in++;
    assert_true(in >= 7); /* 8 bytes each */
    check(&queue);
    for (uint64_t i = 0; i < in; i++)
        assert_takes(&queue, 0, 0);
    assert_no_message(&queue, WEFT_EAGAIN);
    weft_bytes_fini(&queue);
}

static void an_aborted_claim_is_not_seen(void **state)
{
    (void)state;
    weft_bytes queue;
    void *room;
    make(&queue, 256);
    for (uint64_t i = 0; i < 50; i++) {
        assert_int_equal(weft_bytes_claim(&queue, 40, &room), WEFT_OK);
        memset(room, 0xff, 40);
        weft_bytes_abort(&queue, room);
        assert_int_equal(push(&queue, i % 33, i), WEFT_OK);
        check(&queue);
        assert_takes(&queue, i % 33, i);
        assert_int_equal(weft_bytes_claim(&queue, 100, &room), WEFT_OK);
        memset(room, 0xff, 100);
        weft_bytes_abort(&queue, room);
        assert_no_message(&queue, WEFT_EAGAIN);
        assert_int_equal(weft_bytes_used(&queue), 0);
        check(&queue);
    }
    weft_bytes_fini(&queue);
}

static void a_commit_may_be_smaller_than_its_claim(void **state)
{
    (void)state;
    weft_bytes queue;
    void *room;
    make(&queue, 256);
    for (uint64_t i = 0; i < 200; i++) {
        const size_t size_bytes = i % 100;
        assert_int_equal(weft_bytes_claim(&queue, 100, &room), WEFT_OK);
        memset(room, 0xff, 100);
        fill(room, size_bytes, i);
        weft_bytes_commit(&queue, room, size_bytes);
        check(&queue);
        assert_takes(&queue, size_bytes, i);
        assert_no_message(&queue, WEFT_EAGAIN);
        check(&queue);
    }
    weft_bytes_fini(&queue);
}

static void a_message_stays_until_it_is_released(void **state)
{
    (void)state;
    weft_bytes queue;
    char out[8] = "";
    size_t size = 0;
    make(&queue, 64);
    assert_int_equal(weft_bytes_push(&queue, "hello", 6), WEFT_OK);
    assert_int_equal(weft_bytes_push(&queue, "you", 4), WEFT_OK);
    assert_int_equal(weft_bytes_pop(&queue, out, 5, &size), WEFT_ETOOBIG);
    assert_int_equal(size, 0);
    assert_int_equal(weft_bytes_pop(&queue, out, 6, &size), WEFT_OK);
    assert_int_equal(size, 6);
    assert_string_equal(out, "hello");
    assert_int_equal(weft_bytes_pop(&queue, out, 8, &size), WEFT_OK);
    assert_int_equal(size, 4);
    assert_string_equal(out, "you");
    assert_int_equal(weft_bytes_pop(&queue, out, 8, &size), WEFT_EAGAIN);
    assert_int_equal(weft_bytes_used(&queue), 0);
    weft_bytes_fini(&queue);
}

static void a_full_ring_says_so_until_something_is_released(void **state)
{
    (void)state;
    weft_bytes queue;
    make(&queue, 128);
    assert_int_equal(push(&queue, 56, 1), WEFT_OK);
    assert_int_equal(push(&queue, 40, 2), WEFT_OK);
    assert_no_claim(&queue, 16, WEFT_EFULL);
    check(&queue);
    assert_takes(&queue, 56, 1);
    assert_int_equal(push(&queue, 16, 3), WEFT_OK);
    check(&queue);
    assert_takes(&queue, 40, 2);
    assert_takes(&queue, 16, 3);
    weft_bytes_fini(&queue);
}

static void what_was_sent_before_the_close_comes_out(void **state)
{
    (void)state;
    weft_bytes queue;
    make(&queue, 128);
    assert_int_equal(push(&queue, 56, 1), WEFT_OK);
    assert_int_equal(push(&queue, 40, 2), WEFT_OK);
    weft_bytes_close(&queue);
    weft_bytes_close(&queue);
    assert_no_claim(&queue, 16, WEFT_ECLOSED); /* and not WEFT_EFULL */
    check(&queue);
    assert_takes(&queue, 56, 1);
    assert_no_claim(&queue, 16, WEFT_ECLOSED);
    assert_takes(&queue, 40, 2);
    for (int i = 0; i < 3; i++)
        assert_no_message(&queue, WEFT_ECLOSED);
    weft_bytes_fini(&queue);
}

static void a_refusing_consumer_gets_what_was_sent_before_the_producer_noticed(void **state)
{
    (void)state;
    weft_bytes queue;
    void *room;
    make(&queue, 128);
    assert_int_equal(push(&queue, 10, 1), WEFT_OK);
    assert_int_equal(weft_bytes_claim(&queue, 20, &room), WEFT_OK);
    weft_bytes_refuse(&queue);
    assert_takes(&queue, 10, 1);
    assert_no_message(&queue, WEFT_EAGAIN);
    fill(room, 20, 2);
    weft_bytes_commit(&queue, room, 20);
    assert_takes(&queue, 20, 2);
    assert_no_message(&queue, WEFT_EAGAIN);
    assert_no_claim(&queue, 1, WEFT_ECLOSED);
    assert_no_message(&queue, WEFT_ECLOSED);
    weft_bytes_refuse(&queue);
    assert_no_message(&queue, WEFT_ECLOSED);
    weft_bytes_fini(&queue);
}

static void the_end_waits_for_what_was_claimed_before_the_close(void **state)
{
    (void)state;
    for (int abort = 0; abort < 2; abort++) {
        weft_bytes queue;
        void *first, *second;
        make(&queue, 128);
        assert_int_equal(weft_bytes_claim(&queue, 20, &first), WEFT_OK);
        assert_int_equal(weft_bytes_claim(&queue, 30, &second), WEFT_OK);
        weft_bytes_refuse(&queue);
        assert_no_claim(&queue, 1, WEFT_ECLOSED);
        assert_no_message(&queue, WEFT_EAGAIN);
        fill(second, 30, 2);
        weft_bytes_commit(&queue, second, 30);
        assert_no_message(&queue, WEFT_EAGAIN);
        fill(first, 20, 1);
        if (abort) {
            weft_bytes_abort(&queue, first);
        } else {
            weft_bytes_commit(&queue, first, 20);
            assert_takes(&queue, 20, 1);
        }
        assert_takes(&queue, 30, 2);
        assert_no_message(&queue, WEFT_ECLOSED);
        weft_bytes_fini(&queue);
    }
}

/* What several producers write looks like headers, at every place where one may be. */
static void what_messages_say_is_not_taken_for_records(void **state)
{
    (void)state;
    weft_bytes queue;
    const uint32_t fake[] = { 16, 8, 16, 8, 16, 8, 16, 8, 16, 8 };
    make(&queue, 128);
    for (size_t i = 0; i < 200; i++) {
        const size_t size_bytes = i * 8 % (sizeof fake + 8);
        assert_int_equal(weft_bytes_push(&queue, fake, size_bytes), WEFT_OK);
        weft_bytes_message message;
        assert_int_equal(weft_bytes_peek(&queue, &message), WEFT_OK);
        assert_int_equal(message.size_bytes, size_bytes);
        weft_bytes_release(&queue);
        assert_no_message(&queue, WEFT_EAGAIN);
        check(&queue);
    }
    weft_bytes_fini(&queue);
}

static void a_ring_that_cannot_be_made_says_so(void **state)
{
    (void)state;
    weft_bytes queue;
    weft_test_allocator memory;
    weft_test_allocator_init(&memory);
    assert_int_equal(weft_bytes_init(&queue, &memory.base, 0, WEFT_BYTES_SPSC), WEFT_EINVAL);
    weft_bytes_fini(&queue);
    assert_int_equal(
        weft_bytes_init(&queue, &memory.base, (size_t)WEFT_BYTES_MOST + 1, WEFT_BYTES_SPSC),
        WEFT_EINVAL);
    assert_int_equal(weft_bytes_init(&queue, &memory.base, 64, (weft_bytes_kind)2), WEFT_EINVAL);
    weft_bytes_fini(&queue);
    weft_test_allocator_fail(&memory, 1, 1);
    assert_int_equal(weft_bytes_init(&queue, &memory.base, 64, WEFT_BYTES_MPSC), WEFT_ENOMEM);
    weft_bytes_fini(&queue);
    assert_int_equal(weft_bytes_init(&queue, &memory.base, 65, WEFT_BYTES_MPSC), WEFT_OK);
    assert_int_equal(weft_bytes_capacity(&queue), 128);
    assert_int_equal(push(&queue, 3, 1), WEFT_OK);
    weft_bytes_fini(&queue);
    weft_bytes_fini(&queue); /* zeroed */
    weft_bytes_fini(NULL);
    const char *why = NULL;
    assert_true(weft_test_allocator_check(&memory, &why));
}

static void check_finds_what_is_wrong(void **state)
{
    (void)state;
    weft_bytes queue;
    const char *why = NULL;
    make(&queue, 128);
    assert_int_equal(push(&queue, 20, 1), WEFT_OK);
    assert_int_equal(push(&queue, 20, 2), WEFT_OK);
    const weft_bytes good = queue;
    queue.head += 8;
    assert_false(weft_bytes_check(&queue, &why));
    queue = good;
    queue.tail += 8;
    assert_false(weft_bytes_check(&queue, &why));
    queue = good;
    queue.head_seen = 8;
    assert_false(weft_bytes_check(&queue, &why));
    queue = good;
    queue.tail |= WEFT_X_RING_ENDED;
    assert_false(weft_bytes_check(&queue, &why));
    queue = good;
    queue.bytes[queue.tail] = 8;
    assert_false(weft_bytes_check(&queue, &why));
    queue.bytes[queue.tail] = 0;
    queue.bytes[4] = 25; /* the first message's size; its record has 24 bytes for it */
    assert_false(weft_bytes_check(&queue, &why));
    queue.bytes[4] = 20;
    check(&queue);
    weft_bytes_fini(&queue);
}

/* ---- random operations ----------------------------------------------------------------------- */

enum { OPERATIONS = 20000, MOST_OPEN = 4, MOST_QUEUED = 256 };

/* The model: what was claimed, in order. */
typedef struct item {
    void *room;
    size_t claimed_bytes, size_bytes;
    uint64_t serial;
    enum { OPEN, SENT, GONE } state;
} item;

typedef struct trial {
    uint64_t random;
    weft_bytes queue;
    item items[MOST_QUEUED];
    uint64_t first, last, open;
    bool closed;
} trial;

static item *item_at(trial *t, uint64_t number)
{
    return &t->items[number % MOST_QUEUED];
}

static void claim(trial *t)
{
    const size_t most = weft_bytes_max_message(&t->queue);
    const size_t mostly = test_random_below(&t->random, 4) ? most / 4 : most;
    size_t size_bytes = (size_t)test_random_below(&t->random, mostly + 1);
    void *room = NULL;
    if (test_random_below(&t->random, 50) == 0)
        size_bytes = most + 1 + (size_t)test_random_below(&t->random, 10);
    if (t->last - t->first == MOST_QUEUED ||
        t->open == (t->queue.kind == WEFT_BYTES_SPSC ? 1 : MOST_OPEN))
        return;
    const weft_status status = weft_bytes_claim(&t->queue, size_bytes, &room);
    if (size_bytes > most || t->closed) {
        assert_int_equal(status, size_bytes > most ? WEFT_ETOOBIG : WEFT_ECLOSED);
        return;
    }
    if (status == WEFT_EFULL) {
        assert_true(weft_bytes_used(&t->queue) > 0); /* all that is allowed fits an empty one */
        return;
    }
    assert_int_equal(status, WEFT_OK);
    memset(room, 0xee, size_bytes);
    *item_at(t, t->last) =
        (item){ .room = room, .claimed_bytes = size_bytes, .serial = t->last, .state = OPEN };
    t->last++;
    t->open++;
}

/* Commits, in whole or in part, or aborts one of the open claims. */
static void conclude(trial *t)
{
    if (!t->open)
        return;
    uint64_t number = t->first + test_random_below(&t->random, t->last - t->first);
    while (item_at(t, number)->state != OPEN)
        number = number + 1 < t->last ? number + 1 : t->first;
    item *i = item_at(t, number);
    t->open--;
    if (test_random_below(&t->random, 4) == 0) {
        weft_bytes_abort(&t->queue, i->room);
        i->state = GONE;
        return;
    }
    i->size_bytes = i->claimed_bytes;
    if (test_random_below(&t->random, 3) == 0)
        i->size_bytes -= (size_t)test_random_below(&t->random, i->claimed_bytes + 1);
    fill(i->room, i->size_bytes, i->serial);
    weft_bytes_commit(&t->queue, i->room, i->size_bytes);
    i->state = SENT;
}

static void take(trial *t)
{
    while (t->first < t->last && item_at(t, t->first)->state == GONE)
        t->first++;
    if (t->first == t->last) {
        assert_no_message(&t->queue, t->closed ? WEFT_ECLOSED : WEFT_EAGAIN);
        return;
    }
    const item *i = item_at(t, t->first);
    if (i->state == OPEN) {
        /* With one producer, an open claim is nothing yet. */
        const bool alone = t->queue.kind == WEFT_BYTES_SPSC;
        assert_no_message(&t->queue, alone && t->closed ? WEFT_ECLOSED : WEFT_EAGAIN);
        return;
    }
    assert_takes(&t->queue, i->size_bytes, i->serial);
    t->first++;
}

static void run_trial(size_t capacity, uint64_t start, uint64_t seed)
{
    trial *t = calloc(1, sizeof *t);
    t->random = seed;
    make(&t->queue, capacity);
    weft_x_bytes_start_at(&t->queue, start);
    for (int i = 0; i < OPERATIONS; i++) {
        const uint64_t dice = test_random_below(&t->random, 100);
        if (dice < (i / 128 % 2 ? 20 : 45))
            claim(t);
        else if (dice < 70)
            conclude(t);
        else
            take(t);
        if (i == OPERATIONS - 200 && !t->open) {
            weft_bytes_close(&t->queue);
            t->closed = true;
        }
        if (!t->open)
            check(&t->queue);
    }
    while (t->open)
        conclude(t);
    while (t->first < t->last)
        take(t);
    take(t);
    weft_bytes_fini(&t->queue);
    free(t);
}

static void random_operations_do_what_a_list_of_messages_does(void **state)
{
    (void)state;
    static const size_t capacities[] = { 32, 64, 256, 4096 };
    static const uint64_t starts[] = { 0, 24, (UINT64_C(1) << 32) - 80, (UINT64_C(1) << 62) - 8 };
    for (size_t c = 0; c < COUNT(capacities); c++) {
        for (size_t s = 0; s < COUNT(starts); s++)
            run_trial(capacities[c], starts[s], c * 10 + s + 1);
    }
}

int main(void)
{
    const struct CMUnitTest every_kind[] = {
        cmocka_unit_test(the_largest_message_fits_an_empty_ring_wherever_it_stands),
        cmocka_unit_test(a_record_that_does_not_fit_before_the_end_goes_to_the_beginning),
        cmocka_unit_test(messages_may_be_empty),
        cmocka_unit_test(an_aborted_claim_is_not_seen),
        cmocka_unit_test(a_commit_may_be_smaller_than_its_claim),
        cmocka_unit_test(a_message_stays_until_it_is_released),
        cmocka_unit_test(a_full_ring_says_so_until_something_is_released),
        cmocka_unit_test(what_was_sent_before_the_close_comes_out),
        cmocka_unit_test(what_messages_say_is_not_taken_for_records),
        cmocka_unit_test(check_finds_what_is_wrong),
        cmocka_unit_test(random_operations_do_what_a_list_of_messages_does),
    };
    const struct CMUnitTest one_producer[] = {
        cmocka_unit_test(a_refusing_consumer_gets_what_was_sent_before_the_producer_noticed),
    };
    const struct CMUnitTest several_producers[] = {
        cmocka_unit_test(the_end_waits_for_what_was_claimed_before_the_close),
    };
    const struct CMUnitTest no_kind[] = {
        cmocka_unit_test(a_ring_that_cannot_be_made_says_so),
    };
    kind = WEFT_BYTES_SPSC;
    int failed = cmocka_run_group_tests_name("one producer", every_kind, NULL, NULL);
    failed += cmocka_run_group_tests(one_producer, NULL, NULL);
    kind = WEFT_BYTES_MPSC;
    failed += cmocka_run_group_tests_name("several producers", every_kind, NULL, NULL);
    failed += cmocka_run_group_tests(several_producers, NULL, NULL);
    return failed + cmocka_run_group_tests(no_kind, NULL, NULL);
}
