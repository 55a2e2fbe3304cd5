/* A MERGE with nothing to merge. */
/* gcc: 'p_step_1_is_a_FORK' undeclared here (not in a function) */
/* clang: use of undeclared identifier 'p_step_1_is_a_FORK' */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_PIPELINE(p, int, int, THEN(twice), MERGE(plus));
