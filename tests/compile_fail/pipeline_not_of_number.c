/* A NOT of a number. */
/* gcc: (have 'p_step_2_NOT_is_given' {aka 'const int *'} and 'p_step_2_NOT_takes' {aka 'const
 * _Bool *'}) */
/* clang: ('p_step_2_NOT_is_given' (aka 'const int *') and 'p_step_2_NOT_takes' (aka 'const
 * bool *')) */
/* then: p: step 2, NOT, is for bool; what step 1 gives is something else */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, bool, THEN(twice), NOT);
