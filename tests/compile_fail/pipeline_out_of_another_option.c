/* It ends in an option of another type than it says. */
/* gcc: p: its last step, 1, gives another type than Maybe_double */
/* clang: p: its last step, 1, gives another type than Maybe_double */
#include <weft/pipeline.h>

WEFT_OPTION(Maybe_double, double);

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

WEFT_PIPELINE(p, int, Maybe_double, GUARD(is_big));
