/* A MERGE that takes the arms in another order. */
/* gcc: (have 'p_step_2_MERGE_weigh_is_given' {aka 'void (*)(weft_inputs,  const double *, const
 * int *)'} and 'p_step_2_MERGE_weigh_takes' {aka 'void (*)(weft_inputs,  const int *, const
 * double *)'}) */
/* clang: ('p_step_2_MERGE_weigh_is_given' (aka 'void (*)(enum weft_inputs, const double *, const
 * int *)') and 'p_step_2_MERGE_weigh_takes' (aka 'void (*)(enum weft_inputs, const int *, const
 * double *)')) */
/* then: p: step 2, MERGE(weigh), does not take what each arm of the FORK gives, in their order */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

static double half(int v)
{
    return v / 2.0;
}
WEFT_FN(half, IN(int));

static double weigh(int a, double b)
{
    return a * b;
}
WEFT_FN(weigh, IN(int), IN(double));

WEFT_PIPELINE(p, int, double, FORK(half, twice), MERGE(weigh));
