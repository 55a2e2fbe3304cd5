/* An initial value that the local cannot have. */
/* gcc: field name not in record or union initializer */
/* clang: designator in initializer for scalar type 'const int' */
#include <weft/fn.h>

static void on_tick(int *own)
{
    ++*own;
}
WEFT_FN(on_tick, LOCAL(int, { .limit = 3 }));
