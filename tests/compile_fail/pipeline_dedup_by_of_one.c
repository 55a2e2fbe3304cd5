/* A DEDUP_BY that compares with nothing. */
/* gcc: (have 'p_step_1_DEDUP_BY_is_big_is_given' {aka 'void (*)(weft_inputs,  const int *, const
 * int *)'} and 'p_step_1_DEDUP_BY_is_big_takes' {aka 'void (*)(weft_inputs,  const int *)'}) */
/* clang: ('p_step_1_DEDUP_BY_is_big_is_given' (aka 'void (*)(enum weft_inputs, const int *, const
 * int *)') and 'p_step_1_DEDUP_BY_is_big_takes' (aka 'void (*)(enum weft_inputs, const int *)')) */
/* then: p: step 1, DEDUP_BY(is_big), must compare two of the type of the input: REF(T), REF(T) */
#include <weft/pipeline.h>

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

WEFT_PIPELINE(p, int, void, DEDUP_BY(is_big));
