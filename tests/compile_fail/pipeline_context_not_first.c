/* A context behind the first step. */
/* gcc: p: CTX stands before the other steps, and only there */
/* clang: p: CTX stands before the other steps, and only there */
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

WEFT_PIPELINE(p, int, void, THEN(twice), CTX(Session), THEN(counted));
