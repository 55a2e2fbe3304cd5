/* An UNWRAP_OR of a value that is always there. */
/* gcc: p: step 2, UNWRAP_OR, is for options and results; what step 1 gives is neither */
/* clang: p: step 2, UNWRAP_OR, is for options and results; what step 1 gives is neither */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, int, THEN(twice), UNWRAP_OR(3));
