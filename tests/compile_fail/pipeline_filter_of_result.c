/* A FILTER, which would have no error to give. */
/* gcc: have 'p_step_2_FILTER_is_given_error' {aka 'const char *'} and 'p_step_2_FILTER_takes_error'
 * {aka 'const weft_none *'} */
/* clang: 'p_step_2_FILTER_is_given_error' (aka 'const char *') and 'p_step_2_FILTER_takes_error'
 * (aka 'const struct weft_none *') */
/* then: p: step 2, FILTER, is for options; what step 1 gives is a result with an error */
#include <weft/pipeline.h>

WEFT_RESULT(Result, int, char);

static Result check(int v)
{
    return (Result){ .ok = true, .value = v };
}
WEFT_FN(check, IN(int));

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

WEFT_PIPELINE(p, int, void, THEN(check), FILTER(is_big));
