/* A SPLAT into a function of one input. */
/* gcc: p: step 1, SPLAT(twice), does not take the members of the tuple, each and in their order */
/* clang: p: step 1, SPLAT(twice), does not take the members of the tuple, each and in their order
 */
#include <weft/pipeline.h>

WEFT_TUPLE(Pair, int, double);

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, Pair, int, SPLAT(twice));
