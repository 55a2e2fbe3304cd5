/* A member that has no WEFT_FN. */
/* gcc: 'plain_contexts' undeclared here */
/* clang: use of undeclared identifier 'plain_contexts' */
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

void plain(int event);
WEFT_FANOUT(on_price, int, add, plain);
