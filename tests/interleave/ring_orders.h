/* The orders of a ring's words (weft/ring.h), which rings of both kinds need. Included behind
 * model_atomics.h. */
#ifndef WEFT_TEST_RING_ORDERS_H
#define WEFT_TEST_RING_ORDERS_H

#include <stdbool.h>
#include <stddef.h>

/* Fails unless `holds` notices that one of them is weakened, and one of these of the ring's
 * state. */
static void expect_ring_orders(bool (*holds)(void), const model_order *of_state, size_t count)
{
    static const model_order of_words[] = {
        { "store", "word", 0, __ATOMIC_RELEASE },
        { "load", "word", 0, __ATOMIC_ACQUIRE },
    };
    model_expect_needed("weft/ring.h", holds, of_words, sizeof of_words / sizeof *of_words);
    model_expect_needed("base/ring.c", holds, of_state, count);
}

#endif
