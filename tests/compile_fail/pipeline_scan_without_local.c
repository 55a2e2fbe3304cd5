/* A SCAN without an accumulator. */
/* gcc: p: step 1, SCAN(twice), has no accumulator; give twice a LOCAL(T, init) */
/* clang: p: step 1, SCAN(twice), has no accumulator; give twice a LOCAL(T, init) */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, int, SCAN(twice));
