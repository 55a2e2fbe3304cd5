/* What the examples of the headers stand in: cmocka, a world, and what they said. */
#ifndef WEFT_TEST_EXAMPLE_H
#define WEFT_TEST_EXAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <weft/world.h>

/* What the examples said with puts, a line each. */
static char said[256];

static inline int say(const char *text)
{
    const size_t len = strlen(said), more = strlen(text);
    assert_true(len + more + 2 <= sizeof said);
    memcpy(said + len, text, more);
    memcpy(said + len + more, "\n", 2);
    return 0;
}
#define puts(text) say(text)

/* A world of what is registered. */
static inline weft_world *built(weft_builder *builder)
{
    weft_world *world;
    assert_int_equal(weft_builder_build(builder, &world), WEFT_OK);
    return world;
}

/* A main for the one test. */
#define EXAMPLE(test)                                                 \
    int main(void)                                                    \
    {                                                                 \
        const struct CMUnitTest tests[] = { cmocka_unit_test(test) }; \
        return cmocka_run_group_tests(tests, NULL, NULL);             \
    }                                                                 \
    _Static_assert(1, #test)

#endif
