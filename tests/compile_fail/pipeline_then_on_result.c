/* A THEN whose function wants what is in the result. */
/* gcc: p: step 2, THEN(twice), does not take what step 1 gives */
/* clang: p: step 2, THEN(twice), does not take what step 1 gives */
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

WEFT_PIPELINE(p, int, void, THEN(check), THEN(twice));
