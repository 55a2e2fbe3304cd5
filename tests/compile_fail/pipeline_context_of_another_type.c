/* A step with another context than the pipeline. */
/* gcc: (have 'p_step_2_THEN_counted_is_given_CTX' {aka 'Tag *'} and 'p_step_2_THEN_counted_has_CTX'
 * {aka 'Session *'}) */
/* clang: ('p_step_2_THEN_counted_is_given_CTX' (aka 'Tag *') and 'p_step_2_THEN_counted_has_CTX'
 * (aka 'Session *')) */
/* then: p: step 2, THEN(counted), has a CTX that the pipeline does not have; begin the pipeline
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

typedef struct {
    int n;
} Tag;

WEFT_PIPELINE(p, int, void, CTX(Tag), THEN(counted));
