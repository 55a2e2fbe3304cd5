/* A SPLAT into a function of one input. */
/* gcc: (have 'p_step_1_SPLAT_twice_is_given' {aka 'void (*)(weft_inputs,  const int *, const
 * double *)'} and 'p_step_1_SPLAT_twice_takes' {aka 'void (*)(weft_inputs,  const int *)'}) */
/* clang: ('p_step_1_SPLAT_twice_is_given' (aka 'void (*)(enum weft_inputs, const int *, const
 * double *)') and 'p_step_1_SPLAT_twice_takes' (aka 'void (*)(enum weft_inputs, const int *)')) */
/* then: p: step 1, SPLAT(twice), does not take the members of the tuple, each and in their order */
#include <weft/pipeline.h>

WEFT_TUPLE(Pair, int, double);

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, Pair, int, SPLAT(twice));
