/* test-labels: slow */
/* The model itself: it makes each execution once and forgets none, and it notices what it is there
 * to notice. */
#include "model_atomics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"

static model_result result;

/* ---- against brute force --------------------------------------------------------------------- */

enum { RANDOM_THREADS = 3, RANDOM_STEPS = 4, RANDOM_PLACES = 2, FINGERPRINTS = 1 << 12 };

typedef enum step_kind { LOAD, STORE, ADD, EXCHANGE, CAS, FENCE, WAIT, STEP_KINDS } step_kind;

typedef struct step {
    step_kind kind;
    int place, order, value;
} step;

static step steps[RANDOM_THREADS][RANDOM_STEPS];
static size_t steps_len;
static int places[RANDOM_PLACES];
static uint64_t fingerprints[2][FINGERPRINTS];
static size_t fingerprints_len[2];
static int filled;
static uint64_t random_state = 1;

static void make_steps(void)
{
    static const int orders[] = { __ATOMIC_RELAXED, __ATOMIC_ACQUIRE, __ATOMIC_RELEASE,
                                  __ATOMIC_ACQ_REL, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST };
    steps_len = 2 + test_random_below(&random_state, RANDOM_STEPS - 1);
    for (int t = 0; t < RANDOM_THREADS; t++)
        for (size_t i = 0; i < steps_len; i++)
            steps[t][i] = (step){ .kind = (step_kind)test_random_below(&random_state, STEP_KINDS),
                                  .place = (int)test_random_below(&random_state, RANDOM_PLACES),
                                  .order = orders[test_random_below(&random_state, 6)],
                                  .value = 1 + (int)test_random_below(&random_state, 2) };
}

/* The orders of the steps are given at run time: one site for each. */
static void make_step(int thread, size_t i)
{
    static model_site sites[RANDOM_THREADS][RANDOM_STEPS];
    const step *s = &steps[thread][i];
    model_site *site = &sites[thread][i];
    site->file = __FILE__;
    site->operation = "step";
    site->what = s->place ? "y" : "x";
    site->order = s->order;
    int *at = &places[s->place], expected = s->value - 1;
    const uint64_t value = (uint64_t)s->value;
    switch (s->kind) {
    case LOAD: model_load(site, at, sizeof *at); break;
    case STORE: model_store(site, at, sizeof *at, value); break;
    case ADD: model_rmw(site, at, sizeof *at, MODEL_ADD, value, false); break;
    case EXCHANGE: model_rmw(site, at, sizeof *at, MODEL_EXCHANGE, value, false); break;
    case CAS:
        model_compare_exchange(site, at, sizeof *at, &expected, value + 1, __ATOMIC_RELAXED);
        break;
    case FENCE: model_fence(site); break;
    case WAIT: model_wait(site, at, sizeof *at, 1, 1); break;
    case STEP_KINDS: break;
    }
}

static void random_thread(int thread)
{
    for (size_t i = 0; i < steps_len; i++)
        make_step(thread, i);
}

static void random_0(void)
{
    random_thread(0);
}

static void random_1(void)
{
    random_thread(1);
}

static void random_2(void)
{
    random_thread(2);
}

static void clear_places(void)
{
    memset(places, 0, sizeof places);
}

static void keep_fingerprint(void)
{
    assert_true(fingerprints_len[filled] < FINGERPRINTS);
    fingerprints[filled][fingerprints_len[filled]++] = model_fingerprint();
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static size_t without_doubles(uint64_t *numbers, size_t len)
{
    size_t kept = 0;
    qsort(numbers, len, sizeof *numbers, by_number);
    for (size_t i = 0; i < len; i++)
        if (i == 0 || numbers[i] != numbers[i - 1])
            numbers[kept++] = numbers[i];
    return kept;
}

static bool explore_random(bool interleavings)
{
    const model_program program = {
        .setup = clear_places,
        .threads = { { "a", random_0 }, { "b", random_1 }, { "c", random_2 } },
        .finish = keep_fingerprint,
        .interleavings = interleavings,
        .limit = FINGERPRINTS
    };
    filled = interleavings;
    fingerprints_len[filled] = 0;
    model_explore(&program, &result);
    return result.complete;
}

/* A program that can get stuck ends with the first such execution: those are told apart, no
 * more. */
static void it_makes_each_execution_of_random_programs_once(void **state)
{
    (void)state;
    size_t compared = 0, stuck = 0;
    for (int round = 0; round < 300; round++) {
        make_steps();
        const bool complete = explore_random(false), failed = result.failed;
        const bool by_force = explore_random(true);
        if (!by_force && !result.failed)
            continue; /* too many interleavings */
        assert_int_equal(failed, result.failed);
        stuck += failed;
        if (!complete)
            continue;
        const size_t len = without_doubles(fingerprints[0], fingerprints_len[0]);
        assert_int_equal(len, fingerprints_len[0]);
        assert_int_equal(len, without_doubles(fingerprints[1], fingerprints_len[1]));
        assert_memory_equal(fingerprints[0], fingerprints[1], len * sizeof *fingerprints[0]);
        compared++;
    }
    assert_true(compared > 60);
    assert_true(stuck > 10);
}

/* ---- what it notices ------------------------------------------------------------------------- */

static int x, y, data, *object;

static void reset(void)
{
    x = y = data = 0;
    object = model_allocator.alloc(NULL, sizeof *object, _Alignof(int));
    *object = 5;
}

static void send_relaxed(void)
{
    data = 1;
    __atomic_store_n(&x, 1, __ATOMIC_RELAXED);
}

static void send(void)
{
    data = 1;
    __atomic_store_n(&x, 1, __ATOMIC_RELEASE);
}

static void receive(void)
{
    if (__atomic_load_n(&x, __ATOMIC_ACQUIRE))
        MODEL_THAT(data == 1);
}

static void wait_for_x(void)
{
    MODEL_UNTIL(__atomic_load_n(&x, __ATOMIC_ACQUIRE));
    MODEL_THAT(data == 1);
}

static void wait_for_y(void)
{
    MODEL_UNTIL(__atomic_load_n(&y, __ATOMIC_ACQUIRE));
}

static void use_object(void)
{
    if (!__atomic_load_n(&x, __ATOMIC_ACQUIRE))
        data = *object;
    __atomic_fetch_or(&x, 2, __ATOMIC_RELEASE);
}

/* Frees it when the other has done with it, or does not wait for that. */
static void free_object(void)
{
    if (__atomic_fetch_or(&x, 1, __ATOMIC_ACQUIRE) & 2)
        model_allocator.free(NULL, object, sizeof *object, _Alignof(int));
}

static void free_object_early(void)
{
    __atomic_fetch_or(&x, 1, __ATOMIC_ACQUIRE);
    model_allocator.free(NULL, object, sizeof *object, _Alignof(int));
}

static void use_object_atomically(void)
{
    __atomic_fetch_add(object, 1, __ATOMIC_RELAXED);
}

typedef struct pair {
    long first, second, third;
} pair;

static pair pairs[2];

static void copy_pair(void)
{
    pairs[0] = pairs[1];
}

static void change_pair(void)
{
    pairs[1].third = 1;
}

static void write_twice(void)
{
    __atomic_store_n(&x, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&x, 2, __ATOMIC_RELAXED);
}

static void read_twice(void)
{
    const int first = __atomic_load_n(&x, __ATOMIC_RELAXED);
    const int second = __atomic_load_n(&x, __ATOMIC_RELAXED);
    MODEL_THAT(!(first == 1 && second == 2));
}

/* A place that is atomic, plain, and atomic again, as where a ring's bytes are used anew */
static void write_plainly(void)
{
    __atomic_store_n(&x, 1, __ATOMIC_RELAXED);
    x = 2;
    __atomic_store_n(&y, 1, __ATOMIC_RELEASE);
}

static void read_behind_it(void)
{
    if (__atomic_load_n(&y, __ATOMIC_ACQUIRE))
        MODEL_THAT(__atomic_load_n(&x, __ATOMIC_RELAXED) == 2);
}

static void read_beside_it(void)
{
    (void)__atomic_load_n(&x, __ATOMIC_RELAXED);
}

static const struct fault {
    void (*threads[2])(void);
    const char *sentence; /* a part of it; NULL: there is none */
    const char *line;     /* a part of the execution that is printed */
} faults[] = {
    { { send, receive }, NULL, NULL },
    { { send, wait_for_x }, NULL, NULL },
    { { use_object, free_object }, NULL, NULL },
    { { send_relaxed, receive },
      "data race: write by one at",
      "load             &x is 1 (from #1)" },
    { { use_object, free_object_early }, "by two at", "&x is 0 (from before)" },
    { { use_object_atomically, free_object }, NULL, NULL },
    { { use_object_atomically, free_object_early }, "freeing by two at", "fetch_add" },
    { { write_plainly, read_behind_it }, NULL, NULL },
    { { write_plainly, read_beside_it }, "data race", NULL },
    { { copy_pair, change_pair }, "data race: read by one at", NULL },
    { { wait_for_y, send }, "lost wake", "one waits in" },
    { { wait_for_y, wait_for_x }, "lost wake", "two waits in" },
    { { write_twice, read_twice }, "not true: !(first == 1 && second == 2)", "is 2 (from #2)" },
};

static void it_tells_what_went_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const struct fault *fault = &faults[i];
        const model_program program = { .setup = reset,
                                        .threads = { { "one", fault->threads[0] },
                                                     { "two", fault->threads[1] } } };
        model_explore(&program, &result);
        assert_int_equal(result.failed, fault->sentence != NULL);
        assert_int_equal(result.complete, fault->sentence == NULL);
        if (!fault->sentence)
            continue;
        if (!strstr(result.text, fault->sentence) ||
            (fault->line && !strstr(result.text, fault->line)))
            fail_msg("%s, %s: not in: %s", fault->sentence, fault->line, result.text);
    }
}

static void a_program_of_too_many_executions_is_not_complete(void **state)
{
    (void)state;
    const model_program program = { .setup = reset,
                                    .threads = { { "one", write_twice }, { "two", read_twice } },
                                    .limit = 1 };
    model_explore(&program, &result);
    assert_false(result.complete);
    assert_false(result.failed);
}

/* ---- signal handlers ------------------------------------------------------------------------- */

static void handler(void)
{
    data++;
    __atomic_store_n(&y, 1, __ATOMIC_RELAXED);
}

static void between_two(void)
{
    const int before = __atomic_load_n(&y, __ATOMIC_RELAXED);
    __atomic_store_n(&x, before, __ATOMIC_RELAXED);
}

static void a_handler_runs_before_the_operation_it_is_told(void **state)
{
    (void)state;
    static const bool interrupted[] = { false, true, true, true, false };
    for (int at = 0; at <= 4; at++) {
        const model_program program = { .setup = reset,
                                        .threads = { { "one", between_two } },
                                        .handler = handler,
                                        .interrupt_at = at };
        model_explore(&program, &result);
        assert_true(result.complete);
        assert_int_equal(result.interrupted, interrupted[at]);
        assert_int_equal(data, interrupted[at]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_makes_each_execution_of_random_programs_once),
        cmocka_unit_test(it_tells_what_went_wrong),
        cmocka_unit_test(a_program_of_too_many_executions_is_not_complete),
        cmocka_unit_test(a_handler_runs_before_the_operation_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
