/* Random operations on reactors, many of them from inside bodies, against a model that has lists
 * instead of rows, turns and passes over them: each mark holds the very reactors that it is to run.
 *
 * The model is always brought up to date before the call that it predicts, because that call may
 * run bodies and destroy them, which look at the model themselves.
 */
/* test-labels: slow */
#include <weft/fn.h>
#include <weft/reactor.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "world_check.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { REACTORS = 120, SOURCES = 40, STALE_IDS = 32, MOST_DEPTH = 4, MOST_RUNS = 8 };

/* ---- profiles -------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    uint32_t reactors, sources; /* at most */
    uint64_t failing;           /* of 1000 runs */
    uint64_t inside;            /* operations of a body: fewer than this */
    uint64_t churn;             /* of 100 operations, how many subscribe or unsubscribe */
    size_t operations;
    size_t check_every;
} profile;

static const profile profiles[] = {
    { "small", 6, 4, 30, 3, 30, 100000, 1 },
    { "one source", 20, 1, 20, 3, 40, 80000, 1 },
    { "one reactor", 1, 10, 50, 3, 30, 60000, 1 },
    { "many reactors", 120, 5, 10, 3, 50, 100000, 3 },
    { "many sources", 30, 40, 10, 3, 50, 100000, 3 },
    { "crowds come and go", 120, 3, 10, 2, 80, 100000, 3 },
    { "quiet bodies", 60, 20, 5, 1, 40, 80000, 3 },
    { "busy bodies", 20, 10, 20, 6, 40, 80000, 1 },
    { "failing bodies", 20, 10, 400, 3, 40, 80000, 1 },
};

/* ---- the model ------------------------------------------------------------------------------- */

typedef struct {
    bool live;    /* in a slot until it is destroyed, or, unfilled, until it is removed */
    bool removed; /* no longer named by its id */
    bool filled;
    bool over; /* may be destroyed from now on */
    uint64_t serial, ran;
    uint32_t running;
    weft_reactor_id id;
} model_reactor;

typedef struct {
    uint32_t items[REACTORS];
    uint32_t len;
} members;

typedef struct {
    bool live;
    weft_source_id id;
    members subscribers; /* in the order of subscription */
} model_source;

/* A mark: whom it is to run. */
typedef struct {
    uint32_t source;
    uint64_t pass;
    members who;
} model_mark;

typedef struct {
    model_mark items[SOURCES];
    uint32_t len;
} marks;

typedef struct trial {
    const profile *kind;
    uint64_t random;
    test_world test;
    weft_world *world;
    weft_reactors *reactors;
    struct small_run *bound;

    model_reactor slots[REACTORS];
    model_source sources[SOURCES];
    marks marked, due;
    model_mark now;
    bool has_now;
    uint64_t pass;
    uint64_t serials, filled, destroyed;
    weft_reactor_id stale[STALE_IDS];
    weft_source_id stale_sources[STALE_IDS];
    uint32_t stale_count, stale_source_count;

    uint32_t runs[MOST_DEPTH * MOST_RUNS]; /* slots whose bodies run, outermost first */
    size_t run_depth, run_depth_tried;
    size_t counts[MOST_DEPTH + 1]; /* runs of each dispatch */
    size_t depth;
    bool unwinding;
    size_t operations, total_runs, total_failures, total_inside, total_nested;
} trial;

static bool members_drop(members *m, uint32_t slot)
{
    for (uint32_t i = 0; i < m->len; i++) {
        if (m->items[i] != slot)
            continue;
        memmove(&m->items[i], &m->items[i + 1], (m->len - i - 1) * sizeof *m->items);
        m->len--;
        return true;
    }
    return false;
}

static bool members_have(const members *m, uint32_t slot)
{
    for (uint32_t i = 0; i < m->len; i++)
        if (m->items[i] == slot)
            return true;
    return false;
}

static model_mark *marks_find(marks *m, uint32_t source)
{
    for (uint32_t i = 0; i < m->len; i++)
        if (m->items[i].source == source)
            return &m->items[i];
    return NULL;
}

static void marks_drop(marks *m, uint32_t source)
{
    const model_mark *mark = marks_find(m, source);
    if (!mark)
        return;
    const size_t i = (size_t)(mark - m->items);
    memmove(&m->items[i], &m->items[i + 1], (m->len - i - 1) * sizeof *m->items);
    m->len--;
}

static void model_unsubscribe(trial *t, uint32_t slot, uint32_t source)
{
    if (!members_drop(&t->sources[source].subscribers, slot))
        return;
    model_mark *mark;
    if ((mark = marks_find(&t->marked, source)))
        members_drop(&mark->who, slot);
    if ((mark = marks_find(&t->due, source)))
        members_drop(&mark->who, slot);
    if (t->has_now && t->now.source == source)
        members_drop(&t->now.who, slot);
}

static void model_remove_source(trial *t, uint32_t source)
{
    marks_drop(&t->marked, source);
    marks_drop(&t->due, source);
    if (t->has_now && t->now.source == source)
        t->has_now = false;
    t->sources[source].live = false;
    t->sources[source].subscribers.len = 0;
}

static void model_mark_source(trial *t, uint32_t source)
{
    const members *subscribers = &t->sources[source].subscribers;
    if (subscribers->len == 0)
        return;
    model_mark *mark = marks_find(&t->marked, source);
    if (!mark)
        mark = &t->marked.items[t->marked.len++];
    *mark = (model_mark){ source, t->pass + 1, *subscribers };
}

static bool model_is_idle(const trial *t)
{
    return !t->has_now && t->due.len == 0 && t->marked.len == 0;
}

static void model_begin(trial *t)
{
    t->pass++;
    for (uint32_t i = 0; i < t->marked.len; i++) {
        t->marked.items[i].pass = t->pass;
        model_mark *mark = marks_find(&t->due, t->marked.items[i].source);
        if (!mark)
            mark = &t->due.items[t->due.len++];
        *mark = t->marked.items[i];
    }
    t->marked.len = 0;
}

static bool model_wants(const trial *t, const model_mark *mark, uint32_t slot)
{
    return t->slots[slot].filled && t->slots[slot].ran < mark->pass;
}

/* Who runs next, or REACTORS if nobody does. */
static uint32_t model_next(trial *t)
{
    for (;;) {
        while (t->has_now && t->now.who.len > 0) {
            const uint32_t slot = t->now.who.items[0];
            members_drop(&t->now.who, slot);
            if (model_wants(t, &t->now, slot))
                return slot;
        }
        t->has_now = t->due.len > 0;
        if (!t->has_now)
            return REACTORS;
        t->now = t->due.items[0];
        marks_drop(&t->due, t->now.source);
    }
}

static size_t model_pending(const trial *t)
{
    bool pending[REACTORS] = { false };
    size_t count = 0;
    const marks *const lists[] = { &t->due, &t->marked };
    for (uint32_t i = 0; t->has_now && i < t->now.who.len; i++)
        pending[t->now.who.items[i]] |= model_wants(t, &t->now, t->now.who.items[i]);
    for (size_t l = 0; l < COUNT(lists); l++)
        for (uint32_t m = 0; m < lists[l]->len; m++) {
            const model_mark *mark = &lists[l]->items[m];
            for (uint32_t i = 0; i < mark->who.len; i++)
                pending[mark->who.items[i]] |= model_wants(t, mark, mark->who.items[i]);
        }
    for (uint32_t slot = 0; slot < REACTORS; slot++)
        count += pending[slot];
    return count;
}

/* The body of the innermost run returns, or is given up. */
static void model_run_over(trial *t)
{
    const uint32_t slot = t->runs[--t->run_depth];
    if (--t->slots[slot].running == 0 && t->slots[slot].removed)
        t->slots[slot].over = true;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

typedef struct {
    trial *t;
    uint32_t slot;
    uint64_t serial;
} Ref;

static void operate(trial *t);
static void mark(trial *t, uint32_t source);

static void ref_end(Ref *ref)
{
    trial *t = ref->t;
    model_reactor *reactor = &t->slots[ref->slot];
    assert_true(reactor->live && reactor->filled && reactor->over);
    assert_true(reactor->serial == ref->serial);
    reactor->live = false;
    t->destroyed++;
    if (!t->unwinding && test_random_below(&t->random, 4) == 0)
        mark(t, (uint32_t)test_random_below(&t->random, t->kind->sources));
}

static void body_run(Ref *ref, weft_reactor_event event)
{
    trial *t = ref->t;
    const uint32_t slot = model_next(t);
    model_reactor *reactor = &t->slots[ref->slot];
    assert_int_equal(slot, ref->slot);
    assert_true(reactor->serial == ref->serial);
    assert_false(reactor->removed || reactor->over);
    assert_memory_equal(&event.id, &reactor->id, sizeof event.id);
    assert_int_equal(weft_world_sequence(t->world), 0);
    reactor->ran = t->pass;
    reactor->running++;
    t->runs[t->run_depth++] = ref->slot;
    t->counts[t->depth]++;
    t->total_runs++;
    for (uint64_t n = test_random_below(&t->random, t->kind->inside); n; n--) {
        t->total_inside++;
        operate(t);
    }
    if (test_random_below(&t->random, 1000) < t->kind->failing) {
        t->total_failures++;
        t->unwinding = true;
        while (t->run_depth > t->run_depth_tried)
            model_run_over(t);
        weft_fail(t->world, "at random");
    }
    model_run_over(t);
}

static void small_run(Ref *ref, weft_reactor_event event)
{
    body_run(ref, event);
}
WEFT_FN(small_run, CTX(Ref, ref_end), IN(weft_reactor_event));

/* The same in a handler that is too large for a reactor's place. */
typedef struct {
    Ref ref;
    unsigned char bytes[100];
} LargeRef;

static void large_end(LargeRef *large)
{
    ref_end(&large->ref);
}

static void large_run(LargeRef *large, weft_reactor_event event)
{
    body_run(&large->ref, event);
}
WEFT_FN(large_run, CTX(LargeRef, large_end), IN(weft_reactor_event));

/* ---- operations -------------------------------------------------------------------------------
 */

static bool is_named(const trial *t, uint32_t slot)
{
    return t->slots[slot].live && !t->slots[slot].removed;
}

/* Hands a body over, to a new reactor or to a reserved one. */
static void give_body(trial *t, uint32_t slot, bool fill)
{
    model_reactor *reactor = &t->slots[slot];
    const Ref ref = { t, slot, reactor->serial };
    struct small_run small = small_run_stamp(t->bound, ref);
    struct large_run large;
    assert_int_equal(large_run_init(&large, t->world, (LargeRef){ ref, { 0 } }), WEFT_OK);
    const weft_handler *handler = test_random_below(&t->random, 8) ? &small.base : &large.base;
    reactor->filled = true;
    reactor->ran = 0;
    t->filled++;
    if (fill)
        assert_int_equal(weft_reactors_fill(t->reactors, reactor->id, handler), WEFT_OK);
    else
        assert_int_equal(weft_reactors_spawn(t->reactors, handler, &reactor->id), WEFT_OK);
}

static void spawn(trial *t, uint32_t slot)
{
    model_reactor *reactor = &t->slots[slot];
    if (is_named(t, slot) && !reactor->filled)
        give_body(t, slot, true);
    if (reactor->live)
        return;
    *reactor = (model_reactor){ .live = true, .serial = ++t->serials };
    if (test_random_below(&t->random, 4))
        give_body(t, slot, false);
    else
        assert_int_equal(weft_reactors_reserve(t->reactors, &reactor->id), WEFT_OK);
}

static void remove_reactor(trial *t, uint32_t slot)
{
    model_reactor *reactor = &t->slots[slot];
    if (!is_named(t, slot))
        return;
    for (uint32_t source = 0; source < t->kind->sources; source++)
        model_unsubscribe(t, slot, source);
    t->stale[t->stale_count++ % STALE_IDS] = reactor->id;
    reactor->removed = true;
    reactor->over = reactor->running == 0;
    reactor->live = reactor->filled;
    assert_int_equal(weft_reactors_remove(t->reactors, reactor->id), WEFT_OK);
}

static void change_source(trial *t, uint32_t at)
{
    model_source *source = &t->sources[at];
    if (!source->live) {
        assert_int_equal(weft_reactors_add_source(t->reactors, &source->id), WEFT_OK);
        source->live = true;
        return;
    }
    if (test_random_below(&t->random, 4))
        return;
    t->stale_sources[t->stale_source_count++ % STALE_IDS] = source->id;
    model_remove_source(t, at);
    assert_int_equal(weft_reactors_remove_source(t->reactors, source->id), WEFT_OK);
}

static void subscribe(trial *t, uint32_t slot, uint32_t at)
{
    model_source *source = &t->sources[at];
    if (!is_named(t, slot) || !source->live)
        return;
    if (test_random_below(&t->random, 5) < 3) {
        if (!members_have(&source->subscribers, slot))
            source->subscribers.items[source->subscribers.len++] = slot;
        assert_int_equal(weft_reactors_subscribe(t->reactors, t->slots[slot].id, source->id),
                         WEFT_OK);
    } else {
        model_unsubscribe(t, slot, at);
        assert_int_equal(weft_reactors_unsubscribe(t->reactors, t->slots[slot].id, source->id),
                         WEFT_OK);
    }
}

static void mark(trial *t, uint32_t source)
{
    if (!t->sources[source].live)
        return;
    model_mark_source(t, source);
    assert_int_equal(weft_reactors_mark(t->reactors, t->sources[source].id), WEFT_OK);
}

static void try_stale(trial *t, uint32_t slot, uint32_t source)
{
    if (t->stale_count) {
        const uint32_t known = t->stale_count < STALE_IDS ? t->stale_count : STALE_IDS;
        const weft_reactor_id id = t->stale[test_random_below(&t->random, known)];
        assert_false(weft_reactors_has(t->reactors, id));
        assert_int_equal(weft_reactors_remove(t->reactors, id), WEFT_ESTALE);
        assert_int_equal(weft_reactors_subscribe(t->reactors, id, t->sources[source].id),
                         WEFT_ESTALE);
        assert_int_equal(weft_reactors_unsubscribe(t->reactors, id, t->sources[source].id),
                         WEFT_ESTALE);
    }
    if (t->stale_source_count) {
        const uint32_t known =
            t->stale_source_count < STALE_IDS ? t->stale_source_count : STALE_IDS;
        const weft_source_id id = t->stale_sources[test_random_below(&t->random, known)];
        assert_int_equal(weft_reactors_mark(t->reactors, id), WEFT_ESTALE);
        assert_int_equal(weft_reactors_remove_source(t->reactors, id), WEFT_ESTALE);
        assert_int_equal(weft_reactors_subscribe(t->reactors, t->slots[slot].id, id), WEFT_ESTALE);
    }
}

static void dispatch_body(weft_world *world, void *arg)
{
    trial *t = arg;
    const bool idle = model_is_idle(t);
    assert_true(idle || weft_reactors_marked(t->reactors));
    if (!idle)
        model_begin(t);
    const size_t count = weft_reactors_dispatch(t->reactors, world);
    assert_int_equal(model_next(t), REACTORS);
    assert_int_equal(count, t->counts[t->depth]);
}

static void dispatch(trial *t)
{
    if (t->depth == MOST_DEPTH || t->run_depth + 1 >= COUNT(t->runs))
        return;
    const size_t depth = t->depth, tried = t->run_depth_tried;
    t->total_nested += depth > 0;
    t->counts[++t->depth] = 0;
    if (depth == 0 || test_random_below(&t->random, 2)) {
        t->run_depth_tried = t->run_depth;
        const weft_status status = weft_try(t->world, dispatch_body, t);
        assert_true(status == WEFT_OK || t->unwinding);
        t->unwinding = false;
        t->run_depth_tried = tried;
    } else {
        dispatch_body(t->world, t);
    }
    t->depth = depth;
}

static void compare(trial *t)
{
    if (t->operations++ % t->kind->check_every)
        return;
    const char *why = NULL;
    if (!weft_reactors_check(t->reactors, &why))
        fail_msg("%s", why);
    size_t len = 0, sources = 0;
    for (uint32_t slot = 0; slot < t->kind->reactors; slot++)
        len += is_named(t, slot);
    for (uint32_t source = 0; source < t->kind->sources; source++)
        sources += t->sources[source].live;
    assert_int_equal(weft_reactors_len(t->reactors), len);
    assert_int_equal(weft_reactors_source_len(t->reactors), sources);
    assert_int_equal(weft_reactors_pending(t->reactors), model_pending(t));
}

static void operate(trial *t)
{
    const uint32_t slot = t->run_depth && test_random_below(&t->random, 4) == 0
                              ? t->runs[test_random_below(&t->random, t->run_depth)]
                              : (uint32_t)test_random_below(&t->random, t->kind->reactors);
    const uint32_t source = (uint32_t)test_random_below(&t->random, t->kind->sources);
    const bool filling = t->operations / 1000 % 2 == 0;
    if (test_random_below(&t->random, 100) < t->kind->churn) {
        subscribe(t, slot, source);
    } else {
        switch (test_random_below(&t->random, 16)) {
        case 0:
        case 1:
        case 2:
        case 3: filling ? spawn(t, slot) : remove_reactor(t, slot); break;
        case 4: filling ? remove_reactor(t, slot) : spawn(t, slot); break;
        case 5: change_source(t, source); break;
        case 6: try_stale(t, slot, source); break;
        case 7:
        case 8:
        case 9: dispatch(t); break;
        default: mark(t, source); break;
        }
    }
    compare(t);
}

/* ---- the whole --------------------------------------------------------------------------------
 */

static size_t run_trial(const profile *kind, uint64_t seed)
{
    trial *t = calloc(1, sizeof *t);
    struct small_run bound;
    t->kind = kind;
    t->random = seed;
    test_world_init(&t->test);
    t->reactors = weft_reactors_install(t->test.builder, NULL);
    t->world = test_world_build(&t->test);
    assert_int_equal(small_run_init(&bound, t->world, (Ref){ t, 0, 0 }), WEFT_OK);
    t->bound = &bound;
    while (t->operations < kind->operations)
        operate(t);
    const size_t operations = t->operations;
    print_message("%-20s %zu operations, %zu inside; %zu reactors, %zu runs, %zu failures, "
                  "%zu nested\n",
                  kind->name, operations, t->total_inside, (size_t)t->serials, t->total_runs,
                  t->total_failures, t->total_nested);
    assert_true(t->total_runs > kind->operations / 200);
    assert_true(t->total_failures > 10);
    for (uint32_t slot = 0; slot < kind->reactors; slot++) {
        t->slots[slot].over = t->slots[slot].live;
        t->slots[slot].live &= t->slots[slot].filled;
    }
    t->unwinding = true; /* nothing is done any more when a body ends */
    test_world_fini(&t->test);
    assert_true(t->destroyed == t->filled);
    free(t);
    return operations;
}

static void random_operations_do_what_lists_do(void **state)
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
        cmocka_unit_test(random_operations_do_what_lists_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
