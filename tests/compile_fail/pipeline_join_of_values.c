/* A JOIN that would drop what an arm gives. */
/* gcc: have 'p_step_2_JOIN_is_given' {aka 'void (*)(weft_inputs,  const weft_none *, const int *)'}
 * and 'p_step_2_JOIN_takes' {aka 'const weft_none *'} */
/* clang: 'p_step_2_JOIN_is_given' (aka 'void (*)(enum weft_inputs, const struct weft_none *, const
 * int *)') and 'p_step_2_JOIN_takes' (aka 'const struct weft_none *') */
/* then: p: step 2, JOIN, would drop what an arm of the FORK gives; MERGE the arms, or let them
 * return nothing */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

static void look(const int *v)
{
    (void)v;
}
WEFT_FN(look, REF(int));

WEFT_PIPELINE(p, int, void, FORK(look, twice), JOIN);
