/* A member that takes another event. */
/* gcc: on_price: member add does not take double */
/* clang: on_price: member add does not take double */
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
