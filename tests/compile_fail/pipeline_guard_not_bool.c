/* A predicate that returns an int. */
/* gcc: p: step 1, GUARD(big_int), must return bool */
/* clang: p: step 1, GUARD(big_int), must return bool */
#include <weft/pipeline.h>

static int big_int(int v)
{
    return v > 10;
}
WEFT_FN(big_int, IN(int));

WEFT_PIPELINE(p, int, void, GUARD(big_int));
