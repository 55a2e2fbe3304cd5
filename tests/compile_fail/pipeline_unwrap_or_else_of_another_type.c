/* An UNWRAP_OR_ELSE that returns another type. */
/* gcc: p: step 2, UNWRAP_OR_ELSE(from_char), must return the same type as the value in what step 1
 * gives */
/* clang: p: step 2, UNWRAP_OR_ELSE(from_char), must return the same type as the value in what step
 * 1 gives */
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
