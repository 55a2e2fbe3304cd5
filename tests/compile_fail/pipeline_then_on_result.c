/* A THEN whose function wants what is in the result. */
/* gcc: (have 'p_step_2_THEN_twice_is_given' {aka 'const Result *'} and 'p_step_2_THEN_twice_takes'
 * {aka 'const int *'}) */
/* clang: ('p_step_2_THEN_twice_is_given' (aka 'const struct Result *') and
 * 'p_step_2_THEN_twice_takes' (aka 'const int *')) */
/* then: p: step 2, THEN(twice), does not take what step 1 gives */
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
