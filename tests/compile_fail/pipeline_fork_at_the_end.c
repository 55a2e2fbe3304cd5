/* A FORK at the end. */
/* gcc: 'p_wants_MERGE_or_JOIN_after_step_1' undeclared here (not in a function) */
/* clang: use of undeclared identifier 'p_wants_MERGE_or_JOIN_after_step_1' */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, void, FORK(twice, twice));
