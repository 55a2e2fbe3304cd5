/* A MERGE that takes another type than an arm gives. */
/* gcc: p: step 2, MERGE(weigh), does not take what the arms give */
/* clang: p: step 2, MERGE(weigh), does not take what the arms give */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

static double weigh(int a, double b)
{
    return a * b;
}
WEFT_FN(weigh, IN(int), IN(double));

WEFT_PIPELINE(p, int, double, FORK(twice, twice), MERGE(weigh));
