/* An AND_THEN that returns no result. */
/* gcc: p: step 2, AND_THEN(twice), must return an option or a result; use MAP */
/* clang: p: step 2, AND_THEN(twice), must return an option or a result; use MAP */
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
