/* A member that is listed twice. */
/* gcc: duplicate member 'add' */
/* clang: duplicate member 'add' */
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

WEFT_FANOUT(on_price, int, add, add);
