/* Batches: in order, drained, bounded, and nothing lost or run twice when a step fails. */
#include "int_functions.h"
#include "pipeline_check.h"

#include <weft/batch.h>
#include <weft/guard.h>

#include <stdint.h>

#include "random.h"

WEFT_RESULT(Checked, int, char);

static void register_more(weft_builder *builder)
{
    (void)builder;
}

static void add(Out *o, int v)
{
    o->value += v;
}
WEFT_FN(add, MUT(Out), IN(int));
static void store(Out *o, int v)
{
    o->value = v;
}
WEFT_FN(store, MUT(Out), IN(int));
static void note(Trace *t, const int *v)
{
    add_trace(t, (char)('0' + *v));
}
WEFT_FN(note, MUT(Trace), REF(int));
static bool above_2(int v)
{
    return v > 2;
}
WEFT_FN(above_2, IN(int));
static bool is_even(int v)
{
    return v % 2 == 0;
}
WEFT_FN(is_even, IN(int));
static int tenfold(int v)
{
    return 10 * v;
}
WEFT_FN(tenfold, IN(int));
static Checked positive(int v)
{
    return v > 0 ? (Checked){ .ok = true, .value = v } : (Checked){ .error = 'e' };
}
WEFT_FN(positive, IN(int));
static void note_error(Trace *t, char e)
{
    add_trace(t, e);
}
WEFT_FN(note_error, MUT(Trace), IN(char));
typedef int Sum;
static int running(Sum *sum, int v)
{
    return *sum += v;
}
WEFT_FN(running, LOCAL(Sum), IN(int));
WEFT_TUPLE(Pair, int, int);
static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_PIPELINE(checked, int, void, THEN(positive), CATCH(note_error), MAP(add));
WEFT_PIPELINE(filtered, int, void, GUARD(above_2), MAP(add));
WEFT_PIPELINE(evens, int, void, ROUTE(is_even, tenfold, same), THEN(add));
WEFT_PIPELINE(scanned, int, void, SCAN(running), THEN(store));
WEFT_PIPELINE(pairs, Pair, void, SPLAT(plus), THEN(add));
WEFT_PIPELINE(forked, int, void, FORK(tenfold, same), MERGE(plus), THEN(add));
WEFT_BATCH(add_batch, int, add); /* of a function */
WEFT_BATCH(note_batch, int, note);
WEFT_BATCH(checked_batch, int, checked);
WEFT_BATCH(filtered_batch, int, filtered);
WEFT_BATCH(evens_batch, int, evens);
WEFT_BATCH(scanned_batch, int, scanned);
WEFT_BATCH(pairs_batch, Pair, pairs);
WEFT_BATCH(forked_batch, int, forked);

/* A batch `name` of f with this capacity, as f_b. */
#define BATCH(name, f, capacity)                                                    \
    struct name f##_b;                                                              \
    do {                                                                            \
        struct f bound_;                                                            \
        assert_int_equal(f##_init(&bound_, world), WEFT_OK);                        \
        assert_int_equal(name##_init(&f##_b, &bound_, (capacity), world), WEFT_OK); \
    } while (0)

/* ---- running --------------------------------------------------------------------------------- */

static void items_run_in_order_and_the_buffer_is_empty_then(void **state)
{
    static const struct {
        int items[5];
        size_t count;
        int64_t sum, filtered, evens, scanned, forked;
        int64_t checked;
        const char *errors;
    } rows[] = {
        { { 1, 2, 3, 4, 5 }, 5, 15, 12, 69, 15, 165, 15, "" },
        { { 1, 0, 2, 0, 3 }, 5, 6, 3, 24, 6, 66, 6, "ee" },
        { { 4 }, 1, 4, 4, 40, 4, 44, 4, "" },
        { { 0 }, 0, 0, 0, 0, 0, 0, 0, "" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
#define RUN(name, f, expected)                                                        \
    do {                                                                              \
        BATCH(name, f, 64);                                                           \
        out->value = 0;                                                               \
        assert_int_equal(name##_fill(&f##_b, rows[i].items, rows[i].count), WEFT_OK); \
        assert_int_equal(name##_len(&f##_b), rows[i].count);                          \
        assert_int_equal(name##_run(&f##_b, world), rows[i].count);                   \
        assert_int_equal(name##_len(&f##_b), 0);                                      \
        assert_int_equal(name##_run(&f##_b, world), 0);                               \
        assert_int_equal(out->value, expected);                                       \
        out->value = 0;                                                               \
        struct f##_state state_;                                                      \
        assert_int_equal(f##_bind(&state_, world), WEFT_OK);                          \
        assert_int_equal(name##_each(&state_, world, rows[i].items, rows[i].count),   \
                         rows[i].count);                                              \
        assert_int_equal(out->value, expected);                                       \
        name##_fini(&f##_b);                                                          \
    } while (0)
        RUN(add_batch, add, rows[i].sum);
        RUN(filtered_batch, filtered, rows[i].filtered);
        RUN(evens_batch, evens, rows[i].evens);
        RUN(scanned_batch, scanned, rows[i].scanned);
        RUN(forked_batch, forked, rows[i].forked);
        assert_trace("");
        RUN(checked_batch, checked, rows[i].checked);
        assert_int_equal(trace->len, 2 * strlen(rows[i].errors));
        memset(trace, 0, sizeof *trace);
    }
    BATCH(note_batch, note, 8);
    assert_int_equal(note_batch_fill(&note_b, (const int[]){ 3, 1, 2 }, 3), WEFT_OK);
    assert_int_equal(note_batch_push(&note_b, &(int){ 7 }), WEFT_OK);
    note_batch_run(&note_b, world);
    assert_trace("3127");
    note_batch_fini(&note_b);
    BATCH(pairs_batch, pairs, 8);
    out->value = 0;
    assert_int_equal(pairs_batch_fill(&pairs_b, (const Pair[]){ { 1, 2 }, { 3, 4 }, { 5, 6 } }, 3),
                     WEFT_OK);
    assert_int_equal(pairs_batch_run(&pairs_b, world), 3);
    assert_int_equal(out->value, 21);
    pairs_batch_fini(&pairs_b);
}

static void state_survives_runs_and_nothing_is_allocated(void **state)
{
    (void)state;
    BATCH(scanned_batch, scanned, 64);
    const size_t before = test.heap.allocations;
    for (int run = 1; run <= 10; run++) {
        for (int i = 0; i < 64; i++)
            assert_int_equal(scanned_batch_push(&scanned_b, &(int){ 1 }), WEFT_OK);
        assert_int_equal(scanned_batch_run(&scanned_b, world), 64);
        assert_int_equal(out->value, 64 * run);
    }
    assert_int_equal(test.heap.allocations, before);
    assert_int_equal(weft_world_sequence(world), 0); /* one batch is not many events */
    scanned_batch_fini(&scanned_b);
}

/* ---- capacity -------------------------------------------------------------------------------- */

static void what_does_not_fit_is_refused_as_a_whole(void **state)
{
    (void)state;
    BATCH(note_batch, note, 3);
    assert_int_equal(note_batch_fill(&note_b, (const int[]){ 1, 2, 3, 4 }, 4), WEFT_EFULL);
    assert_int_equal(note_batch_len(&note_b), 0);
    assert_int_equal(note_batch_fill(&note_b, (const int[]){ 1, 2 }, 2), WEFT_OK);
    assert_int_equal(note_batch_fill(&note_b, (const int[]){ 8, 9 }, 2), WEFT_EFULL);
    volatile size_t too_many = SIZE_MAX; /* or the compiler warns */
    assert_int_equal(note_batch_fill(&note_b, (const int[]){ 8 }, too_many), WEFT_EFULL);
    assert_int_equal(note_batch_fill(&note_b, NULL, 0), WEFT_OK);
    assert_int_equal(note_batch_push(&note_b, &(int){ 3 }), WEFT_OK);
    assert_int_equal(note_batch_push(&note_b, &(int){ 4 }), WEFT_EFULL);
    assert_int_equal(note_batch_run(&note_b, world), 3);
    assert_trace("123");
    assert_int_equal(note_batch_push(&note_b, &(int){ 5 }), WEFT_OK);
    note_batch_fini(&note_b); /* with an item in it */
    assert_trace("");
    note_batch_fini(&note_b);
    note_batch_fini(NULL);
    assert_int_equal(note_batch_push(&note_b, &(int){ 5 }), WEFT_EFULL);
    assert_int_equal(note_batch_run(&note_b, world), 0);
}

typedef struct {
    int *ends;
} Owned;
static void owned_end(Owned *owned)
{
    ++*owned->ends;
}
static void count(Owned *owned, Out *o, int v)
{
    (void)owned;
    o->value += v;
}
WEFT_FN(count, CTX(Owned, owned_end), MUT(Out), IN(int));
WEFT_BATCH(count_batch, int, count);

static void a_batch_owns_its_context_once_it_is_initialised(void **state)
{
    (void)state;
    int ends = 0;
    struct count bound;
    struct count_batch batch = { .queue = { .len = 0 } };
    assert_int_equal(count_init(&bound, world, (Owned){ &ends }), WEFT_OK);
    assert_int_equal(count_batch_init(&batch, &bound, 0, world), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL, "count_batch: a batch has room for one item at least");
    count_batch_fini(&batch);
    test.heap.refuse_after = 0;
    assert_int_equal(count_batch_init(&batch, &bound, 8, world), WEFT_ENOMEM);
    test_world_expect(&test, WEFT_ENOMEM, "count_batch: no memory for a batch of 8 items");
    test.heap.refuse_after = SIZE_MAX;
    assert_int_equal(count_batch_init(&batch, &bound, SIZE_MAX / 2, world), WEFT_ENOMEM);
    count_batch_fini(&batch);
    assert_int_equal(ends, 0); /* it is still the caller's */
    assert_int_equal(count_batch_init(&batch, &bound, 8, world), WEFT_OK);
    assert_int_equal(count_batch_push(&batch, &(int){ 5 }), WEFT_OK);
    assert_int_equal(count_batch_run(&batch, world), 1);
    assert_int_equal(out->value, 5);
    count_batch_fini(&batch);
    assert_int_equal(ends, 1);
}

typedef struct {
    int max;
} Limit;
WEFT_RESOURCE_DEFINE(Limit); /* and registered nowhere */
static void look_at(const Limit *limit, int v)
{
    (void)limit;
    (void)v;
}
WEFT_FN(look_at, RES(Limit), IN(int));
WEFT_BATCH(look_batch, int, look_at);

static void what_could_not_be_bound_is_refused(void **state)
{
    (void)state;
    struct look_at unbound;
    struct look_batch batch;
    assert_int_equal(look_at_init(&unbound, world), WEFT_EMISSING);
    assert_int_equal(look_batch_init(&batch, &unbound, 8, world), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "a handler that was not bound, or could not be, was given to look_batch");
    assert_int_equal(look_batch_push(&batch, &(int){ 5 }), WEFT_EFULL);
    look_batch_fini(&batch);
    assert_int_equal(look_batch_init(&batch, NULL, 8, world), WEFT_EINVAL);
    look_batch_fini(&batch);
}

/* ---- failing --------------------------------------------------------------------------------- */

static void fail_on_9(weft_world *w, Trace *t, int v)
{
    add_trace(t, (char)('0' + v));
    if (v == 9)
        weft_fail(w, "nine");
}
WEFT_FN(fail_on_9, WORLD, MUT(Trace), IN(int));
WEFT_PIPELINE(failing, int, void, TAP(same), THEN(fail_on_9));
WEFT_BATCH(failing_batch, int, failing);

static struct failing_batch *ran;
static void run_batch(weft_world *w, void *arg)
{
    *(size_t *)arg = failing_batch_run(ran, w);
}

static void the_item_that_fails_is_used_up_and_the_rest_stays(void **state)
{
    static const struct {
        int items[6];
        size_t count;
        const char *runs[5]; /* what each run works on */
    } rows[] = {
        { { 1, 2, 3 }, 3, { "123" } },
        { { 1, 9, 3 }, 3, { "19", "3" } },
        { { 9, 1, 2 }, 3, { "9", "12" } },
        { { 1, 2, 9 }, 3, { "129", "" } },
        { { 9, 9, 1, 9, 2, 9 }, 6, { "9", "9", "19", "29", "" } },
        { { 9 }, 1, { "9", "" } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        BATCH(failing_batch, failing, 6);
        ran = &failing_b;
        assert_int_equal(failing_batch_fill(&failing_b, rows[i].items, rows[i].count), WEFT_OK);
        size_t left = rows[i].count;
        for (size_t run = 0; run < 5 && rows[i].runs[run]; run++) {
            const char *expected = rows[i].runs[run];
            const bool fails = strchr(expected, '9') != NULL;
            size_t ran_items = 99;
            assert_int_equal(weft_try(world, run_batch, &ran_items),
                             fails ? WEFT_EFAILED : WEFT_OK);
            assert_int_equal(ran_items, fails ? 99 : strlen(expected));
            assert_trace(expected);
            left -= strlen(expected);
            assert_int_equal(failing_batch_len(&failing_b), left);
            assert_null(world->cleanups);
        }
        assert_int_equal(left, 0);
        /* All of its room is there again. */
        assert_int_equal(failing_batch_fill(&failing_b, (const int[6]){ 0 }, 6), WEFT_OK);
        failing_batch_fini(&failing_b);
    }
}

static void what_is_pushed_after_a_failure_comes_behind_the_rest(void **state)
{
    (void)state;
    BATCH(failing_batch, failing, 4);
    ran = &failing_b;
    size_t items;
    assert_int_equal(failing_batch_fill(&failing_b, (const int[]){ 1, 9, 2, 3 }, 4), WEFT_OK);
    assert_int_equal(weft_try(world, run_batch, &items), WEFT_EFAILED);
    assert_trace("19");
    assert_int_equal(failing_batch_fill(&failing_b, (const int[]){ 4, 5 }, 2), WEFT_OK);
    assert_int_equal(failing_batch_push(&failing_b, &(int){ 6 }), WEFT_EFULL);
    assert_int_equal(weft_try(world, run_batch, &items), WEFT_OK);
    assert_int_equal(items, 4);
    assert_trace("2345");
    failing_batch_fini(&failing_b);
}

/* ---- a batch within itself ------------------------------------------------------------------- */

static void push_and_run(weft_world *w, Trace *t, int v);
WEFT_FN(push_and_run, WORLD, MUT(Trace), IN(int));
WEFT_BATCH(own_batch, int, push_and_run);
static struct own_batch *own;
static void push_and_run(weft_world *w, Trace *t, int v)
{
    add_trace(t, (char)('0' + v));
    assert_int_equal(own_batch_run(own, w), 0);
    if (v < 3)
        assert_int_equal(own_batch_push(own, &(int){ v + 3 }), WEFT_OK);
    if (v == 2)
        weft_fail(w, "two");
}
static void run_own(weft_world *w, void *arg)
{
    *(size_t *)arg = own_batch_run(own, w);
}

static void what_a_step_pushes_waits_for_the_next_run(void **state)
{
    (void)state;
    BATCH(own_batch, push_and_run, 6);
    own = &push_and_run_b;
    size_t items;
    assert_int_equal(own_batch_fill(own, (const int[]){ 0, 1, 5 }, 3), WEFT_OK);
    assert_int_equal(weft_try(world, run_own, &items), WEFT_OK);
    assert_int_equal(items, 3);
    assert_trace("015");
    assert_int_equal(own_batch_len(own), 2);
    assert_int_equal(own_batch_fill(own, (const int[]){ 2, 6 }, 2), WEFT_OK);
    assert_int_equal(weft_try(world, run_own, &items), WEFT_EFAILED);
    assert_trace("342");
    assert_int_equal(weft_try(world, run_own, &items), WEFT_OK);
    assert_trace("65");
    assert_int_equal(own_batch_len(own), 0);
    own_batch_fini(own);
}

/* ---- against a model ------------------------------------------------------------------------- */

static void a_random_history_loses_and_repeats_nothing(void **state)
{
    (void)state;
    enum { CAPACITY = 5 };
    uint64_t random = 4711;
    int model[CAPACITY];
    size_t len = 0;
    BATCH(failing_batch, failing, CAPACITY);
    ran = &failing_b;
    for (int step = 0; step < 20000; step++) {
        const int item = (int)test_random_below(&random, 10);
        if (test_random_below(&random, 3) > 0) {
            const weft_status status = failing_batch_push(&failing_b, &item);
            assert_int_equal(status, len < CAPACITY ? WEFT_OK : WEFT_EFULL);
            if (status == WEFT_OK)
                model[len++] = item;
        } else {
            char expected[CAPACITY + 1] = "";
            size_t used = 0, items;
            while (used < len) {
                expected[used] = (char)('0' + model[used]);
                if (model[used++] == 9)
                    break;
            }
            (void)!weft_try(world, run_batch, &items);
            assert_trace(expected);
            memmove(model, model + used, (len - used) * sizeof *model);
            len -= used;
        }
        assert_int_equal(failing_batch_len(&failing_b), len);
    }
    failing_batch_fini(&failing_b);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(items_run_in_order_and_the_buffer_is_empty_then),
        TEST(state_survives_runs_and_nothing_is_allocated),
        TEST(what_does_not_fit_is_refused_as_a_whole),
        TEST(a_batch_owns_its_context_once_it_is_initialised),
        TEST(what_could_not_be_bound_is_refused),
        TEST(the_item_that_fails_is_used_up_and_the_rest_stays),
        TEST(what_is_pushed_after_a_failure_comes_behind_the_rest),
        TEST(what_a_step_pushes_waits_for_the_next_run),
        TEST(a_random_history_loses_and_repeats_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
