/* An UNWRAP_OR_ELSE that returns another type. */
/* gcc: (have 'p_step_2_UNWRAP_OR_ELSE_from_char_returns' {aka 'const double *'} and
 * 'p_step_2_UNWRAP_OR_ELSE_from_char_must_return' {aka 'const int *'}) */
/* clang: ('p_step_2_UNWRAP_OR_ELSE_from_char_returns' (aka 'const double *') and
 * 'p_step_2_UNWRAP_OR_ELSE_from_char_must_return' (aka 'const int *')) */
/* then: p: step 2, UNWRAP_OR_ELSE(from_char), must return the same type as the value in what step 1
 * gives */
#include <weft/pipeline.h>

WEFT_RESULT(Result, int, char);

static Result check(int v)
{
    return (Result){ .ok = true, .value = v };
}
WEFT_FN(check, IN(int));

static double from_char(char e)
{
    return e;
}
WEFT_FN(from_char, IN(char));

WEFT_PIPELINE(p, int, int, THEN(check), UNWRAP_OR_ELSE(from_char));
