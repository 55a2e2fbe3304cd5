/* A DISPATCH of another type than it says. */
/* gcc: (have 'p_step_2_DISPATCH_is_given' {aka 'const int *'} and 'p_step_2_DISPATCH_takes' {aka
 * 'const double *'}) */
/* clang: ('p_step_2_DISPATCH_is_given' (aka 'const int *') and 'p_step_2_DISPATCH_takes' (aka
 * 'const double *')) */
/* then: p: step 2, DISPATCH: what step 1 gives is no double */
#include <weft/broadcast.h>
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

typedef weft_broadcast Prices;
WEFT_RESOURCE_DEFINE(Prices);
WEFT_PIPELINE(p, int, void, THEN(twice), DISPATCH(Prices, double));
