/* A step with a context in a pipeline without one. */
/* gcc: have 'p_step_1_THEN_counted_is_given_CTX' {aka 'void *'} and 'p_step_1_THEN_counted_has_CTX'
 * {aka 'Session *'} */
/* clang: 'p_step_1_THEN_counted_is_given_CTX' (aka 'void *') and 'p_step_1_THEN_counted_has_CTX'
 * (aka 'Session *') */
/* then: p: step 1, THEN(counted), has a CTX that the pipeline does not have; begin the pipeline
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

WEFT_PIPELINE(p, int, void, THEN(counted));
