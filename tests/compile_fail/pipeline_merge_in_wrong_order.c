/* A MERGE that takes the arms in another order. */
/* gcc: p: step 2, MERGE(weigh), does not take what the arms give */
/* clang: p: step 2, MERGE(weigh), does not take what the arms give */
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
