/* What WEFT_TRY returns is not what the function returns. */
/* gcc: incompatible types when returning type 'char' but 'Result' was expected */
/* clang: returning 'char' from a function with incompatible result type 'Result' (aka 'struct
 * Result') */
#include <weft/option.h>

WEFT_RESULT(Result, int, char);

Result g(int v);
Result f(int v)
{
    return (Result){ .ok = true, .value = WEFT_TRY(g(v), error) };
}
