/* A MAP on a value that is no option. */
/* gcc: p: step 2, MAP, is for options and results; what step 1 gives is neither */
/* clang: p: step 2, MAP, is for options and results; what step 1 gives is neither */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, void, THEN(twice), MAP(twice));
