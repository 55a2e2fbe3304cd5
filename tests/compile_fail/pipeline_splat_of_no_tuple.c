/* A SPLAT of a number. */
/* gcc: have 'p_step_2_SPLAT_is_given' {aka 'const int *'} and 'p_step_2_SPLAT_takes' {aka 'const
 * weft_x_tuple *'} */
/* clang: 'p_step_2_SPLAT_is_given' (aka 'const int *') and 'p_step_2_SPLAT_takes' (aka 'const
 * struct weft_x_tuple *') */
/* then: p: step 2, SPLAT, is for a WEFT_TUPLE; what step 1 gives is none */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_PIPELINE(p, int, int, THEN(twice), SPLAT(plus));
