/* A SPLAT of a struct that is no tuple. */
/* gcc: 'p_step_1_SPLAT_takes_apart' {aka 'Order'} has no member named '_0' */
/* clang: field designator '_0' does not refer to any field in type 'p_step_1_SPLAT_takes_apart'
 * (aka 'Order') */
#include <weft/pipeline.h>

typedef struct {
    int id, qty;
} Order;

static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_PIPELINE(p, Order, int, SPLAT(plus));
