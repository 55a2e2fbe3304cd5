/* It says a value and ends in an option. */
/* gcc: p: its last step, 1, gives another type than int */
/* clang: p: its last step, 1, gives another type than int */
#include <weft/pipeline.h>

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

WEFT_PIPELINE(p, int, int, GUARD(is_big));
