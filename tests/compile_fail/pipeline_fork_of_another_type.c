/* An arm that takes another type. */
/* gcc: (have 'p_step_1_FORK_decode_is_given' {aka 'const int *'} and 'p_step_1_FORK_decode_takes'
 * {aka 'const unsigned int *'}) */
/* clang: ('p_step_1_FORK_decode_is_given' (aka 'const int *') and 'p_step_1_FORK_decode_takes' (aka
 * 'const unsigned int *')) */
/* then: p: step 1, FORK(decode), does not take the input */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

static uint64_t decode(uint32_t v)
{
    return v;
}
WEFT_FN(decode, IN(uint32_t));

static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_PIPELINE(p, int, int, FORK(twice, decode), MERGE(plus));
