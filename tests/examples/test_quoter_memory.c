/* weft-quoter takes all its memory before the first tick: the world's allocator, from which all of
 * it comes, is asked for none while ticks are handled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <weft/testing.h>

#include "assert_clean.h"
#include "desk.h"
#include "feed.h"
#include "market.h"
#include "risk.h"

#define SAMPLE WEFT_TEST_SOURCE "/examples/quoter/ticks.csv"

typedef struct side {
    weft_test_allocator memory;
    FILE *file;
    weft_world *world;
    Run_stats stats;
} side;

static void side_init(side *s, FILE *file)
{
    const Options options = { .path = SAMPLE };
    *s = (side){ .file = file };
    assert_non_null(file);
    weft_test_allocator_init(&s->memory);
    s->world = desk_new(&options, &s->memory.base);
    assert_non_null(s->world);
    const size_t before = s->memory.allocations;
    assert_int_equal(desk_start(s->world, file), WEFT_OK);
    assert_true(s->memory.allocations - before >= INSTRUMENTS); /* each maker is counted */
}

static void side_fini(side *s)
{
    weft_world_free(s->world);
    fclose(s->file);
    assert_clean(&s->memory);
}

/* One turn; whether there was one. It must allocate nothing. */
static bool turn(side *s)
{
    const size_t before = s->memory.allocations;
    const bool there = desk_turn(s->world, &s->stats);
    if (s->memory.allocations != before)
        fail_msg("turn %d allocates %zu times", (int)s->stats.turns,
                 s->memory.allocations - before);
    return there;
}

/* From the first tick on: quotes, fills, passes of the scheduler, and the limits of risk reached
 * and left again, which wakes all 1000 reactors at once. */
static void no_turn_of_the_sample_allocates(void **state)
{
    (void)state;
    side s;
    side_init(&s, fopen(SAMPLE, "r"));
    const Risk_mode *const mode = WEFT_GET(s.world, Risk_mode);
    int changes = 0;
    for (bool reducing = false; turn(&s); reducing = mode->reducing)
        changes += mode->reducing != reducing;
    assert_int_equal(WEFT_GET(s.world, Feed_stats)->ticks, 6000);
    assert_true(WEFT_GET(s.world, Positions)->fills > 100);
    assert_true(s.stats.reconciliations > 20);
    assert_true(changes >= 2);
    side_fini(&s);
}

/* Lines that are no ticks end in an error that is handled, and that takes no memory either. */
static void no_bad_line_allocates(void **state)
{
    (void)state;
    FILE *const file = tmpfile();
    assert_non_null(file);
    for (int i = 0; i < 10; i++)
        fprintf(file, i % 2 ? "%d,bid,1000,7\n" : "%d,offer,1000,7\n", i);
    rewind(file);
    side s;
    side_init(&s, file);
    while (turn(&s)) {}
    assert_int_equal(WEFT_GET(s.world, Feed_stats)->ticks, 5);
    assert_int_equal(WEFT_GET(s.world, Feed_stats)->rejects, 5);
    side_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_turn_of_the_sample_allocates),
        cmocka_unit_test(no_bad_line_allocates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
