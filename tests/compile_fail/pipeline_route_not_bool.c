/* A ROUTE whose predicate returns an int. */
/* gcc: (have 'p_step_1_ROUTE_big_int_returns' {aka 'const int *'} and
 * 'p_step_1_ROUTE_big_int_must_return' {aka 'const _Bool *'}) */
/* clang: ('p_step_1_ROUTE_big_int_returns' (aka 'const int *') and
 * 'p_step_1_ROUTE_big_int_must_return' (aka 'const bool *')) */
/* then: p: step 1, ROUTE(big_int), must return bool */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

static int big_int(int v)
{
    return v > 10;
}
WEFT_FN(big_int, IN(int));

WEFT_PIPELINE(p, int, void, ROUTE(big_int, twice, twice));
