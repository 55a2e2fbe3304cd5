/* It ends in an option of another type than it says. */
/* gcc: (have 'p_step_1_gives_value' {aka 'const int *'} and 'p_must_return_value' {aka 'const
 * double *'}) */
/* clang: ('p_step_1_gives_value' (aka 'const int *') and 'p_must_return_value' (aka 'const
 * double *')) */
/* then: p: its last step, 1, gives another value than Maybe_double has */
#include <weft/pipeline.h>

WEFT_OPTION(Maybe_double, double);

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

WEFT_PIPELINE(p, int, Maybe_double, GUARD(is_big));
