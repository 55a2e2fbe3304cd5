/* Sequence numbers: stepping, wrapping around the two sentinels, and the world's counter. */
#include <weft/fn.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "world_check.h"

static void the_next_number_skips_both_sentinels(void **state)
{
    (void)state;
    static const struct {
        int64_t value, next;
    } table[] = {
        { 0, 1 },
        { 1, 2 },
        { 41, 42 },
        { INT64_MAX - 1, INT64_MAX },
        { INT64_MAX, INT64_MIN + 1 }, /* not WEFT_SEQ_NULL */
        { INT64_MIN + 1, INT64_MIN + 2 },
        { -3, -2 },
        { -2, 0 }, /* not WEFT_SEQ_UNSET */
        { WEFT_SEQ_NULL, INT64_MIN + 1 },
        { WEFT_SEQ_UNSET, 0 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_true(weft_seq_next(table[i].value) == table[i].next);
}

static void the_distance_of_two_numbers_is_signed_and_wraps(void **state)
{
    (void)state;
    static const struct {
        int64_t later, earlier, since;
    } table[] = {
        { 5, 3, 2 },
        { 3, 5, -2 },
        { 7, 7, 0 },
        { INT64_MIN, INT64_MAX, 1 },
        { INT64_MAX, INT64_MIN, -1 },
        { INT64_MIN + 1, INT64_MAX, 2 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_true(weft_seq_since(table[i].later, table[i].earlier) == table[i].since);
}

static void a_zeroed_counter_stands_at_zero_and_can_be_forced(void **state)
{
    (void)state;
    weft_seq seq = { 0 };
    assert_true(weft_seq_get(&seq) == 0);
    assert_true(weft_seq_advance(&seq) == 1);
    assert_true(weft_seq_advance(&seq) == 2);
    weft_seq_set(&seq, 99);
    assert_true(weft_seq_get(&seq) == 99);
    weft_seq_set(&seq, INT64_MAX);
    assert_true(weft_seq_advance(&seq) == INT64_MIN + 1);
}

static void a_world_starts_at_zero_and_counts_events(void **state)
{
    (void)state;
    test_world test;
    test_world_init(&test);
    weft_world *world = test_world_build(&test);
    assert_true(weft_world_sequence(world) == 0);
    assert_true(weft_world_next_sequence(world) == 1);
    assert_true(weft_world_sequence(world) == 1);
    assert_true(weft_world_next_sequence(world) == 2);
    test_world_fini(&test);
}

static void force(weft_seq *seq)
{
    weft_seq_set(seq, -2);
}
WEFT_FN(force, SEQ_MUT);

static void a_world_that_counts_past_the_end_never_gives_a_sentinel(void **state)
{
    (void)state;
    test_world test;
    test_world_init(&test);
    weft_world *world = test_world_build(&test);
    struct force handler;
    assert_int_equal(force_init(&handler, world), WEFT_OK);
    force_call(&handler.state, world);
    assert_true(weft_world_next_sequence(world) == 0);
    test_world_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_number_skips_both_sentinels),
        cmocka_unit_test(the_distance_of_two_numbers_is_signed_and_wraps),
        cmocka_unit_test(a_zeroed_counter_stands_at_zero_and_can_be_forced),
        cmocka_unit_test(a_world_starts_at_zero_and_counts_events),
        cmocka_unit_test(a_world_that_counts_past_the_end_never_gives_a_sentinel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
