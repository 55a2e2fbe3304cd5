/* A pipeline that takes another type than the fan-out gives. */
/* gcc: have 'both_member_p_is_given' {aka 'const int *'} and 'both_member_p_takes' {aka 'const
 * unsigned int *'} */
/* clang: 'both_member_p_is_given' (aka 'const int *') and 'both_member_p_takes' (aka 'const
 * unsigned int *') */
/* then: both: member p does not take int; write IN(int), REF(int) or no input in its WEFT_FN */
#include <weft/fanout.h>
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

WEFT_PIPELINE(p, uint32_t, void, THEN(decode));
WEFT_FANOUT(both, int, twice, p);
