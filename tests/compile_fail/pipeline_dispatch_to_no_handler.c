/* A DISPATCH to a resource that is no handler. */
/* gcc: 'Order' has no member named 'base' */
/* clang: no member named 'base' in 'Order' */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

typedef struct {
    int id;
} Order;

WEFT_RESOURCE_DEFINE(Order);
WEFT_PIPELINE(p, int, void, THEN(twice), DISPATCH(Order, int));
