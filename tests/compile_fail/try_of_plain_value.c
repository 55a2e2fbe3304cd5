/* A WEFT_TRY of a number. */
/* gcc: WEFT_TRY(v, 3): its first argument is no option or result */
/* clang: WEFT_TRY(v, 3): its first argument is no option or result */
#include <weft/option.h>

int f(int v)
{
    return WEFT_TRY(v, 3);
}
