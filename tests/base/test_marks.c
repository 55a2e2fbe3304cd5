/* Marks: literal cases, a model with random operations, and memory that is refused. */
#include <weft/marks.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "heap_check.h"
#include "random.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void check(const weft_marks *marks)
{
    const char *why = NULL;
    if (!weft_marks_check(marks, &why))
        fail_msg("%s", why);
}

/* ---- check ----------------------------------------------------------------------------------- */

static void check_notices_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        uint32_t count, cap, head, len; /* added */
        uint64_t bits;                  /* flipped */
        const char *why;
    } table[] = {
        { 60, 0, 0, 0, 0, "there are more tokens or marks than places" },
        { 0, 0, 0, 4, 0, "there are more tokens or marks than places" },
        { 0, 1, 0, 0, 0, "the ring has no size, or no head in it" },
        { 0, 0, 64, 0, 0, "the ring has no size, or no head in it" },
        { 0, 0, 0, 0, 2, "a token is in the ring, but its bit is not set" },
        { 0, 0, 0, 0, 8, "bits and ring do not agree" },
        { 0, 0, 0, UINT32_MAX, 0, "bits and ring do not agree" },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        weft_marks marks;
        assert_int_equal(weft_marks_init(&marks, NULL, 5), WEFT_OK);
        assert_int_equal(weft_marks_mark(&marks, 4), WEFT_OK);
        assert_int_equal(weft_marks_mark(&marks, 1), WEFT_OK);
        check(&marks);
        const weft_marks whole = marks;
        marks.count += table[i].count;
        marks.cap += table[i].cap;
        marks.head += table[i].head;
        marks.len += table[i].len;
        marks.bits[0] ^= table[i].bits;
        const char *why = "";
        assert_false(weft_marks_check(&marks, &why));
        assert_string_equal(why, table[i].why);
        marks = whole;
        weft_marks_fini(&marks);
    }
}

/* ---- what is marked comes out ---------------------------------------------------------------- */

enum { MOST = 8 };

typedef struct {
    const char *what;
    uint32_t count;
    uint32_t marks[MOST];
    size_t mark_len;
    uint32_t expected[MOST];
    size_t expected_len;
} row;

static const row rows[] = {
    { "register and mark", 1, { 0 }, 1, { 0 }, 1 },
    { "twice is once", 3, { 1, 1, 1 }, 3, { 1 }, 1 },
    { "several", 3, { 0, 2 }, 2, { 0, 2 }, 2 },
    { "in the order of marking", 3, { 2, 0, 1 }, 3, { 2, 0, 1 }, 3 },
    { "a second mark does not move the first", 3, { 2, 0, 2, 1, 0 }, 5, { 2, 0, 1 }, 3 },
    { "nothing marked", 3, { 0 }, 0, { 0 }, 0 },
    { "at the edges of words", 130, { 0, 63, 64, 127, 128 }, 5, { 0, 63, 64, 127, 128 }, 5 },
};

static void marks_come_out_once_and_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const row *r = &rows[i];
        weft_marks marks;
        assert_int_equal(weft_marks_init(&marks, NULL, r->count), WEFT_OK);
        for (int cycle = 0; cycle < 2; cycle++) {
            uint32_t tokens[MOST] = { 0 };
            for (size_t m = 0; m < r->mark_len; m++)
                assert_int_equal(weft_marks_mark(&marks, r->marks[m]), WEFT_OK);
            check(&marks);
            assert_int_equal(weft_marks_len(&marks), r->expected_len);
            if (weft_marks_take(&marks, tokens, MOST) != r->expected_len ||
                memcmp(tokens, r->expected, r->expected_len * sizeof *tokens) != 0)
                fail_msg("%s, cycle %d", r->what, cycle);
            assert_int_equal(weft_marks_len(&marks), 0);
            assert_int_equal(weft_marks_take(&marks, tokens, MOST), 0);
            check(&marks);
        }
        weft_marks_fini(&marks);
    }
}

static void a_number_that_is_no_token_is_refused(void **state)
{
    (void)state;
    weft_marks marks;
    assert_int_equal(weft_marks_init(&marks, NULL, 0), WEFT_OK);
    assert_int_equal(weft_marks_mark(&marks, 0), WEFT_EINVAL);
    assert_int_equal(weft_marks_reserve(&marks, 3), WEFT_OK);
    assert_int_equal(weft_marks_mark(&marks, 3), WEFT_EINVAL);
    assert_int_equal(weft_marks_mark(&marks, UINT32_MAX), WEFT_EINVAL);
    assert_false(weft_marks_has(&marks, UINT32_MAX));
    assert_int_equal(weft_marks_len(&marks), 0);
    assert_int_equal(weft_marks_reserve(&marks, WEFT_MARKS_MOST + 1), WEFT_ENOMEM);
    assert_int_equal(weft_marks_count(&marks), 3);
    check(&marks);
    weft_marks_fini(&marks);
}

static void tokens_are_numbered_as_they_are_added(void **state)
{
    (void)state;
    weft_marks marks;
    assert_int_equal(weft_marks_init(&marks, NULL, 0), WEFT_OK);
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t token = UINT32_MAX;
        assert_int_equal(weft_marks_add(&marks, &token), WEFT_OK);
        assert_int_equal(token, i);
        assert_int_equal(weft_marks_count(&marks), i + 1);
        assert_int_equal(weft_marks_mark(&marks, token), WEFT_OK);
        check(&marks);
    }
    assert_int_equal(weft_marks_reserve(&marks, 100), WEFT_OK);
    assert_int_equal(weft_marks_count(&marks), 200);
    uint32_t tokens[200];
    assert_int_equal(weft_marks_take(&marks, tokens, 200), 200);
    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(tokens[i], i);
    weft_marks_fini(&marks);
}

static void a_partial_take_leaves_the_rest_in_order(void **state)
{
    (void)state;
    weft_marks marks;
    uint32_t tokens[8];
    assert_int_equal(weft_marks_init(&marks, NULL, 5), WEFT_OK);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(weft_marks_mark(&marks, i), WEFT_OK);
    assert_int_equal(weft_marks_take(&marks, tokens, 0), 0);
    assert_int_equal(weft_marks_take(&marks, tokens, 2), 2);
    assert_true(tokens[0] == 0 && tokens[1] == 1);
    assert_int_equal(weft_marks_mark(&marks, 0), WEFT_OK); /* taken: behind the rest */
    assert_int_equal(weft_marks_mark(&marks, 3), WEFT_OK); /* still there: keeps its place */
    assert_int_equal(weft_marks_take(&marks, tokens, 8), 4);
    assert_true(tokens[0] == 2 && tokens[1] == 3 && tokens[2] == 4 && tokens[3] == 0);
    check(&marks);
    weft_marks_fini(&marks);
}

static void partial_takes_for_ever_do_not_grow_anything(void **state)
{
    (void)state;
    enum { TOKENS = 128, LIMIT = 32, ROUNDS = 2000 };
    test_heap heap;
    test_heap_init(&heap);
    weft_marks marks;
    assert_int_equal(weft_marks_init(&marks, &heap.allocator, TOKENS), WEFT_OK);
    const size_t allocations = heap.allocations;
    uint32_t tokens[LIMIT], next = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < TOKENS; i++)
            assert_int_equal(weft_marks_mark(&marks, i), WEFT_OK);
        assert_int_equal(weft_marks_take(&marks, tokens, LIMIT), LIMIT);
        for (uint32_t i = 0; i < LIMIT; i++)
            assert_int_equal(tokens[i], next++ % TOKENS);
        check(&marks);
    }
    assert_int_equal(heap.allocations, allocations);
    weft_marks_fini(&marks);
    assert_int_equal(heap.live, 0);
}

static void refused_memory_changes_nothing(void **state)
{
    (void)state;
    for (size_t refuse = 0; refuse < 4; refuse++) {
        test_heap heap;
        test_heap_init(&heap);
        heap.refuse_after = refuse;
        weft_marks marks;
        const weft_status made = weft_marks_init(&marks, &heap.allocator, 64);
        assert_int_equal(made, refuse < 2 ? WEFT_ENOMEM : WEFT_OK);
        if (made == WEFT_OK) {
            uint32_t token = 7;
            for (uint32_t i = 0; i < 64; i++)
                assert_int_equal(weft_marks_mark(&marks, 63 - i), WEFT_OK);
            assert_int_equal(weft_marks_add(&marks, &token), WEFT_ENOMEM);
            assert_int_equal(token, 7);
            assert_int_equal(weft_marks_count(&marks), 64);
            assert_int_equal(weft_marks_len(&marks), 64);
            check(&marks);
        }
        weft_marks_fini(&marks);
        assert_int_equal(heap.live, 0);
        assert_int_equal(heap.mistakes, 0);
    }
}

static void growing_and_ending_give_all_memory_back(void **state)
{
    (void)state;
    test_heap heap;
    test_heap_init(&heap);
    weft_marks marks;
    assert_int_equal(weft_marks_init(&marks, &heap.allocator, 1), WEFT_OK);
    for (uint32_t count = 64; count <= 1024; count *= 2) {
        assert_int_equal(weft_marks_reserve(&marks, count + 1), WEFT_OK);
        assert_int_equal(heap.live, 2);
    }
    for (int i = 0; i < 2; i++) { /* once ended, they are a zeroed object */
        weft_marks_fini(&marks);
        assert_int_equal(heap.live, 0);
        assert_int_equal(weft_marks_count(&marks), 0);
    }
    weft_marks_fini(NULL);
    assert_int_equal(heap.mistakes, 0);
}

/* ---- a model --------------------------------------------------------------------------------- */

enum { MODEL_TOKENS = 300, OPERATIONS = 300000 };

typedef struct {
    uint64_t random;
    uint32_t queue[MODEL_TOKENS]; /* oldest first */
    size_t len;
    uint32_t count;
} model;

static bool model_has(const model *m, uint32_t token)
{
    for (size_t i = 0; i < m->len; i++)
        if (m->queue[i] == token)
            return true;
    return false;
}

static void model_step(model *m, weft_marks *marks)
{
    const uint64_t dice = test_random_below(&m->random, 100);
    if (dice < 1 && m->count < MODEL_TOKENS) {
        uint32_t token;
        assert_int_equal(weft_marks_add(marks, &token), WEFT_OK);
        assert_int_equal(token, m->count++);
    } else if (dice < 80) {
        const uint32_t token = (uint32_t)test_random_below(&m->random, m->count + 2);
        assert_int_equal(weft_marks_has(marks, token), model_has(m, token));
        assert_int_equal(weft_marks_mark(marks, token), token < m->count ? WEFT_OK : WEFT_EINVAL);
        if (token < m->count && !model_has(m, token))
            m->queue[m->len++] = token;
    } else {
        uint32_t tokens[MODEL_TOKENS];
        const size_t mostly = test_random_below(&m->random, 10) ? 12 : MODEL_TOKENS;
        const size_t most = test_random_below(&m->random, mostly);
        const size_t expected = most < m->len ? most : m->len;
        assert_int_equal(weft_marks_take(marks, tokens, most), expected);
        assert_memory_equal(tokens, m->queue, expected * sizeof *tokens);
        m->len -= expected;
        memmove(m->queue, m->queue + expected, m->len * sizeof *tokens);
    }
    assert_int_equal(weft_marks_len(marks), m->len);
    assert_int_equal(weft_marks_count(marks), m->count);
}

static void random_operations_do_what_a_list_does(void **state)
{
    (void)state;
    model *m = calloc(1, sizeof *m);
    weft_marks marks;
    assert_int_equal(weft_marks_init(&marks, NULL, 0), WEFT_OK);
    for (int i = 0; i < OPERATIONS; i++) {
        model_step(m, &marks);
        check(&marks);
    }
    assert_int_equal(m->count, MODEL_TOKENS);
    weft_marks_fini(&marks);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_come_out_once_and_in_order),
        cmocka_unit_test(a_number_that_is_no_token_is_refused),
        cmocka_unit_test(tokens_are_numbered_as_they_are_added),
        cmocka_unit_test(a_partial_take_leaves_the_rest_in_order),
        cmocka_unit_test(partial_takes_for_ever_do_not_grow_anything),
        cmocka_unit_test(check_notices_what_is_wrong),
        cmocka_unit_test(refused_memory_changes_nothing),
        cmocka_unit_test(growing_and_ending_give_all_memory_back),
        cmocka_unit_test(random_operations_do_what_a_list_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
