/* It says a value and ends in an option. */
/* gcc: (have 'p_step_1_gives' {aka 'const struct p_option_of_step_1 *'} and 'p_must_return' {aka
 * 'const int *'}) */
/* clang: ('p_step_1_gives' (aka 'const struct p_option_of_step_1 *') and 'p_must_return' (aka
 * 'const int *')) */
/* then: p: its last step, 1, gives another type than int */
#include <weft/pipeline.h>

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

WEFT_PIPELINE(p, int, int, GUARD(is_big));
