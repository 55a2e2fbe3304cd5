/* Schedulers against an interpreter: random graphs, random answers, random failures. The model
 * works out, by the words of the manual and without bits, which systems have to run in which order;
 * each system that runs asks it.
 */
#include <weft/fn.h>
#include <weft/scheduler.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "world_check.h"

enum { SYSTEMS = 1000, EDGES = 4000, GRAPHS = 400, PASSES = 20, NOBODY = SYSTEMS };

static test_world test;
static weft_world *world;
static weft_scheduler scheduler;

static uint64_t random_state = 1;

static size_t below(size_t bound)
{
    return (size_t)test_random_below(&random_state, bound);
}

/* ---- the model ------------------------------------------------------------------------------ */

static size_t len, edge_len;
static struct {
    size_t earlier, later;
} edges[EDGES];
static size_t order[SYSTEMS]; /* in which they run */
static bool edge_between[SYSTEMS][SYSTEMS];
static bool is_root[SYSTEMS];
static bool made_up_for[SYSTEMS]; /* was to run when a pass failed */

static bool answers[SYSTEMS]; /* of the pass to come */
static size_t who_fails;

static size_t expected[SYSTEMS], expected_len; /* who runs in the pass */
static size_t ran;

/* The first one added of those whose upstream is placed, again and again. */
static void find_order(void)
{
    static bool placed[SYSTEMS];
    memset(placed, 0, sizeof placed);
    for (size_t position = 0; position < len; position++) {
        for (size_t i = 0; i < len; i++) {
            bool ready = !placed[i];
            for (size_t j = 0; j < len && ready; j++)
                ready = !edge_between[j][i] || placed[j];
            if (!ready)
                continue;
            order[position] = i;
            placed[i] = true;
            break;
        }
    }
}

/* Fills in `expected`, and `made_up_for` for the pass after this one. */
static void interpret_pass(void)
{
    static bool wanted[SYSTEMS];
    for (size_t i = 0; i < len; i++)
        wanted[i] = is_root[i] || made_up_for[i];
    memset(made_up_for, 0, sizeof made_up_for);
    expected_len = 0;
    bool failed = false;
    for (size_t position = 0; position < len; position++) {
        const size_t i = order[position];
        if (!wanted[i])
            continue;
        if (failed) {
            made_up_for[i] = true;
            continue;
        }
        expected[expected_len++] = i;
        failed = i == who_fails;
        for (size_t j = 0; j < len && !failed && answers[i]; j++)
            wanted[j] |= edge_between[i][j];
    }
}

/* ---- systems -------------------------------------------------------------------------------- */

typedef struct {
    size_t number;
} Actor;

static bool act(Actor *actor, weft_world *w)
{
    assert_true(ran < expected_len);
    assert_int_equal(actor->number, expected[ran]);
    ran++;
    if (actor->number == who_fails)
        weft_fail(w, "by chance");
    return answers[actor->number];
}
WEFT_FN(act, CTX(Actor), WORLD);

/* Of another size, so that handlers lie at odd distances. */
typedef struct {
    size_t number;
    char more[40];
} Large;
static bool act_large(Large *large, weft_world *w)
{
    return act(&(Actor){ large->number }, w);
}
WEFT_FN(act_large, CTX(Large), WORLD);

static void check(void)
{
    const char *why = "";
    if (!weft_scheduler_check(&scheduler, &why))
        fail_msg("%s", why);
}

/* ---- graphs --------------------------------------------------------------------------------- */

static size_t random_len(void)
{
    static const size_t corners[] = { 0, 1, 2, 63, 64, 65, 127, 128, 129 };
    if (below(3) == 0)
        return corners[below(sizeof corners / sizeof *corners)];
    return below(below(20) == 0 ? 400 : 90);
}

/* Edges along a random order of the systems, so that the order of adding is not the answer. */
static void make_graph(size_t graph_len)
{
    static size_t along[SYSTEMS];
    len = graph_len;
    edge_len = 0;
    memset(edge_between, 0, sizeof edge_between);
    memset(made_up_for, 0, sizeof made_up_for);
    for (size_t i = 0; i < len; i++) {
        const size_t at = below(i + 1);
        along[i] = along[at];
        along[at] = i;
        is_root[i] = true;
    }
    if (len < 2)
        return;
    const size_t wanted = below(4) == 0 ? below(8) : below(2 * len);
    const size_t reach = below(2) ? len : 1 + below(len);
    for (size_t i = 0; i < wanted; i++) {
        const size_t from = below(len - 1);
        const size_t most = len - 1 - from < reach ? len - 1 - from : reach;
        const size_t to = from + 1 + below(most);
        edges[edge_len].earlier = along[from];
        edges[edge_len++].later = along[to];
        edge_between[along[from]][along[to]] = true;
        is_root[along[to]] = false;
    }
}

static void build(void)
{
    static weft_system_id ids[SYSTEMS];
    weft_scheduler_init(&scheduler, world);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(
            i % 3 ? WEFT_SYSTEM(&scheduler, act, &ids[i], (Actor){ i })
                  : WEFT_SYSTEM(&scheduler, act_large, &ids[i], ((Large){ .number = i })),
            WEFT_OK);
    for (size_t i = 0; i < edge_len; i++)
        assert_int_equal(
            weft_scheduler_after(&scheduler, ids[edges[i].later], ids[edges[i].earlier]), WEFT_OK);
    check();
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
    check();
}

static void run_pass(weft_world *w, void *arg)
{
    *(int *)arg = weft_scheduler_run(&scheduler, w);
}

static size_t failures;
static void one_pass(void)
{
    const size_t truth = below(5); /* of 4 systems so many change */
    for (size_t i = 0; i < len; i++)
        answers[i] = below(4) < truth;
    who_fails = len > 0 && below(4) == 0 ? below(len) : NOBODY;
    ran = 0;
    interpret_pass();
    const bool fails = expected_len > 0 && expected[expected_len - 1] == who_fails;
    int returned = 4711;
    assert_int_equal(weft_try(world, run_pass, &returned), fails ? WEFT_EFAILED : WEFT_OK);
    assert_int_equal(ran, expected_len);
    assert_int_equal(returned, fails ? 4711 : (int)expected_len);
    failures += fails;
    check();
}

static void a_scheduler_agrees_with_its_interpreter(void **state)
{
    (void)state;
    test_world_init(&test);
    world = test_world_build(&test);
    for (size_t graph = 0; graph < GRAPHS; graph++) {
        make_graph(graph == GRAPHS / 2 ? SYSTEMS : random_len());
        find_order();
        build();
        for (size_t pass = 0; pass < PASSES; pass++)
            one_pass();
        weft_scheduler_fini(&scheduler);
    }
    assert_true(failures > GRAPHS);
    test_world_fini(&test);
}

/* ---- cycles --------------------------------------------------------------------------------- */

/* A graph with one edge against its grain: whether that closes a cycle, the model knows by walking.
 */
static bool reaches(size_t from, size_t to)
{
    static size_t stack[SYSTEMS];
    static bool seen[SYSTEMS];
    memset(seen, 0, sizeof seen);
    size_t depth = 0;
    stack[depth++] = from;
    seen[from] = true;
    while (depth > 0) {
        const size_t at = stack[--depth];
        if (at == to)
            return true;
        for (size_t i = 0; i < len; i++)
            if (edge_between[at][i] && !seen[i]) {
                seen[i] = true;
                stack[depth++] = i;
            }
    }
    return false;
}

/* Reads "act#3 -> act#7 -> act#3" out of the sentence: each arrow is an edge, and the last is the
 * first. Long cycles are cut in the middle; across that there is no edge to look for. */
static void expect_cycle(const char *sentence)
{
    const char *at = strstr(sentence, ": ");
    assert_non_null(at);
    size_t first = NOBODY, last = NOBODY;
    bool cut = false;
    for (at += 2; at; at = strstr(at, " -> "), at = at ? at + 4 : NULL) {
        if (*at == '(') {
            cut = true;
            continue;
        }
        const char *number = strchr(at, '#');
        assert_non_null(number);
        const size_t system = strtoul(number + 1, NULL, 10);
        assert_true(system < len);
        if (last == NOBODY)
            first = system;
        else if (!cut)
            assert_true(edge_between[last][system]);
        cut = false;
        last = system;
    }
    assert_int_equal(first, last);
}

static void a_cycle_is_found_and_named(void **state)
{
    (void)state;
    test_world_init(&test);
    world = test_world_build(&test);
    size_t cycles = 0;
    for (size_t graph = 0; graph < GRAPHS; graph++) {
        make_graph(6 + below(70));
        const size_t earlier = below(len), later = below(len);
        const bool cyclic = reaches(later, earlier);
        edges[edge_len].earlier = earlier;
        edges[edge_len++].later = later;
        edge_between[earlier][later] = true;
        weft_system_id ids[80];
        weft_scheduler_init(&scheduler, world);
        for (size_t i = 0; i < len; i++)
            WEFT_SYSTEM(&scheduler, act, &ids[i], (Actor){ i });
        for (size_t i = 0; i < edge_len; i++)
            weft_scheduler_before(&scheduler, ids[edges[i].earlier], ids[edges[i].later]);
        assert_int_equal(weft_scheduler_build(&scheduler), cyclic ? WEFT_ECYCLE : WEFT_OK);
        check();
        if (cyclic)
            expect_cycle(test_world_sentence(&test));
        cycles += cyclic;
        weft_scheduler_fini(&scheduler);
    }
    assert_in_range(cycles, GRAPHS / 20, GRAPHS - GRAPHS / 20);
    test_world_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scheduler_agrees_with_its_interpreter),
        cmocka_unit_test(a_cycle_is_found_and_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
