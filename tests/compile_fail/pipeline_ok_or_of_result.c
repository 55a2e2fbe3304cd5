/* An OK_OR of what has an error. */
/* gcc: have 'p_step_2_OK_OR_is_given_error' {aka 'const char *'} and 'p_step_2_OK_OR_takes_error'
 * {aka 'const weft_none *'} */
/* clang: 'p_step_2_OK_OR_is_given_error' (aka 'const char *') and 'p_step_2_OK_OR_takes_error' (aka
 * 'const struct weft_none *') */
/* then: p: step 2, OK_OR, is for options; what step 1 gives is a result with an error */
#include <weft/pipeline.h>

WEFT_RESULT(Result, int, char);

static Result check(int v)
{
    return (Result){ .ok = true, .value = v };
}
WEFT_FN(check, IN(int));

WEFT_PIPELINE(p, int, void, THEN(check), OK_OR(3));
