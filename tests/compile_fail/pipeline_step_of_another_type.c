/* A step that takes another type than the one before it gives. */
/* gcc: (have 'p_step_2_THEN_twice_is_given' {aka 'const long unsigned int *'} and
 * 'p_step_2_THEN_twice_takes' {aka 'const int *'}) */
/* clang: ('p_step_2_THEN_twice_is_given' (aka 'const unsigned long *') and
 * 'p_step_2_THEN_twice_takes' (aka 'const int *')) */
/* then: p: step 2, THEN(twice), does not take what step 1 gives */
#include <weft/pipeline.h>

static uint64_t decode(uint32_t v)
{
    return v;
}
WEFT_FN(decode, IN(uint32_t));

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, uint32_t, void, THEN(decode), THEN(twice));
