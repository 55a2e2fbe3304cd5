/* What weft_notifies_check is good for: whatever is broken inside, it notices. What a notification is
 * made of is private, so the source is part of this test. */
#include "driver/notify.c"

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
    static const char closed[] = "a closed notification is among the open ones";
    static const char linked[] = "the open notifications are linked wrongly";
    static const char foreign[] = "a notification belongs to another world";
    static const char unheld[] = "an open notification has lost the loop's reference";
    static const char count[] = "the open notifications do not add up";
    static const char ready[] = "a notification is ready, but not pending";
    static const char *const why_not[] = { closed, linked, linked, foreign, foreign,
                                           unheld, count,  count,  ready,   NULL };
    test_world test;
    test_world_init(&test);
    weft_notifies *notifies =
        weft_notifies_install(test.builder, &(weft_notifies_desc){ .limit = 1 });
    assert_non_null(notifies);
    weft_world *world = test_world_build(&test);
    struct look handler;
    weft_notify *made[3];
    assert_int_equal(look_init(&handler, world), WEFT_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(weft_notify_new(notifies, &handler.base, &made[i]), WEFT_OK);
        weft_notify_signal(made[i]);
    }
    assert_int_equal(weft_notifies_poll(notifies, world), 1); /* two are left of what it took */
    weft_notify *const old = made[1], sound_old = *old;
    weft_mpsc_list *const signalled = &notifies->queue->signalled;
    for (size_t i = 0; i < sizeof why_not / sizeof *why_not; i++) {
        const weft_notifies sound = *notifies;
        const size_t taken = signalled->taken;
        const char *why = "";
        assert_true(weft_notifies_check(notifies, &why));
        assert_string_equal(why, "");
        switch (i) {
        case 0: old->closed = true; break;
        case 1: old->newer = NULL; break;
        case 2: old->newer = old; break;
        case 3: old->notifies = NULL; break;
        case 4: old->queue = NULL; break;
        case 5: old->references = 0; break;
        case 6: old->older = NULL; break;
        case 7: notifies->len++; break;
        case 8: old->pending = false; break;
        case 9: signalled->taken++; break; /* which weft_mpsc_list_check explains */
        }
        assert_false(weft_notifies_check(notifies, &why));
        if (why_not[i])
            assert_string_equal(why, why_not[i]);
        else
            assert_string_not_equal(why, "");
        *notifies = sound;
        *old = sound_old;
        signalled->taken = taken;
    }
    test_world_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(check_notices_what_is_wrong) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
