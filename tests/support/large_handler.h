/* A handler whose context is larger than the place that any driver keeps for one, so that it lives
 * on the heap. It counts its runs. */
#ifndef WEFT_TEST_LARGE_HANDLER_H
#define WEFT_TEST_LARGE_HANDLER_H

#include <stdint.h>

#include <weft/fn.h>

typedef struct large {
    uint64_t padding[40];
    uint64_t *runs;
} large;

static void on_large(large *self)
{
    ++*self->runs;
}
WEFT_FN(on_large, CTX(large));

#endif
