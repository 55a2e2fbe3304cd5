/* An UNWRAP_OR of a value that is always there. */
/* gcc: have 'p_step_2_UNWRAP_OR_is_given' {aka 'const int *'} and 'p_step_2_UNWRAP_OR_takes' {aka
 * 'const weft_x_option_or_result *'} */
/* clang: 'p_step_2_UNWRAP_OR_is_given' (aka 'const int *') and 'p_step_2_UNWRAP_OR_takes' (aka
 * 'const struct weft_x_option_or_result *') */
/* then: p: step 2, UNWRAP_OR, is for options and results; what step 1 gives is neither */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, int, THEN(twice), UNWRAP_OR(3));
