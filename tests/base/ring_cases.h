/* What both kinds of ring do in one thread: literal cases, and random operations beside a model.
 * Included by test_spsc.c and test_mpsc.c, which define QUEUE(name, T), the declaration of the
 * queue under test. */
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

/* Of a size that is no power of two. */
typedef struct Letter {
    uint64_t serial;
    uint32_t copy[3];
} Letter;
QUEUE(Letter_queue, Letter);

QUEUE(Byte_queue, unsigned char);

typedef struct Wide {
    int number;
    char text[64] __attribute__((aligned(4096)));
} Wide;
QUEUE(Wide_queue, Wide);

QUEUE(Pointer_queue, Letter *);

static Letter letter(uint64_t serial)
{
    const uint32_t low = (uint32_t)serial;
    return (Letter){ serial, { low, ~low, low * 3 } };
}

static void assert_letter(const Letter *got, uint64_t serial)
{
    const Letter expected = letter(serial);
    assert_true(got->serial == serial);
    assert_memory_equal(got->copy, expected.copy, sizeof got->copy);
}

#define check(queue) assert_sound_by(Letter_queue_check, queue)

static weft_status push(Letter_queue *queue, uint64_t serial)
{
    const Letter message = letter(serial);
    return Letter_queue_push(queue, &message);
}

static void assert_pops(Letter_queue *queue, uint64_t serial)
{
    Letter message;
    assert_int_equal(Letter_queue_pop(queue, &message), WEFT_OK);
    assert_letter(&message, serial);
}

static void assert_no_pop(Letter_queue *queue, weft_status expected)
{
    Letter message = letter(4711), *place = &message;
    size_t count = 4711;
    assert_int_equal(Letter_queue_pop(queue, &message), expected);
    assert_int_equal(Letter_queue_pop_n(queue, &message, 1, &count), expected);
    assert_int_equal(Letter_queue_peek(queue, &place), expected);
    assert_letter(&message, 4711);
    assert_ptr_equal(place, &message);
    assert_int_equal(count, 4711);
}

static void assert_no_push(Letter_queue *queue, weft_status expected)
{
    Letter message = letter(4711), *place = &message;
    size_t count = 4711;
    assert_int_equal(push(queue, 1), expected);
    assert_int_equal(Letter_queue_push_n(queue, &message, 1, &count), expected);
    assert_int_equal(Letter_queue_claim(queue, &place), expected);
    assert_ptr_equal(place, &message);
    assert_int_equal(count, 4711);
}

/* ---- literal cases --------------------------------------------------------------------------- */

static const uint64_t starts[] = { 0, 5, UINT32_MAX - 100, (UINT64_C(1) << 40) - 500,
                                   INT64_MAX - 1000000 };

static void a_queue_holds_exactly_its_capacity(void **state)
{
    (void)state;
    static const size_t capacities[] = { 1, 2, 3, 4, 5, 100, 128, 129 };
    for (size_t c = 0; c < COUNT(capacities); c++) {
        for (size_t s = 0; s < COUNT(starts); s++) {
            const size_t capacity = capacities[c];
            Letter_queue queue;
            assert_int_equal(Letter_queue_init(&queue, NULL, capacity), WEFT_OK);
            weft_x_ring_start_at(&queue.ring, starts[s]);
            assert_int_equal(Letter_queue_capacity(&queue), capacity);
            uint64_t in = 0, out = 0;
            for (int round = 0; round < 5; round++) {
                for (size_t i = 0; i < capacity; i++)
                    assert_int_equal(push(&queue, in++), WEFT_OK);
                assert_no_push(&queue, WEFT_EFULL);
                assert_int_equal(Letter_queue_len(&queue), capacity);
                check(&queue);
                assert_pops(&queue, out++);
                assert_int_equal(push(&queue, in++), WEFT_OK);
                assert_no_push(&queue, WEFT_EFULL);
                check(&queue);
                while (out < in)
                    assert_pops(&queue, out++);
                assert_no_pop(&queue, WEFT_EAGAIN);
                assert_int_equal(Letter_queue_len(&queue), 0);
                check(&queue);
            }
            Letter_queue_fini(&queue);
        }
    }
}

static void many_go_in_and_out_as_far_as_there_is_room(void **state)
{
    (void)state;
    Letter_queue queue;
    Letter in[8], out[8];
    size_t count = 0;
    assert_int_equal(Letter_queue_init(&queue, NULL, 5), WEFT_OK);
    for (uint64_t i = 0; i < 8; i++)
        in[i] = letter(i);
    assert_int_equal(Letter_queue_push_n(&queue, in, 0, &count), WEFT_EINVAL);
    assert_int_equal(Letter_queue_pop_n(&queue, out, 0, &count), WEFT_EINVAL);
    assert_int_equal(Letter_queue_push_n(&queue, in, 3, &count), WEFT_OK);
    assert_int_equal(count, 3);
    assert_int_equal(Letter_queue_push_n(&queue, in + 3, 5, &count), WEFT_OK);
    assert_int_equal(count, 2);
    assert_int_equal(Letter_queue_push_n(&queue, in + 5, 3, &count), WEFT_EFULL);
    assert_int_equal(count, 2);
    assert_int_equal(Letter_queue_pop_n(&queue, out, 4, &count), WEFT_OK);
    assert_int_equal(count, 4);
    assert_int_equal(Letter_queue_push_n(&queue, in + 5, 3, &count), WEFT_OK);
    assert_int_equal(count, 3);
    check(&queue);
    assert_int_equal(Letter_queue_pop_n(&queue, out + 4, 4, &count), WEFT_OK);
    assert_int_equal(count, 4);
    for (uint64_t i = 0; i < 8; i++)
        assert_letter(&out[i], i);
    assert_no_pop(&queue, WEFT_EAGAIN);
    check(&queue);
    Letter_queue_fini(&queue);
}

static void messages_are_filled_and_read_in_place(void **state)
{
    (void)state;
    Letter_queue queue;
    Letter *in = NULL, *out = NULL, *again = NULL;
    assert_int_equal(Letter_queue_init(&queue, NULL, 2), WEFT_OK);
    for (uint64_t i = 0; i < 10; i++) {
        assert_int_equal(Letter_queue_claim(&queue, &in), WEFT_OK);
        *in = letter(i);
        assert_no_pop(&queue, WEFT_EAGAIN); /* not committed */
        Letter_queue_commit(&queue, in);
        assert_int_equal(Letter_queue_peek(&queue, &out), WEFT_OK);
        assert_int_equal(Letter_queue_peek(&queue, &again), WEFT_OK);
        assert_ptr_equal(out, again);
        assert_ptr_equal(out, in);
        assert_letter(out, i);
        assert_int_equal(Letter_queue_len(&queue), 1);
        Letter_queue_release(&queue);
        assert_int_equal(Letter_queue_len(&queue), 0);
        check(&queue);
    }
    Letter_queue_fini(&queue);
}

static void what_was_pushed_before_the_close_comes_out(void **state)
{
    (void)state;
    Letter_queue queue;
    assert_int_equal(Letter_queue_init(&queue, NULL, 3), WEFT_OK);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(push(&queue, i), WEFT_OK);
    Letter_queue_close(&queue);
    Letter_queue_close(&queue);
    assert_no_push(&queue, WEFT_ECLOSED); /* and not WEFT_EFULL */
    check(&queue);
    for (uint64_t i = 0; i < 3; i++) {
        assert_pops(&queue, i);
        assert_no_push(&queue, WEFT_ECLOSED);
        check(&queue);
    }
    for (int i = 0; i < 3; i++)
        assert_no_pop(&queue, WEFT_ECLOSED);
    assert_int_equal(Letter_queue_len(&queue), 0);
    Letter_queue_fini(&queue);
}

static void types_of_any_size_and_alignment_are_queued(void **state)
{
    (void)state;
    Byte_queue bytes;
    Wide_queue wide;
    assert_int_equal(Byte_queue_init(&bytes, NULL, 3), WEFT_OK);
    assert_int_equal(Wide_queue_init(&wide, NULL, 3), WEFT_OK);
    for (int i = 0; i < 20; i++) {
        const unsigned char byte = (unsigned char)(200 + i);
        unsigned char byte_out = 0;
        Wide *in = NULL, *out = NULL;
        assert_int_equal(Byte_queue_push(&bytes, &byte), WEFT_OK);
        assert_int_equal(Byte_queue_pop(&bytes, &byte_out), WEFT_OK);
        assert_int_equal(byte_out, byte);
        assert_int_equal(Wide_queue_claim(&wide, &in), WEFT_OK);
        assert_int_equal((uintptr_t)in % 4096, 0);
        in->number = i;
        Wide_queue_commit(&wide, in);
        assert_int_equal(Wide_queue_peek(&wide, &out), WEFT_OK);
        assert_int_equal(out->number, i);
        Wide_queue_release(&wide);
    }
    Byte_queue_fini(&bytes);
    Wide_queue_fini(&wide);
}

/* What is const in a push is the pointer, not what it points to. */
static void pointers_are_queued(void **state)
{
    (void)state;
    Pointer_queue queue;
    Letter sent[2] = { letter(1), letter(2) };
    Letter *const in[2] = { &sent[0], &sent[1] };
    Letter *out[2] = { NULL, NULL };
    size_t count = 0;
    assert_int_equal(Pointer_queue_init(&queue, NULL, 4), WEFT_OK);
    assert_int_equal(Pointer_queue_push(&queue, &in[0]), WEFT_OK);
    assert_int_equal(Pointer_queue_push_n(&queue, &in[1], 1, &count), WEFT_OK);
    assert_int_equal(Pointer_queue_pop_n(&queue, out, 2, &count), WEFT_OK);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_ptr_equal(out[i], in[i]);
    Pointer_queue_fini(&queue);
}

static void a_queue_that_cannot_be_made_says_so(void **state)
{
    (void)state;
    Letter_queue queue;
    weft_test_allocator memory;
    weft_test_allocator_init(&memory);
    assert_int_equal(Letter_queue_init(&queue, &memory.base, 0), WEFT_EINVAL);
    Letter_queue_fini(&queue);
    assert_int_equal(Letter_queue_init(&queue, &memory.base, (UINT64_C(1) << 31) + 1), WEFT_EINVAL);
    Letter_queue_fini(&queue);
    weft_test_allocator_fail(&memory, 1, 1);
    assert_int_equal(Letter_queue_init(&queue, &memory.base, 8), WEFT_ENOMEM);
    Letter_queue_fini(&queue);
    assert_int_equal(Letter_queue_init(&queue, &memory.base, 8), WEFT_OK);
    assert_int_equal(push(&queue, 1), WEFT_OK);
    Letter_queue_fini(&queue);
    Letter_queue_fini(&queue); /* zeroed */
    Letter_queue_fini(NULL);
    const char *why = NULL;
    assert_true(weft_test_allocator_check(&memory, &why));
}

static void check_finds_what_is_wrong(void **state)
{
    (void)state;
    Letter_queue queue;
    const char *why = NULL;
    assert_int_equal(Letter_queue_init(&queue, NULL, 3), WEFT_OK);
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal(push(&queue, i), WEFT_OK);
        assert_pops(&queue, i);
    }
    assert_int_equal(push(&queue, 5), WEFT_OK);
    weft_ring *ring = &queue.ring;
    const weft_ring good = *ring;
    check(&queue);
    ring->head += 2;
    assert_false(Letter_queue_check(&queue, &why));
    *ring = good;
    ring->tail += 3;
    assert_false(Letter_queue_check(&queue, &why));
    *ring = good;
    ring->tail |= WEFT_X_RING_ENDED;
    assert_false(Letter_queue_check(&queue, &why));
    *ring = good;
    uint32_t *word = ring->slots;
    *word += 1;
    assert_false(Letter_queue_check(&queue, &why));
    *word -= 1;
    check(&queue);
    Letter_queue_fini(&queue);
}

/* ---- random operations ----------------------------------------------------------------------- */

enum { MOST_AT_ONCE = 7, OPERATIONS = 20000 };

typedef struct trial {
    uint64_t random;
    Letter_queue queue;
    uint64_t in, out; /* serials; what is between them is in the queue */
    size_t capacity;
    bool closed;
} trial;

static weft_status model_push(const trial *t)
{
    return t->closed ? WEFT_ECLOSED : t->in - t->out == t->capacity ? WEFT_EFULL : WEFT_OK;
}

static weft_status model_pop(const trial *t)
{
    return t->in > t->out ? WEFT_OK : t->closed ? WEFT_ECLOSED : WEFT_EAGAIN;
}

static void put(trial *t)
{
    const weft_status expected = model_push(t);
    Letter messages[MOST_AT_ONCE], *place = NULL;
    size_t most = 1 + test_random_below(&t->random, MOST_AT_ONCE), count = 0;
    switch (test_random_below(&t->random, 3)) {
    case 0:
        assert_int_equal(push(&t->queue, t->in), expected);
        t->in += !expected;
        break;
    case 1:
        for (size_t i = 0; i < most; i++)
            messages[i] = letter(t->in + i);
        assert_int_equal(Letter_queue_push_n(&t->queue, messages, most, &count), expected);
        if (!expected) {
            const size_t room = t->capacity - (size_t)(t->in - t->out);
            assert_int_equal(count, most < room ? most : room);
        }
        t->in += count;
        break;
    default:
        assert_int_equal(Letter_queue_claim(&t->queue, &place), expected);
        if (!expected) {
            *place = letter(t->in++);
            Letter_queue_commit(&t->queue, place);
        }
    }
}

static void get(trial *t)
{
    const weft_status expected = model_pop(t);
    Letter messages[MOST_AT_ONCE], *place = NULL;
    const size_t most = 1 + test_random_below(&t->random, MOST_AT_ONCE);
    const size_t len = (size_t)(t->in - t->out);
    size_t count = 0;
    switch (test_random_below(&t->random, 3)) {
    case 0:
        assert_int_equal(Letter_queue_pop(&t->queue, messages), expected);
        count = !expected;
        break;
    case 1:
        assert_int_equal(Letter_queue_pop_n(&t->queue, messages, most, &count), expected);
        if (!expected)
            assert_int_equal(count, most < len ? most : len);
        break;
    default:
        assert_int_equal(Letter_queue_peek(&t->queue, &place), expected);
        if (!expected) {
            messages[0] = *place;
            count = 1;
            Letter_queue_release(&t->queue);
        }
    }
    for (size_t i = 0; i < count; i++)
        assert_letter(&messages[i], t->out++);
}

static void run_trial(size_t capacity, uint64_t start, uint64_t seed)
{
    trial t = { .random = seed, .capacity = capacity };
    assert_int_equal(Letter_queue_init(&t.queue, NULL, capacity), WEFT_OK);
    weft_x_ring_start_at(&t.queue.ring, start);
    for (int i = 0; i < OPERATIONS; i++) {
        if (test_random_below(&t.random, 100) < (i / 64 % 2 ? 30 : 70))
            put(&t);
        else
            get(&t);
        if (i == OPERATIONS - 200) {
            Letter_queue_close(&t.queue);
            t.closed = true;
        }
        assert_int_equal(Letter_queue_len(&t.queue), t.in - t.out);
        check(&t.queue);
    }
    while (t.out < t.in)
        get(&t);
    assert_int_equal(model_pop(&t), WEFT_ECLOSED);
    assert_no_pop(&t.queue, WEFT_ECLOSED);
    Letter_queue_fini(&t.queue);
}

static void random_operations_do_what_a_bounded_list_does(void **state)
{
    (void)state;
    static const size_t capacities[] = { 1, 2, 3, 7, 16, 33 };
    for (size_t c = 0; c < COUNT(capacities); c++) {
        for (size_t s = 0; s < COUNT(starts); s++)
            run_trial(capacities[c], starts[s], c * 100 + s);
    }
}

/* clang-format off */
#define RING_CASES                                                      \
    cmocka_unit_test(a_queue_holds_exactly_its_capacity),               \
    cmocka_unit_test(many_go_in_and_out_as_far_as_there_is_room),       \
    cmocka_unit_test(messages_are_filled_and_read_in_place),            \
    cmocka_unit_test(what_was_pushed_before_the_close_comes_out),       \
    cmocka_unit_test(types_of_any_size_and_alignment_are_queued),       \
    cmocka_unit_test(pointers_are_queued),                              \
    cmocka_unit_test(a_queue_that_cannot_be_made_says_so),              \
    cmocka_unit_test(check_finds_what_is_wrong),                        \
    cmocka_unit_test(random_operations_do_what_a_bounded_list_does)
/* clang-format on */
