/* A SPLAT of another tuple. */
/* gcc: (have 'p_step_1_SPLAT_plus_is_given' {aka 'void (*)(weft_inputs,  const int *, const
 * double *)'} and 'p_step_1_SPLAT_plus_takes' {aka 'void (*)(weft_inputs,  const int *, const
 * int *)'}) */
/* clang: ('p_step_1_SPLAT_plus_is_given' (aka 'void (*)(enum weft_inputs, const int *, const
 * double *)') and 'p_step_1_SPLAT_plus_takes' (aka 'void (*)(enum weft_inputs, const int *, const
 * int *)')) */
/* then: p: step 1, SPLAT(plus), does not take the members of the tuple, each and in their order */
#include <weft/pipeline.h>

WEFT_TUPLE(Pair, int, double);

static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_PIPELINE(p, Pair, int, SPLAT(plus));
