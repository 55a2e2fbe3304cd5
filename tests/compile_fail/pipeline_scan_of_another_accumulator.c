/* A SCAN whose function takes another accumulator than it lists. */
/* gcc: sum: its parameters are not those of the list */
/* clang: sum: its parameters are not those of the list */
#include <weft/pipeline.h>

static int sum(long *acc, int v)
{
    *acc += v;
    return (int)*acc;
}
WEFT_FN(sum, LOCAL(int), IN(int));
WEFT_PIPELINE(p, int, int, SCAN(sum));
