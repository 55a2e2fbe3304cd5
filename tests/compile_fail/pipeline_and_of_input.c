/* An AND that wants an input. */
/* gcc: (have 'p_step_2_AND_flag_is_given' {aka 'const weft_none *'} and 'p_step_2_AND_flag_takes'
 * {aka 'const int *'}) */
/* clang: ('p_step_2_AND_flag_is_given' (aka 'const struct weft_none *') and
 * 'p_step_2_AND_flag_takes' (aka 'const int *')) */
/* then: p: step 2, AND(flag), must take no input */
#include <weft/pipeline.h>

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

static bool flag(int v)
{
    return v;
}
WEFT_FN(flag, IN(int));

WEFT_PIPELINE(p, int, bool, THEN(is_big), AND(flag));
