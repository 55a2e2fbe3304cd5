/* A broadcast against a model: random members that add, remove, run it again, and fail, inside and
 * outside of runs. The model knows who has to run next in each pass under way; every member that
 * runs asks it.
 */
#include <weft/broadcast.h>
#include <weft/fn.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "random.h"
#include "world_check.h"

enum { STEPS = 30000, MEMBERS = 20000, DEPTH = 3, CROWD = 40 };

static test_world test;
static weft_world *world;
static weft_broadcast broadcast;

/* ---- the model ------------------------------------------------------------------------------ */

static struct {
    weft_broadcast_id id;
    bool alive;
    int ended;
} members[MEMBERS];
static size_t member_count, alive_count;

/* The passes under way: the next member to look at, and the first that came too late. */
static struct {
    size_t next, end;
} passes[DEPTH + 1];
static size_t pass_count;

static uint64_t random_state = 1;

/* The member that has to run next in the innermost pass, or its end. */
static size_t take_next(void)
{
    size_t next = passes[pass_count - 1].next;
    while (next < passes[pass_count - 1].end && !members[next].alive)
        next++;
    passes[pass_count - 1].next = next + 1;
    return next;
}

static void model_check(void)
{
    assert_int_equal(weft_broadcast_len(&broadcast), alive_count);
    for (size_t i = 0; i < member_count; i++) {
        if (members[i].alive)
            assert_int_equal(members[i].ended, 0);
        else if (pass_count == 0)
            assert_int_equal(members[i].ended, 1);
        else
            assert_in_range(members[i].ended, 0, 1);
    }
}

/* ---- operations on both --------------------------------------------------------------------- */

typedef struct {
    size_t number;
} Actor;
static void actor_end(Actor *actor)
{
    members[actor->number].ended++;
}
static void act(Actor *actor, weft_world *w, uint64_t event);
WEFT_FN(act, CTX(Actor, actor_end), WORLD, IN(uint64_t));

static void add_one(void)
{
    if (member_count == MEMBERS || alive_count == CROWD)
        return;
    struct act handler;
    assert_int_equal(act_init(&handler, world, (Actor){ member_count }), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&broadcast, &handler.base, &members[member_count].id),
                     WEFT_OK);
    members[member_count++].alive = true;
    alive_count++;
}

static void remove_number(size_t number)
{
    assert_int_equal(weft_broadcast_remove(&broadcast, members[number].id),
                     members[number].alive ? WEFT_OK : WEFT_ESTALE);
    alive_count -= members[number].alive;
    members[number].alive = false;
}

/* Mostly somebody recent. */
static void remove_any(void)
{
    if (member_count > 0) {
        const size_t crowd = member_count < CROWD ? member_count : CROWD;
        remove_number(member_count - 1 - test_random_below(&random_state, crowd));
    }
}

static void run_pass(weft_world *w, void *arg)
{
    passes[pass_count].next = 0;
    passes[pass_count++].end = member_count;
    weft_run(&broadcast.base, w, arg);
    assert_int_equal(take_next(), passes[pass_count - 1].end);
    pass_count--;
}

static void run_in_try(void)
{
    const size_t depth = pass_count;
    if (weft_try(world, run_pass, &(uint64_t){ 1 }) == WEFT_EFAILED)
        pass_count = depth;
    assert_int_equal(pass_count, depth);
}

static void act(Actor *actor, weft_world *w, uint64_t event)
{
    (void)event;
    assert_int_equal(take_next(), actor->number);
    switch (test_random_below(&random_state, 40)) {
    case 0: remove_number(actor->number); break;
    case 1: /* fall through */
    case 2: remove_any(); break;
    case 3: /* fall through */
    case 4: add_one(); break;
    case 5: weft_fail(w, "by chance");
    case 6:
        if (pass_count < DEPTH)
            run_pass(w, &(uint64_t){ 1 });
        break;
    case 7:
        if (pass_count < DEPTH)
            run_in_try();
        break;
    default: break;
    }
}

static void a_broadcast_agrees_with_its_model(void **state)
{
    (void)state;
    test_world_init(&test);
    world = test_world_build(&test);
    assert_int_equal(weft_broadcast_init(&broadcast, world, WEFT_EVENT(uint64_t)), WEFT_OK);
    for (int step = 0; step < STEPS; step++) {
        switch (test_random_below(&random_state, 4)) {
        case 0: remove_any(); break;
        case 1: run_in_try(); break;
        default: add_one(); break;
        }
        if (step % 16 == 0)
            model_check();
    }
    model_check();
    assert_true(weft_world_failures(world) > 100);
    weft_broadcast_fini(&broadcast);
    for (size_t i = 0; i < member_count; i++)
        assert_int_equal(members[i].ended, 1);
    test_world_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broadcast_agrees_with_its_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
