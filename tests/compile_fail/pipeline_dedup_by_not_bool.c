/* A DEDUP_BY that returns an int. */
/* gcc: (have 'p_step_1_DEDUP_BY_compare_returns' {aka 'const int *'} and
 * 'p_step_1_DEDUP_BY_compare_must_return' {aka 'const _Bool *'}) */
/* clang: ('p_step_1_DEDUP_BY_compare_returns' (aka 'const int *') and
 * 'p_step_1_DEDUP_BY_compare_must_return' (aka 'const bool *')) */
/* then: p: step 1, DEDUP_BY(compare), must return bool */
#include <weft/pipeline.h>

static int compare(const int *a, const int *b)
{
    return *a - *b;
}
WEFT_FN(compare, REF(int), REF(int));

WEFT_PIPELINE(p, int, void, DEDUP_BY(compare));
