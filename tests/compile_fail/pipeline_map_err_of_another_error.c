/* A MAP_ERR that takes another error. */
/* gcc: (have 'p_step_2_MAP_ERR_twice_is_given' {aka 'const char *'} and
 * 'p_step_2_MAP_ERR_twice_takes' {aka 'const int *'}) */
/* clang: ('p_step_2_MAP_ERR_twice_is_given' (aka 'const char *') and 'p_step_2_MAP_ERR_twice_takes'
 * (aka 'const int *')) */
/* then: p: step 2, MAP_ERR(twice), does not take the error in what step 1 gives */
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

WEFT_PIPELINE(p, int, void, THEN(check), MAP_ERR(twice));
