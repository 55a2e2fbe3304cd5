/* A THEN of a function that takes the value in an option. */
/* gcc: (have 'p_step_2_THEN_twice_is_given' {aka 'const struct p_option_of_step_1 *'} and
 * 'p_step_2_THEN_twice_takes' {aka 'const int *'}) */
/* clang: ('p_step_2_THEN_twice_is_given' (aka 'const struct p_option_of_step_1 *') and
 * 'p_step_2_THEN_twice_takes' (aka 'const int *')) */
/* then: p: step 2, THEN(twice), does not take what step 1 gives */
#include <weft/pipeline.h>

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));
static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, int, GUARD(is_big), THEN(twice));
