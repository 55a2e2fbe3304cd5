/* A MERGE of two for three arms. */
/* gcc: p: step 2, MERGE(plus), must take one input for each arm of the FORK */
/* clang: p: step 2, MERGE(plus), must take one input for each arm of the FORK */
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

WEFT_PIPELINE(p, int, int, FORK(twice, twice, twice), MERGE(plus));
