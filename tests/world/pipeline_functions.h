/* Functions of ints, for steps of pipelines. */
#ifndef WEFT_TEST_PIPELINE_FUNCTIONS_H
#define WEFT_TEST_PIPELINE_FUNCTIONS_H

#include "int_functions.h"
#include "pipeline_check.h"

WEFT_OPTION(Maybe, int);

static int half(int v)
{
    return v / 2;
}
WEFT_FN(half, IN(int));
static void store(Out *o, int v)
{
    o->value = v;
}
WEFT_FN(store, MUT(Out), IN(int));
static void add(Out *o, int v)
{
    o->value += v;
}
WEFT_FN(add, MUT(Out), IN(int));
static int plus(int a, const int *b)
{
    return a + *b;
}
WEFT_FN(plus, IN(int), REF(int));

/* Over runs. */
typedef int Sum;
static int running_sum(Sum *sum, int v)
{
    return *sum += v;
}
WEFT_FN(running_sum, LOCAL(Sum), IN(int));

#endif
