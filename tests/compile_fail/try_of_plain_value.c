/* A WEFT_TRY of a number. */
/* gcc: request for member 'ok' in something not a structure or union */
/* clang: member reference base type 'int' is not a structure or union */
#include <weft/option.h>

int f(int v)
{
    return WEFT_TRY(v, 3);
}
