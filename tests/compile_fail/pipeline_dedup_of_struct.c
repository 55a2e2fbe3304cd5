/* A DEDUP of a struct, which C does not compare. */
/* gcc: have 'p_step_2_DEDUP_is_given' {aka 'Order'} and 'p_step_2_DEDUP_remembers' {aka 'Order'} */
/* clang: 'p_step_2_DEDUP_is_given' (aka 'Order') and 'p_step_2_DEDUP_remembers' (aka 'Order') */
/* then: p: step 2, DEDUP, compares by ==, which C does not do for a struct; write DEDUP_BY */
#include <weft/pipeline.h>

typedef struct {
    int id;
} Order;

static Order order(int id)
{
    return (Order){ id };
}
WEFT_FN(order, IN(int));

WEFT_PIPELINE(p, int, void, THEN(order), DEDUP);
