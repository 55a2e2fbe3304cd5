/* A FORK whose arms are never put together. */
/* gcc: p: step 2, TAP(twice), does not take what step 1 gives */
/* clang: p: step 2, TAP(twice), does not take what step 1 gives */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, void, FORK(twice, twice), TAP(twice));
