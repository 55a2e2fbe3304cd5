/* A SPLAT that takes less than the tuple has. */
/* gcc: (have 'p_step_1_SPLAT_plus_is_given' {aka 'void (*)(weft_inputs,  const int *, const int *,
 * const int *)'} and 'p_step_1_SPLAT_plus_takes' {aka 'void (*)(weft_inputs,  const int *, const
 * int *)'}) */
/* clang: ('p_step_1_SPLAT_plus_is_given' (aka 'void (*)(enum weft_inputs, const int *, const int *,
 * const int *)') and 'p_step_1_SPLAT_plus_takes' (aka 'void (*)(enum weft_inputs, const int *,
 * const int *)')) */
/* then: p: step 1, SPLAT(plus), does not take the members of the tuple, each and in their order */
#include <weft/pipeline.h>

static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_TUPLE(Triple, int, int, int);
WEFT_PIPELINE(p, Triple, int, SPLAT(plus));
