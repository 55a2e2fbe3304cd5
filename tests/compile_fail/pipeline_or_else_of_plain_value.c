/* An OR_ELSE that returns no result. */
/* gcc: have 'p_step_2_OR_ELSE_from_char_returns' {aka 'const double *'} and
 * 'p_step_2_OR_ELSE_from_char_must_return' {aka 'const weft_x_option_or_result *'} */
/* clang: 'p_step_2_OR_ELSE_from_char_returns' (aka 'const double *') and
 * 'p_step_2_OR_ELSE_from_char_must_return' (aka 'const struct weft_x_option_or_result *') */
/* then: p: step 2, OR_ELSE(from_char), must return an option or a result; use UNWRAP_OR_ELSE */
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

WEFT_PIPELINE(p, int, void, THEN(check), OR_ELSE(from_char));
