/* A ROUTE whose predicate returns an int. */
/* gcc: p: step 1, ROUTE(big_int), must return bool */
/* clang: p: step 1, ROUTE(big_int), must return bool */
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
