/* A step that takes two inputs. */
/* gcc: (have 'p_step_1_THEN_plus_is_given' {aka 'const int *'} and 'p_step_1_THEN_plus_takes' {aka
 * 'void (*)(weft_inputs,  const int *, const int *)'}) */
/* clang: ('p_step_1_THEN_plus_is_given' (aka 'const int *') and 'p_step_1_THEN_plus_takes' (aka
 * 'void (*)(enum weft_inputs, const int *, const int *)')) */
/* then: p: step 1, THEN(plus), does not take the input */
#include <weft/pipeline.h>

static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_PIPELINE(p, int, int, THEN(plus));
