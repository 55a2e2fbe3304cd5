/* A FORK whose arms are never put together. */
/* gcc: (have 'p_step_2_TAP_twice_is_given' {aka 'const struct p_arms_of_step_1 *'} and
 * 'p_step_2_TAP_twice_takes' {aka 'const int *'}) */
/* clang: ('p_step_2_TAP_twice_is_given' (aka 'const struct p_arms_of_step_1 *') and
 * 'p_step_2_TAP_twice_takes' (aka 'const int *')) */
/* then: p: step 2, TAP(twice), does not take what step 1 gives */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, void, FORK(twice, twice), TAP(twice));
