/* A fan-out of nine members. */
/* gcc: on_price: a fan-out has two to eight members */
/* clang: on_price: a fan-out has two to eight members */
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

WEFT_FANOUT(on_price, int, add, count, add, count, add, count, add, count, add);
