/* What weft_scheduler_check is good for: whatever is broken inside of a scheduler, it notices. */
#include "scheduler_fixture.h"

#include "world/schedule.h"

/* Three systems in the order abc, the second behind the first, the third a root; with whatever may
 * be broken, and how it was. */
static weft_scheduler whole;
static weft_system systems[3];
static weft_edge edge;
static weft_plan plan;
static weft_step steps[3];
static weft_fn wide;
static const weft_fn *fn;

static weft_step *step(size_t position)
{
    return (weft_step *)(uintptr_t)&scheduler.plan->steps[position];
}

static uint64_t *roots(void)
{
    return (uint64_t *)(uintptr_t)scheduler.plan->roots;
}

static void build(void)
{
    build_letters("abc", "a>b");
    whole = scheduler;
    memcpy(systems, scheduler.systems, sizeof systems);
    edge = scheduler.edges[0];
    plan = *scheduler.plan;
    memcpy(steps, plan.steps, sizeof steps);
    fn = systems[0].handler->fn;
}

static void mend(void)
{
    scheduler = whole;
    memcpy(scheduler.systems, systems, sizeof systems);
    scheduler.edges[0] = edge;
    *scheduler.plan = plan;
    memcpy(step(0), steps, sizeof steps);
    scheduler.systems[0].handler->fn = fn;
    roots()[0] = 5;
    plan.pending[0] = 0;
}

static void more_than_fits(void)
{
    scheduler.capacity = 2;
}

static void no_such_system(void)
{
    scheduler.edges[0].later = 3;
}

static void no_handler(void)
{
    scheduler.systems[1].handler = NULL;
}

static void one_position_twice(void)
{
    scheduler.systems[1].position = 2;
}

static void one_word_more(void)
{
    scheduler.plan->word_count = 2;
}

static void pending_behind_the_end(void)
{
    scheduler.plan->pending[0] = UINT64_C(1) << 3;
}

static void root_behind_the_end(void)
{
    roots()[0] |= UINT64_C(1) << 63;
}

static void steps_exchanged(void)
{
    step(0)->handler = steps[1].handler;
    step(1)->handler = steps[0].handler;
}

static struct act elsewhere;
static void handler_elsewhere(void)
{
    elsewhere = *(struct act *)(void *)systems[0].handler;
    scheduler.systems[0].handler = step(0)->handler = &elsewhere.base;
}

static void handler_too_long(void)
{
    wide = *fn;
    wide.size_bytes = plan.size_bytes;
    scheduler.systems[0].handler->fn = &wide;
}

static void handler_not_aligned(void)
{
    wide = *fn;
    wide.align_bytes = SIZE_MAX / 2 + 1;
    scheduler.systems[0].handler->fn = &wide;
}

static void edge_turned_round(void)
{
    scheduler.edges[0] = (weft_edge){ edge.later, edge.earlier };
}

static void edge_forgotten(void)
{
    step(0)->near = 0;
}

static void one_root_more(void)
{
    roots()[0] |= 2;
}

static void one_root_less(void)
{
    roots()[0] &= 3;
}

static void one_edge_more(void)
{
    step(1)->near = 4;
}

static void check_notices_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        void (*harm)(void);
        const char *why;
    } table[] = {
        { more_than_fits, "an array holds more than it has room for" },
        { no_such_system, "an edge leads to no system" },
        { no_handler, "a system has no handler" },
        { one_position_twice, "the positions are no order of the systems" },
        { one_word_more, "the number of words does not fit the number of systems" },
        { pending_behind_the_end, "a bit is set behind the last system" },
        { root_behind_the_end, "a bit is set behind the last system" },
        { steps_exchanged, "a step runs another system than the order says" },
        { handler_elsewhere, "a handler is not in the plan" },
        { handler_too_long, "a handler is not in the plan" },
        { handler_not_aligned, "a handler is not aligned" },
        { edge_turned_round, "a system runs before one upstream of it" },
        { edge_forgotten, "an edge is missing in the plan" },
        { one_root_more, "the roots are not the systems without anything upstream" },
        { one_root_less, "the roots are not the systems without anything upstream" },
        { one_edge_more, "the plan has an edge that nobody gave" },
    };
    build();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *why = "";
        table[i].harm();
        assert_false(weft_scheduler_check(&scheduler, &why));
        assert_string_equal(why, table[i].why);
        mend();
        check();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(check_notices_what_is_wrong, begin_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
