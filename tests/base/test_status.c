/* Every status has a name and a sentence of its own; numbers that are no status say so. */
#include <weft/status.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const weft_status all[] = {
#define CODE(name, value, sentence) name,
    WEFT_STATUS_LIST(CODE)
#undef CODE
};
static const size_t count = sizeof all / sizeof *all;

static void success_is_zero_and_every_failure_is_negative(void **state)
{
    (void)state;
    assert_int_equal(WEFT_OK, 0);
    for (size_t i = 0; i < count; i++)
        assert_true(all[i] == WEFT_OK || all[i] < 0);
}

static void names_are_the_identifiers(void **state)
{
    (void)state;
#define NAMED(name, value, sentence) assert_string_equal(weft_status_name(name), #name);
    WEFT_STATUS_LIST(NAMED)
#undef NAMED
}

static void no_two_codes_share_number_name_or_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(weft_status_sentence(all[i])) > 0);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(all[i], all[j]);
            assert_string_not_equal(weft_status_name(all[i]), weft_status_name(all[j]));
            assert_string_not_equal(weft_status_sentence(all[i]), weft_status_sentence(all[j]));
        }
    }
}

static void sentences_end_without_a_full_stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const char *sentence = weft_status_sentence(all[i]);
        assert_int_not_equal(sentence[strlen(sentence) - 1], '.');
    }
}

static void a_number_that_is_no_status_says_so(void **state)
{
    (void)state;
    static const int unknown[] = { 1, 4711, -4711 };
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_string_equal(weft_status_name((weft_status)unknown[i]), "WEFT_?");
        assert_true(strlen(weft_status_sentence((weft_status)unknown[i])) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_zero_and_every_failure_is_negative),
        cmocka_unit_test(names_are_the_identifiers),
        cmocka_unit_test(no_two_codes_share_number_name_or_sentence),
        cmocka_unit_test(sentences_end_without_a_full_stop),
        cmocka_unit_test(a_number_that_is_no_status_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
