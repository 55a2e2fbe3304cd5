/* WEFT_TRY returns a value from a void function. */
/* gcc: 'return' with a value, in function returning void [-Werror] */
/* clang: void function 'f' should not return a value [-Wreturn-type] */
/* flags: -Werror */
#include <weft/option.h>

WEFT_RESULT(Result, int, char);

Result g(int v);
int handle(char error);
void f(int *out)
{
    *out = WEFT_TRY(g(3), handle(error));
}
