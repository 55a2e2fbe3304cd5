/* What weft_conflate_check is good for: whatever is broken inside of a queue, it notices. The queue
 * is private, so its source is part of this test. */
#include "base/conflate.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TOKENS = 6 };

/* Two tokens that were taken from the stack, 1 and 2, and two on it, 3 below 4. */
static weft_conflate *make(void)
{
    weft_conflate *queue = NULL;
    uint32_t token;
    assert_int_equal(weft_conflate_new(&(weft_conflate_desc){ .tokens = TOKENS }, &queue), WEFT_OK);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(weft_conflate_notify(queue, i), WEFT_OK);
    assert_int_equal(weft_conflate_poll(queue, &token, 1), 1);
    assert_int_equal(weft_conflate_notify(queue, 3), WEFT_OK);
    assert_int_equal(weft_conflate_notify(queue, 4), WEFT_OK);
    return queue;
}

static void check_notices_what_is_wrong(void **state)
{
    (void)state;
    static const char taken[] =
        "the tokens that were taken are linked wrongly, or one of them is not pending";
    static const char stacked[] = "the stack is linked wrongly, or a token on it is not pending";
    static const char counted[] = "a pending token is in no chain, or in two";
    static const char *const why_not[] = { taken,   taken,   taken,   taken,  stacked,
                                           stacked, stacked, counted, counted };
    for (size_t i = 0; i < sizeof why_not / sizeof *why_not; i++) {
        weft_conflate *queue = make();
        const char *why = "";
        assert_true(weft_conflate_check(queue, &why));
        switch (i) {
        case 0: queue->last = 2; break;
        case 1: queue->places[1].pending = false; break;
        case 2: queue->places[2].next = 2; break; /* a circle */
        case 3: queue->first = TOKENS + 1; break;
        case 4: queue->places[3].pending = false; break;
        case 5: queue->places[3].next = 5; break; /* a circle */
        case 6: queue->places[3].next = TOKENS + 1; break;
        case 7: queue->places[0].pending = true; break;
        case 8: queue->places[3].next = 2; break; /* in both chains */
        }
        assert_false(weft_conflate_check(queue, &why));
        assert_string_equal(why, why_not[i]);
        weft_conflate_free(queue);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_notices_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
