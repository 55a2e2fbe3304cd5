/* The timer wheel under random operations: it must do what wheel_model.h does, step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <weft/wheel.h>

#include "random.h"
#include "wheel_model.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_sound(const weft_wheel *wheel)
{
    const char *why = NULL;
    if (!weft_wheel_check(wheel, &why))
        fail_msg("weft_wheel_check: %s", why);
}

/* A number of 0 to `bits` bits, all lengths being equally likely. */
static int64_t random_length(uint64_t *random, unsigned bits)
{
    const uint64_t length = test_random_below(random, bits + 1U);
    return length ? (int64_t)(test_random(random) >> (64 - length)) : 0;
}

static int64_t clamped_sum(int64_t a, int64_t b)
{
    int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum))
        return b < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

typedef int64_t time_fn(uint64_t *random, int64_t now_ns);

static int64_t near_future(uint64_t *random, int64_t now_ns)
{
    return clamped_sum(now_ns, (int64_t)test_random_below(random, 300));
}

static int64_t any_scale(uint64_t *random, int64_t now_ns)
{
    return clamped_sum(now_ns, random_length(random, 63));
}

static int64_t few_values(uint64_t *random, int64_t now_ns)
{
    const int64_t cluster = now_ns & ~INT64_C(1023);
    return clamped_sum(cluster, (int64_t)test_random_below(random, 6) * 500);
}

static int64_t mostly_past(uint64_t *random, int64_t now_ns)
{
    return clamped_sum(now_ns, 200 - random_length(random, 20));
}

static int64_t around_now(uint64_t *random, int64_t now_ns)
{
    return clamped_sum(now_ns, (int64_t)test_random_below(random, 10001) - 5000);
}

static int64_t anything(uint64_t *random, int64_t now_ns)
{
    switch (test_random_below(random, 8)) {
    case 0: return INT64_MIN + (int64_t)test_random_below(random, 3);
    case 1: return INT64_MAX - (int64_t)test_random_below(random, 3);
    case 2: return clamped_sum(now_ns, -random_length(random, 63));
    case 3: return clamped_sum(now_ns, random_length(random, 63));
    case 4: return (int64_t)test_random_below(random, 200) - 100;
    default: return (int64_t)test_random(random);
    }
}

static int64_t three_timeouts(uint64_t *random, int64_t now_ns)
{
    static const int64_t timeouts_ns[] = { 1000, 5000, 30000 };
    return clamped_sum(now_ns, timeouts_ns[test_random_below(random, COUNT(timeouts_ns))]);
}

static int64_t small_step(uint64_t *random, int64_t now_ns)
{
    return clamped_sum(now_ns, (int64_t)test_random_below(random, 40));
}

static int64_t jitter(uint64_t *random, int64_t now_ns)
{
    return clamped_sum(now_ns, (int64_t)test_random_below(random, 601) - 250);
}

static int64_t step_or_jump(uint64_t *random, int64_t now_ns)
{
    switch (test_random_below(random, 16)) {
    case 0: return clamped_sum(now_ns, random_length(random, 40));
    case 1: return clamped_sum(now_ns, -random_length(random, 30));
    default: return small_step(random, now_ns);
    }
}

static int64_t same_time(uint64_t *random, int64_t now_ns)
{
    (void)random;
    return now_ns;
}

typedef struct {
    const char *name;
    size_t cap, operations;
    size_t check_every; /* operations */
    time_fn *deadline, *time;
    int64_t tick_ns;
} profile;

static const profile profiles[] = {
    { "near", 64, 25000, 1, near_future, small_step, 1 },
    { "near, clock jitters", 64, 25000, 1, near_future, jitter, 1 },
    { "any scale", 64, 25000, 1, any_scale, any_scale, 1 },
    { "any scale, small steps", 100, 25000, 1, any_scale, step_or_jump, 1 },
    { "ties", 64, 25000, 1, few_values, small_step, 1 },
    { "ties, jumps", 200, 25000, 1, few_values, step_or_jump, 1 },
    { "past", 64, 25000, 1, mostly_past, small_step, 1 },
    { "past, clock stands", 64, 25000, 1, mostly_past, same_time, 1 },
    { "around now, jumps", 64, 25000, 1, around_now, step_or_jump, 1 },
    { "around now, clock jitters", 150, 25000, 1, around_now, jitter, 1 },
    { "ends of time", 64, 25000, 1, anything, anything, 1 },
    { "ends of time, small steps", 16, 25000, 1, anything, small_step, 1 },
    { "timeouts", 300, 25000, 4, three_timeouts, small_step, 1 },
    { "near, ticks", 64, 25000, 1, near_future, small_step, 50 },
    { "around now, jumps, ticks", 64, 25000, 1, around_now, step_or_jump, 1024 },
    { "any scale, ticks", 100, 25000, 1, any_scale, step_or_jump, 1000000 },
    { "ends of time, ticks", 64, 25000, 1, anything, anything, 1000 },
    { "ends of time, one tick", 16, 25000, 1, anything, anything, INT64_MAX },
    { "many, near", 20000, 80000, 2000, near_future, small_step, 1 },
    { "many, any scale", 20000, 80000, 2000, any_scale, step_or_jump, 1 },
    { "many, timeouts", 20000, 80000, 2000, three_timeouts, jitter, 1 },
};

typedef struct {
    const profile *kind;
    uint64_t random;
    int64_t now_ns;
    weft_wheel wheel;
    weft_wheel_node *nodes;
    wheel_model model;
} trial;

static void pop_and_compare(trial *t, uint64_t limit)
{
    for (uint64_t i = 0; i < limit; i++) {
        const size_t expected = model_pop(&t->model);
        const weft_wheel_node *node = weft_wheel_pop(&t->wheel);
        if (expected == t->model.cap) {
            assert_null(node);
            return;
        }
        assert_non_null(node);
        assert_ptr_equal(node, &t->nodes[expected]);
        assert_true(node->deadline_ns == t->model.latest[expected].deadline_ns);
        assert_false(weft_wheel_pending(node));
    }
}

static void schedule(trial *t, size_t id)
{
    const int64_t deadline_ns = t->kind->deadline(&t->random, t->now_ns);
    weft_wheel_schedule(&t->wheel, &t->nodes[id], deadline_ns);
    model_schedule(&t->model, id, deadline_ns);
}

static void cancel(trial *t, size_t id)
{
    const bool expected = model_cancel(&t->model, id);
    assert_true(weft_wheel_pending(&t->nodes[id]) == expected);
    assert_true(weft_wheel_cancel(&t->wheel, &t->nodes[id]) == expected);
}

static void expire(trial *t)
{
    t->now_ns = t->kind->time(&t->random, t->now_ns);
    if (test_random_below(&t->random, 3) != 0) {
        model_expire(&t->model, t->now_ns);
        const bool any = t->model.due_head < t->model.due_end;
        assert_true(weft_wheel_advance(&t->wheel, t->now_ns) || !any);
    } else {
        assert_int_equal(weft_wheel_expire(&t->wheel, t->now_ns),
                         model_expire(&t->model, t->now_ns));
    }
    assert_true(weft_wheel_now(&t->wheel) == t->now_ns);
}

static void compare_next_deadline(trial *t)
{
    int64_t expected_ns = 0;
    int64_t next_ns = 0;
    assert_true(weft_wheel_next_deadline(&t->wheel, &next_ns) ==
                model_next_deadline(&t->model, &expected_ns));
    assert_true(next_ns == expected_ns);
}

/* One operation; `fill` of 100 schedule, so that the wheel fills up or drains. */
static void operate(trial *t, uint64_t fill)
{
    const size_t id = (size_t)test_random_below(&t->random, t->kind->cap);
    const uint64_t dice = test_random_below(&t->random, 100);
    if (dice < fill) {
        if (t->model.state[id] != MODEL_IDLE)
            cancel(t, id);
        schedule(t, id);
    } else if (dice < fill + 5 && t->model.pending_len) {
        cancel(t, t->model.pending[0].id); // the earliest
    } else if (dice < fill + 20) {
        cancel(t, id);
    } else if (dice < fill + 35) {
        expire(t);
    } else {
        pop_and_compare(t, test_random_below(&t->random, 4));
    }
}

static void run_trial(const profile *kind, uint64_t seed)
{
    trial t = { .kind = kind, .random = seed };
    t.now_ns = seed % 2 ? 0 : (int64_t)test_random(&t.random);
    t.nodes = calloc(kind->cap, sizeof *t.nodes);
    model_init(&t.model, kind->cap);
    t.model.tick_ns = kind->tick_ns;
    weft_wheel_init_ticking(&t.wheel, t.now_ns, kind->tick_ns);

    for (size_t i = 0; i < kind->operations; i++) {
        operate(&t, i / (4 * kind->cap) % 2 ? 20 : 60);
        assert_int_equal(weft_wheel_len(&t.wheel), model_len(&t.model));
        if (i % kind->check_every == 0)
            assert_sound(&t.wheel);
        if (test_random_below(&t.random, kind->cap > 1000 ? 64 : 2) == 0)
            compare_next_deadline(&t); // not always: it looks again at what cancel left stale
    }

    assert_int_equal(weft_wheel_expire(&t.wheel, INT64_MAX), model_expire(&t.model, INT64_MAX));
    pop_and_compare(&t, UINT64_MAX);
    assert_int_equal(weft_wheel_len(&t.wheel), 0);
    assert_sound(&t.wheel);
    model_fini(&t.model);
    free(t.nodes);
}

static void random_operations_do_what_a_sorted_list_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(profiles); i++) {
        for (uint64_t seed = 1; seed <= 2; seed++) {
            print_message("profile '%s', seed %d\n", profiles[i].name, (int)seed);
            run_trial(&profiles[i], seed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_do_what_a_sorted_list_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
