/* Invariants, looked at in the middle of a test. */
#ifndef WEFT_TEST_SOUNDNESS_H
#define WEFT_TEST_SOUNDNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The test fails, at this line, unless `bool x_check(subject, const char **why)` holds. */
#define assert_sound_by(x_check, subject)       \
    do {                                        \
        const char *why_ = NULL;                \
        if (!x_check((subject), &why_))         \
            fail_msg("%s: %s", #x_check, why_); \
    } while (0)

#endif
