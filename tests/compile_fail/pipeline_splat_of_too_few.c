/* A SPLAT that takes less than the tuple has. */
/* gcc: p: step 1, SPLAT(plus), does not take the members of the tuple, each and in their order */
/* clang: p: step 1, SPLAT(plus), does not take the members of the tuple, each and in their order */
#include <weft/pipeline.h>

static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_TUPLE(Triple, int, int, int);
WEFT_PIPELINE(p, Triple, int, SPLAT(plus));
