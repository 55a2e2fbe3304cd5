/* What weft_signals_check is good for: whatever is broken inside, it notices. What a signal is made of
 * is private, so the source is part of this test. */
#include "driver/signals.c"

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
    static const char owned[] = "a signal is owned without a source, or the other way round";
    static const char counted[] = "a signal without a source is counted";
    static const char misplaced[] = "a source is not where its id says";
    static const char stops[] = "a signal stops the world, or does not, against its registration";
    static const char *const why_not[] = { owned,     owned,     counted, misplaced, misplaced,
                                           misplaced, misplaced, stops,   stops,     stops };
    test_world test;
    test_world_init(&test);
    weft_signals *signals = weft_signals_install(test.builder, NULL);
    assert_non_null(signals);
    weft_world *world = test_world_build(&test);
    struct look handler;
    assert_int_equal(look_init(&handler, world), WEFT_OK);
    assert_int_equal(weft_signals_add(signals, SIGUSR1, &handler.base, NULL), WEFT_OK);
    assert_int_equal(weft_signals_shutdown(signals, SIGUSR2), WEFT_OK);
    const weft_signals sound = *signals;
    weft_signal_source *const source = signals->sources[SIGUSR1 - 1];
    const weft_signal_source sound_source = *source;
    for (size_t i = 0; i < sizeof why_not / sizeof *why_not; i++) {
        const char *why = "";
        assert_true(weft_signals_check(signals, &why));
        assert_string_equal(why, "");
        switch (i) {
        case 0: signals->sources[SIGUSR1 - 1] = NULL; break;
        case 1: signals->sources[SIGHUP - 1] = source; break;
        case 2: signals->counts[SIGHUP - 1] = 1; break;
        case 3: source->removed = true; break;
        case 4: source->id.signo = SIGUSR2; break;
        case 5: source->id.serial = signals->serial + 1; break;
        case 6: source->signals = NULL; break;
        case 7: source->stops = true; break;
        case 8: signals->stops = 0; break;
        case 9: signals->stops |= bit_of(SIGHUP); break;
        }
        assert_false(weft_signals_check(signals, &why));
        assert_string_equal(why, why_not[i]);
        *signals = sound;
        *source = sound_source;
    }
    test_world_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(check_notices_what_is_wrong) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
