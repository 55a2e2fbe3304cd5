/* A filter that returns an int. */
/* gcc: (have 'p_step_2_FILTER_big_int_returns' {aka 'const int *'} and
 * 'p_step_2_FILTER_big_int_must_return' {aka 'const _Bool *'}) */
/* clang: ('p_step_2_FILTER_big_int_returns' (aka 'const int *') and
 * 'p_step_2_FILTER_big_int_must_return' (aka 'const bool *')) */
/* then: p: step 2, FILTER(big_int), must return bool */
#include <weft/pipeline.h>

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

static int big_int(int v)
{
    return v > 10;
}
WEFT_FN(big_int, IN(int));

WEFT_PIPELINE(p, int, void, GUARD(is_big), FILTER(big_int));
