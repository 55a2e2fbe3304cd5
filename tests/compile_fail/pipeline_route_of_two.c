/* A ROUTE with one arm. */
/* gcc: macro "WEFT_X_S_ROUTE" requires 3 arguments, but only 2 given */
/* clang: too few arguments provided to function-like macro invocation */
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

WEFT_PIPELINE(p, int, void, ROUTE(is_big, twice));
