/* It ends in another type than it says. */
/* gcc: (have 'p_step_1_gives' {aka 'const int *'} and 'p_must_return' {aka 'const double *'}) */
/* clang: ('p_step_1_gives' (aka 'const int *') and 'p_must_return' (aka 'const double *')) */
/* then: p: its last step, 1, gives another type than double */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, double, THEN(twice));
