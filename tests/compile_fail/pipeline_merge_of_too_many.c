/* A MERGE of three for two arms. */
/* gcc: (have 'p_step_2_MERGE_plus3_is_given' {aka 'void (*)(weft_inputs,  const int *, const
 * int *)'} and 'p_step_2_MERGE_plus3_takes' {aka 'void (*)(weft_inputs,  const int *, const int *,
 * const int *)'}) */
/* clang: ('p_step_2_MERGE_plus3_is_given' (aka 'void (*)(enum weft_inputs, const int *, const
 * int *)') and 'p_step_2_MERGE_plus3_takes' (aka 'void (*)(enum weft_inputs, const int *, const
 * int *, const int *)')) */
/* then: p: step 2, MERGE(plus3), does not take what each arm of the FORK gives, in their order */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

static int plus3(int a, int b, int c)
{
    return a + b + c;
}
WEFT_FN(plus3, IN(int), IN(int), IN(int));

WEFT_PIPELINE(p, int, int, FORK(twice, twice), MERGE(plus3));
