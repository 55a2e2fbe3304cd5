/* The context is not given at creation. */
/* gcc: too few arguments to function 'p_init' */
/* clang: too few arguments to function call, expected 3, have 2 */
#include <weft/pipeline.h>

typedef struct {
    int n;
} Session;
static int counted(Session *session, int v)
{
    return v + session->n++;
}
WEFT_FN(counted, CTX(Session), IN(int));

WEFT_PIPELINE(p, int, void, CTX(Session), THEN(counted));

int main(void)
{
    struct p handler;
    return p_init(&handler, NULL);
}
