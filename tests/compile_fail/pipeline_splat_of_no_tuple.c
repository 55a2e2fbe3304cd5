/* A SPLAT of a number. */
/* gcc: p: step 2, SPLAT, is for a WEFT_TUPLE; what step 1 gives is none */
/* clang: p: step 2, SPLAT, is for a WEFT_TUPLE; what step 1 gives is none */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_PIPELINE(p, int, int, THEN(twice), SPLAT(plus));
