/* It ends in a result of another error than it says. */
/* gcc: (have 'p_step_2_gives_error' {aka 'const int *'} and 'p_must_return_error' {aka 'const
 * double *'}) */
/* clang: ('p_step_2_gives_error' (aka 'const int *') and 'p_must_return_error' (aka 'const
 * double *')) */
/* then: p: its last step, 2, gives another error than Worded has */
#include <weft/pipeline.h>

WEFT_RESULT(Worded, int, double);

static bool is_big(int v)
{
    return v > 100;
}
WEFT_FN(is_big, IN(int));

WEFT_PIPELINE(p, int, Worded, GUARD(is_big), OK_OR('x'));
