/* An AND_THEN that returns no result. */
/* gcc: have 'p_step_2_AND_THEN_twice_returns' {aka 'const int *'} and
 * 'p_step_2_AND_THEN_twice_must_return' {aka 'const weft_x_option_or_result *'} */
/* clang: 'p_step_2_AND_THEN_twice_returns' (aka 'const int *') and
 * 'p_step_2_AND_THEN_twice_must_return' (aka 'const struct weft_x_option_or_result *') */
/* then: p: step 2, AND_THEN(twice), must return an option or a result; use MAP */
#include <weft/pipeline.h>

WEFT_RESULT(Result, int, char);

static Result check(int v)
{
    return (Result){ .ok = true, .value = v };
}
WEFT_FN(check, IN(int));

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, void, THEN(check), AND_THEN(twice));
