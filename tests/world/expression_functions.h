/* Functions that are one expression, for the steps of pipelines. */
#ifndef WEFT_TEST_EXPRESSION_FUNCTIONS_H
#define WEFT_TEST_EXPRESSION_FUNCTIONS_H

#include <weft/fn.h>

/* f of a T that v points to, as an expression. */
#define OF(R, f, T, ...)      \
    static R f(const T *v)    \
    {                         \
        return (__VA_ARGS__); \
    }                         \
    WEFT_FN(f, REF(T))
/* Of two arms, a and b. */
#define OF_TWO(R, f, A, B, ...)        \
    static R f(const A *a, const B *b) \
    {                                  \
        return (__VA_ARGS__);          \
    }                                  \
    WEFT_FN(f, REF(A), REF(B))

/* Of an int by value. */
#define OF_VALUE(R, f, ...)   \
    static inline R f(int v)  \
    {                         \
        return (__VA_ARGS__); \
    }                         \
    WEFT_FN(f, IN(int))

#endif
