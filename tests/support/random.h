/* Numbers for random tests: splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
 * generators", 2014). The same seed gives the same numbers, on every machine and in every run. Any
 * state is a seed; it is the caller's, and so a test can have several. */
#ifndef WEFT_TEST_RANDOM_H
#define WEFT_TEST_RANDOM_H

#include <stdint.h>

static inline uint64_t test_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A number below `bound` (> 0). */
static inline uint64_t test_random_below(uint64_t *state, uint64_t bound)
{
    return test_random(state) % bound;
}

#endif
