/* The timer wheel: what it promises, as literal tables. See test_wheel_random.c for the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/wheel.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_sound(const weft_wheel *wheel)
{
    const char *why = NULL;
    if (!weft_wheel_check(wheel, &why))
        fail_msg("weft_wheel_check: %s", why);
}

/* ---- a script of operations and what they must give ----------------------------------- */

typedef enum {
    END,
    DO_SCHEDULE,
    DO_CANCEL,
    DO_CANCEL_IDLE,
    DO_EXPIRE,
    DO_POP,
    DO_POP_NONE,
    EXPECT_NEXT,
    EXPECT_LEN
} operation;

/* SCHEDULE id at time; CANCEL id; EXPIRE to time gives count; POP gives id; NEXT gives time. */
typedef struct {
    operation op;
    size_t id;
    int64_t time_ns;
} step;

#define SCHEDULE(id, time_ns)  ((step){ DO_SCHEDULE, id, time_ns })
#define CANCEL(id)             ((step){ DO_CANCEL, id, 0 })
#define CANCEL_IDLE(id)        ((step){ DO_CANCEL_IDLE, id, 0 })
#define EXPIRE(time_ns, count) ((step){ DO_EXPIRE, count, time_ns })
#define POP(id)                ((step){ DO_POP, id, 0 })
#define POP_NONE               ((step){ DO_POP_NONE, 0, 0 })
#define NEXT(time_ns)          ((step){ EXPECT_NEXT, 0, time_ns })
#define LEN(len)               ((step){ EXPECT_LEN, len, 0 })
#define STEPS(...)             ((const step[]){ __VA_ARGS__, { END, 0, 0 } })

static void play_once(const step *script, int64_t start_ns, int64_t tick_ns, bool counting)
{
    weft_wheel wheel;
    weft_wheel_node nodes[16] = { 0 };
    weft_wheel_init_ticking(&wheel, start_ns, tick_ns);
    for (const step *at = script; at->op != END; at++) {
        weft_wheel_node *node = &nodes[at->id];
        int64_t next_ns = 0;
        switch (at->op) {
        case DO_SCHEDULE:
            weft_wheel_schedule(&wheel, node, at->time_ns);
            assert_true(weft_wheel_pending(node));
            break;
        case DO_CANCEL:
            assert_true(weft_wheel_cancel(&wheel, node));
            assert_false(weft_wheel_pending(node));
            break;
        case DO_CANCEL_IDLE: assert_false(weft_wheel_cancel(&wheel, node)); break;
        case DO_EXPIRE:
            if (counting)
                assert_int_equal(weft_wheel_expire(&wheel, at->time_ns), at->id);
            else if (!weft_wheel_advance(&wheel, at->time_ns))
                assert_int_equal(at->id, 0);
            assert_true(weft_wheel_now(&wheel) == at->time_ns);
            break;
        case DO_POP:
            assert_ptr_equal(weft_wheel_pop(&wheel), node);
            assert_false(weft_wheel_pending(node));
            break;
        case DO_POP_NONE: assert_null(weft_wheel_pop(&wheel)); break;
        case EXPECT_NEXT:
            assert_true(weft_wheel_next_deadline(&wheel, &next_ns));
            assert_true(next_ns == at->time_ns);
            break;
        case EXPECT_LEN: assert_int_equal(weft_wheel_len(&wheel), at->id); break;
        case END: break;
        }
        assert_sound(&wheel);
    }
}

static void play_ticking(const step *script, int64_t start_ns, int64_t tick_ns)
{
    play_once(script, start_ns, tick_ns, true);
    play_once(script, start_ns, tick_ns, false);
}

/* Plays with weft_wheel_expire, and again with weft_wheel_advance. */
static void play(const step *script, int64_t start_ns)
{
    play_ticking(script, start_ns, 0);
}

/* ---- tables --------------------------------------------------------------------------- */

static void the_example_in_the_header_works(void **state)
{
    (void)state;
    typedef struct {
        weft_wheel_node node;
        const char *text;
    } reminder;

    weft_wheel wheel;
    reminder tea = { .text = "tea" };
    weft_wheel_init(&wheel, 0);
    weft_wheel_schedule(&wheel, &tea.node, 250);
    weft_wheel_advance(&wheel, 300);
    size_t popped = 0;
    for (weft_wheel_node *node; (node = weft_wheel_pop(&wheel)); popped++)
        assert_string_equal(((reminder *)node)->text, "tea");
    assert_int_equal(popped, 1);
}

static void an_entry_fires_at_its_nanosecond_and_not_before(void **state)
{
    (void)state;
    const int64_t starts[] = { INT64_MIN, -4097, -64, -1, 0, 1, 63, 4095, 1700000000000000000 };
    const int64_t delays[] = { 0,    1,    2,    62,   63,     64,      65,     127,
                               128,  4094, 4095, 4096, 4097,   262143,  262144, 262145,
                               1000, 1e6,  1e9,  6e10, 3600e9, 1 << 24, 1 << 30 };
    for (size_t i = 0; i < COUNT(starts); i++) {
        for (size_t j = 0; j < COUNT(delays); j++) {
            const int64_t deadline_ns = starts[i] + delays[j];
            if (delays[j] == 0) {
                play(STEPS(SCHEDULE(0, deadline_ns), EXPIRE(deadline_ns, 1), POP(0)), starts[i]);
                continue;
            }
            play(STEPS(SCHEDULE(0, deadline_ns), NEXT(deadline_ns), EXPIRE(starts[i], 0),
                       EXPIRE(deadline_ns - 1, 0), POP_NONE, EXPIRE(deadline_ns, 1),
                       NEXT(deadline_ns), POP(0), POP_NONE, LEN(0)),
                 starts[i]);
        }
    }
}

static void entries_around_level_boundaries_fire_in_deadline_order(void **state)
{
    (void)state;
    const step *script =
        STEPS(SCHEDULE(0, 4097), SCHEDULE(1, 64), SCHEDULE(2, 4096), SCHEDULE(3, 63),
              SCHEDULE(4, 4095), SCHEDULE(5, 65), SCHEDULE(6, 0), LEN(7),          //
              EXPIRE(0, 1), EXPIRE(62, 0), EXPIRE(63, 1), EXPIRE(64, 1), NEXT(0),  //
              POP(6), POP(3), POP(1), NEXT(65), EXPIRE(4094, 1), POP(5), POP_NONE, //
              EXPIRE(4095, 1), EXPIRE(4095, 0), EXPIRE(4097, 2), POP(4), POP(2), POP(0));
    play(script, 0);
    play(script, -1);
    play(script, INT64_MIN);
}

static void one_far_jump_fires_everything_in_deadline_order(void **state)
{
    (void)state;
    play(STEPS(SCHEDULE(0, INT64_MAX), SCHEDULE(1, 1), SCHEDULE(2, 1LL << 60),
               SCHEDULE(3, 64 * 64 * 64), SCHEDULE(4, (1LL << 60) - 1), SCHEDULE(5, 65),
               EXPIRE(INT64_MAX - 1, 5), POP(1), POP(5), POP(3), POP(4), POP(2), POP_NONE,
               NEXT(INT64_MAX), EXPIRE(INT64_MAX, 1), POP(0)),
         0);
}

static void ties_fire_in_scheduling_order_however_far_they_were_scheduled(void **state)
{
    (void)state;
    play(STEPS(SCHEDULE(0, 100000), EXPIRE(60000, 0), SCHEDULE(1, 100000), EXPIRE(99990, 0),
               SCHEDULE(2, 100000), SCHEDULE(3, 99999), EXPIRE(99999, 1), SCHEDULE(4, 100000),
               EXPIRE(100000, 4), POP(3), POP(0), POP(1), POP(2), POP(4)),
         0);
    // The same from within a slot that is not in order and has to be emptied.
    play(STEPS(SCHEDULE(0, 5000), SCHEDULE(1, 4500), SCHEDULE(2, 5000), SCHEDULE(3, 4500),
               EXPIRE(4499, 0), SCHEDULE(4, 4500), EXPIRE(4500, 3), SCHEDULE(5, 5000),
               EXPIRE(9000, 3), POP(1), POP(3), POP(4), POP(0), POP(2), POP(5)),
         0);
}

static void a_deadline_in_the_past_becomes_due_at_the_next_expire(void **state)
{
    (void)state;
    play(STEPS(SCHEDULE(0, 900), SCHEDULE(1, 999), SCHEDULE(2, INT64_MIN), SCHEDULE(3, 900),
               SCHEDULE(4, 1000), SCHEDULE(5, 1001), NEXT(INT64_MIN), POP_NONE, EXPIRE(1000, 5),
               POP(2), POP(0), POP(3), POP(1), POP(4), POP_NONE, NEXT(1001)),
         1000);
    // Scheduled between expire and pop: later than all that was due already.
    play(STEPS(SCHEDULE(0, 10), SCHEDULE(1, 20), EXPIRE(30, 2), SCHEDULE(2, 5), NEXT(5), POP(0),
               POP(1), POP_NONE, LEN(1), EXPIRE(30, 1), POP(2)),
         0);
}

static void left_over_due_entries_come_before_newly_due_ones(void **state)
{
    (void)state;
    play(STEPS(SCHEDULE(0, 10), SCHEDULE(1, 20), EXPIRE(20, 2), POP(0), SCHEDULE(2, 5),
               SCHEDULE(3, 15), SCHEDULE(4, 25), NEXT(5), EXPIRE(25, 3), NEXT(5), LEN(4), POP(1),
               NEXT(5), POP(2), NEXT(15), POP(3), POP(4), POP_NONE),
         0);
}

static void a_cancelled_due_entry_is_not_popped(void **state)
{
    (void)state;
    play(STEPS(SCHEDULE(0, 1), SCHEDULE(1, 2), SCHEDULE(2, 3), SCHEDULE(3, 4), EXPIRE(9, 4),
               CANCEL(1), LEN(3), CANCEL(0), NEXT(3), CANCEL(3), POP(2), POP_NONE, LEN(0)),
         0);
    play(STEPS(SCHEDULE(0, 1), EXPIRE(1, 1), CANCEL(0), POP_NONE, CANCEL_IDLE(0), SCHEDULE(0, 2),
               EXPIRE(1, 0), EXPIRE(2, 1), POP(0), CANCEL_IDLE(0)),
         0);
}

static void cancelling_first_middle_or_last_of_a_slot_leaves_the_rest(void **state)
{
    (void)state;
    const size_t orders[][3] = { { 0, 1, 2 }, { 1, 0, 2 }, { 2, 1, 0 }, { 1, 2, 0 } };
    const int64_t times[][3] = { { 700, 700, 700 }, { 700, 720, 740 }, { 740, 720, 700 },
                                 { 720, 700, 740 }, { -9, -3, -5 },    { 720, 740, 700 } };
    for (size_t i = 0; i < COUNT(orders); i++) {
        for (size_t j = 0; j < COUNT(times); j++) {
            const size_t a = orders[i][0], b = orders[i][1], c = orders[i][2];
            const int64_t left_ns = times[j][b] < times[j][c] ? times[j][b] : times[j][c];
            play(STEPS(SCHEDULE(0, times[j][0]), SCHEDULE(1, times[j][1]), SCHEDULE(2, times[j][2]),
                       CANCEL(a), CANCEL_IDLE(a), LEN(2), NEXT(left_ns), CANCEL(b),
                       NEXT(times[j][c]), EXPIRE(times[j][c] - 1, 0), EXPIRE(times[j][c], 1),
                       POP(c), CANCEL_IDLE(c), POP_NONE, LEN(0)),
                 0);
        }
    }
}

static void expiry_does_not_trust_the_deadline_of_a_cancelled_entry(void **state)
{
    (void)state;
    play(STEPS(SCHEDULE(0, 5500), SCHEDULE(1, 5000), SCHEDULE(2, 5600), CANCEL(1), EXPIRE(5000, 0),
               EXPIRE(5499, 0), SCHEDULE(3, 5500), SCHEDULE(4, 5499), EXPIRE(5500, 3), POP(4),
               POP(0), POP(3), NEXT(5600)),
         0);
}

static void rescheduling_is_cancelling_and_scheduling_and_loses_the_turn(void **state)
{
    (void)state;
    play(STEPS(SCHEDULE(0, 500), SCHEDULE(1, 500), SCHEDULE(2, 500), CANCEL(0), SCHEDULE(0, 500),
               CANCEL(1), SCHEDULE(1, 90), NEXT(90), EXPIRE(500, 3), POP(1), POP(2), POP(0)),
         0);
}

static void backwards_time_fires_nothing_early_and_loses_nothing(void **state)
{
    (void)state;
    play(STEPS(SCHEDULE(0, 1 << 20), EXPIRE(1 << 19, 0), SCHEDULE(1, (1 << 19) + 1), EXPIRE(10, 0),
               SCHEDULE(2, 12), SCHEDULE(3, 11), SCHEDULE(4, 1 << 19), SCHEDULE(5, 12), NEXT(11),
               EXPIRE(11, 1), POP(3), EXPIRE(5, 0), SCHEDULE(3, 6), SCHEDULE(6, 12), NEXT(6),
               EXPIRE(12, 4), POP(3), POP(2), POP(5), POP(6), EXPIRE(-100, 0), NEXT(1 << 19),
               EXPIRE((1 << 19) + 1, 2), POP(4), POP(1), EXPIRE((1 << 20) - 1, 0),
               EXPIRE(1 << 20, 1), POP(0), LEN(0)),
         0);
}

/* Else a clock that was set back would have every later expire sort the same entries again. */
static void what_backwards_time_leaves_overdue_moves_into_slots(void **state)
{
    (void)state;
    weft_wheel wheel;
    weft_wheel_node nodes[6] = { 0 };
    weft_wheel_init(&wheel, 1000000);
    weft_wheel_schedule(&wheel, &nodes[0], 1000001);
    weft_wheel_schedule(&wheel, &nodes[1], 1000100);
    assert_int_equal(weft_wheel_expire(&wheel, 5), 0);
    for (size_t i = 2; i < 6; i++)
        weft_wheel_schedule(&wheel, &nodes[i], (int64_t)(70 - i * 10));
    assert_true(wheel.occupied[WEFT_WHEEL_LEVELS] != 0);
    assert_int_equal(weft_wheel_expire(&wheel, 20), 1);
    assert_ptr_equal(weft_wheel_pop(&wheel), &nodes[5]);
    assert_true(wheel.occupied[WEFT_WHEEL_LEVELS] == 0);
    assert_sound(&wheel);
    assert_int_equal(weft_wheel_expire(&wheel, 2000000), 5);
    const size_t order[] = { 4, 3, 2, 0, 1 };
    for (size_t i = 0; i < COUNT(order); i++)
        assert_ptr_equal(weft_wheel_pop(&wheel), &nodes[order[i]]);
}

static void the_ends_of_time_are_ordinary_deadlines(void **state)
{
    (void)state;
    const step *script =
        STEPS(SCHEDULE(0, INT64_MAX), SCHEDULE(1, INT64_MIN), SCHEDULE(2, INT64_MAX),
              SCHEDULE(3, INT64_MIN + 1), SCHEDULE(4, INT64_MAX - 1), SCHEDULE(5, INT64_MIN),
              NEXT(INT64_MIN), EXPIRE(INT64_MIN, 2), NEXT(INT64_MIN), POP(1), POP(5), POP_NONE,
              NEXT(INT64_MIN + 1), EXPIRE(INT64_MAX - 1, 2), POP(3), POP(4), EXPIRE(INT64_MIN, 0),
              EXPIRE(INT64_MAX, 2), POP(0), POP(2), SCHEDULE(0, INT64_MAX), EXPIRE(INT64_MAX, 1),
              POP(0), LEN(0));
    const int64_t starts[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX };
    for (size_t i = 0; i < COUNT(starts); i++)
        play(script, starts[i]);
}

static void with_a_tick_entries_are_due_at_its_multiples_in_the_order_of_their_deadlines(
    void **state)
{
    (void)state;
    play_ticking(STEPS(SCHEDULE(0, 119), SCHEDULE(1, 101), SCHEDULE(2, 100), SCHEDULE(3, 120),
                       SCHEDULE(4, 101), SCHEDULE(5, 121), NEXT(100), EXPIRE(99, 0), EXPIRE(100, 1),
                       POP(2), NEXT(120), EXPIRE(118, 0), EXPIRE(119, 0), POP_NONE, EXPIRE(120, 4),
                       POP(1), POP(4), POP(0), POP(3), POP_NONE, NEXT(140), EXPIRE(139, 0),
                       EXPIRE(147, 1), POP(5), LEN(0)),
                 0, 20);
    // The past waits for the next expire as ever, but not for a tick.
    play_ticking(STEPS(EXPIRE(50, 0), SCHEDULE(0, 39), SCHEDULE(1, 41), NEXT(40), POP_NONE,
                       EXPIRE(51, 1), POP(0), NEXT(60), EXPIRE(59, 0), EXPIRE(60, 1), POP(1)),
                 47, 20);
    // Before 0, as after it.
    play_ticking(STEPS(SCHEDULE(0, -19), SCHEDULE(1, -20), SCHEDULE(2, -21), SCHEDULE(3, -1),
                       NEXT(-20), EXPIRE(-21, 0), EXPIRE(-20, 2), POP(2), POP(1), NEXT(0),
                       EXPIRE(-1, 0), EXPIRE(0, 2), POP(0), POP(3)),
                 -1000, 20);
}

static void ticks_reach_both_ends_of_time(void **state)
{
    (void)state;
    const int64_t ticks[] = { 2, 1000, 1LL << 40, INT64_MAX / 2 + 1, INT64_MAX - 1, INT64_MAX };
    for (size_t i = 0; i < COUNT(ticks); i++) {
        const int64_t first_ns = INT64_MIN - INT64_MIN % ticks[i];
        const int64_t last_ns = INT64_MAX - INT64_MAX % ticks[i];
        const int64_t beyond_ns = last_ns == INT64_MAX ? INT64_MAX : last_ns + 1;
        play_ticking(STEPS(SCHEDULE(0, INT64_MAX), SCHEDULE(1, beyond_ns), SCHEDULE(2, INT64_MIN),
                           NEXT(first_ns), EXPIRE(first_ns, 1), POP(2), POP_NONE, NEXT(INT64_MAX),
                           EXPIRE(INT64_MAX - 1, 0), POP_NONE, EXPIRE(INT64_MAX, 2),
                           POP(last_ns == INT64_MAX     ? 0
                               : beyond_ns == INT64_MAX ? 0
                                                        : 1),
                           POP(last_ns == INT64_MAX     ? 1
                               : beyond_ns == INT64_MAX ? 1
                                                        : 0),
                           LEN(0)),
                     INT64_MIN, ticks[i]);
    }
}

static void what_is_due_stays_so_between_the_pops(void **state)
{
    (void)state;
    // Scheduling, cancelling and looking, before all that one jump made due has been popped.
    play(STEPS(SCHEDULE(0, 70), SCHEDULE(1, 5000), SCHEDULE(2, 4900), SCHEDULE(3, 1 << 20),
               SCHEDULE(4, 5000), SCHEDULE(5, 5000000), EXPIRE(2000000, 5), POP(0),
               SCHEDULE(0, 4950), SCHEDULE(6, 2000000), SCHEDULE(7, 2000001), NEXT(4900), CANCEL(2),
               NEXT(4950), POP(1), CANCEL(4), POP(3), POP_NONE, NEXT(4950), EXPIRE(2000000, 2),
               POP(0), EXPIRE(1999999, 0), POP(6), NEXT(2000001), EXPIRE(6000000, 2), POP(7),
               POP(5)),
         0);
    // Time goes back: what was due stays due, what is scheduled waits.
    play(STEPS(SCHEDULE(0, 100), SCHEDULE(1, 3000), EXPIRE(5000, 2), EXPIRE(10, 0), SCHEDULE(2, 20),
               SCHEDULE(3, 15), SCHEDULE(4, 4000), EXPIRE(20, 2), POP(0), POP(1), POP(3), POP(2),
               POP_NONE, NEXT(4000), SCHEDULE(5, 3999), EXPIRE(4000, 2), POP(5), POP(4)),
         0);
}

/* A slot that is not in order was once read through after each such cancel. */
static void cancelling_the_earliest_again_and_again_leaves_the_next_deadline_exact(void **state)
{
    (void)state;
    enum { MANY = 4000 };
    weft_wheel wheel;
    weft_wheel_node *nodes = calloc(MANY, sizeof *nodes);
    weft_wheel_init(&wheel, 0);
    for (size_t i = 0; i < MANY; i++) // 0 to MANY - 1, each once, in no order
        weft_wheel_schedule(&wheel, &nodes[i], (1 << 24) + (int64_t)(i * 1237 % MANY));
    for (int64_t rank = 0; rank < MANY; rank++) {
        int64_t next_ns = 0;
        assert_true(weft_wheel_next_deadline(&wheel, &next_ns));
        assert_true(next_ns == (1 << 24) + rank);
        size_t earliest = 0;
        while (!weft_wheel_pending(&nodes[earliest]) || nodes[earliest].deadline_ns != next_ns)
            earliest++;
        assert_true(weft_wheel_cancel(&wheel, &nodes[earliest]));
        if (rank % 64 == 0)
            assert_sound(&wheel);
    }
    // What is scheduled before the slots that next_deadline has looked into is not lost.
    weft_wheel_schedule(&wheel, &nodes[0], 1 << 25);
    weft_wheel_schedule(&wheel, &nodes[1], 1 << 10);
    weft_wheel_schedule(&wheel, &nodes[2], 1 << 9);
    weft_wheel_schedule(&wheel, &nodes[3], 1 << 23);
    assert_sound(&wheel);
    assert_int_equal(weft_wheel_expire(&wheel, 1 << 10), 2);
    assert_sound(&wheel);
    assert_int_equal(weft_wheel_expire(&wheel, 1 << 25), 2);
    const size_t order[] = { 2, 1, 3, 0 };
    for (size_t i = 0; i < COUNT(order); i++)
        assert_ptr_equal(weft_wheel_pop(&wheel), &nodes[order[i]]);
    free(nodes);
}

static void an_empty_wheel_has_no_deadline_and_can_be_moved(void **state)
{
    (void)state;
    weft_wheel wheel;
    weft_wheel_node node = { 0 };
    int64_t next_ns = 42;
    weft_wheel_init(&wheel, 7);
    assert_true(weft_wheel_now(&wheel) == 7);
    assert_false(weft_wheel_next_deadline(&wheel, &next_ns));
    assert_int_equal(next_ns, 42);
    assert_null(weft_wheel_pop(&wheel));
    assert_false(weft_wheel_cancel(&wheel, &node));
    weft_wheel_schedule(&wheel, &node, 100);
    assert_true(weft_wheel_cancel(&wheel, &node));
    assert_false(weft_wheel_next_deadline(&wheel, &next_ns));

    weft_wheel moved = wheel;
    memset(&wheel, 0xff, sizeof wheel);
    weft_wheel_schedule(&moved, &node, 100);
    assert_int_equal(weft_wheel_expire(&moved, 100), 1);
    assert_ptr_equal(weft_wheel_pop(&moved), &node);
    assert_sound(&moved);
}

static void check_names_what_is_broken(void **state)
{
    (void)state;
    const char *const sentences[] = {
        "the lists hold fewer entries than len",
        "the lists hold more entries than len",
        "an entry is not in the list that its deadline and base place it in",
        "an entry's state does not fit its list",
        "the neighbours of an entry do not link back to it",
        "a pending entry is earlier than quiet_until_ns",
        "a slot in use starts before the fence",
        "a list that does not exist is marked as occupied",
        "a level with entries is not marked, or one without is",
        "base is ahead of what has been reached",
        "a list's earliest deadline is marked as exact and is not",
        "an entry is due, but the wheel is not marked as ready",
        "a list that is marked as sorted is not",
    };
    for (size_t i = 0; i < COUNT(sentences); i++) {
        weft_wheel wheel;
        weft_wheel_node nodes[3] = { 0 };
        const char *why = "untouched";
        weft_wheel_init(&wheel, 0);
        weft_wheel_schedule(&wheel, &nodes[0], 5000);
        weft_wheel_schedule(&wheel, &nodes[1], 5000);
        weft_wheel_schedule(&wheel, &nodes[2], 5001);
        assert_true(weft_wheel_check(&wheel, &why));
        assert_string_equal(why, "untouched");
        switch (i) {
        case 0: wheel.len = 4; break;
        case 1: wheel.len = 2; break;
        case 2: nodes[2].deadline_ns = 1; break;
        case 3: nodes[1].state += 1; break;
        case 4: nodes[1].prev = &nodes[2]; break;
        case 5: wheel.quiet_until_ns = 5001; break;
        case 6: wheel.fence = UINT64_MAX; break;
        case 7: wheel.occupied[WEFT_WHEEL_LEVELS] = 4; break;
        case 8: wheel.levels ^= 1; break;
        case 9: wheel.reached_ns = -10; break;
        case 10: nodes[0].deadline_ns = nodes[1].deadline_ns = 5001; break;
        case 11: wheel.reached_ns = 5000; break;
        case 12: nodes[1].deadline_ns = 5002; break;
        }
        assert_false(weft_wheel_check(&wheel, &why));
        assert_string_equal(why, sentences[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_in_the_header_works),
        cmocka_unit_test(an_entry_fires_at_its_nanosecond_and_not_before),
        cmocka_unit_test(entries_around_level_boundaries_fire_in_deadline_order),
        cmocka_unit_test(one_far_jump_fires_everything_in_deadline_order),
        cmocka_unit_test(ties_fire_in_scheduling_order_however_far_they_were_scheduled),
        cmocka_unit_test(a_deadline_in_the_past_becomes_due_at_the_next_expire),
        cmocka_unit_test(left_over_due_entries_come_before_newly_due_ones),
        cmocka_unit_test(a_cancelled_due_entry_is_not_popped),
        cmocka_unit_test(cancelling_first_middle_or_last_of_a_slot_leaves_the_rest),
        cmocka_unit_test(expiry_does_not_trust_the_deadline_of_a_cancelled_entry),
        cmocka_unit_test(rescheduling_is_cancelling_and_scheduling_and_loses_the_turn),
        cmocka_unit_test(backwards_time_fires_nothing_early_and_loses_nothing),
        cmocka_unit_test(what_backwards_time_leaves_overdue_moves_into_slots),
        cmocka_unit_test(the_ends_of_time_are_ordinary_deadlines),
        cmocka_unit_test(
            with_a_tick_entries_are_due_at_its_multiples_in_the_order_of_their_deadlines),
        cmocka_unit_test(ticks_reach_both_ends_of_time),
        cmocka_unit_test(what_is_due_stays_so_between_the_pops),
        cmocka_unit_test(cancelling_the_earliest_again_and_again_leaves_the_next_deadline_exact),
        cmocka_unit_test(an_empty_wheel_has_no_deadline_and_can_be_moved),
        cmocka_unit_test(check_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
