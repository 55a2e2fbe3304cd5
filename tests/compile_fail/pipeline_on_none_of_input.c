/* An ON_NONE that wants an input. */
/* gcc: (have 'p_step_2_ON_NONE_twice_is_given' {aka 'const weft_none *'} and
 * 'p_step_2_ON_NONE_twice_takes' {aka 'const int *'}) */
/* clang: ('p_step_2_ON_NONE_twice_is_given' (aka 'const struct weft_none *') and
 * 'p_step_2_ON_NONE_twice_takes' (aka 'const int *')) */
/* then: p: step 2, ON_NONE(twice), must take no input */
#include <weft/pipeline.h>

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, void, GUARD(is_big), ON_NONE(twice));
