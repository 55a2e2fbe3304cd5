/* A SPLAT of another tuple. */
/* gcc: p: step 1, SPLAT(plus), does not take the members of the tuple, each and in their order */
/* clang: p: step 1, SPLAT(plus), does not take the members of the tuple, each and in their order */
#include <weft/pipeline.h>

WEFT_TUPLE(Pair, int, double);

static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_PIPELINE(p, Pair, int, SPLAT(plus));
