/* A MAP on a struct that is no option. */
/* gcc: 'p_t1_' {aka 'Order'} has no member named 'value' */
/* clang: no member named 'value' in 'Order' */
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
