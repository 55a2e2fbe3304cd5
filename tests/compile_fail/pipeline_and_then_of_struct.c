/* An AND_THEN that returns a struct which is no option. */
/* gcc: 'p_step_2_AND_THEN_order_of_gives' {aka 'Order'} has no member named 'ok' */
/* clang: field designator 'ok' does not refer to any field in type
 * 'p_step_2_AND_THEN_order_of_gives' (aka 'Order') */
#include <weft/pipeline.h>

typedef struct {
    int id;
} Order;

static bool is_big(int v)
{
    return v > 100;
}
WEFT_FN(is_big, IN(int));
static Order order_of(int v)
{
    return (Order){ v };
}
WEFT_FN(order_of, IN(int));

WEFT_PIPELINE(p, int, void, GUARD(is_big), AND_THEN(order_of));
