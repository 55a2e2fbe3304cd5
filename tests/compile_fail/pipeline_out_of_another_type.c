/* It ends in another type than it says. */
/* gcc: p: its last step, 1, gives another type than double */
/* clang: p: its last step, 1, gives another type than double */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, double, THEN(twice));
