/* assert_clean(&memory): everything was given back, and as it was asked for. After cmocka.h. */
#ifndef TEST_ASSERT_CLEAN_H
#define TEST_ASSERT_CLEAN_H

#include <weft/testing.h>

#define assert_clean(memory)                           \
    do {                                               \
        const char *why_;                              \
        if (!weft_test_allocator_check(memory, &why_)) \
            fail_msg("%s", why_);                      \
    } while (0)

#endif
