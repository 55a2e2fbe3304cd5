/* The first step takes another type than the pipeline. */
/* gcc: (have 'p_step_1_THEN_decode_is_given' {aka 'const int *'} and 'p_step_1_THEN_decode_takes'
 * {aka 'const unsigned int *'}) */
/* clang: ('p_step_1_THEN_decode_is_given' (aka 'const int *') and 'p_step_1_THEN_decode_takes' (aka
 * 'const unsigned int *')) */
/* then: p: step 1, THEN(decode), does not take the input */
#include <weft/pipeline.h>

static uint64_t decode(uint32_t v)
{
    return v;
}
WEFT_FN(decode, IN(uint32_t));

WEFT_PIPELINE(p, int, void, THEN(decode));
