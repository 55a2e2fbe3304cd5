/* A member with a context. */
/* gcc: on_price: member session has a CTX, and nobody can give it one here */
/* clang: on_price: member session has a CTX, and nobody can give it one here */
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

static void session(int *ctx, int event)
{
    *ctx += event;
}
WEFT_FN(session, CTX(int), IN(int));
WEFT_FANOUT(on_price, int, add, session);
