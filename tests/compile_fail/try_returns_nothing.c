/* WEFT_TRY returns nothing from a function that returns an int. */
/* gcc: void value not ignored as it ought to be */
/* clang: returning 'void' from a function with incompatible result type 'int' */
#include <weft/option.h>

WEFT_RESULT(Result, int, char);

Result g(int v);
int f(void)
{
    return WEFT_TRY(g(3));
}
