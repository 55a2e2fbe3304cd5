/* No semicolon behind WEFT_FN. */
/* gcc: expected ';' before 'int' */
/* clang: expected ';' after static_assert */
#include <weft/fn.h>

static void on_tick(int event)
{
    (void)event;
}
WEFT_FN(on_tick, IN(int))

int main(void)
{
    return 0;
}
