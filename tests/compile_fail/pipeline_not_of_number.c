/* A NOT of a number. */
/* gcc: p: step 2, NOT, is for bool; what step 1 gives is something else */
/* clang: p: step 2, NOT, is for bool; what step 1 gives is something else */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, bool, THEN(twice), NOT);
