/* What weft_timers_check is good for: whatever is broken inside, it notices. What a timer is made of
 * is private, so the source is part of this test. */
#include "driver/timers.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <weft/fn.h>

#include "world_check.h"

static void look(void)
{
}
WEFT_FN(look);

static void check_notices_what_is_wrong(void **state)
{
    (void)state;
    static const char idle[] = "a timer neither waits nor runs, but keeps its place";
    static const char cancelled[] = "a cancelled timer waits";
    static const char foreign[] = "the wheel holds what is no timer";
    static const char *const why_not[] = { idle, cancelled, foreign, NULL, NULL };
    for (size_t i = 0; i < sizeof why_not / sizeof *why_not; i++) {
        test_world test;
        test_world_init(&test);
        weft_timers *timers = weft_timers_install(test.builder, NULL);
        assert_non_null(timers);
        weft_world *world = test_world_build(&test);
        struct look handler;
        /* Of a size that the compiler does not know, as for all who do not include the source. */
        const weft_handler *const volatile any = &handler.base;
        weft_timer_id id = { 0 };
        assert_int_equal(look_init(&handler, world), WEFT_OK);
        assert_int_equal(weft_timers_schedule(timers, 5, any, NULL), WEFT_OK);
        assert_int_equal(weft_timers_schedule(timers, 7, any, &id), WEFT_OK);
        timer *const t = find(timers, id);
        weft_wheel_node stranger = { 0 };
        const char *why = "";
        assert_true(weft_timers_check(timers, &why));
        assert_string_equal(why, "");
        const weft_timers sound = *timers;
        switch (i) {
        case 0: weft_wheel_cancel(&timers->wheel, &t->node); break;
        case 1: t->cancelled = true; break;
        case 2: weft_wheel_schedule(&timers->wheel, &stranger, 6); break;
        case 3: timers->wheel.len++; break;
        case 4: timers->slab.len++; break;
        }
        assert_false(weft_timers_check(timers, &why));
        if (why_not[i])
            assert_string_equal(why, why_not[i]);
        else
            assert_string_not_equal(why, "");
        switch (i) {
        case 0: weft_wheel_schedule(&timers->wheel, &t->node, 7); break;
        case 1: t->cancelled = false; break;
        case 2: weft_wheel_cancel(&timers->wheel, &stranger); break;
        default: *timers = sound; break;
        }
        assert_true(weft_timers_check(timers, &why));
        test_world_fini(&test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(check_notices_what_is_wrong) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
