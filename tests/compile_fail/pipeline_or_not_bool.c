/* An OR that returns an int. */
/* gcc: (have 'p_step_2_OR_zero_returns' {aka 'const int *'} and 'p_step_2_OR_zero_must_return' {aka
 * 'const _Bool *'}) */
/* clang: ('p_step_2_OR_zero_returns' (aka 'const int *') and 'p_step_2_OR_zero_must_return' (aka
 * 'const bool *')) */
/* then: p: step 2, OR(zero), must return bool */
#include <weft/pipeline.h>

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

static int zero(void)
{
    return 0;
}
WEFT_FN(zero);

WEFT_PIPELINE(p, int, bool, THEN(is_big), OR(zero));
