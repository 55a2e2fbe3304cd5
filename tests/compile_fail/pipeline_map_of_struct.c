/* A MAP on a struct that is no option. */
/* gcc: 'p_step_2_MAP_looks_into' {aka 'Order'} has no member named 'ok' */
/* clang: field designator 'ok' does not refer to any field in type 'p_step_2_MAP_looks_into' (aka
 * 'Order') */
#include <weft/pipeline.h>

typedef struct {
    int id;
} Order;

static Order order(int id)
{
    return (Order){ id };
}
WEFT_FN(order, IN(int));

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, void, THEN(order), MAP(twice));
