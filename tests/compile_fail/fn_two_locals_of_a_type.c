/* Two locals of one type. */
/* gcc: redeclaration of enumerator 'on_tick_may_have_only_one_local_int' */
/* clang: redefinition of enumerator 'on_tick_may_have_only_one_local_int' */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

static void on_tick(int *one, int *two)
{
    *one += *two;
}
WEFT_FN(on_tick, LOCAL(int), LOCAL(int));
