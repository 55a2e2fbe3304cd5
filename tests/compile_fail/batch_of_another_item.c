/* A batch of other items than the pipeline takes. */
/* gcc: have 'items_p_is_given' {aka 'const double *'} and 'items_p_takes' {aka 'const int *'} */
/* clang: 'items_p_is_given' (aka 'const double *') and 'items_p_takes' (aka 'const int *') */
/* then: items: p does not take double */
#include <weft/batch.h>
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, void, THEN(twice));
WEFT_BATCH(items, double, p);
