/* A SPLAT that takes more than the tuple has. */
/* gcc: (have 'p_step_1_SPLAT_plus3_is_given' {aka 'void (*)(weft_inputs,  const int *, const
 * int *)'} and 'p_step_1_SPLAT_plus3_takes' {aka 'void (*)(weft_inputs,  const int *, const int *,
 * const int *)'}) */
/* clang: ('p_step_1_SPLAT_plus3_is_given' (aka 'void (*)(enum weft_inputs, const int *, const
 * int *)') and 'p_step_1_SPLAT_plus3_takes' (aka 'void (*)(enum weft_inputs, const int *, const
 * int *, const int *)')) */
/* then: p: step 1, SPLAT(plus3), does not take the members of the tuple, each and in their order */
#include <weft/pipeline.h>

WEFT_TUPLE(Pair, int, int);

static int plus3(int a, int b, int c)
{
    return a + b + c;
}
WEFT_FN(plus3, IN(int), IN(int), IN(int));

WEFT_PIPELINE(p, Pair, int, SPLAT(plus3));
