/* Whole numbers: which is the smaller, which the larger. */
#ifndef QUOTER_NUMBER_H
#define QUOTER_NUMBER_H

#include <stdint.h>

static inline int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
