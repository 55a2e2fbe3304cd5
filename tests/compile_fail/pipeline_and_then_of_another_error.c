/* An AND_THEN that returns another error. */
/* gcc: (have 'p_step_2_AND_THEN_other_returns_error' {aka 'const double *'} and
 * 'p_step_2_AND_THEN_other_must_return_error' {aka 'const char *'}) */
/* clang: ('p_step_2_AND_THEN_other_returns_error' (aka 'const double *') and
 * 'p_step_2_AND_THEN_other_must_return_error' (aka 'const char *')) */
/* then: p: step 2, AND_THEN(other), must return the same error as what step 1 gives */
#include <weft/pipeline.h>

WEFT_RESULT(Result, int, char);

static Result check(int v)
{
    return (Result){ .ok = true, .value = v };
}
WEFT_FN(check, IN(int));

WEFT_RESULT(Other, int, double);

static Other other(int v)
{
    return (Other){ .ok = true, .value = v };
}
WEFT_FN(other, IN(int));

WEFT_PIPELINE(p, int, void, THEN(check), AND_THEN(other));
