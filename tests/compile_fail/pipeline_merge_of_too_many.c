/* A MERGE of three for two arms. */
/* gcc: p: step 2, MERGE(plus3), must take one input for each arm of the FORK */
/* clang: p: step 2, MERGE(plus3), must take one input for each arm of the FORK */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

static int plus3(int a, int b, int c)
{
    return a + b + c;
}
WEFT_FN(plus3, IN(int), IN(int), IN(int));

WEFT_PIPELINE(p, int, int, FORK(twice, twice), MERGE(plus3));
