/* A DISPATCH to a resource that is no handler. */
/* gcc: 'p_step_2_DISPATCH_goes_to' {aka 'Order'} has no member named 'base' */
/* clang: field designator 'base' does not refer to any field in type 'p_step_2_DISPATCH_goes_to'
 * (aka 'Order') */
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
