/* Arms of a ROUTE that give different types. */
/* gcc: (have 'p_step_1_ROUTE_half_returns' {aka 'const double *'} and
 * 'p_step_1_ROUTE_half_must_return' {aka 'const int *'}) */
/* clang: ('p_step_1_ROUTE_half_returns' (aka 'const double *') and
 * 'p_step_1_ROUTE_half_must_return' (aka 'const int *')) */
/* then: p: step 1, ROUTE(half), must return what twice returns */
#include <weft/pipeline.h>

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

static double half(int v)
{
    return v / 2.0;
}
WEFT_FN(half, IN(int));

WEFT_PIPELINE(p, int, void, ROUTE(is_big, twice, half));
