/* An arm with a context in a pipeline without one. */
/* gcc: have 'p_step_1_FORK_counted_is_given_CTX' {aka 'void *'} and 'p_step_1_FORK_counted_has_CTX'
 * {aka 'Session *'} */
/* clang: 'p_step_1_FORK_counted_is_given_CTX' (aka 'void *') and 'p_step_1_FORK_counted_has_CTX'
 * (aka 'Session *') */
/* then: p: step 1, FORK(counted), has a CTX that the pipeline does not have; begin the pipeline
 * with it */
#include <weft/pipeline.h>

typedef struct {
    int n;
} Session;
static int counted(Session *session, int v)
{
    return v + session->n++;
}
WEFT_FN(counted, CTX(Session), IN(int));

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

WEFT_PIPELINE(p, int, int, FORK(twice, counted), MERGE(plus));
