/* A SPLAT that takes more than the tuple has. */
/* gcc: p: step 1, SPLAT(plus3), does not take the members of the tuple, each and in their order */
/* clang: p: step 1, SPLAT(plus3), does not take the members of the tuple, each and in their order */
#include <weft/pipeline.h>

WEFT_TUPLE(Pair, int, int);

static int plus3(int a, int b, int c)
{
    return a + b + c;
}
WEFT_FN(plus3, IN(int), IN(int), IN(int));

WEFT_PIPELINE(p, Pair, int, SPLAT(plus3));
