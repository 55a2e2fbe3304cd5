/* An ON_NONE of a result. */
/* gcc: have 'p_step_2_ON_NONE_is_given_error' {aka 'const char *'} and
 * 'p_step_2_ON_NONE_takes_error' {aka 'const weft_none *'} */
/* clang: 'p_step_2_ON_NONE_is_given_error' (aka 'const char *') and 'p_step_2_ON_NONE_takes_error'
 * (aka 'const struct weft_none *') */
/* then: p: step 2, ON_NONE, is for options; what step 1 gives is a result with an error */
#include <weft/pipeline.h>

WEFT_RESULT(Result, int, char);

static Result check(int v)
{
    return (Result){ .ok = true, .value = v };
}
WEFT_FN(check, IN(int));

static int zero(void)
{
    return 0;
}
WEFT_FN(zero);

WEFT_PIPELINE(p, int, void, THEN(check), ON_NONE(zero));
