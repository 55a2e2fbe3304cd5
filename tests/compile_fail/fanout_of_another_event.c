/* A member that takes another event. */
/* gcc: have 'on_price_member_add_is_given' {aka 'const double *'} and 'on_price_member_add_takes'
 * {aka 'const int *'} */
/* clang: 'on_price_member_add_is_given' (aka 'const double *') and 'on_price_member_add_takes' (aka
 * 'const int *') */
/* then: on_price: member add does not take double */
#include <weft/fanout.h>

static void add(int event)
{
    (void)event;
}
WEFT_FN(add, IN(int));
static void count(void)
{
}
WEFT_FN(count);

WEFT_FANOUT(on_price, double, count, add);
