/* A million random operations on timers, many of them from inside handlers, against a sorted list.
 *
 * The list is wheel_model.h; this file adds what timers are more than entries in a wheel: handlers
 * that run, fail, poll again, and are destroyed once, periods, and ids that go stale. The model is
 * always brought up to date before the call that it predicts, because that call may run handlers
 * and destroy contexts, which look at the model themselves.
 */
/* test-labels: slow */
#include <weft/fn.h>
#include <weft/testing.h>
#include <weft/timers.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random.h"
#include "wheel_model.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { MOST_DEPTH = 4, STALE_IDS = 64 };

__extension__ typedef __int128 wide;

/* ---- profiles -------------------------------------------------------------------------------- */

typedef struct trial trial;
typedef int64_t time_fn(trial *t);

static time_fn near_future, few_values, any_scale, anything, around_now, small_step, step_or_jump,
    jitter;

typedef struct {
    const char *name;
    uint32_t cap;
    bool bounded;
    uint64_t periodic, failing; /* of 100 schedules, of 1000 runs */
    size_t operations;
    size_t check_every;
    time_fn *deadline, *time;
    int64_t tick_ns;
} profile;

static const profile profiles[] = {
    { "near", 64, false, 10, 20, 60000, 1, near_future, small_step, 0 },
    { "near, bounded", 40, true, 10, 20, 60000, 1, near_future, small_step, 0 },
    { "ties", 64, false, 10, 20, 60000, 1, few_values, small_step, 0 },
    { "ties, jumps", 100, true, 20, 20, 60000, 1, few_values, step_or_jump, 0 },
    { "any scale", 64, false, 20, 20, 60000, 1, any_scale, step_or_jump, 0 },
    { "around now, jumps", 64, true, 20, 50, 60000, 1, around_now, step_or_jump, 0 },
    { "around now, time jitters", 64, false, 20, 20, 60000, 1, around_now, jitter, 0 },
    { "ends of time", 32, true, 30, 20, 60000, 1, anything, anything, 0 },
    { "around now, jumps, ticks", 64, true, 20, 50, 60000, 1, around_now, step_or_jump, 64 },
    { "ends of time, ticks", 32, false, 30, 20, 60000, 1, anything, anything, 1000 },
    { "one timer", 1, true, 40, 100, 20000, 1, near_future, jitter, 0 },
    { "many", 3000, false, 5, 5, 60000, 500, any_scale, step_or_jump, 0 },
};

/* ---- the trial ------------------------------------------------------------------------------- */

typedef struct {
    uint64_t serial;
    int64_t period_ns;
    weft_missed missed;
    weft_timer_id id;
    uint32_t running;
    bool live; /* in a slot until it is destroyed */
    bool cancelled;
    bool over; /* may be destroyed from now on */
} model_timer;

typedef struct {
    int64_t now_ns;
    size_t most, count;
} poll_frame;

struct trial {
    const profile *kind;
    uint64_t random;
    int64_t now_ns;
    size_t operations;
    weft_test_allocator memory;
    weft_test_reports reports;
    weft_harness harness;
    weft_timers *timers;
    struct random_run *bound;

    wheel_model model;
    model_timer *slots;
    uint32_t live;
    uint64_t serials, over, destroyed;
    weft_timer_id stale[STALE_IDS];
    size_t stale_count;
    int64_t sequence;

    poll_frame polls[MOST_DEPTH];
    size_t poll_depth;
    uint32_t runs[MOST_DEPTH]; /* slots whose handlers run, outermost first */
    size_t run_depth;
    size_t run_depth_tried; /* at the innermost weft_try */
    uint64_t total_runs, total_failures, total_inside;
};

static int64_t clamp(wide value)
{
    return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

/* A number of 0 to `bits` bits, all lengths being equally likely. */
static int64_t random_length(trial *t, unsigned bits)
{
    const uint64_t length = test_random_below(&t->random, bits + 1U);
    return length ? (int64_t)(test_random(&t->random) >> (64 - length)) : 0;
}

static int64_t near_future(trial *t)
{
    return clamp((wide)t->now_ns + (int64_t)test_random_below(&t->random, 300));
}

static int64_t few_values(trial *t)
{
    return clamp((wide)(t->now_ns & ~INT64_C(255)) +
                 (int64_t)test_random_below(&t->random, 6) * 100);
}

static int64_t any_scale(trial *t)
{
    return clamp((wide)t->now_ns + random_length(t, 63));
}

static int64_t around_now(trial *t)
{
    return clamp((wide)t->now_ns + (int64_t)test_random_below(&t->random, 2001) - 1000);
}

static int64_t anything(trial *t)
{
    switch (test_random_below(&t->random, 8)) {
    case 0: return INT64_MIN + (int64_t)test_random_below(&t->random, 3);
    case 1: return INT64_MAX - (int64_t)test_random_below(&t->random, 3);
    case 2: return clamp((wide)t->now_ns - random_length(t, 63));
    case 3: return clamp((wide)t->now_ns + random_length(t, 63));
    case 4: return (int64_t)test_random_below(&t->random, 200) - 100;
    default: return (int64_t)test_random(&t->random);
    }
}

static int64_t small_step(trial *t)
{
    return clamp((wide)t->now_ns + (int64_t)test_random_below(&t->random, 40));
}

static int64_t jitter(trial *t)
{
    return clamp((wide)t->now_ns + (int64_t)test_random_below(&t->random, 601) - 250);
}

static int64_t step_or_jump(trial *t)
{
    switch (test_random_below(&t->random, 16)) {
    case 0: return clamp((wide)t->now_ns + random_length(t, 40));
    case 1: return clamp((wide)t->now_ns - random_length(t, 30));
    default: return small_step(t);
    }
}

/* ---- what the model expects of runs and ends ---------------------------------------------------
 */

static void forget_id(trial *t, weft_timer_id id)
{
    t->stale[t->stale_count++ % STALE_IDS] = id;
}

static void model_over(trial *t, uint32_t slot)
{
    t->slots[slot].over = true;
    t->over++;
    forget_id(t, t->slots[slot].id);
}

/* The handler of the innermost run returns, or is given up. */
static void model_run_over(trial *t)
{
    const uint32_t slot = t->runs[--t->run_depth];
    if (--t->slots[slot].running == 0 && t->model.state[slot] == MODEL_IDLE)
        model_over(t, slot);
}

static int64_t model_missed(const model_timer *timer, int64_t deadline_ns, int64_t now_ns,
                            uint64_t *missed_out)
{
    *missed_out = 0;
    if (!timer->period_ns)
        return 0;
    const wide late = (wide)now_ns - deadline_ns;
    *missed_out = (uint64_t)(late / timer->period_ns);
    switch (timer->missed) {
    case WEFT_MISSED_BURST: return clamp((wide)deadline_ns + timer->period_ns);
    case WEFT_MISSED_SKIP: return clamp((wide)now_ns - late % timer->period_ns + timer->period_ns);
    case WEFT_MISSED_DELAY: break;
    }
    return clamp((wide)now_ns + timer->period_ns);
}

/* Takes the next due timer for a poll: puts back what is not due at its time. `cap` if none. */
static size_t model_next(trial *t, const poll_frame *poll)
{
    for (;;) {
        const size_t slot = model_pop(&t->model);
        if (slot == t->model.cap ||
            model_due_time(&t->model, t->model.latest[slot].deadline_ns) <= poll->now_ns)
            return slot;
        model_schedule(&t->model, slot, t->model.latest[slot].deadline_ns);
    }
}

typedef struct {
    trial *t;
    uint32_t slot;
    uint64_t serial;
} Ref;

/* Compares a run that has begun with the one that the model expects, and begins it there. */
static void expect_run(trial *t, const Ref *ref, const weft_timer_event *event)
{
    poll_frame *poll = &t->polls[t->poll_depth - 1];
    assert_true(poll->count < poll->most);
    const size_t slot = model_next(t, poll);
    assert_true(slot == ref->slot);
    model_timer *timer = &t->slots[slot];
    const int64_t deadline_ns = t->model.latest[slot].deadline_ns;
    uint64_t missed;
    const int64_t next_ns = model_missed(timer, deadline_ns, poll->now_ns, &missed);

    assert_true(timer->serial == ref->serial);
    assert_false(timer->cancelled || timer->over);
    assert_true(event->now_ns == poll->now_ns);
    assert_true(event->deadline_ns == deadline_ns);
    assert_true(event->missed == missed);
    assert_true(event->id.index == timer->id.index);
    assert_true(event->id.generation == timer->id.generation);
    assert_true(weft_world_sequence(t->harness.world) == ++t->sequence);
    if (timer->period_ns)
        model_schedule(&t->model, slot, next_ns);
    timer->running++;
    t->runs[t->run_depth++] = ref->slot;
    t->total_runs++;
    poll->count++;
}

static void ref_fini(Ref *ref)
{
    trial *t = ref->t;
    model_timer *timer = &t->slots[ref->slot];
    assert_true(timer->live && timer->over);
    assert_true(timer->serial == ref->serial);
    timer->live = false;
    t->live--;
    t->destroyed++;
}

/* ---- operations --------------------------------------------------------------------------------
 */

static void operate(trial *t, uint64_t fill);

static void random_run(Ref *ref, weft_timer_event event)
{
    trial *t = ref->t;
    expect_run(t, ref, &event);
    for (uint64_t n = test_random_below(&t->random, 3); n; n--) {
        t->total_inside++;
        operate(t, 40);
    }
    if (test_random_below(&t->random, 1000) < t->kind->failing) {
        t->total_failures++;
        while (t->run_depth > t->run_depth_tried)
            model_run_over(t);
        weft_fail(t->harness.world, "at random");
    }
    model_run_over(t);
}
WEFT_FN(random_run, CTX(Ref, ref_fini), IN(weft_timer_event));

/* The same in a handler that is too large for a timer's place. */
typedef struct {
    Ref ref;
    unsigned char bytes[100];
} LargeRef;

static void large_fini(LargeRef *large)
{
    ref_fini(&large->ref);
}

static void large_run(LargeRef *large, weft_timer_event event)
{
    random_run(&large->ref, event);
}
WEFT_FN(large_run, CTX(LargeRef, large_fini), IN(weft_timer_event));

static weft_status hand_over(trial *t, const weft_handler *handler, int64_t deadline_ns,
                             const model_timer *timer, weft_timer_id *id_out)
{
    if (!timer->period_ns)
        return weft_timers_schedule(t->timers, deadline_ns, handler, id_out);
    return weft_timers_every(t->timers, deadline_ns, timer->period_ns, timer->missed, handler,
                             id_out);
}

static void schedule(trial *t)
{
    if (t->live == t->kind->cap && !t->kind->bounded)
        return; /* the model is full, the timers are not */
    uint32_t slot = (uint32_t)test_random_below(&t->random, t->kind->cap);
    for (uint32_t n = 0; n < t->kind->cap && t->slots[slot].live; n++)
        slot = (slot + 1) % t->kind->cap;
    model_timer timer = { .serial = t->serials + 1, .live = true };
    if (test_random_below(&t->random, 100) < t->kind->periodic) {
        timer.period_ns =
            1 + (test_random_below(&t->random, 4) ? (int64_t)test_random_below(&t->random, 100)
                                                  : random_length(t, 62));
        timer.missed = (weft_missed)test_random_below(&t->random, 3);
    }
    const int64_t deadline_ns = t->kind->deadline(t);
    const Ref ref = { t, slot, timer.serial };
    struct random_run small;
    struct large_run large;
    assert_int_equal(random_run_init(&small, t->harness.world, ref), WEFT_OK);
    assert_int_equal(large_run_init(&large, t->harness.world, (LargeRef){ ref, { 0 } }), WEFT_OK);
    const weft_handler *handler = test_random_below(&t->random, 8) ? &small.base : &large.base;

    if (t->live == t->kind->cap) {
        assert_int_equal(hand_over(t, handler, deadline_ns, &timer, &timer.id), WEFT_EFULL);
        return;
    }
    assert_int_equal(hand_over(t, handler, deadline_ns, &timer, &timer.id), WEFT_OK);
    t->serials++;
    t->live++;
    t->slots[slot] = timer;
    model_schedule(&t->model, slot, deadline_ns);
}

static bool is_named(const trial *t, uint32_t slot)
{
    const model_timer *timer = &t->slots[slot];
    return timer->live && !timer->cancelled && !timer->over;
}

static void cancel(trial *t, uint32_t slot)
{
    model_timer *timer = &t->slots[slot];
    if (!timer->live)
        return;
    const weft_status expected = is_named(t, slot) ? WEFT_OK : WEFT_ESTALE;
    if (expected == WEFT_OK) {
        model_cancel(&t->model, slot);
        timer->cancelled = true;
        if (!timer->running)
            model_over(t, slot);
    }
    assert_int_equal(weft_timers_cancel(t->timers, timer->id), expected);
}

static void reschedule(trial *t, uint32_t slot)
{
    const model_timer *timer = &t->slots[slot];
    if (!timer->live)
        return;
    const int64_t deadline_ns = t->kind->deadline(t);
    const weft_status expected = is_named(t, slot) ? WEFT_OK : WEFT_ESTALE;
    if (expected == WEFT_OK) {
        model_cancel(&t->model, slot);
        model_schedule(&t->model, slot, deadline_ns);
    }
    assert_int_equal(weft_timers_reschedule(t->timers, timer->id, deadline_ns), expected);
}

static void try_stale(trial *t)
{
    if (!t->stale_count)
        return;
    const size_t known = t->stale_count < STALE_IDS ? t->stale_count : STALE_IDS;
    const weft_timer_id id = t->stale[test_random_below(&t->random, known)];
    assert_int_equal(weft_timers_cancel(t->timers, id), WEFT_ESTALE);
    assert_int_equal(weft_timers_reschedule(t->timers, id, t->now_ns), WEFT_ESTALE);
    assert_false(weft_timers_pending(t->timers, id));
}

static void poll_body(weft_world *world, void *arg)
{
    trial *t = arg;
    poll_frame *poll = &t->polls[t->poll_depth - 1];
    model_expire(&t->model, poll->now_ns);
    const int ran = poll->most == SIZE_MAX
                        ? weft_timers_poll(t->timers, world, poll->now_ns)
                        : weft_timers_poll_most(t->timers, world, poll->now_ns, poll->most);
    assert_true(ran >= 0);
    const size_t count = (size_t)ran;
    assert_int_equal(count, poll->count);
    if (count < poll->most)
        assert_true(model_next(t, poll) == t->model.cap); /* nothing due was left out */
}

static void poll(trial *t)
{
    if (t->poll_depth == MOST_DEPTH)
        return;
    const size_t poll_depth = t->poll_depth;
    const size_t run_depth_tried = t->run_depth_tried;
    const bool outermost = poll_depth == 0;
    int64_t now_ns = t->kind->time(t);
    if (outermost)
        t->now_ns = now_ns;
    else if (test_random_below(&t->random, 2))
        now_ns = t->polls[poll_depth - 1].now_ns;
    const size_t most =
        test_random_below(&t->random, 3) ? SIZE_MAX : test_random_below(&t->random, 5);
    t->polls[t->poll_depth++] = (poll_frame){ now_ns, most, 0 };
    if (outermost || test_random_below(&t->random, 2)) {
        t->run_depth_tried = t->run_depth;
        const uint64_t failures = t->total_failures;
        const weft_status status = weft_try(t->harness.world, poll_body, t);
        /* A run inside may have failed in a weft_try of its own. */
        if (failures == t->total_failures)
            assert_int_equal(status, WEFT_OK);
        assert_int_equal(t->run_depth, t->run_depth_tried);
        t->run_depth_tried = run_depth_tried;
    } else {
        poll_body(t->harness.world, t);
    }
    t->poll_depth = poll_depth;
}

static void compare(trial *t)
{
    const char *why = NULL;
    if (++t->operations % t->kind->check_every == 0 && !weft_timers_check(t->timers, &why))
        fail_msg("weft_timers_check: %s", why);
    assert_int_equal(weft_timers_len(t->timers), model_len(&t->model));
    assert_true(t->over == t->destroyed);

    const uint32_t slot = (uint32_t)test_random_below(&t->random, t->kind->cap);
    if (t->slots[slot].live)
        assert_true(weft_timers_pending(t->timers, t->slots[slot].id) ==
                    (t->model.state[slot] != MODEL_IDLE));
    if (test_random_below(&t->random, 2))
        return; /* next_deadline looks again at what cancelling left stale */
    int64_t expected_ns = 0, next_ns = 0;
    assert_true(weft_timers_next_deadline(t->timers, &next_ns) ==
                model_next_deadline(&t->model, &expected_ns));
    assert_true(next_ns == expected_ns);
}

/* One operation; `fill` of 100 schedule, so that the timers fill up or drain. */
static void operate(trial *t, uint64_t fill)
{
    const uint32_t slot = t->run_depth && test_random_below(&t->random, 4) == 0
                              ? t->runs[test_random_below(&t->random, t->run_depth)]
                              : (uint32_t)test_random_below(&t->random, t->kind->cap);
    const uint64_t dice = test_random_below(&t->random, 100);
    if (dice < fill)
        schedule(t);
    else if (dice < fill + 10)
        cancel(t, slot);
    else if (dice < fill + 20)
        reschedule(t, slot);
    else if (dice < fill + 23)
        try_stale(t);
    else
        poll(t);
    compare(t);
}

/* ---- the whole ---------------------------------------------------------------------------------
 */

static void begin(trial *t, const profile *kind, uint64_t seed)
{
    *t = (trial){ .kind = kind, .random = seed };
    t->now_ns = seed % 2 ? 0 : (int64_t)test_random(&t->random);
    t->slots = calloc(kind->cap, sizeof *t->slots);
    model_init(&t->model, kind->cap);
    t->model.tick_ns = kind->tick_ns;
    weft_test_allocator_init(&t->memory);
    weft_world_desc desc = weft_test_reports_desc(&t->reports);
    desc.allocator = &t->memory.base;
    weft_builder *builder = weft_builder_new(&desc);
    t->timers =
        weft_timers_install(builder, &(weft_timers_desc){ .capacity = kind->bounded ? kind->cap : 0,
                                                          .tick_ns = kind->tick_ns });
    assert_non_null(t->timers);
    assert_int_equal(weft_harness_init(&t->harness, builder), WEFT_OK);
}

/* What is left ends with the world. */
static void end(trial *t)
{
    for (uint32_t slot = 0; slot < t->kind->cap; slot++)
        t->slots[slot].over |= t->slots[slot].live;
    weft_harness_fini(&t->harness);
    assert_true(t->destroyed == t->serials);
    const char *why = NULL;
    if (!weft_test_allocator_check(&t->memory, &why))
        fail_msg("%s", why);
    model_fini(&t->model);
    free(t->slots);
}

static size_t run_trial(const profile *kind, uint64_t seed)
{
    trial *t = calloc(1, sizeof *t);
    begin(t, kind, seed);
    while (t->operations < kind->operations)
        operate(t, t->operations / (8 * kind->cap + 100) % 2 ? 15 : 50);
    const size_t operations = t->operations;
    print_message("%-26s seed %d: %zu operations, %zu of them inside; %zu timers, %zu runs, "
                  "%zu failures\n",
                  kind->name, (int)seed, operations, (size_t)t->total_inside, (size_t)t->serials,
                  (size_t)t->total_runs, (size_t)t->total_failures);
    assert_true(t->total_runs > kind->operations / 100);
    assert_true(t->total_failures > 10);
    end(t);
    free(t);
    return operations;
}

static void random_operations_do_what_a_sorted_list_does(void **state)
{
    (void)state;
    size_t operations = 0;
    for (size_t i = 0; i < COUNT(profiles); i++)
        for (uint64_t seed = 1; seed <= 2; seed++)
            operations += run_trial(&profiles[i], seed);
    assert_true(operations >= 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_do_what_a_sorted_list_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
