/* An OR_ELSE that returns another value. */
/* gcc: (have 'p_step_2_OR_ELSE_recover_returns_value' {aka 'const double *'} and
 * 'p_step_2_OR_ELSE_recover_must_return_value' {aka 'const int *'}) */
/* clang: ('p_step_2_OR_ELSE_recover_returns_value' (aka 'const double *') and
 * 'p_step_2_OR_ELSE_recover_must_return_value' (aka 'const int *')) */
/* then: p: step 2, OR_ELSE(recover), must return the same value as what step 1 gives */
#include <weft/pipeline.h>

WEFT_RESULT(Result, int, char);

static Result check(int v)
{
    return (Result){ .ok = true, .value = v };
}
WEFT_FN(check, IN(int));

WEFT_OPTION(Maybe_double, double);

static Maybe_double recover(char e)
{
    return (Maybe_double){ .ok = true, .value = e };
}
WEFT_FN(recover, IN(char));

WEFT_PIPELINE(p, int, void, THEN(check), OR_ELSE(recover));
